"""Plans kept in a file between review and apply.

A saved plan is never replayed. Apply plans again and compares: the same plan runs, or nothing runs and the
difference is named (`stale.py`). So a file can be out of date, but cannot make kafkaops do what it would not plan
itself, with the guards lifted that its reviewers saw lifted. Whether it is still their file, `--expect-digest` tells.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import cast

from kafkaops.errors import PlatformError, RefusedError
from kafkaops.plan.model import ChangeType, Risk
from kafkaops.report.document import FORMAT_VERSION, ChangeDocument, PlanDocument, changes_digest, plan_digest
from kafkaops.report.json_text import json_text
from kafkaops.report.shape import has_shape
from kafkaops.report.values import shown

_MAX_BYTES = 256 << 20
NEW_PLAN = "run kafkaops plan --out again and have it reviewed"


def save_plan(document: PlanDocument, path: Path) -> None:
    """Write the plan whole or not at all. Raises `PlatformError` (KO808) when the file cannot be written.

    A link stays a link, and what is no regular file (a pipe, the null device) is written to, not replaced.
    """
    text = json_text(document)
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
        raise RefusedError.of("KO807", f"{path} is not a saved plan: {error}", hint=NEW_PLAN) from error
    version = content.get("format_version") if isinstance(content, dict) else None
    if version != FORMAT_VERSION:
        raise RefusedError.of(
            "KO807",
            f"{path} has plan format {shown(version)}; this kafkaops knows format {FORMAT_VERSION}",
            hint=NEW_PLAN,
        )
    if not _whole(content):
        raise RefusedError.of("KO807", f"{path} was changed after it was saved: its digest does not fit", hint=NEW_PLAN)
    return cast(PlanDocument, content)


def refuse_other_file(document: PlanDocument, expected: str | None) -> None:
    """Raise `RefusedError` (KO830, exit 4) unless the plan is the one whose digest was passed on outside the file."""
    if expected is not None and document["digest"] != expected.strip().lower():
        raise RefusedError.of(
            "KO830",
            f"the plan has digest {document['digest']}, not {expected}",
            hint="it is not the file that was reviewed; find out who changed it, or plan and review again",
        )


def _read_limited(path: Path) -> bytes:
    with path.open("rb") as file:
        content = file.read(_MAX_BYTES + 1)
    if len(content) > _MAX_BYTES:
        raise RefusedError.of("KO807", f"{path} is larger than {_MAX_BYTES >> 20} MiB, which no plan is")
    return content


def _whole(content: dict[str, object]) -> bool:
    if not has_shape(content, PlanDocument):
        return False
    document = cast(PlanDocument, content)
    digests = plan_digest(document), changes_digest(document)
    return digests == (document["digest"], document["changes_digest"]) and all(map(_is_known, document["changes"]))


def _is_known(change: ChangeDocument) -> bool:
    """Whether this kafkaops knows the words that renderings look up."""
    risks = {change["risk"], *(hazard["risk"] for hazard in change["hazards"])}
    return change["type"] in set(ChangeType) and risks <= set(Risk)
