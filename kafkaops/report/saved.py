"""Plans kept in a file between review and apply.

A saved plan is never replayed. Apply plans again and compares: the same plan runs, or nothing runs and
the difference is named. So a file can be out of date, but cannot make kafkaops do what it would not plan itself.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import cast

from kafkaops.errors import Diagnostic, PlatformError, RefusedError
from kafkaops.plan.model import ChangeType, Risk
from kafkaops.report.document import FORMAT_VERSION, ChangeDocument, PlanDocument, plan_digest
from kafkaops.report.shape import has_shape
from kafkaops.report.values import shown

_MAX_BYTES = 256 << 20
_NEW_PLAN = "run kafkaops plan --out again and have it reviewed"


def save_plan(document: PlanDocument, path: Path) -> None:
    """Write the plan whole or not at all. Raises `PlatformError` (KO808) when the file cannot be written.

    A link stays a link, and what is no regular file (a pipe, the null device) is written to, not replaced.
    """
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    try:
        target = path.resolve()
        if target.exists() and not target.is_file() and not target.is_dir():
            target.write_text(text, "utf-8", errors="backslashreplace")
        else:
            _replace(target, text)
    except OSError as error:
        raise PlatformError.of("KO808", f"cannot write {path}: {error.strerror}") from error


def _replace(target: Path, text: str) -> None:
    """Write beside the target and put it in its place; what could not be finished is removed."""
    # Names of files may be no Unicode; as JSON escapes they come back as they were.
    with NamedTemporaryFile(
        "w", dir=target.parent, prefix=f".{target.name}.", delete=False, encoding="utf-8", errors="backslashreplace"
    ) as file:
        try:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).replace(target)
        except BaseException:
            Path(file.name).unlink()
            raise


def read_plan(path: Path) -> PlanDocument:
    """Read a saved plan. Raises `RefusedError` (KO807, exit 4) for what is not one, or not whole, or was changed."""
    try:
        content = json.loads(_read_limited(path).decode("utf-8"))
    except OSError as error:
        raise RefusedError.of("KO807", f"cannot read the plan {path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise RefusedError.of("KO807", f"{path} is not a saved plan: {error}", hint=_NEW_PLAN) from error
    version = content.get("format_version") if isinstance(content, dict) else None
    if version != FORMAT_VERSION:
        raise RefusedError.of(
            "KO807",
            f"{path} has plan format {shown(version)}; this kafkaops knows format {FORMAT_VERSION}",
            hint=_NEW_PLAN,
        )
    if not _whole(content):
        raise RefusedError.of(
            "KO807", f"{path} was changed after it was saved: its digest does not fit", hint=_NEW_PLAN
        )
    return cast(PlanDocument, content)


def _read_limited(path: Path) -> bytes:
    with path.open("rb") as file:
        content = file.read(_MAX_BYTES + 1)
    if len(content) > _MAX_BYTES:
        raise RefusedError.of("KO807", f"{path} is larger than {_MAX_BYTES >> 20} MiB, which no plan is")
    return content


def refuse_stale(saved: PlanDocument, fresh: PlanDocument) -> None:
    """Raise `RefusedError` (KO809, exit 4) with every difference between what was reviewed and what is now planned."""
    if saved["digest"] == fresh["digest"]:
        return
    found = tuple(_moved(saved, fresh))
    raise RefusedError(found or (_stale("the plan differs from the saved one"),))


def _whole(content: dict[str, object]) -> bool:
    if not has_shape(content, PlanDocument):
        return False
    document = cast(PlanDocument, content)
    return plan_digest(document) == document["digest"] and all(map(_is_known, document["changes"]))


def _is_known(change: ChangeDocument) -> bool:
    """Whether this kafkaops knows the words that renderings look up."""
    risks = {change["risk"], *(hazard["risk"] for hazard in change["hazards"])}
    return change["type"] in set(ChangeType) and risks <= set(Risk)


def _moved(saved: PlanDocument, fresh: PlanDocument) -> Iterator[Diagnostic]:
    if saved["identity"] != fresh["identity"]:
        before, after = saved["identity"]["cluster_id"], fresh["identity"]["cluster_id"]
        yield _stale(f"the plan was made for cluster {before} and its systems; this is {after}")
    if saved["spec_digest"] != fresh["spec_digest"]:
        yield _stale("the spec is not the one that was planned")
    before_changes = {change["address"]: change for change in saved["changes"]}
    after_changes = {change["address"]: change for change in fresh["changes"]}
    for address in before_changes.keys() - after_changes.keys():
        yield _stale("nothing is left to do here, though the saved plan has a change", address)
    for address in after_changes.keys() - before_changes.keys():
        yield _stale("a change is needed that the saved plan does not have", address)
    for address in before_changes.keys() & after_changes.keys():
        if before_changes[address] != after_changes[address]:
            yield _stale(_what_moved(before_changes[address], after_changes[address]), address)


def _what_moved(saved: ChangeDocument, fresh: ChangeDocument) -> str:
    before = {item["path"]: item for item in saved["fields"]}
    after = {item["path"]: item for item in fresh["fields"]}
    moved = sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
    if moved:
        return f"moved since the plan was saved: {', '.join(moved)}"
    if saved["observed"] != fresh["observed"]:
        return (
            "the resource itself moved since the plan was saved (its identity, or fields that the spec does not name)"
        )
    keys = [key for key in saved if saved.get(key) != fresh.get(key)]
    return f"differs from the saved plan in: {', '.join(keys)}"


def _stale(summary: str, address: str | None = None) -> Diagnostic:
    return Diagnostic("KO809", summary, address=address, hint=_NEW_PLAN)
