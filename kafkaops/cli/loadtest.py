"""`kafkaops loadtest`: how much a topology carries, with which latency, and whether every record is there."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from kafkaops.cli.options import DEFAULT_FILE, EnvOption, FileOption
from kafkaops.errors import UsageError


class _RunByDefault(TyperGroup):
    """`kafkaops loadtest wave-peak` means `kafkaops loadtest run wave-peak`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the subcommand in front unless one is named or help is asked for."""
        if args and args[0] not in self.commands and args[0] not in ("-h", "--help"):
            args = ["run", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    name="loadtest",
    cls=_RunByDefault,
    help="Measure how much a topic carries, with which latency, and prove that every record arrives once, in order. "
    "`kafkaops loadtest PROFILE` and `kafkaops loadtest --topic …` run a test.",
    no_args_is_help=True,
)


class ResultFormat(StrEnum):
    """How a result is written."""

    TEXT = "text"
    JSON = "json"


class AckLatency(StrEnum):
    """Whose acks are recorded."""

    ALL = "all"
    ERRORS = "errors"


@app.command(epilog="Example: kafkaops loadtest --topic wave-events --rate 5000/s --duration 30s --slo p95=500ms")
def run(
    profile: Annotated[str | None, typer.Argument(help="A load test of the spec's loadtests section.")] = None,
    topic: Annotated[str | None, typer.Option(help="The topic whose twin takes the load.")] = None,
    rate: Annotated[str | None, typer.Option(metavar="5000/s", help="Records per second, open loop.")] = None,
    max_rate: Annotated[
        bool, typer.Option("--max", help="As fast as acks come, closed loop; latencies are service times only.")
    ] = False,
    find_max: Annotated[
        bool,
        typer.Option(
            "--find-max", help="Search for the highest rate that meets the objectives, from --rate (1000/s) on."
        ),
    ] = False,
    shape: Annotated[
        str | None, typer.Option(metavar="SHAPE", help="ramp:1000/s..5000/s or steps:1000/s,2000/s,4000/s.")
    ] = None,
    drain: Annotated[
        int | None, typer.Option(metavar="RECORDS", help="Build up such a backlog, then measure how fast it is read.")
    ] = None,
    arrivals: Annotated[str | None, typer.Option(metavar="even|poisson", help="How records are spread.")] = None,
    duration: Annotated[str | None, typer.Option(metavar="60s", help="How long is measured.")] = None,
    warmup: Annotated[str | None, typer.Option(metavar="10s", help="Sent before that, and not measured.")] = None,
    payload: Annotated[
        str | None, typer.Option(metavar="avro|bytes|FILE", help="Values: from the registered schema, random, samples.")
    ] = None,
    size: Annotated[str | None, typer.Option(metavar="200", help="Bytes of a value, on average.")] = None,
    keys: Annotated[
        str | None, typer.Option(metavar="KEYS", help="round-robin, sticky, uniform:KEYS or zipf:KEYS:EXPONENT.")
    ] = None,
    producers: Annotated[int | None, typer.Option(help="Producer processes.")] = None,
    consumers: Annotated[int | None, typer.Option(help="Consumer processes in each group; 0 for none.")] = None,
    groups: Annotated[int | None, typer.Option(help="Consumer groups; each reads everything.")] = None,
    consume_cost: Annotated[
        str | None, typer.Option(metavar="2ms", help="Work that a consumer does for each record.")
    ] = None,
    acks: Annotated[str | None, typer.Option(metavar="all|1|0")] = None,
    compression: Annotated[str | None, typer.Option(metavar="none|gzip|snappy|lz4|zstd")] = None,
    linger: Annotated[str | None, typer.Option(metavar="5ms", help="How long a batch may wait to fill.")] = None,
    transactions: Annotated[
        str | None, typer.Option(metavar="100ms", help="Produce in transactions, each open so long.")
    ] = None,
    in_flight: Annotated[int | None, typer.Option(help="Records a producer may have unacked.")] = None,
    engine: Annotated[
        str | None,
        typer.Option(metavar="portable|direct", help="What hands records to Kafka; direct takes less processor time."),
    ] = None,
    client: Annotated[
        list[str] | None,
        typer.Option("-X", metavar="NAME=VALUE", help="A client property; producer.NAME for one side only."),
    ] = None,
    slo: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=LIMIT", help="An objective, such as p99=50ms, backlog=100, lost=0."),
    ] = None,
    abort_on_fail: Annotated[
        bool, typer.Option("--abort-on-fail", help="End at once when an objective cannot be met any more.")
    ] = False,
    ack_latency: Annotated[
        AckLatency, typer.Option(help="Record every ack's latency, or only failures for less CPU.")
    ] = AckLatency.ALL,
    into_topic: Annotated[
        str | None,
        typer.Option(metavar="TOPIC", help="Write into the topic itself and not into a twin; repeat its name."),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Makes payloads, keys and Poisson arrivals repeatable.")] = None,
    repeat: Annotated[int, typer.Option(min=1, max=100, help="Run so often; -o FILE.json keeps all, for compare.")] = 1,
    no_calibrate: Annotated[bool, typer.Option("--no-calibrate", help="Do not measure the generator first.")] = False,
    format: Annotated[ResultFormat, typer.Option("--format", help="How to write the result.")] = ResultFormat.TEXT,
    out: Annotated[
        list[Path] | None,
        typer.Option(
            "--out",
            "-o",
            metavar="FILE",
            help="Save a report, by its suffix: .json, .html, .csv (time series), .xml (JUnit), .hlog (HdrHistogram); "
            "may be repeated.",
        ),
    ] = None,
    fleet: Annotated[
        str | None,
        typer.Option(metavar="dask://HOST:8786", help="Run the workers on the hosts of a Dask cluster."),
    ] = None,
    prometheus: Annotated[
        str | None, typer.Option(metavar="[HOST:]PORT", help="Show the figures of each second to Prometheus.")
    ] = None,
    raw: Annotated[
        Path | None,
        typer.Option(metavar="FILE.csv", help="Save every record: when it was due, sent, acked, consumed; a row each."),
    ] = None,
    file: FileOption = DEFAULT_FILE,
    env: EnvOption = None,
) -> None:
    """Run a load test on a twin of the topic, which is removed afterwards."""
    from kafkaops.cli.loadtest_run import Around, find_max_command, run_command
    from kafkaops.loadtest.profile import Asked

    values = _given(
        topic=topic, rate=rate, max=max_rate or None, arrivals=arrivals, duration=duration, warmup=warmup,
        payload=payload, size=size, keys=keys, producers=producers, consumers=consumers, groups=groups,
        consume_cost=consume_cost, acks=acks, compression=compression, linger=linger, transactions=transactions,
        in_flight=in_flight, drain=drain, engine=engine,
        abort_on_fail=abort_on_fail or None, seed=seed, client=_pairs(client, "-X") or None,
    )  # fmt: skip
    if shape is not None:
        values |= _shape(shape)
    asked = Asked(
        profile=profile,
        values=values,
        objectives=_pairs(slo, "--slo"),
        into_topic=into_topic,
        every_ack=ack_latency is AckLatency.ALL,
        every_record=raw is not None,
        calibrate=not no_calibrate,
    )
    if find_max and (max_rate or shape or drain):
        raise UsageError.of("KO002", "--find-max chooses the rates itself", hint="leave out --max, --shape and --drain")
    if raw is not None and (find_max or repeat > 1 or ack_latency is AckLatency.ERRORS):
        raise UsageError.of(
            "KO002",
            "--raw keeps the records of one run, and every ack",
            hint="leave out --find-max, --repeat and --ack-latency errors",
        )
    around = Around(as_json=format is ResultFormat.JSON, out=out or (), raw=raw, fleet=fleet, prometheus=prometheus)
    if find_max:
        raise typer.Exit(find_max_command(file, env, asked, around))
    raise typer.Exit(run_command(file, env, asked, around, repeat=repeat))


@app.command(epilog="Example: kafkaops loadtest clean --yes")
def clean(
    file: FileOption = DEFAULT_FILE,
    env: EnvOption = None,
    every: Annotated[
        bool, typer.Option("--all", help="Those of the last hour, too, whose runs may be going on.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Remove topics and groups that killed load tests left behind."""
    from kafkaops.cli.loadtest_run import clean_command

    raise typer.Exit(clean_command(file, env, every=every, yes=yes))


