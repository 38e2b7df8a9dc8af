"""`removed:` entries: they name a resource that a spec can hold, and that it does not hold any more."""

from __future__ import annotations

from collections.abc import Iterator

from kafkaops.address import Address
from kafkaops.errors import Diagnostic
from kafkaops.spec.checks.context import Context
from kafkaops.spec.protected import owner_of
from kafkaops.spec.suggest import did_you_mean

SECTION_OF_KIND = {"topic": "topics", "schema": "schemas", "group": "consumer_groups", "connector": "connectors"}


def check(context: Context) -> Iterator[Diagnostic]:
    """KO105, KO150, KO151, KO152."""
    seen: dict[Address, int] = {}
    for index, removal in enumerate(context.spec.removed):
        place = context.place("removed", index, "address")
        try:
            address = Address.parse(removal.address)
        except ValueError as error:
            hint = f"kinds are {', '.join(SECTION_OF_KIND)}"
            yield Diagnostic("KO151", str(error), place=place, hint=hint)
            continue
        if address.kind not in SECTION_OF_KIND:
            hint = did_you_mean(address.kind, SECTION_OF_KIND) or f"kinds are {', '.join(SECTION_OF_KIND)}"
            yield Diagnostic("KO151", f"'{address.kind}' is not a kind of resource", place=place, hint=hint)
            continue
        if address in seen:
            first = context.place("removed", seen[address], "address")
            yield Diagnostic("KO105", f"{address} is removed twice", place=place, hint=f"the first is at {first}")
        seen.setdefault(address, index)
        yield from _still_declared(context, index, address)
        owner = owner_of(address.name) if address.kind == "topic" else None
        if owner:
            yield Diagnostic("KO152", f"{address} belongs to {owner} and is never removed", place=place)


def _still_declared(context: Context, index: int, address: Address) -> Iterator[Diagnostic]:
    section = SECTION_OF_KIND[address.kind]
    path = (section, "subjects", address.name) if address.kind == "schema" else (section, address.name)
    declared = context.root.at(path)
    if declared is not None:
        yield Diagnostic(
            "KO150",
            f"{address} is both declared and removed",
            place=context.place("removed", index, "address"),
            hint=f"it is declared at {declared.key_place}; remove one of the two",
        )
