"""The files that a spec's globs match: inside the project, in the same order everywhere."""

from __future__ import annotations

from pathlib import Path

from kafkaops.errors import Diagnostic
from kafkaops.spec.suggest import did_you_mean
from kafkaops.spec.written import Written

_HINT = "write a relative path with * and **, such as teams/*/topics.yaml"


def files_matching(base: Path, root: Path, pattern: Written, what: str) -> tuple[list[Path], list[Diagnostic]]:
    """Files below `base` that a glob matches, sorted, and what is wrong with the glob (KO104, KO112).

    Files outside `root`, also by way of symbolic links, are refused. `what` is the key the glob stands under.
    """
    text = pattern.value
    if not isinstance(text, str) or not text.strip():
        summary = f"{what} takes globs of files, not {pattern.kind() if text else 'an empty text'}"
        return [], [Diagnostic("KO112", summary, place=pattern.place, hint=_HINT)]
    if Path(text).is_absolute():
        summary = f"{what}: '{text}' is an absolute path"
        return [], [Diagnostic("KO104", summary, place=pattern.place, hint=_HINT)]
    try:
        found = sorted(path for path in base.glob(text) if path.is_file())
    except (ValueError, NotImplementedError, OSError, IndexError, RecursionError):
        return [], [Diagnostic("KO104", f"{what}: '{text}' is not a glob", place=pattern.place, hint=_HINT)]
    real_root = root.resolve()
    inside = [path for path in found if path.resolve().is_relative_to(real_root)]
    diagnostics = []
    if len(inside) < len(found):
        outside = next(path for path in found if path not in inside)
        summary = f"{what}: {outside} lies outside the project"
        hint = "a spec's files live below the folder of its main file"
        diagnostics.append(Diagnostic("KO104", summary, place=pattern.place, hint=hint))
    if not found:
        summary = f"{what}: no file matches '{text}'"
        diagnostics.append(Diagnostic("KO104", summary, place=pattern.place, hint=_nearest_part(base, real_root, text)))
    return inside, diagnostics


def _nearest_part(base: Path, real_root: Path, pattern: str) -> str | None:
    """The nearest name to the first part of the path that is not there."""
    here = base
    for part in Path(pattern).parts:
        if any(character in part for character in "*?["):
            return None
        if not here.resolve().is_relative_to(real_root):
            return "a spec's files live below the folder of its main file"
        if not (here / part).exists():
            try:
                names = sorted(item.name for item in here.iterdir())
            except OSError:
                return None
            return did_you_mean(part, names)
        here = here / part
    return None
