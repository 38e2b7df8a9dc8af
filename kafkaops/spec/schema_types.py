"""How Avro files are tied together by the named types they share. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from kafkaops.compat import Outline, Problem, Rule, SchemaError, SchemaText, parse
from kafkaops.errors import Diagnostic, Place, Severity


class SharedTypes:
    """Which file defines which type, and which files therefore need which."""

    def __init__(
        self,
        root: Path,
        texts: Mapping[str, str],
        outlines: Mapping[str, Outline],
        problems: Mapping[str, tuple[Problem, ...]],
    ) -> None:
        """`problems` are those of files that have been parsed already, because they take no type from another."""
        self._root = root
        self._known_problems = problems
        self._texts = texts
        self._outlines = outlines
        self._owners: dict[str, str] = {}
        """Full name of each named type → the first file that defines it."""
        for file, seen in outlines.items():
            for full_name in seen.defines:
                self._owners.setdefault(full_name, file)
        self._needs = {file: self._needed_by(file, seen) for file, seen in outlines.items()}
        """File → the files that it takes types from, directly."""

    def in_use(self, files: Iterable[str]) -> set[str]:
        """The files, whatever they need, and what that needs."""
        found: set[str] = set()
        waiting = sorted(files)
        while waiting:
            file = waiting.pop()
            if file not in found:
                found.add(file)
                waiting.extend(self._needs.get(file, ()))
        return found

    def problems(self) -> Iterator[Diagnostic]:
        """Everything that is wrong with the files, alone and together (KO142 to KO146)."""
        yield from self._defined_twice()
        circles = list(self._circles())
        for circle in circles:
            yield Diagnostic(
                "KO145",
                f"schema files refer to each other in a circle: {' → '.join((*circle, circle[0]))}",
                place=self._start_of(circle[0]),
                hint="none could be registered first; move the types that both need into one file",
            )
        in_circles = {file for circle in circles for file in circle}
        for file in self._outlines:
            if not in_circles & self.in_use([file]):
                yield from self._problems_of(file, in_circles)

    def _start_of(self, file: str) -> Place:
        return Place(self._root / file, 1, 1)

    def _needed_by(self, file: str, seen: Outline) -> tuple[str, ...]:
        fallbacks = dict(seen.fallbacks)
        owners = (self._owner(name, fallbacks) for name in seen.needs)
        return tuple(dict.fromkeys(owner for owner in owners if owner and owner != file))

    def _owner(self, name: str, fallbacks: Mapping[str, str]) -> str | None:
        return self._owners.get(name) or self._owners.get(fallbacks.get(name, ""))

    def _defined_twice(self) -> Iterator[Diagnostic]:
        """An error where another file takes the type: then it is unclear from where. Else each subject has its own."""
        taken = {name for file in self._outlines for name in self._taken(file)}
        for file, seen in self._outlines.items():
            for full_name in seen.defines:
                first = self._owners[full_name]
                if first != file:
                    yield Diagnostic(
                        "KO146",
                        f"the type {full_name} is defined in {first} and in {file}",
                        severity=Severity.ERROR if full_name in taken else Severity.WARNING,
                        place=self._start_of(file),
                        hint="define it once, in a file of its own, and use its full name elsewhere",
                    )

    def _taken(self, file: str) -> Iterator[str]:
        """The full names of the types that a file takes from others."""
        seen = self._outlines[file]
        fallbacks = dict(seen.fallbacks)
        for name in seen.needs:
            known = name if name in self._owners else fallbacks.get(name, "")
            if known in self._owners:
                yield known

    def _problems_of(self, file: str, in_circles: set[str]) -> Iterator[Diagnostic]:
        if file in self._known_problems:
            yield from (diagnostic_of(self._root / file, problem) for problem in self._known_problems[file])
            return
        seen = self._outlines[file]
        needed = self.in_use([file]) - {file}
        if any(self._owner(name, dict(seen.fallbacks)) is None for name in seen.needs):
            # Something is misspelt: with every type at hand the nearest name can be found.
            needed = {other for other in self._outlines if file not in self.in_use([other])} - in_circles
        references = [SchemaText(self._texts[name], name) for name in sorted(needed)]
        try:
            problems = parse(SchemaText(self._texts[file], file), references).problems
        except SchemaError as error:
            problems = error.problems
        for problem in problems:
            if problem.location.reference is None:
                yield diagnostic_of(self._root / file, problem)

    def _circles(self) -> Iterator[tuple[str, ...]]:
        """Each circle of files once."""
        reported: set[str] = set()
        for file in self._needs:
            if file not in reported:
                circle = self._way_back_to(file)
                reported.update(circle)
                if circle:
                    yield circle

    def _way_back_to(self, goal: str) -> tuple[str, ...]:
        """A shortest way from a file by its needs back to itself; empty if there is none."""
        came_from: dict[str, str] = {}
        waiting = [goal]
        while waiting:
            file = waiting.pop(0)
            for needed in self._needs.get(file, ()):
                if needed == goal:
                    way = [file]
                    while way[-1] != goal:
                        way.append(came_from[way[-1]])
                    return tuple(reversed(way))
                if needed not in came_from:
                    came_from[needed] = file
                    waiting.append(needed)
        return ()


_CODES = {
    Rule.JSON_SYNTAX: "KO142",
    Rule.SIZE_LIMIT: "KO142",
    Rule.UNKNOWN_TYPE: "KO144",
    Rule.REFERENCE_CYCLE: "KO145",
}


def diagnostic_of(file: Path, problem: Problem) -> Diagnostic:
    """One of the Avro checker's findings about a schema by itself."""
    code = _CODES.get(problem.rule, "KO143")
    summary, hint = problem.message, problem.fix
    if problem.rule is Rule.JSON_SYNTAX:
        summary = f"{file.name} is not JSON: {problem.message}"
    elif problem.rule is Rule.UNKNOWN_TYPE and "did you mean" not in hint:
        hint = "define it in a file of its own that `schemas.files` lists"
    return Diagnostic(
        code,
        summary,
        severity=Severity.WARNING if problem.is_warning else Severity.ERROR,
        place=Place(file, problem.location.line, problem.location.column),
        hint=hint or None,
    )