@app.command(epilog="Example: kafkaops loadtest compare before.json after.json")
def compare(
    before: Annotated[Path, typer.Argument(metavar="BEFORE", help="Runs saved with --repeat N -o FILE.json.")],
    after: Annotated[Path, typer.Argument(metavar="AFTER", help="Runs of the same load, saved likewise.")],
    format: Annotated[ResultFormat, typer.Option("--format", help="How to write the result.")] = ResultFormat.TEXT,
) -> None:
    """Say by how much two sets of runs differ, with 95 % intervals. Exits 3 when one of the figures differs."""
    from kafkaops.cli.loadtest_run import compare_command

    raise typer.Exit(compare_command(before, after, as_json=format is ResultFormat.JSON))


def _given(**values: object) -> dict[str, object]:
    return {name: value for name, value in values.items() if value is not None}


def _pairs(texts: list[str] | None, option: str) -> dict[str, object]:
    pairs: dict[str, object] = {}
    for text in texts or ():
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise UsageError.of("KO002", f"{option} {text}: write NAME=VALUE")
        # Counts in the spec are whole numbers and not texts.
        number = value.removeprefix("-").isdigit() and option == "--slo"
        pairs[name.strip().replace(".", "_") if option == "--slo" else name.strip()] = int(value) if number else value
    return pairs


def _shape(text: str) -> dict[str, object]:
    kind, _, rest = text.partition(":")
    if kind == "ramp" and ".." in rest:
        first, _, last = rest.partition("..")
        return {"ramp": {"from": first, "to": last}}
    if kind == "steps" and rest:
        return {"steps": rest.split(",")}
    raise UsageError.of("KO002", f"--shape {text}: write ramp:1000/s..5000/s or steps:1000/s,2000/s,4000/s")
