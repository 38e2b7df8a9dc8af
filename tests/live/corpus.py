"""The shape of the prediction corpus: changes that servers refuse, or wrongly let through.

Each case must show as blocked in the plan, with nothing touched. The tables are in `corpus_kafka.py`,
`corpus_schemas.py` and `corpus_connectors.py`; `test_prediction_corpus.py` runs them through the engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One change that must come out blocked. `{u}` in any text becomes a name of this test run's own."""

    name: str
    """What is wrong, in a few words; the test's id."""
    spec: str
    """Sections of a spec (`topics:`, `schemas:`, …) as YAML; version, project and environment are added."""
    address: str
    """The address of the change that must be blocked: `topic.{u}-a`."""
    code: str
    """The code of one of its blockers, or of the guard that holds it (`KO804`)."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Further files of the project by name, such as schemas."""
    before: str | None = None
    """Sections of a spec to apply first, where the change is one to something that is there."""
    before_files: Mapping[str, str] = field(default_factory=dict)
