"""Small values that tests of several rooms build upon."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from kafkaops.address import Address
from kafkaops.plan.model import Change, ChangeType, Identity, Operation, Plan, Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Touch(Operation):
    """An operation that only has a name."""

    verb: ClassVar[str] = "touch"
    name: str


_REASONS = {ChangeType.DELETE: Reason.NAMED_FOR_REMOVAL, ChangeType.UPDATE: Reason.DIFFERS_FROM_SPEC}


def change(
    address: str, type_: ChangeType = ChangeType.CREATE, *, requires: tuple[str, ...] = (), **more: Any
) -> Change:
    """A change of the resource at `address`."""
    target = Address.parse(address)
    return Change(
        address=target,
        type=type_,
        reason=_REASONS.get(type_, Reason.ABSENT_FROM_CLUSTER),
        operations=(Touch(name=target.name),),
        requires=tuple(Address.parse(text) for text in requires),
        **more,
    )


def plan(*changes: Change, **more: Any) -> Plan:
    """A plan of these changes, in this order."""
    return Plan(
        project="paklog",
        environment="dev",
        identity=Identity(cluster_id="cluster-1"),
        spec_digest="0" * 64,
        changes=changes,
        **more,
    )
