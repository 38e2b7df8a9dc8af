"""Works every figure of a load test out again, from its raw records alone.

    python tests/raw_figures.py records.csv result.json

It shares no code with kafkaops: percentiles come from a sort, not from a histogram, and the proof is a walk through
each partition in the order of its offsets. Percentiles may differ from the report's by its histogram's 0.4 %;
everything else must be equal. Prints what differs, and exits 1 if anything does.
"""

from __future__ import annotations

import csv
import json
import math
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

SLOT = 100_000_000
PERCENTILES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p99_9": 0.999, "p99_99": 0.9999}
HISTOGRAM_ERROR = 0.004


class Differences:
    """What the report says otherwise."""

    def __init__(self) -> None:
        self.checked = 0
        self.found: list[str] = []

    def expect(self, name: str, reported: object, own: object, tolerance: float = 0.0) -> None:
        self.checked += 1
        if reported == own:
            return
        numbers = isinstance(reported, int | float) and isinstance(own, int | float)
        if numbers and math.isclose(reported, own, rel_tol=max(tolerance, 1e-9), abs_tol=1e-9):  # type: ignore[arg-type]
            return
        self.found.append(f"{name}: reported {reported}, from the records {own}")


class Record:
    """One record, and its readings as (group, partition, offset, time)."""

    def __init__(self, row: dict[str, str]) -> None:
        self.source = (row["producer"], row["partition"])
        self.sequence = int(row["sequence"]) if row["sequence"] else None
        self.intended = int(row["intended_ns"])
        self.sent = int(row["sent_ns"]) if row["sent_ns"] else None
        self.acked = int(row["acked_ns"]) if row["acked_ns"] else None
        self.fate = row["fate"]
        self.readings: list[tuple[str, int, int, int]] = []


def read(file: Path) -> dict[str, list[Record]]:
    """Records by topic."""
    found: dict[tuple[str, str, str, str], Record] = {}
    topics: dict[str, list[Record]] = defaultdict(list)
    with file.open(encoding="utf-8", newline="") as lines:
        for number, row in enumerate(csv.DictReader(lines)):
            key = (row["topic"], row["producer"], row["partition"], row["sequence"] or f"unsent {number}")
            if key not in found:
                found[key] = Record(row)
                topics[row["topic"]].append(found[key])
            if row["consumed_ns"]:
                reading = (row["group"], int(row["read_from"]), int(row["offset"]), int(row["consumed_ns"]))
                found[key].readings.append(reading)
    return topics


def distribution(differences: Differences, name: str, reported: dict[str, float] | None, own: list[int]) -> None:
    """Every figure of one distribution."""
    if reported is None:
        differences.expect(f"{name} count", 0, len(own))
        return
    own.sort()
    differences.expect(f"{name} count", reported["count"], len(own))
    if not own:
        return
    differences.expect(f"{name} min", reported["min"], own[0] / 1e6)
    differences.expect(f"{name} max", reported["max"], own[-1] / 1e6)
    differences.expect(f"{name} mean", reported["mean"], sum(own) / len(own) / 1e6)
    for label, share in PERCENTILES.items():
        rank = max(math.ceil(round(len(own) * share, 6)), 1)
        differences.expect(f"{name} {label}", reported[label], own[rank - 1] / 1e6, HISTOGRAM_ERROR)


def latencies(differences: Differences, load: dict[str, Any], records: list[Record], start: int, end: int) -> None:
    """The four distributions, of records due in the measured time."""
    measured = [record for record in records if start <= record.intended < end]
    open_loop = load["load"]["open_loop"]
    own = {
        "schedule_delay": [each.sent - each.intended for each in measured if each.sent is not None and open_loop],
        "ack_service": [each.acked - each.sent for each in measured if None not in (each.acked, each.sent)],  # type: ignore[operator]
        "ack_response": [each.acked - each.intended for each in measured if each.acked is not None and open_loop],
        "end_to_end_response": [
            time - each.intended for each in measured for *_, time in each.readings if load["drain"] is None
        ],
    }
    for name, values in own.items():
        distribution(differences, f"{load['topic']} {name}", load["latency"][name], values)
    for group in load["groups"] if load["drain"] is None else ():
        values = [
            time - each.intended for each in measured for who, _, _, time in each.readings if who == group["name"]
        ]
        distribution(differences, f"{group['name']} response", group["end_to_end_response"], values)


