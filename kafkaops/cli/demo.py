"""`kafkaops demo`: the whole job on a cluster of its own, each step run as a user would run it."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.table import Table
from rich.text import Text

from kafkaops.cli.terminal import stderr, stdout
from kafkaops.errors import ExitCode, PlatformError, SpecError
from kafkaops.report.values import duration

_PARTS = ("topics.yaml", "environments", "schemas", "connectors", "teams")
"""What makes up a project, as far as it is there."""
_RECORDS = 5
_LOAD_TEST = ("loadtest", "--topic", "wave-events", "--rate", "500/s", "--duration", "8s", "--warmup", "2s")


@dataclass
class _Demo:
    """The project's copy, the cluster's home, and how long each step took."""

    project: Path
    home: Path
    timings: list[tuple[str, float]] = field(default_factory=list)

    def run(self, title: str, *arguments: str, expect: Sequence[int] = (0,), quiet: bool = False) -> None:
        """Run one kafkaops command in the project, show it as typed, and end the demo unless it exits as it should."""
        console = stdout()
        console.print(_heading(title))
        console.print(f"$ kafkaops {shlex.join(arguments)}", style="bold")
        sys.stdout.flush()
        began = time.monotonic()
        command = [sys.executable, "-m", "kafkaops", *arguments]
        ended = subprocess.run(
            command,
            cwd=self.project,
            env={**os.environ, "KAFKAOPS_DEV_HOME": str(self.home)},
            stdout=subprocess.DEVNULL if quiet else None,
            check=False,
        )
        self.timings.append((shlex.join(arguments), time.monotonic() - began))
        if ended.returncode not in expect:
            expected = " or ".join(str(code) for code in expect)
            raise PlatformError.of(
                "KO910",
                f"kafkaops {shlex.join(arguments)} ended with exit code {ended.returncode}, not {expected}",
                hint="its own message stands above; kafkaops dev logs has the cluster's",
            )


def demo_command(file: Path, *, keep: bool) -> ExitCode:
    """Bring a cluster up, plan, apply, plan, change a line, plan, prove arrival; take the cluster down again."""
    from platformdirs import user_data_path

    root = file.resolve().parent
    if not file.is_file():
        raise SpecError.of(
            "KO911", f"{file} is not there", hint="run the demo in a project, such as a clone of kafkaops"
        )
    home = Path(os.environ.get("KAFKAOPS_DEV_HOME") or user_data_path("kafkaops") / "demo")
    with TemporaryDirectory(prefix="kafkaops-demo-") as folder, _dev_home(home):
        demo = _Demo(project=_copy(root, Path(folder)), home=home)
        try:
            _steps(demo)
        finally:
            if keep:
                stderr().print(f"The cluster stays up. To use it: export KAFKAOPS_DEV_HOME={shlex.quote(str(home))}")
            else:
                demo.run("Take the cluster down again, data and all", "dev", "down", "--purge")
    _print_timings(demo)
    return ExitCode.OK


def _heading(title: str) -> Text:
    return Text(f"\n# {title}", "bold cyan")


def _steps(demo: _Demo) -> None:
    demo.run("Start from nothing", "dev", "down", "--purge", quiet=True)
    demo.run("Three brokers, a schema registry, Connect, and what the sinks write to", "dev", "up")
    _create_bucket()
    demo.run("Does the spec hold together, in every environment?", "validate")
    demo.run("What would change?", "plan")
    demo.run("Make it so", "apply", "--yes")
    demo.run("Nothing is left to do", "plan", "--detailed-exitcode")
    old, new = _change_a_line(demo.project / "topics.yaml")
    stdout().print(
        _heading("Change one line of topics.yaml"), Text(f"-{old}", "red"), Text(f"+{new}", "green"), sep="\n"
    )
    demo.run("Exactly that line comes out as a change", "plan", "--detailed-exitcode", expect=(3,))
    demo.run(
        "Would every reader cope with the schemas, beside those registered?",
        "schemas",
        "check",
        "--against",
        "registry",
    )
    _prove_arrival(demo)
    # 3: on a busy machine the honest verdict is that the machine, and not the cluster, was the limit.
    demo.run("Does a topic carry the load, and is every record there once, in order?", *_LOAD_TEST, expect=(0, 3))
    demo.run("What it took", "dev", "status")


def _copy(root: Path, folder: Path) -> Path:
    """A copy of the project to change a line in; the user's own files are left alone."""
    project = folder / root.name
    project.mkdir()
    for part in _PARTS:
        source = root / part
        if source.is_dir():
            shutil.copytree(source, project / part)
        elif source.is_file():
            shutil.copy2(source, project / part)
    return project


