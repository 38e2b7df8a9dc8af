"""What tells a resource from another one that had its name before."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from kafkaops.address import Address
from kafkaops.resources.kind import Kind, Session


def identities_of(
    session: Session, addresses: Collection[Address], kinds: Sequence[Kind[Any]]
) -> Mapping[Address, str]:
    """The identities of these resources; nothing for those that are not there, or whose kind knows none."""
    found: dict[Address, str] = {}
    for kind in kinds:
        names = [address.name for address in addresses if address.kind == kind.name]
        for name, identity in kind.identities(session, names).items() if names else ():
            found[Address(kind.name, name)] = identity
    return found
