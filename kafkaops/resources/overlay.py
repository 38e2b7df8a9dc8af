"""A spec whose resources come from what the ledger tells of them: what then differs, has moved or is to be restored.

The kinds read, compare and apply such a spec as any other.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kafkaops.address import Address
from kafkaops.errors import PlatformError
from kafkaops.resources.kind import Kind, Restated, Session

MASK = "***"
"""Stands in documents for a secret that no reference tells."""


@dataclass(frozen=True, slots=True)
class Overlaid:
    """A session on documents."""

    session: Session
    untold: Mapping[Address, frozenset[str]]
    """The fields' paths whose values neither the documents nor the spec tell, secrets all: not to be relied upon."""


def overlaid(
    session: Session,
    documents: Mapping[Address, Mapping[str, object]],
    gone: Collection[Address],
    kinds: Sequence[Kind[Any]],
) -> Overlaid:
    """The session with these resources declared, those that are `gone` to be deleted, and nothing else.

    Raises `PlatformError` (KO870) for a document that is none.
    """
    bare = session.loaded.spec.model_copy(update={"removed": ()})
    known = frozenset(address for address in gone if address.kind in {kind.name for kind in kinds})
    loaded = replace(session.loaded, spec=bare, dropped=known)
    untold: dict[Address, frozenset[str]] = {}
    for kind in kinds:
        own = {address.name: document for address, document in documents.items() if address.kind == kind.name}
        restated = _restated(kind, replace(session, loaded=loaded), own)
        loaded = restated.loaded
        untold |= {Address(kind.name, name): paths for name, paths in restated.untold.items()}
    return Overlaid(replace(session, loaded=loaded), untold)


def _restated(kind: Kind[Any], session: Session, documents: Mapping[str, Mapping[str, object]]) -> Restated:
    """One kind's part; where it fails, the document at fault is found and named."""
    try:
        return kind.restated(session, documents)  # type: ignore[arg-type]  # read from JSON: what is no Json fails here
    except (ValueError, KeyError, TypeError):
        for name, document in documents.items():
            try:
                kind.restated(session, {name: document})  # type: ignore[dict-item]  # as above
            except (ValueError, KeyError, TypeError) as error:
                raise unreadable(Address(kind.name, name)) from error
        raise


def unreadable(address: Address) -> PlatformError:
    """KO870: what the ledger holds of a resource does not say what it should."""
    return PlatformError.of(
        "KO870",
        f"what the ledger says of {address} is none of kafkaops'",
        address=str(address),
        hint="nothing was concluded from it; the next apply that changes it records it anew",
    )
