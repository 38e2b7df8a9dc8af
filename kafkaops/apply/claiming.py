"""Claims before and after a run.

No lock over the whole cluster is needed: a claim is written, then the log is read back. Claims of different
owners are different keys, so that none overwrites another's; where two were written at the same time the one that
stands earlier in the log wins, and the other is taken back before anything is done.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from kafkaops.address import Address
from kafkaops.clients.log import Entry, LogReader
from kafkaops.errors import Diagnostic, PlatformError
from kafkaops.ledger.codec import claim_entry, claim_gone, read_ledger
from kafkaops.ledger.model import CLAIMS, Claim, Ledger, Origin, Owner
from kafkaops.ledger.ownership import taken
from kafkaops.ledger.records import RunStarted
from kafkaops.plan.model import Change, ChangeType, OutcomeState, Plan, Run

Documents = Mapping[Address, Mapping[str, object]]
_VISIBLE_S = 30.0
_LOOK_S = 0.05
_MAKING = frozenset({ChangeType.CREATE, ChangeType.REPLACE})
_TAKING_AWAY = frozenset({ChangeType.DELETE, ChangeType.FORGET})


def before_run(
    plan: Plan, ledger: Ledger, started: RunStarted, declared: Documents, makers: Collection[str]
) -> dict[Address, Entry]:
    """A claim that is not settled for whatever the run will hold and this owner does not hold yet."""

    def claim(address: Address, origin: Origin) -> Entry:
        return claim_entry(
            Claim(
                owner=ledger.owner,
                address=address,
                origin=origin,
                settled=False,
                run=started.run,
                at=started.at,
                since=started.at,
            )
        )

    found = {
        change.address: claim(change.address, _origin(change, makers))
        for change in plan.changes
        if change.address not in ledger.mine and change.address in declared and change.type not in _TAKING_AWAY
    }
    return found | {address: claim(address, Origin.ADOPTED) for address in plan.adoptable}


def refuse_rivals(reader: LogReader, owner: Owner, addresses: Sequence[Address]) -> list[Diagnostic]:
    """Read until the own claims are seen; the problems of those that another owner has. KO404 when that takes long."""
    until = time.monotonic() + _VISIBLE_S
    while True:
        ledger = read_ledger(owner, reader.read(CLAIMS))
        if all(address in ledger.mine for address in addresses):
            break
        if time.monotonic() > until:
            raise PlatformError.of("KO404", f"read {CLAIMS}: claims that were written are not seen after 30 s")
        time.sleep(_LOOK_S)
    rivals = ((address, ledger.rival(address)) for address in addresses)
    return [taken(address, rival, None) for address, rival in rivals if rival is not None]


def after_run(
    run: Run,
    ledger: Ledger,
    started: RunStarted,
    declared: Documents,
    identities: Mapping[Address, str],
    makers: Collection[str],
) -> list[Entry]:
    """The claims as the run leaves them."""
    writes = _Writes(ledger, started, declared, identities)
    changes = {change.address: change for change in run.plan.changes}
    found: list[Entry] = []
    for outcome in run.outcomes:
        change = changes[outcome.address]
        match outcome.state, change.type in _TAKING_AWAY:
            case OutcomeState.DONE, True:
                found.append(claim_gone(ledger.owner, outcome.address))
            case OutcomeState.DONE, False:
                found += writes.settled(outcome.address, _origin(change, makers))
            case OutcomeState.SKIPPED, False if change.type in _MAKING and outcome.address not in ledger.mine:
                found.append(claim_gone(ledger.owner, outcome.address))  # never begun
            case _:
                pass  # tried and failed: whether it was made is not known, and the claim stays as it is
    for address in run.plan.adoptable:
        found += writes.settled(address, Origin.ADOPTED)
    found += writes.refreshed(run.plan)
    return found


class _Writes:
    """What a claim says once its resource is as declared."""

    def __init__(self, ledger: Ledger, started: RunStarted, declared: Documents, identities: Mapping[Address, str]):
        self._ledger, self._started, self._declared, self._identities = ledger, started, declared, identities

    def settled(self, address: Address, origin: Origin) -> Iterator[Entry]:
        document = self._declared.get(address)
        if document is None:
            return
        earlier = self._ledger.mine.get(address)
        made_again = origin is Origin.MADE
        yield claim_entry(
            Claim(
                owner=self._ledger.owner,
                address=address,
                origin=origin if earlier is None or made_again else earlier.origin,
                settled=True,
                run=self._started.run,
                at=self._started.at,
                since=earlier.since if earlier else self._started.at,
                identity=self._identities.get(address),
                declared=document,
            )
        )

    def refreshed(self, plan: Plan) -> Iterator[Entry]:
        """Claims of what needed no change and that do not say so."""
        for claim, document in outdated(plan, self._ledger, self._declared):
            yield claim_entry(
                replace(
                    claim,
                    settled=True,
                    run=self._started.run,
                    at=self._started.at,
                    identity=claim.identity or self._identities.get(claim.address),
                    declared=document,
                )
            )


def outdated(plan: Plan, ledger: Ledger, declared: Documents) -> Iterator[tuple[Claim, Mapping[str, object]]]:
    """Own claims of what needs no change, where they do not say what is declared now, and what that is.

    Of a plan with targets only these: what it left out may need changes.
    """
    changed, targets = {change.address for change in plan.changes}, plan.targets or ledger.mine
    for address, claim in ledger.mine.items():
        document = declared.get(address)
        if address in changed or address not in targets or document is None:
            continue
        if not claim.settled or claim.declared != document:
            yield claim, document


def _origin(change: Change, makers: Collection[str]) -> Origin:
    return Origin.MADE if change.type in _MAKING and change.address.kind in makers else Origin.ADOPTED
