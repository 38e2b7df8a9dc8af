"""A self-contained page of a result: no script, no network, charts as SVG."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from kafkaops.loadtest.histogram import Histogram

Document = Mapping[str, Any]
Points = Sequence[tuple[float, float]]
_WIDTH, _HEIGHT = 880, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 180, 16, 38
_COLOURS = ("#1f6feb", "#1a7f37", "#bc4c00", "#8250df", "#cf222e")
_TITLES = {
    "schedule_delay": "schedule delay",
    "ack_service": "ack service",
    "ack_response": "ack response",
    "end_to_end_response": "end-to-end response",
}
_COLUMNS = ("count", "min", "mean", "p50", "p90", "p95", "p99", "p99_9", "p99_99", "max")
_NINES = (0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999, 0.999999)
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1f2328; margin: 2rem auto; max-width: 62rem; padding: 0 1rem; }
h1 { font-size: 1.5rem; }
h2 { font-size: 1.2rem; margin-top: 2.5rem; border-top: 1px solid #d1d9e0; padding-top: 1rem; }
h3 { font-size: 1rem; margin-bottom: .3rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
td, th { padding: .2rem .7rem; text-align: right; border-bottom: 1px solid #d1d9e0; }
td:first-child, th:first-child { text-align: left; padding-left: 0; }
.verdict { display: inline-block; padding: .2rem .8rem; border-radius: .4rem; color: #fff; font-weight: 600; }
.pass { background: #1a7f37; } .fail { background: #cf222e; } .other { background: #9a6700; }
.met { color: #1a7f37; } .missed { color: #cf222e; } .quiet { color: #59636e; }
svg { max-width: 100%; height: auto; } svg text { font: 12px system-ui, sans-serif; fill: #59636e; }
"""


@dataclass(frozen=True, slots=True)
class _Line:
    name: str
    points: Points


def html_report(document: Document) -> str:
    """The whole page."""
    verdict = document["verdict"]
    css = verdict if verdict in ("pass", "fail") else "other"
    title = f"Load test {document['profile'] or document['run']}"
    reasons = "".join(f"<li>{escape(reason)}</li>" for reason in (*document["reasons"], *document["happened"]))
    whole_s = document["warmup_s"] + document["duration_s"]
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body>\n<h1>{escape(title)}</h1>\n"
        f'<p><span class="verdict {css}">{escape(verdict)}</span></p>\n<ul>{reasons}</ul>\n'
        f'<p class="quiet">{escape(_circumstances(document))}</p>\n'
        + "\n".join(_load(load, whole_s) for load in document["loads"])
        + _fleet(document["fleet"])
        + "\n</body></html>\n"
    )


def _circumstances(document: Document) -> str:
    host, versions, cluster = document["host"], document["versions"], document["cluster"]
    busy = "" if host["busy_share"] is None else f", {host['busy_share']:.0%} busy"
    releases = sorted({release for release in cluster["releases"].values() if release is not None})
    kafka = f" of Kafka {', '.join(releases)}" if releases else ""
    return (
        f"{document['started_at']}, {document['warmup_s']:g} s of warm-up and {document['duration_s']:g} s measured; "
        f"environment {cluster['environment']}, {len(cluster['brokers'])} brokers{kafka}; "
        f"generator on {host['system']} with {host['usable_cores']} cores{busy}; "
        + ", ".join(f"{name} {version}" for name, version in versions.items())
    )


def _fleet(hosts: Sequence[Document]) -> str:
    """The clocks of a fleet's hosts, as they compared with the coordinator's."""
    if not hosts:
        return ""
    rows = "".join(
        f"<tr><td>{escape(host['host'])}</td><td>{host['offset_ms']:,.3f} ± {host['offset_error_ms']:.3f}</td>"
        f"<td>{host['drift_ppm']:,.1f} ± {host['drift_error_ppm']:,.1f}</td></tr>"
        for host in hosts
    )
    return f"<h2>Hosts</h2><table><tr><th>host</th><th>clock, ms</th><th>drift, ppm</th></tr>{rows}</table>"


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}" + ("" if number == 1 else "s")


