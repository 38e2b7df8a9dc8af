"""The codes of what can be wrong with a spec (KO100 to KO199), one line each.

KO100  a file of the spec cannot be read (missing, unreadable, too large, not UTF-8, empty)
KO101  a file of the spec is not valid YAML
KO102  a key is written twice in one mapping
KO103  a YAML feature that specs do not use (tags, endless or exploding aliases, deep nesting, odd keys)
KO104  an `include` or `connectors` glob matches nothing, leaves the project or is not a glob
KO105  one resource is declared in two places
KO106  the environment is unknown, or none was chosen and there is no default
KO107  an override names something that the spec does not declare
KO108  a section stands in a file where it has no effect
KO110  unknown key
KO111  a required key is missing
KO112  a value has the wrong type
KO113  a value is not allowed
KO114  a name is empty, or holds a character that cannot be shown
KO116  a name begins with none of the prefixes that the project owns
KO120  a topic's name is invalid
KO121  two topics' names collide in Kafka's metrics (`a.b` and `a_b`)
KO122  min.insync.replicas is above the replication factor
KO123  unknown topic config
KO124  a topic config's value is invalid or out of range
KO125  unknown group config
KO126  a group config's value is invalid or out of range
KO127  min.insync.replicas equals the replication factor: no broker may be down (warning)
KO128  two configs of a topic contradict each other
KO130  a topic or service is named that the spec does not declare
KO131  more instances than partitions: the surplus idles
KO132  instances contradict each other (min above target, target above max)
KO140  a schema file is missing
KO141  a schema file is used by nothing
KO142  a schema file cannot be read, or is not JSON
KO143  a schema file is JSON but not a valid Avro schema
KO144  a schema refers to a named type that no file defines
KO145  schema files refer to each other in a circle
KO146  a named type is defined in two schema files
KO147  one subject is bound to two schema files
KO150  a resource is both declared and removed
KO151  a `removed` entry does not name a resource
KO152  the resource is Kafka's or Connect's own and not for a spec to touch
KO160  a connector's name is missing, invalid or contradicted
KO161  a sink's topics are missing or given twice
KO162  a connector setting is written twice, as a field and in its config
KO163  a connector reads its own dead-letter topic
KO170  a secret stands in the spec in clear
KO171  a reference such as ${env:NAME} is malformed
KO172  a reference names an environment variable that is not set
KO173  a reference names a file that cannot be read
KO174  a reference names a dev cluster value that is not there
KO180  an environment does not say where a system is that the spec needs
KO181  an environment's connection settings contradict each other, or cannot work
"""
