"""`removed:` entries: they name a resource that a spec can hold, and that it does not hold any more."""

from __future__ import annotations

from collections.abc import Iterator

from kafkaops.address import Address
from kafkaops.errors import Diagnostic, Place
from kafkaops.spec.checks.context import Context
from kafkaops.spec.protected import owner_of
from kafkaops.spec.suggest import did_you_mean

SECTION_OF_KIND = {"topic": "topics", "schema": "schemas", "group": "consumer_groups", "connector": "connectors"}


def check(context: Context) -> Iterator[Diagnostic]:
    """KO105, KO150, KO151, KO152. Looks at what was written, also where an entry has something else wrong."""
    removed = context.root.members.get("removed")
    seen: dict[Address, Place] = {}
    for entry in removed.items if removed else ():
        written = entry.members.get("address")
        if written is None or not isinstance(written.value, str):
            continue
        try:
            address = _address(written.value)
        except UnknownKindError as error:
            yield Diagnostic("KO151", str(error), place=written.place, hint=error.hint)
            continue
        if address in seen:
            hint = f"the first is at {seen[address]}"
            yield Diagnostic("KO105", f"{address} is removed twice", place=written.place, hint=hint)
        seen.setdefault(address, written.place)
        yield from _still_declared(context, address, written.place)
        owner = owner_of(address.name) if address.kind == "topic" else None
        if owner:
            yield Diagnostic("KO152", f"{address} belongs to {owner} and is never removed", place=written.place)


class UnknownKindError(ValueError):
    """A text that is no address, or of no kind that there is."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def _address(text: str) -> Address:
    kinds = f"kinds are {', '.join(SECTION_OF_KIND)}"
    try:
        address = Address.parse(text)
    except ValueError as error:
        raise UnknownKindError(str(error), kinds) from None
    if address.kind not in SECTION_OF_KIND:
        hint = did_you_mean(address.kind, SECTION_OF_KIND) or kinds
        raise UnknownKindError(f"'{address.kind}' is not a kind of resource", hint)
    return address


def _still_declared(context: Context, address: Address, place: Place) -> Iterator[Diagnostic]:
    section = SECTION_OF_KIND[address.kind]
    path = (section, "subjects", address.name) if address.kind == "schema" else (section, address.name)
    declared = context.root.at(path)
    if declared is not None:
        hint = f"it is declared at {declared.key_place}; remove one of the two"
        yield Diagnostic("KO150", f"{address} is both declared and removed", place=place, hint=hint)