def _figures(load: Document) -> str:
    """Rates, records, backlog and compression in sentences."""
    rates, records, payload = load["rates"], load["records"], load["payload"]
    offered = "" if rates["offered"] is None else f"offered {rates['offered']:,.1f}/s, "
    lines = [
        f"{offered}sent {rates['sent']:,.1f}/s, acked {rates['acked']:,.1f}/s; "
        f"{records['acked']:,} records acked, {records['failed']:,} not"
        + ("" if load["highest_backlog"] is None else f"; backlog at most {load['highest_backlog']:,}")
    ]
    lines += [
        f"{each['group'].rpartition('-')[2]} read a backlog of {each['records']:,} records in {each['seconds']:.2f} s: "
        f"{each['records_per_s']:,.0f}/s, {each['bytes_per_s'] / 1e6:,.1f} MB/s"
        for each in load["drain"] or ()
    ]
    if payload["fresh_ratio"] is not None:
        lines.append(
            f"compressed {payload['pool_ratio']:.2f}× in full batches, a stream that never repeats "
            f"{payload['fresh_ratio']:.2f}× ({payload['pool_ratio'] / payload['fresh_ratio'] - 1:+.1%})"
        )
    if not load["clock"]["one"]:
        lines.append(f"end-to-end latencies were taken on two clocks: ± {load['clock']['error_ms']:.2f} ms")
    for kind in ("errors", "events"):
        if load[kind]:
            listed = ", ".join(f"{name} {count:,}" for name, count in load[kind].items())
            lines.append(f"{'failed records' if kind == 'errors' else 'clients reported'}: {listed}")
    return "".join(f"<p>{escape(line)}</p>" for line in lines)


def _load(load: Document, whole_s: float) -> str:
    what, payload, target = load["load"], load["payload"], load["target"]
    about = (
        f"{what['shape']}, {target['partitions']} partitions × {target['replication_factor']} replicas, "
        f"{payload['kind']} of {payload['mean_bytes'] or 0:.0f} bytes + 24, keys {what['keys']}, "
        f"{_count(what['producers'], 'producer')}, {_count(what['groups'], 'group')} of "
        f"{_count(what['consumers_per_group'], 'consumer')}"
    )
    return "\n".join(
        [
            f"<h2>{escape(load['topic'])}: {escape(load['verdict'])}</h2>",
            f'<p class="quiet">{escape(about)}</p>',
            _objectives(load["objectives"]),
            _figures(load),
            "<h3>Latency, ms</h3>",
            _latency_table(load["latency"]),
            "<h3>Rate over time, records per second</h3>",
            _rates([row for row in load["series"] if load["drain"] or row["second"] < whole_s], what["groups"]),
            "<h3>Latency over time, ms</h3>",
            _latencies(load["series"]),
            "<h3>Latency by percentile, ms</h3>",
            _percentiles(load["latency"]),
            _proofs(load["proof"]),
            "".join(f'<p class="quiet">{escape(each)}</p>' for each in load["disclosures"]),
            _settings({**load["clients"], f"topic {target['name']}": target["config"]}),
        ]
    )


def _objectives(objectives: Sequence[Document]) -> str:
    if not objectives:
        return ""
    rows = "".join(
        f'<tr class="{"met" if item["met"] else "missed"}">'
        f"<td>{'✓' if item['met'] else '✗'} {escape(item['name'])}</td>"
        f"<td>{escape(item['comparison'])} {item['limit']:,} {escape(item['unit'])}</td>"
        f"<td>{'not measured' if item['measured'] is None else format(item['measured'], ',.6g')}</td></tr>"
        for item in objectives
    )
    return f"<table><tr><th>objective</th><th>limit</th><th>measured</th></tr>{rows}</table>"


def _latency_table(latency: Document) -> str:
    head = "".join(f"<th>{name.replace('_', '.')}</th>" for name in _COLUMNS)
    rows = "".join(
        f"<tr><td>{title}</td>" + "".join(f"<td>{_number(latency[key][name])}</td>" for name in _COLUMNS) + "</tr>"
        for key, title in _TITLES.items()
        if latency[key] is not None
    )
    return f"<table><tr><th></th>{head}</tr>{rows}</table>"


def _number(value: float) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


def _rates(series: Sequence[Document], groups: int) -> str:
    names = [name for name in ("due", "sent", "acked", "consumed") if series and name in series[0]]
    lines = [
        _Line(name, [(row["second"], row[name] / (groups if name == "consumed" else 1)) for row in series])
        for name in names
    ]
    return _chart(lines, "s", log_y=False)


def _latencies(series: Sequence[Document]) -> str:
    lines = [
        _Line(name, [(row["second"], row[f"{name}_ms"]) for row in series if row.get(f"{name}_ms") is not None])
        for name in ("p50", "p99", "max")
    ]
    return _chart(lines, "s", log_y=True)


def _percentiles(latency: Document) -> str:
    lines = []
    for key, title in _TITLES.items():
        if latency[key] is not None:
            lines.append(_Line(title, list(_curve(Histogram.from_document(latency[key]["histogram"])))))
    ticks = [(math.log10(1 / (1 - share)), f"{share * 100:g}%") for share in _NINES]
    return _chart(lines, "", log_y=True, x_ticks=ticks)


