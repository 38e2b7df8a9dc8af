"""The ledger's records as bytes and back. Every record carries its format's version.

What cannot be read is an error that names the place; nothing is concluded from it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Annotated, Any, TypeVar

from pydantic import Field, TypeAdapter, ValidationError

from kafkaops.address import Address
from kafkaops.clients.log import Entry, Logged
from kafkaops.errors import PlatformError
from kafkaops.ledger.model import CLAIMS, RUNS, Claim, Ledger, OpenRun, Owner, PrefixClaim
from kafkaops.ledger.records import RecordedChange, RunChanges, RunRecord, in_parts

VERSION = 1
PART_BYTES = 512 << 10
"""What one record of changes holds at most, well below the brokers' default message limit of 1 MiB."""
T = TypeVar("T", Claim, PrefixClaim, OpenRun)


def claim_entry(claim: Claim) -> Entry:
    """The record that states a claim."""
    return Entry(CLAIMS, _claim_key(claim.owner, claim.address), _stated(Claim, claim))


def claim_gone(owner: Owner, address: Address) -> Entry:
    """The tombstone of a claim."""
    return Entry(CLAIMS, _claim_key(owner, address), None)


def prefix_entry(claim: PrefixClaim) -> Entry:
    """The record that states the ownership of a prefix."""
    return Entry(CLAIMS, _key("prefix", claim.owner, claim.prefix), _stated(PrefixClaim, claim))


def prefix_gone(owner: Owner, prefix: str) -> Entry:
    """The tombstone of a prefix."""
    return Entry(CLAIMS, _key("prefix", owner, prefix), None)


def open_run_entry(run: OpenRun) -> Entry:
    """The record that says that a run has begun."""
    return Entry(CLAIMS, _key("open-run", run.owner), _stated(OpenRun, run))


def open_run_gone(owner: Owner) -> Entry:
    """The tombstone that says that no run is open."""
    return Entry(CLAIMS, _key("open-run", owner), None)


def run_entries(records: Iterable[RunRecord]) -> list[Entry]:
    """Records of runs."""
    adapter = _runs()
    return [
        Entry(RUNS, record.run.encode(), _enveloped("record", adapter.dump_json(record, exclude_none=True)))
        for record in records
    ]


def changes_in_parts(run: str, at: str, changes: Sequence[RecordedChange]) -> list[RunChanges]:
    """The changes of a run in records below the message limit."""
    adapter = _changes()
    sizes = [len(adapter.dump_json(change, exclude_none=True)) for change in changes]
    parts = list(in_parts(changes, sizes, PART_BYTES))
    return [
        RunChanges(run=run, at=at, part=number, parts=len(parts), changes=part)
        for number, part in enumerate(parts, start=1)
    ]


def read_ledger(owner: Owner, records: Iterable[Logged]) -> Ledger:
    """The claims topic as its owner sees it. Raises `PlatformError` (KO870, KO871) for a record it cannot read."""
    latest: dict[bytes, Logged] = {}
    for record in records:
        key = record.key
        if key is None:
            raise _unreadable(CLAIMS, record, "it has no key")
        latest.pop(key, None)
        if record.value is not None:
            latest[key] = record
    mine: dict[Address, Claim] = {}
    others: dict[Address, Claim] = {}
    prefixes: list[PrefixClaim] = []
    open_run: OpenRun | None = None
    for key, record in latest.items():
        match _kind_of(key, record):
            case "claim":
                claim = replace(_claim(record), offset=record.offset)
                if claim.owner == owner:
                    mine[claim.address] = claim
                elif claim.address not in others or claim.stands_before(others[claim.address]):
                    others[claim.address] = claim
            case "prefix":
                prefixes.append(replace(_read(PrefixClaim, "claim", record), offset=record.offset))
            case "open-run":
                run = _read(OpenRun, "claim", record)
                open_run = run if run.owner == owner else open_run
    return Ledger(owner=owner, mine=mine, others=others, prefixes=tuple(prefixes), open_run=open_run)


