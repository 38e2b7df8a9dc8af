"""What moved between a plan that was reviewed and the plan that would be made now."""

from __future__ import annotations

from collections.abc import Iterator

from kafkaops.errors import Diagnostic, RefusedError
from kafkaops.plan.seal import KEY_VARIABLE, SealKind
from kafkaops.report.document import ChangeDocument, FieldDocument, PlanDocument, decisive
from kafkaops.report.saved import NEW_PLAN
from kafkaops.report.values import shown

_SYSTEMS = {
    "cluster_id": "the Kafka cluster",
    "schema_registry_url": "the schema registry's URL",
    "schema_registry_id": "the schema registry",
    "connect_url": "Kafka Connect's URL",
    "connect_cluster_id": "the cluster of Kafka Connect",
}
_HEADS = {"project": "the project", "environment": "the environment", "targets": "what is targeted"}


def refuse_other_cluster(saved: PlanDocument, cluster_id: str) -> None:
    """Raise `RefusedError` (KO809, exit 4) before anything is read from a cluster that the plan is not about."""
    planned = saved["identity"]["cluster_id"]
    if planned != cluster_id:
        raise RefusedError((_stale(f"the plan was made for cluster {planned}; this is {cluster_id}"),))


def refuse_stale(saved: PlanDocument, fresh: PlanDocument) -> None:
    """Raise `RefusedError` (KO809, exit 4) with every difference between what was reviewed and what is now planned."""
    if saved["changes_digest"] == fresh["changes_digest"]:
        return
    # Of other systems everything differs; that says no more than that they are others.
    found = tuple(_systems(saved, fresh)) or (*_spec(saved, fresh), *_changes(saved, fresh))
    raise RefusedError(found or (_stale("the plan differs from the saved one"),))


def _systems(saved: PlanDocument, fresh: PlanDocument) -> Iterator[Diagnostic]:
    before, after = {**saved["identity"]}, {**fresh["identity"]}
    for key, what in _SYSTEMS.items():
        if before[key] != after[key]:
            yield _stale(f"{what} is another: planned for {before[key] or 'none'}, this is {after[key] or 'none'}")


def _spec(saved: PlanDocument, fresh: PlanDocument) -> Iterator[Diagnostic]:
    for key, what in _HEADS.items():
        before, after = {**saved}[key], {**fresh}[key]
        if before != after:
            yield _stale(f"{what} is not what was planned: {before} before, {after} now")
    if saved["spec_digest"] != fresh["spec_digest"]:
        detail = f"planned at {_commit(saved)}, now at {_commit(fresh)}" if saved["git"] or fresh["git"] else None
        yield _stale("the spec is not the one that was planned", detail=detail)


def _commit(document: PlanDocument) -> str:
    git = document["git"]
    if git is None:
        return "no commit"
    return f"commit {git['commit'][:12]}{' with changes not committed' if git['dirty'] else ''}"


def _changes(saved: PlanDocument, fresh: PlanDocument) -> Iterator[Diagnostic]:
    before = {change["address"]: change for change in saved["changes"]}
    after = {change["address"]: change for change in fresh["changes"]}
    if saved["sensitive_digests"] != fresh["sensitive_digests"]:
        keyed = saved["sensitive_digests"] == SealKind.KEYED
        yield _stale(f"the plan was made {'with' if keyed else 'without'} {KEY_VARIABLE}, unlike now")
    known = {(item["limit"], item["kind"]) for item in saved["limits"]}
    for limit in fresh["limits"]:
        if (limit["limit"], limit["kind"]) not in known:
            yield _stale(f"a limit is exceeded that the saved plan keeps: {limit['text']}")
    for address in sorted(before.keys() | after.keys()):
        if address not in after:
            yield _stale("nothing is left to do here, though the saved plan has a change", address)
        elif address not in before:
            yield _stale("a change is needed that the saved plan does not have", address)
        elif decisive(before[address]) != decisive(after[address]):
            for said in _what_moved(before[address], after[address]):
                yield _stale(said, address)


def _what_moved(saved: ChangeDocument, fresh: ChangeDocument) -> list[str]:
    before = {item["path"]: item for item in saved["fields"]}
    after = {item["path"]: item for item in fresh["fields"]}
    moved = sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
    if moved:
        pairs = ((path, _field(before.get(path)), _field(after.get(path))) for path in moved)
        return [f"{path} moved: {planned} was planned, {now} now" for path, planned, now in pairs]
    if saved["observed"] != fresh["observed"]:
        return [
            "the resource itself moved since the plan was saved (its identity, or fields that the spec does not name)"
        ]
    known = {(item["code"], item["risk"], item["guard"]) for item in saved["hazards"]}
    new = [item for item in fresh["hazards"] if (item["code"], item["risk"], item["guard"]) not in known]
    if new:
        return [f"a risk that the saved plan does not have: {item['text']}" for item in new]
    was, now = decisive(saved), decisive(fresh)
    return [f"differs from the saved plan in: {', '.join(key for key in was if was[key] != now[key])}"]


def _field(item: FieldDocument | None) -> str:
    if item is None:
        return "no difference"
    if item["sensitive"]:
        before, after = item.get("before_digest"), item.get("after_digest")
        return f"the secret with digest {before or 'none'} → {after or 'none'}"
    return f"{shown(item['before'], item['unit'])} → {shown(item['after'], item['unit'])}"


def _stale(summary: str, address: str | None = None, *, detail: str | None = None) -> Diagnostic:
    return Diagnostic("KO809", summary, address=address, detail=detail, hint=NEW_PLAN)