def _curve(histogram: Histogram) -> Iterable[tuple[float, float]]:
    """(log₁₀ of 1/(1 - share), ms): the more nines, the further right."""
    seen = 0
    for start, beyond, count in histogram.buckets():
        seen += count
        left = max(histogram.count - seen, 0) + 0.5
        yield math.log10(histogram.count / left), max((start + beyond) / 2 / 1e6, 0.001)


def _chart(lines: Sequence[_Line], unit: str, *, log_y: bool, x_ticks: Sequence[tuple[float, str]] = ()) -> str:
    lines = [line for line in lines if line.points]
    if not lines:
        return '<p class="quiet">nothing was measured</p>'
    xs = [x for line in lines for x, _ in line.points]
    ys = [max(y, 0.001) if log_y else y for line in lines for _, y in line.points]
    low_x, high_x = min(xs), max(max(xs), min(xs) + 1)
    low_y, high_y = _y_range(ys, log_y)

    def place(x: float, y: float) -> tuple[float, float]:
        across = (x - low_x) / (high_x - low_x)
        value = math.log10(max(y, 0.001)) if log_y else y
        up = (value - low_y) / (high_y - low_y)
        inner_width, inner_height = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM
        return _LEFT + across * inner_width, _TOP + (1 - up) * inner_height

    parts = [f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">']
    for value, label in _y_ticks(low_y, high_y, log_y):
        _, y = place(low_x, 10**value if log_y else value)
        parts.append(f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#d1d9e0"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{label}</text>')
    for value, label in x_ticks or _x_ticks(low_x, high_x, unit):
        if low_x <= value <= high_x:
            x, _ = place(value, 1)
            parts.append(f'<text x="{x:.1f}" y="{_HEIGHT - _BOTTOM + 20}" text-anchor="middle">{label}</text>')
    for number, line in enumerate(lines):
        colour = _COLOURS[number % len(_COLOURS)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*point) for point in line.points))
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        y = _TOP + 14 + 18 * number
        parts.append(f'<rect x="{_WIDTH - _RIGHT + 12}" y="{y - 9}" width="10" height="10" fill="{colour}"/>')
        parts.append(f'<text x="{_WIDTH - _RIGHT + 28}" y="{y}">{escape(line.name)}</text>')
    return "".join(parts) + "</svg>"


def _y_range(values: Sequence[float], log_y: bool) -> tuple[float, float]:
    if not log_y:
        return 0.0, max(values) * 1.05 or 1.0
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return float(low), float(max(high, low + 1))


def _y_ticks(low: float, high: float, log_y: bool) -> Iterable[tuple[float, str]]:
    if log_y:
        return [(float(power), f"{10.0**power:,g}") for power in range(int(low), int(high) + 1)]
    step = 10 ** math.floor(math.log10(high / 2))
    step = next(step * factor for factor in (1, 2, 5, 10) if high / (step * factor) <= 6)
    return [(step * number, f"{step * number:,g}") for number in range(int(high / step) + 1)]


def _x_ticks(low: float, high: float, unit: str) -> Iterable[tuple[float, str]]:
    step = max(round((high - low) / 10), 1)
    return [(value, f"{value:g} {unit}") for value in range(int(low), int(high) + 1, step)]


def _proofs(proofs: Sequence[Document]) -> str:
    if not proofs:
        return "<h3>Proof</h3><p>Nothing was read, so nothing is proved.</p>"
    names = ("acked", "checked", "in_doubt", "redelivered", "unread")
    head = "".join(f"<th>{name.replace('_', ' ')}</th>" for name in (*names, *proofs[0]["faults"]))
    rows = "".join(
        f"<tr><td>{escape(proof['group'].rpartition('-')[2])}</td>"
        + "".join(f"<td>{proof[name]:,}</td>" for name in names)
        + "".join(
            f'<td class="{"missed" if fault["records"] else ""}">{fault["records"]:,}</td>'
            for fault in proof["faults"].values()
        )
        + "</tr>"
        for proof in proofs
    )
    findings = "".join(
        f"<li>{finding['fault']}: producer {finding['producer']}, partition {finding['partition']}, sequence "
        f"{finding['first_sequence']:,} and {finding['records'] - 1:,} more, "
        f"offset {finding.get('offset', finding.get('after_offset'))}</li>"
        for proof in proofs
        for finding in proof["findings"]
    )
    return f"<h3>Proof, records</h3><table><tr><th>group</th>{head}</tr>{rows}</table><ul>{findings}</ul>"


def _settings(clients: Document) -> str:
    parts = []
    for side, settings in clients.items():
        listed = ", ".join(f"{name}={value}" for name, value in settings.items())
        parts.append(f'<p class="quiet">{escape(side)}: {escape(listed)}</p>')
    return "<h3>Settings</h3>" + "".join(parts)