def read_runs(records: Iterable[Logged]) -> list[RunRecord]:
    """The records of runs. Raises `PlatformError` (KO870, KO871)."""
    adapter = _runs()
    found: list[RunRecord] = []
    for record in records:
        content = _opened(RUNS, "record", record)
        try:
            found.append(adapter.validate_python(content))
        except ValidationError as error:
            raise _unreadable(RUNS, record, _first(error)) from error
    return found


def _key(kind: str, owner: Owner, *rest: str) -> bytes:
    return json.dumps([kind, *rest, owner.project, owner.environment], ensure_ascii=False).encode()


def _claim_key(owner: Owner, address: Address) -> bytes:
    return _key("claim", owner, str(address))


def _stated(model: type[T], value: T) -> bytes:
    content = _adapter(model).dump_json(value, exclude={"offset"}, exclude_none=True)
    return _enveloped("claim", content)


def _enveloped(name: str, content: bytes) -> bytes:
    return b'{"v":%d,"%s":%s}' % (VERSION, name.encode(), content)


def _kind_of(key: bytes, record: Logged) -> str:
    try:
        parts = json.loads(key)
    except (ValueError, RecursionError) as error:
        raise _unreadable(CLAIMS, record, "its key is not JSON") from error
    if not isinstance(parts, list) or not parts or parts[0] not in ("claim", "prefix", "open-run"):
        raise _unreadable(CLAIMS, record, "its key names nothing that a ledger holds")
    return str(parts[0])


@dataclass(frozen=True, slots=True)
class _ClaimRecord:
    """A claim in its envelope."""

    v: Annotated[int, Field(strict=True, le=VERSION)]
    claim: Claim


def _claim(record: Logged) -> Claim:
    """A claim, in one pass over its text: there may be ten thousand. What that does not take is read step by step,
    which says what is wrong with it.
    """
    try:
        found: Claim = _claim_records().validate_json(record.value or b"").claim
    except ValidationError:
        return _read(Claim, "claim", record)
    return found


def _read(model: type[T], name: str, record: Logged) -> T:
    content = _opened(CLAIMS, name, record)
    try:
        found: T = _adapter(model).validate_python(content)
    except ValidationError as error:
        raise _unreadable(CLAIMS, record, _first(error)) from error
    return found


def _opened(topic: str, name: str, record: Logged) -> Mapping[str, Any]:
    """What a record's envelope holds, once its version is known to be ours."""
    try:
        envelope = json.loads(record.value or b"")
    except (ValueError, RecursionError) as error:
        raise _unreadable(topic, record, "it is not JSON") from error
    version = envelope.get("v") if isinstance(envelope, dict) else None
    if type(version) is not int:
        raise _unreadable(topic, record, "it does not say which version it has")
    if version > VERSION:
        raise PlatformError.of(
            "KO871",
            f"the ledger was written by a newer kafkaops (format {version}; this one knows {VERSION})",
            detail=f"{topic}, offset {record.offset}",
            hint="use that version for this cluster",
        )
    content = envelope.get(name)
    if not isinstance(content, dict):
        raise _unreadable(topic, record, f"it has no '{name}'")
    return content


def _unreadable(topic: str, record: Logged, why: str) -> PlatformError:
    return PlatformError.of(
        "KO870",
        f"the record at offset {record.offset} of {topic} is none of kafkaops': {why}",
        hint="nothing was concluded from it; find out who writes there. --no-ledger does without the ledger",
    )


def _first(error: ValidationError) -> str:
    """Where the first problem lies, without the content: it may be anything."""
    problem = error.errors(include_input=False, include_url=False)[0]
    return f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}"


_ADAPTERS: dict[str, TypeAdapter[Any]] = {}
"""By the name of the model, made when first needed: plans without a ledger do not pay for them."""


def _adapter(model: type[T]) -> TypeAdapter[T]:
    if model.__name__ not in _ADAPTERS:
        _ADAPTERS[model.__name__] = TypeAdapter(model)
    return _ADAPTERS[model.__name__]


@cache
def _claim_records() -> TypeAdapter[_ClaimRecord]:
    return TypeAdapter(_ClaimRecord)


@cache
def _runs() -> TypeAdapter[RunRecord]:
    return TypeAdapter(Annotated[RunRecord, Field(discriminator="type")])


@cache
def _changes() -> TypeAdapter[RecordedChange]:
    return TypeAdapter(RecordedChange)