def _change_a_line(file: Path) -> tuple[str, str]:
    """Double one topic's own retention by editing its line; gives the line before and after."""
    from kafkaops.spec.load import load

    loaded = load(file, "dev")
    lines = file.read_text(encoding="utf-8").splitlines()
    places = {name: loaded.places.of("topics", name, "config", "retention.ms") for name in loaded.spec.topics}
    for place in places.values():
        own = place is not None and list(places.values()).count(place) == 1 and place.file.resolve() == file.resolve()
        if place is None or not own:
            continue
        before = lines[place.line - 1]
        after = re.sub(r"(retention\.ms: )(\d+)d", lambda found: f"{found[1]}{2 * int(found[2])}d", before)
        if after != before:
            lines[place.line - 1] = after
            file.write_text("\n".join(lines) + "\n", encoding="utf-8")
            return before, after
    raise SpecError.of("KO912", "no topic in topics.yaml has a line such as retention.ms: 30d, which the demo changes")


def _create_bucket() -> None:
    """The S3 sink does not make its bucket; on the dev cluster the demo does."""
    from kafkaops.devcluster import create_bucket, locate

    endpoints = locate()
    if endpoints is not None and endpoints.s3_endpoint:
        create_bucket(endpoints.s3_endpoint, "paklog-external-events")


def _prove_arrival(demo: _Demo) -> None:
    """Write real Avro records and read them back from the far end of each sink."""
    from kafkaops.demo.arrival import prove_arrival
    from kafkaops.devcluster import locate
    from kafkaops.spec.load import load

    stdout().print(_heading("RUNNING is no proof: do records arrive, and does a poisoned one end in error-events?"))
    endpoints = locate()
    if endpoints is None:
        raise PlatformError.of("KO913", "the dev cluster went away", hint="kafkaops dev logs")
    began = time.monotonic()
    arrivals = prove_arrival(endpoints, load(demo.project / "topics.yaml", "dev"), records=_RECORDS)
    demo.timings.append(("(records through the sinks)", time.monotonic() - began))
    table = Table("from", "to", "sent", "arrived", "after", box=None, header_style="bold")
    for arrival in arrivals:
        table.add_row(
            arrival.source, arrival.target, str(arrival.expected), str(arrival.arrived), duration(arrival.seconds)
        )
    stdout().print(table)


@contextmanager
def _dev_home(home: Path) -> Iterator[None]:
    """Make `locate()` in this process look where the commands that it runs look."""
    before = os.environ.get("KAFKAOPS_DEV_HOME")
    os.environ["KAFKAOPS_DEV_HOME"] = str(home)
    try:
        yield
    finally:
        if before is None:
            del os.environ["KAFKAOPS_DEV_HOME"]
        else:
            os.environ["KAFKAOPS_DEV_HOME"] = before


def _print_timings(demo: _Demo) -> None:
    stdout().print(_heading("How long it took"))
    table = Table("step", "time", box=None, header_style="bold")
    for step, seconds in demo.timings:
        table.add_row(step, duration(seconds))
    table.add_row("together", duration(sum(seconds for _, seconds in demo.timings)), style="bold")
    stdout().print(table)
