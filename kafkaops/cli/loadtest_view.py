"""How the results of load tests look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

_VERDICTS = {
    "pass": "bold green",
    "fail": "bold red",
    "partial": "bold yellow",
    "generator-limited": "bold yellow",
    "host-limited": "bold yellow",
}
_DISTRIBUTIONS = {
    "schedule_delay": "schedule delay",
    "ack_service": "ack service",
    "ack_response": "ack response",
    "end_to_end_response": "end-to-end response",
}
_COLUMNS = ("min", "p50", "p90", "p95", "p99", "p99_9", "p99_99", "max")


def print_result(document: Mapping[str, Any], console: Console) -> None:
    """The result as tables, each load on its own, and the verdict last."""
    for load in document["loads"]:
        _print_load(load, console)
    console.print()
    verdict = document["verdict"]
    console.print(Text(f"Verdict: {verdict}", style=_VERDICTS[verdict]))
    for reason in (*document["reasons"], *document["happened"]):
        _line(console, f"  {reason}")


def print_bracket(document: Mapping[str, Any], console: Console) -> None:
    """Every run of a search, and what it comes to."""
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 1))
    for name in ("rate", "acked", "p99 ms"):
        table.add_column(name, justify="right")
    table.add_column("")
    for trial in document["trials"]:
        p99 = "" if trial["p99_ms"] is None else milliseconds(trial["p99_ms"])
        outcome = Text("✓ passed" if trial["passed"] else f"✗ {trial['reason']}", "green" if trial["passed"] else "red")
        table.add_row(f"{trial['rate']:,.0f}/s", f"{trial['acked']:,.0f}/s", p99, outcome)
    console.print(table)
    low, high = document["highest_pass"], document["lowest_fail"]
    if low is None:
        _line(console, f"No rate passed; {high:,.0f}/s is the lowest that was tried", "bold red")
    elif high is None:
        _line(console, f"Every rate passed, up to {low:,.0f}/s; the limit was not reached", "bold")
    else:
        _line(console, f"The limit lies between {low:,.0f}/s (passed) and {high:,.0f}/s (failed)", "bold")
        if not document["narrow"]:
            _line(console, "The runs were used up before the bracket was narrow", "yellow")
    if document["limited"]:
        _line(console, "It is this machine's limit and not the cluster's", "bold yellow")


def print_comparison(document: Mapping[str, Any], console: Console) -> None:
    """Figure by figure: the ratio, its interval, and what that means."""
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 1))
    table.add_column("topic")
    table.add_column("figure")
    for name in ("before", "after", "ratio", "95 % interval"):
        table.add_column(name, justify="right")
    table.add_column("")
    for effect in document["effects"]:
        low, high = effect["interval"]
        if effect["differs"]:
            meaning = Text(f"{effect['ratio'] - 1:+.1%}", "bold yellow")
        else:
            meaning = Text(f"no difference shown; beyond {effect['excluded_beyond']:.1%} excluded")
        table.add_row(
            Text(effect["topic"]),
            f"{effect['figure']}, {effect['unit']}",
            milliseconds(effect["before"]),
            milliseconds(effect["after"]),
            f"{effect['ratio']:.3f}",
            f"{low:.3f} … {high:.3f}",
            meaning,
        )
    console.print(table)


def _print_load(load: Mapping[str, Any], console: Console) -> None:
    what, target, payload = load["load"], load["target"], load["payload"]
    console.print()
    _line(console, load["topic"], "bold")
    _line(
        console,
        f"  {what['shape']}, {target['partitions']} partitions × {target['replication_factor']} replicas, "
        f"{payload['kind']} of {payload['mean_bytes'] or 0:.0f} bytes + 24, keys {what['keys']}",
    )
    producer = load["clients"]["producer"]
    _line(
        console,
        f"  {_count(what['producers'], 'producer')}, acks {producer.get('acks')}, "
        f"idempotence {str(producer.get('enable.idempotence')).lower()}, linger {producer.get('linger.ms')} ms, "
        f"compression {producer.get('compression.type')}; "
        f"{_count(what['groups'] if what['consumers_per_group'] else 0, 'group')} of "
        f"{_count(what['consumers_per_group'], 'consumer')}",
        "dim",
    )
    _print_rates(load, console)
    _print_drain(load, console)
    _print_latency(load, console)
    _print_proof(load["proof"], console)
    _print_objectives(load["objectives"], console)
    for kind in ("errors", "events"):
        if load[kind]:
            listed = ", ".join(f"{name} {count:,}" for name, count in load[kind].items())
            _line(console, f"  {'failed records' if kind == 'errors' else 'clients reported'}: {listed}")
    for worker in load["workers"]:
        waited = "" if worker["wait_share"] is None else f", waited for a core {worker['wait_share']:.1%}"
        _line(
            console,
            f"  {worker['name']}: {worker['cpu_share']:.0%} of a core, {worker['main_thread_share']:.0%} in its "
            f"main thread{waited}",
            "dim",
        )
    if payload["fresh_ratio"] is not None:
        off = payload["pool_ratio"] / payload["fresh_ratio"] - 1
        sent = "" if payload["wire_ratio"] is None else f", {payload['wire_ratio']:.2f}× in the batches of this run"
        _line(
            console,
            f"  compressed {payload['pool_ratio']:.2f}× in full batches, a stream that never repeats "
            f"{payload['fresh_ratio']:.2f}× ({off:+.1%}){sent}",
            "dim" if abs(off) <= 0.05 else "yellow",
        )
    for each in load["disclosures"]:
        _line(console, f"  {each}", "dim")
    if payload["repeats_in_batch"]:
        _line(console, "  values repeat within a batch: compression looks better than it is", "yellow")


def _print_rates(load: Mapping[str, Any], console: Console) -> None:
    rates, records = load["rates"], load["records"]
    offered = "" if rates["offered"] is None else f"offered {rates['offered']:,.1f}/s, "
    _line(
        console,
        f"  {offered}sent {rates['sent']:,.1f}/s, acked {rates['acked']:,.1f}/s; "
        f"{records['acked']:,} records acked, {records['failed']:,} not"
        + ("" if load["highest_backlog"] is None else f"; backlog at most {load['highest_backlog']:,}"),
    )


def _print_drain(load: Mapping[str, Any], console: Console) -> None:
    for each in load["drain"] or ():
        _line(
            console,
            f"  {each['group'].rpartition('-')[2]}: read a backlog of {each['records']:,} records in "
            f"{each['seconds']:.2f} s: {each['records_per_s']:,.0f}/s, {each['bytes_per_s'] / 1e6:,.1f} MB/s",
            "bold",
        )


def _print_latency(load: Mapping[str, Any], console: Console) -> None:
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 1))
    table.add_column("  ms")
    for name in _COLUMNS:
        table.add_column(name.replace("_", "."), justify="right")
    for key, title in _DISTRIBUTIONS.items():
        found = load["latency"][key]
        if found is not None:
            table.add_row(f"  {title}", *(milliseconds(found[name]) for name in _COLUMNS))
    if table.row_count:
        console.print(table)


def _print_proof(proofs: Sequence[Mapping[str, Any]], console: Console) -> None:
    for proof in proofs:
        faults = [
            f"{fault['records']:,} {name}" + (f" (allowed by {fault['allowed_by']})" if fault["allowed_by"] else "")
            for name, fault in proof["faults"].items()
            if fault["records"]
        ]
        extra = [
            f"{proof[key]:,} {words}"
            for key, words in (("in_doubt", "in doubt"), ("redelivered", "redelivered"), ("unread", "not read"))
            if proof[key]
        ]
        judged = ", ".join(faults) if faults else "each once and in order"
        _line(
            console,
            f"  {proof['group'].rpartition('-')[2]}: {proof['checked']:,} of {proof['acked']:,} acked records read, "
            + ", ".join([judged, *extra]),
            "red" if faults else "",
        )
        for finding in proof["findings"]:
            where = "offset" if "offset" in finding else "after_offset"
            _line(
                console,
                f"    {finding['fault']}: producer {finding['producer']}, partition {finding['partition']}, "
                f"sequence {finding['first_sequence']:,} and {finding['records'] - 1:,} more, "
                f"{where.replace('_', ' ')} {finding[where]}",
            )


def _print_objectives(objectives: Sequence[Mapping[str, Any]], console: Console) -> None:
    for objective in objectives:
        measured = "not measured" if objective["measured"] is None else f"{objective['measured']:,.6g}"
        sign = "✓" if objective["met"] else "✗"
        _line(
            console,
            f"  {sign} {objective['name']} {objective['comparison']} {objective['limit']:,} {objective['unit']}: "
            f"{measured}",
            "green" if objective["met"] else "red",
        )


def _line(console: Console, text: str, style: str = "") -> None:
    """Names and keys as they are: nothing in them is markup or stands for an emoji."""
    console.print(Text(text, style=style))


def milliseconds(value: float) -> str:
    """To three digits."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}" + ("" if number == 1 else "s")
