"""What `kafkaops loadtest` does once its options are read."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import typer

from kafkaops.cli.loadtest_live import watching
from kafkaops.cli.loadtest_view import print_bracket, print_comparison, print_result
from kafkaops.cli.session import connections, open_session, say
from kafkaops.cli.terminal import stderr, stdout, write_json
from kafkaops.errors import Diagnostic, ExitCode, PlatformError, UsageError

if TYPE_CHECKING:
    from kafkaops.clients.kafka_settings import KafkaSettings
    from kafkaops.loadtest.fleet import Fleet
    from kafkaops.loadtest.listening import Listen
    from kafkaops.loadtest.outcome import Outcome
    from kafkaops.loadtest.profile import Asked, Prepared
    from kafkaops.loadtest.progress import Progress
    from kafkaops.loadtest.result import Document
    from kafkaops.resources.kind import Session

INTERRUPTED = 130
"""The exit code after Ctrl-C, as shells have it."""
FIRST_RATE = "1000/s"
"""Where a search for the maximum begins unless it is told."""


@dataclass(frozen=True, slots=True)
class Around:
    """What surrounds a run: how its result is given, and who else may watch."""

    as_json: bool
    out: Sequence[Path] = ()
    raw: Path | None = None
    fleet: str | None = None
    prometheus: str | None = None
    listeners: tuple[Listen, ...] = ()
    """Who else is told of each second."""


def run_command(file: Path, environment: str | None, asked: Asked, around: Around, *, repeat: int = 1) -> int:
    """Prepare, run, judge, show, save, as often as asked for. The exit code says whether the answer is yes."""
    from kafkaops.loadtest.compare import runs_document

    _check_files(around)
    if repeat > 1:
        _only_json(around.out, "repeated runs are")
    documents: list[Document] = []
    by_user = False
    with _metrics(around) as around, open_session(file, environment) as session:
        while len(documents) < repeat and not by_user:
            document, outcome = _run(session, replace(asked, calibrate=asked.calibrate and not documents), around)
            by_user = outcome.by_user
            documents.append(document)
            if not around.as_json:
                print_result(document, stdout())
    whole = documents[0] if repeat == 1 else runs_document(documents)
    if around.as_json:
        write_json(whole)
    _save(whole, around, outcome)
    return max(exit_code(document, by_user=by_user) for document in documents)


def _check_files(around: Around) -> None:
    from kafkaops.loadtest.reports import check_outputs
    from kafkaops.writable import check_file

    check_outputs(around.out)
    if around.raw is not None:
        check_file("KO014", around.raw)


def _save(document: Document, around: Around, outcome: Outcome | None = None) -> None:
    """Save every report that can be; what cannot is said in the end. Raises `PlatformError` (KO014)."""
    from kafkaops.loadtest.raw import save_raw
    from kafkaops.loadtest.reports import save

    failed: list[Diagnostic] = []
    for each in around.out:
        try:
            save(document, each)
            stderr().print(f"Saved to {each}")
        except PlatformError as error:
            failed += error.diagnostics
    if around.raw is not None and outcome is not None:
        try:
            rows = save_raw(around.raw, outcome.tallies)
            stderr().print(f"Saved {rows:,} rows to {around.raw}")
        except PlatformError as error:
            failed += error.diagnostics
    if failed:
        raise PlatformError(failed)


def compare_command(before: Path, after: Path, *, as_json: bool) -> int:
    """Compare two files of runs."""
    from kafkaops.loadtest.compare import compare, comparison_document, read_runs, unfit
    from kafkaops.report.values import plural

    sides = (read_runs(before), read_runs(after))
    for file, runs in zip((before, after), sides, strict=True):
        if unfit(runs):
            stderr().print(
                f"warning: {plural(unfit(runs), 'run')} of {len(runs)} in {file} were limited or cut short",
                style="yellow",
            )
    effects = compare(*sides)
    document = comparison_document(effects)
    if as_json:
        write_json(document)
    else:
        print_comparison(document, stdout())
    return ExitCode.ANSWER_IS_NO if any(effect.differs for effect in effects) else ExitCode.OK


def _only_json(out: Sequence[Path], what: str, hint: str = "make one run for other reports") -> None:
    if any(each.suffix != ".json" for each in out):
        raise UsageError.of("KO014", f"{what} saved as .json only", hint=hint)


def find_max_command(file: Path, environment: str | None, asked: Asked, around: Around) -> int:
    """Run at one rate after another and say between which two the limit lies."""
    from kafkaops.loadtest.find_max import Trial, bracket_document, search, trial_of
    from kafkaops.spec.rates import rate_text

    _check_files(around)
    _only_json(around.out, "a search is", "run at the rate that was found for the rest")
    first = _first_rate(asked)
    with _metrics(around) as around, open_session(file, environment) as session:
        profile = session.loaded.spec.loadtests.get(asked.profile or "")
        if profile is not None and profile.topics and "topic" not in asked.values:
            raise UsageError.of("KO002", "a search needs one topic", hint="choose it with --topic")

        rest_s = 0.0

        def attempt(rate: int) -> Trial:
            nonlocal rest_s
            if rest_s:
                say(f"Resting for {rest_s:g} s, as long as a warm-up: the cluster may be busy with what that run left")
                time.sleep(rest_s)
            at_rate = {**asked.values, "rate": rate / 1000, "abort_on_fail": True}
            document, outcome = _run(session, replace(asked, values=at_rate, calibrate=rate == first), around)
            if outcome.by_user:
                raise KeyboardInterrupt
            trial = trial_of(rate, document)
            rest_s = document["warmup_s"] if trial.overloaded else 0.0
            say(f"{rate_text(rate)}: {'passed' if trial.passed else 'failed'} {trial.reason}")
            return trial

        bracket = search(attempt, first)
    document = bracket_document(bracket)
    if around.as_json:
        write_json(document)
    else:
        print_bracket(document, stdout())
    _save(document, around)
    return ExitCode.OK if bracket.highest_pass is not None and not bracket.limited else ExitCode.ANSWER_IS_NO


def _first_rate(asked: Asked) -> int:
    from kafkaops.spec.rates import millirate_of

    try:
        return millirate_of(asked.values.get("rate", FIRST_RATE))
    except ValueError as error:
        raise UsageError.of("KO002", f"rate: {error}", hint="kafkaops loadtest --help") from None


def _run(session: Session, asked: Asked, around: Around) -> tuple[Document, Outcome]:
    """(the result, what it was made from)."""
    from kafkaops.clients.kafka_settings import KafkaSettings
    from kafkaops.loadtest.coordinator import Coordinator
    from kafkaops.loadtest.profile import prepare
    from kafkaops.loadtest.result import result_document
    from kafkaops.report.diagnostics import print_diagnostics

    where, _ = connections(session.loaded)
    assert where.kafka is not None
    settings = KafkaSettings.of(where.kafka, session.resolver)
    with _fleet(around, settings) as fleet:
        prepared = prepare(session, replace(asked, root=session.loaded.root, hosts=fleet.hosts))
        cluster = _cluster(session, settings)
        _announce(prepared)
        with watching() as show, _terminable():
            listeners = (show, *around.listeners)

            def listen(seconds: tuple[Progress, ...]) -> None:
                for each in listeners:
                    each(seconds)

            coordinator = Coordinator(prepared.run, settings, session.kafka, listen, say, fleet)
            outcome = coordinator.execute(prepared.twins)
    print_diagnostics(outcome.warnings, stderr())
    return result_document(prepared.run, outcome, cluster), outcome


@contextmanager
def _metrics(around: Around) -> Iterator[Around]:
    """The same, with Prometheus among those who are told of each second if it was asked for."""
    if around.prometheus is None:
        yield around
        return
    from kafkaops.loadtest.metrics import serving

    with serving(around.prometheus) as (metrics, address):
        say(f"Metrics at {address}")
        yield replace(around, listeners=(metrics.note,))


@contextmanager
def _fleet(around: Around, settings: KafkaSettings) -> Iterator[Fleet]:
    """Where the workers run: here, or on the hosts of a Dask cluster."""
    from kafkaops.loadtest.fleet import LocalFleet

    if around.fleet is None:
        yield LocalFleet()
        return
    from kafkaops.loadtest.dask_fleet import DaskFleet

    fleet = DaskFleet(around.fleet, settings)
    try:
        yield fleet
    finally:
        fleet.close()


def exit_code(document: Document, *, by_user: bool) -> int:
    """0 when nothing is wrong, 3 when the answer is no, 1 when the run is not whole, 130 after Ctrl-C."""
    if by_user:
        return INTERRUPTED
    match document["verdict"]:
        case "fail":
            return ExitCode.ANSWER_IS_NO
        case "partial":
            return ExitCode.FAILED
        case "generator-limited" | "host-limited" if document["objectives_set"]:
            return ExitCode.ANSWER_IS_NO
    return ExitCode.OK


def clean_command(file: Path, environment: str | None, *, every: bool, yes: bool) -> int:
    """List what killed runs left, ask, remove."""
    from kafkaops.loadtest.twin import leftovers, remove
    from kafkaops.report.diagnostics import print_diagnostics
    from kafkaops.report.values import duration, plural

    with open_session(file, environment) as session:
        found = leftovers(session.kafka, session.loaded.spec.topics, int(time.time()))
        chosen = [item for item in found if every or not item.active]
        for item in found:
            note = "" if item in chosen else "  (may be in use; --all removes it)"
            stdout().print(f"{item.kind} {item.name}  {duration(item.age_s)} old{note}")
        if not chosen:
            stderr().print("Nothing to remove" if not found else "Nothing removed")
            return ExitCode.OK
        topics = [item.name for item in chosen if item.kind == "topic"]
        groups = [item.name for item in chosen if item.kind == "group"]
        question = f"Remove {plural(len(topics), 'topic')} and {plural(len(groups), 'group')}?"
        if not yes and not typer.confirm(question, err=True):
            return ExitCode.REFUSED
        left = remove(session.kafka, topics, groups)
    print_diagnostics(left, stderr())
    if left:
        return ExitCode.FAILED
    stderr().print(f"Removed {plural(len(topics), 'topic')} and {plural(len(groups), 'group')}")
    return ExitCode.OK


def _announce(prepared: Prepared) -> None:
    """Say where how much will be written, before it is."""
    from kafkaops.loadtest.disk import bytes_text

    run = prepared.run
    names = ", ".join(target.name for target in run.targets)
    if prepared.records is None or prepared.estimated_bytes is None:
        say(f"Writing to {names} as fast as acks come, for {run.timing.end_ns / 1e9:g} s")
        return
    shown = bytes_text(prepared.estimated_bytes)
    say(f"Writing {prepared.records:,} records to {names}; about {shown} on the brokers' disks before compression")


def _cluster(session: Session, settings: KafkaSettings) -> dict[str, object]:
    brokers = list(session.cluster.brokers)
    return {
        "environment": session.loaded.environment_name,
        "cluster_id": session.cluster.cluster_id,
        "brokers": {str(broker): address for broker, address in sorted(session.cluster.brokers.items())},
        "releases": {str(broker): release for broker, release in sorted(session.kafka.releases(brokers).items())},
        "security_protocol": settings.security_protocol,
    }


@contextmanager
def _terminable() -> Iterator[None]:
    """Let SIGTERM end a run as Ctrl-C does, so that the twin is removed then, too."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
