import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.apache.avro.Resolver;
import org.apache.avro.Resolver.Action;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaNormalization;

/**
 * Apache Avro's own answers about pairs of schemas. Each line of standard input is a JSON array of a reader's and a
 * writer's schema text; each line of standard output says what Avro makes of that pair. With an argument, the pairs
 * are read first and then checked over and over, and one line says how long each round took.
 */
public final class SchemaOracle {
  /** For the processor time of a round: other programs on the machine do not count. */
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
  private static final ObjectMapper MAPPER = new ObjectMapper();

  public static void main(String[] arguments) throws Exception {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    List<String[]> pairs = new ArrayList<>();
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      JsonNode pair = MAPPER.readTree(line);
      if (arguments.length == 0) {
        out.println(MAPPER.writeValueAsString(answer(pair.get(0).textValue(), pair.get(1).textValue())));
      } else {
        pairs.add(new String[] { pair.get(0).textValue(), pair.get(1).textValue() });
      }
    }
    if (arguments.length > 0) {
      out.println(MAPPER.writeValueAsString(time(pairs, Integer.parseInt(arguments[0]))));
    }
    out.flush();
  }

  private static ObjectNode answer(String reader, String writer) {
    ObjectNode answer = MAPPER.createObjectNode();
    Schema readerSchema = parse(reader, "reader", answer);
    Schema writerSchema = parse(writer, "writer", answer);
    if (readerSchema == null || writerSchema == null) {
      return answer;
    }
    try {
      SchemaCompatibility.SchemaCompatibilityResult result =
          SchemaCompatibility.checkReaderWriterCompatibility(readerSchema, writerSchema).getResult();
      answer.put("compatible", result.getCompatibility() == SchemaCompatibility.SchemaCompatibilityType.COMPATIBLE);
      ArrayNode kinds = answer.putArray("kinds");
      result.getIncompatibilities().forEach(item -> kinds.add(item.getType().name().toLowerCase()));
    } catch (RuntimeException | StackOverflowError failure) {
      answer.put("thrown", String.valueOf(failure));
    }
    try {
      answer.put("resolves", resolves(Resolver.resolve(writerSchema, readerSchema), identitySet()));
    } catch (RuntimeException | StackOverflowError failure) {
      answer.put("resolves", false);
    }
    return answer;
  }

  private static Schema parse(String text, String side, ObjectNode answer) {
    try {
      Schema schema = new Schema.Parser().parse(text);
      answer.put(side, SchemaNormalization.toParsingForm(schema));
      return schema;
    } catch (RuntimeException | StackOverflowError failure) {
      answer.put(side + "Error", String.valueOf(failure));
      return null;
    }
  }

  private static <T> Set<T> identitySet() {
    return Collections.newSetFromMap(new IdentityHashMap<>());
  }

  /** Whether the decoder that Avro builds from an action cannot meet an error, whatever was written. */
  private static boolean resolves(Action action, Set<Action> seen) {
    if (!seen.add(action)) {
      return true;
    }
    if (action instanceof Resolver.Container) {
      return resolves(((Resolver.Container) action).elementAction, seen);
    }
    if (action instanceof Resolver.EnumAdjust) {
      for (int adjustment : ((Resolver.EnumAdjust) action).adjustments) {
        if (adjustment < 0) {
          return false;
        }
      }
    }
    if (action instanceof Resolver.RecordAdjust) {
      return all(((Resolver.RecordAdjust) action).fieldActions, seen);
    }
    if (action instanceof Resolver.WriterUnion) {
      return all(((Resolver.WriterUnion) action).actions, seen);
    }
    if (action instanceof Resolver.ReaderUnion) {
      return resolves(((Resolver.ReaderUnion) action).actualAction, seen);
    }
    return !(action instanceof Resolver.ErrorAction);
  }

  private static boolean all(Action[] actions, Set<Action> seen) {
    for (Action action : actions) {
      if (!resolves(action, seen)) {
        return false;
      }
    }
    return true;
  }

  private static ObjectNode time(List<String[]> pairs, int rounds) {
    ArrayNode seconds = MAPPER.createArrayNode();
    int compatible = 0;
    for (int round = 0; round < rounds; round++) {
      long start = THREADS.getCurrentThreadCpuTime();
      for (String[] pair : pairs) {
        Schema reader = new Schema.Parser().parse(pair[0]);
        Schema writer = new Schema.Parser().parse(pair[1]);
        if (SchemaCompatibility.checkReaderWriterCompatibility(reader, writer)
            .getType() == SchemaCompatibility.SchemaCompatibilityType.COMPATIBLE) {
          compatible++;
        }
      }
      seconds.add((THREADS.getCurrentThreadCpuTime() - start) / 1e9);
    }
    ObjectNode result = MAPPER.createObjectNode();
    result.set("seconds", seconds);
    result.put("compatible", compatible / rounds);
    return result;
  }
}