def proof(differences: Differences, reported: dict[str, Any], records: list[Record]) -> None:
    """Lost, duplicated, reordered, redelivered: by a walk through each source's readings by offset."""
    group = reported["group"]
    sources: dict[tuple[str, str], list[Record]] = defaultdict(list)
    for record in records:
        if record.sequence is not None:
            sources[record.source].append(record)
    counts: Counter[str] = Counter()
    for (_, partition), own in sources.items():
        seen: set[int] = set()
        offsets: set[int] = set()
        highest = -1
        readings = sorted(
            (offset, record.sequence)
            for record in own
            for who, where, offset, _ in record.readings
            if who == group and where == int(partition) and record.sequence is not None
        )
        for offset, sequence in readings:
            if offset in offsets:
                counts["redelivered"] += 1
                continue
            offsets.add(offset)
            if sequence in seen:
                counts["duplicated"] += 1
            elif sequence < highest:
                counts["reordered"] += 1
            seen.add(sequence)
            highest = max(highest, sequence)
        counts["checked"] += len(seen)
        for record in own:
            there = record.sequence in seen
            counts["acked"] += record.fate == "acked"
            counts["in_doubt"] += record.fate == "in-doubt"
            counts["in_doubt_written"] += record.fate == "in-doubt" and there
            counts["missing"] += record.fate == "acked" and not there
            counts["phantom"] += record.fate == "rejected" and there
    for name in ("acked", "checked", "in_doubt", "in_doubt_written", "redelivered"):
        differences.expect(f"{group} {name}", reported[name], counts[name])
    faults = {name: fault["records"] for name, fault in reported["faults"].items()}
    for name in ("duplicated", "reordered", "phantom"):
        differences.expect(f"{group} {name}", faults[name], counts[name])
    differences.expect(f"{group} lost and not read", faults["lost"] + reported["unread"], counts["missing"])


def rates(differences: Differences, load: dict[str, Any], records: list[Record], start: int, end: int) -> None:
    """Counts and rates, by the tenths of a second that the report counts in, and the series."""
    slots: dict[str, Counter[int]] = defaultdict(Counter)
    groups = [group["name"] for group in load["groups"]]
    for record in records:
        if load["load"]["open_loop"] and record.fate != "unsent":
            slots["due"][record.intended // SLOT] += 1
        if record.sent is not None:
            slots["sent"][record.sent // SLOT] += 1
        if record.acked is not None:
            slots["acked"][record.acked // SLOT] += 1
        for group, _, _, time in record.readings:
            slots[group][time // SLOT] += 1
    measured = range(start // SLOT, -(-end // SLOT))
    names = {"sent": "sent", "acked": "acked"} | ({"offered": "due"} if load["load"]["open_loop"] else {})
    for reported, column in names.items():
        own = sum(slots[column][slot] for slot in measured) * 1e9 / (end - start)
        differences.expect(f"{load['topic']} {reported} rate", load["rates"][reported], own)
    unsent = sum(record.fate == "unsent" for record in records)
    differences.expect("unsent", load["records"]["unsent"], unsent)
    for name in ("due", "sent", "acked"):
        differences.expect(f"{load['topic']} {name}", load["records"][name], slots[name].total())
    failed = sum(record.fate in ("in-doubt", "rejected") and record.sent is not None for record in records)
    differences.expect("failed", load["records"]["failed"], failed + unsent)
    backlogs = series(differences, load, slots, groups)
    own_backlog = max((backlogs[slot] for slot in measured if slot in backlogs), default=0)
    if groups:
        differences.expect("highest backlog", load["highest_backlog"], own_backlog)


def series(
    differences: Differences,
    load: dict[str, Any],
    slots: dict[str, Counter[int]],
    groups: list[str],
) -> dict[int, int]:
    """The rows of each second; gives the backlog at the end of every tenth, of the group that is furthest behind."""
    backlogs: dict[int, int] = {}
    behind = dict.fromkeys(groups, 0)
    for slot in range(-20, 10 * len(load["series"])):
        for group in groups:
            behind[group] += slots["acked"][slot] - slots[group][slot]
        backlogs[slot] = max([0, *behind.values()])
    for row in load["series"]:
        second = row["second"]
        own = {name: sum(slots[name][10 * second + tenth] for tenth in range(10)) for name in ("due", "sent", "acked")}
        if groups:
            own["consumed"] = sum(slots[group][10 * second + tenth] for group in groups for tenth in range(10))
            own["backlog"] = backlogs[10 * second + 9]
        for name, value in own.items():
            differences.expect(f"{load['topic']} second {second} {name}", row[name], value)
    return backlogs


def check(raw: Path, result: Path) -> Differences:
    """Everything in a result, against its records."""
    differences = Differences()
    document = json.loads(result.read_text(encoding="utf-8"))
    records = read(raw)
    start = round(document["warmup_s"] * 1e9)
    for load in document["loads"]:
        end = round(load["measured_until_s"] * 1e9)
        own = records[load["topic"]]
        latencies(differences, load, own, start, end)
        rates(differences, load, own, start, end)
        for each in load["proof"]:
            proof(differences, each, own)
    return differences


def main() -> int:
    """The script."""
    differences = check(Path(sys.argv[1]), Path(sys.argv[2]))
    for line in differences.found:
        sys.stdout.write(line + "\n")
    sys.stdout.write(f"{differences.checked} figures checked, {len(differences.found)} differ\n")
    return 1 if differences.found else 0


if __name__ == "__main__":
    sys.exit(main())
