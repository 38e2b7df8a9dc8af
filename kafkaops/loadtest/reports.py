"""Renderings of a result for other tools: CSV, JUnit, HdrHistogram's log. All are made from the JSON document."""

from __future__ import annotations

import base64
import csv
import io
import json
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO
from xml.etree import ElementTree

from kafkaops.errors import PlatformError, UsageError
from kafkaops.loadtest.histogram import Histogram
from kafkaops.loadtest.html import html_report
from kafkaops.writable import check_file

Document = Mapping[str, Any]
DISTRIBUTIONS = ("schedule_delay", "ack_service", "ack_response", "end_to_end_response")
_V2_COOKIE = 0x1C849313
_V2_COMPRESSED_COOKIE = 0x1C849314
_MS = 1_000_000.0


def json_text(document: Document) -> str:
    """The document itself."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def csv_text(document: Document) -> str:
    """The time series: a row for each second of each topic, the warm-up included."""
    rows = [{"topic": load["topic"], **row} for load in document["loads"] for row in load["series"]]
    names = list(dict.fromkeys(name for row in rows for name in row)) or ["topic", "second"]
    out = io.StringIO()
    writer = csv.DictWriter(out, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def junit_text(document: Document) -> str:
    """A test suite for each topic: its objectives, its proof, and whether the figures can be trusted."""
    suites = ElementTree.Element("testsuites", name="kafkaops loadtest")
    for load in document["loads"]:
        cases = list(_cases(load, judged=document["objectives_set"] or load["verdict"] == "partial"))
        failures = sum(message is not None for _, message in cases)
        suite = ElementTree.SubElement(
            suites,
            "testsuite",
            name=f"loadtest {document['profile'] or load['topic']}: {load['topic']}",
            tests=str(len(cases)),
            failures=str(failures),
            timestamp=document["started_at"],
            time=f"{document['warmup_s'] + document['duration_s']:.3f}",
        )
        for name, message in cases:
            case = ElementTree.SubElement(suite, "testcase", classname=f"loadtest.{load['topic']}", name=name)
            if message is not None:
                ElementTree.SubElement(case, "failure", message=message)
    ElementTree.indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(suites, encoding="unicode") + "\n"


def _cases(load: Document, *, judged: bool) -> Iterable[tuple[str, str | None]]:
    """(name, what failed). Without objectives it is no failure that nothing can be said about them."""
    unfit = judged and load["verdict"] not in ("pass", "fail")
    yield "figures can be judged", f"{load['verdict']}: {'; '.join(load['reasons'])}" if unfit else None
    for proof in load["proof"]:
        faults = [
            f"{fault['records']} {name}"
            for name, fault in proof["faults"].items()
            if fault["records"] and fault["allowed_by"] is None
        ]
        yield f"every record once and in order: {proof['group']}", ", ".join(faults) or None
    for item in load["objectives"]:
        limit = f"{item['name']} {item['comparison']} {item['limit']} {item['unit']}"
        yield limit, None if item["met"] else f"measured {item['measured']}"


def hlog_text(document: Document) -> str:
    """HdrHistogram's log format 1.3, a tagged line for each distribution; values in nanoseconds, maxima in ms."""
    started = datetime.fromisoformat(document["started_at"]).timestamp()
    lines = [
        "#[Histogram log format version 1.3]",
        f"#[StartTime: {started:.3f} (seconds since epoch), {document['started_at']}]",
        '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"',
    ]
    for load in document["loads"]:
        for name in DISTRIBUTIONS:
            found = load["latency"][name]
            if found is not None:
                histogram = Histogram.from_document(found["histogram"])
                tag = f"{load['topic']}/{name}"
                lines.append(
                    f"Tag={tag},{document['warmup_s']:.3f},{document['duration_s']:.3f},{found['max']:.3f},"
                    f"{encoded(histogram)}"
                )
    return "\n".join(lines) + "\n"


def encoded(histogram: Histogram) -> str:
    """HdrHistogram's V2 encoding, compressed, in base 64.

    With two significant digits its buckets are ours, index by index: 128 to an octave.
    """
    counts = bytearray()
    following = 0
    for index in sorted(histogram.counts):
        if index > following:
            counts += _zigzag(following - index)  # a run of empty buckets
        counts += _zigzag(histogram.counts[index])
        following = index + 1
    highest = max(histogram.maximum or 0, 2)
    head = struct.pack(">iiiiqqd", _V2_COOKIE, len(counts), 0, 2, 1, 1 << highest.bit_length(), 1.0)
    packed = zlib.compress(head + bytes(counts))
    return base64.b64encode(struct.pack(">ii", _V2_COMPRESSED_COOKIE, len(packed)) + packed).decode("ascii")


def _zigzag(number: int) -> bytes:
    """ZigZag LEB128 of at most nine bytes, of which the last holds eight bits."""
    value = (number << 1 ^ number >> 63) & (1 << 64) - 1
    out = bytearray()
    for _ in range(8):
        if value < 0x80:
            out.append(value)
            return bytes(out)
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


RENDERINGS: Mapping[str, Callable[[Document], str]] = {
    ".json": json_text,
    ".csv": csv_text,
    ".xml": junit_text,
    ".hlog": hlog_text,
    ".html": html_report,
}
"""By the file's suffix."""


def check_outputs(files: Iterable[Path]) -> None:
    """Better now than after a run of an hour. Raises `UsageError` (KO014)."""
    for file in files:
        if file.suffix not in RENDERINGS:
            raise UsageError.of(
                "KO014", f"{file}: what to write is told by the suffix", hint=f"use one of {', '.join(RENDERINGS)}"
            )
        check_file("KO014", file)


def save(document: Document, file: Path) -> None:
    """Write one report. Raises `PlatformError` (KO014)."""
    text = RENDERINGS[file.suffix](document)
    with written(file) as out:
        out.write(text)


@contextmanager
def written(file: Path) -> Iterator[TextIO]:
    """A text file that is there whole or, when it cannot be written, as it was before. Raises `PlatformError` (KO014).

    What exists and is no file, such as a pipe or a device, is written to directly.
    """
    direct = file.exists() and not file.is_file()
    part = file if direct else file.with_name(f".{file.name}.part")
    try:
        with part.open("w", encoding="utf-8", newline="") as out:
            yield out
        if not direct:
            part.replace(file)
    except OSError as error:
        if not direct:
            part.unlink(missing_ok=True)
        raise PlatformError.of(
            "KO014", f"{file} cannot be written: {error.strerror}", hint="make room, or save it elsewhere"
        ) from error
