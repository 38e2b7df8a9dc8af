from __future__ import annotations

import json

import pytest

from kafkaops.compat import SchemaError, SchemaText
from kafkaops.errors import Severity
from kafkaops.evolution.judge import Judgement, judge
from kafkaops.evolution.levels import Level, LevelSource
from kafkaops.evolution.model import Candidate, State, Version
from kafkaops.spec.model import Compatibility


def record(**fields: object) -> str:
    listed = [{"name": name, "type": kind} for name, kind in fields.items()]
    return json.dumps({"type": "record", "name": "Order", "fields": listed})


def level(value: Compatibility) -> Level:
    return Level(value, LevelSource.DECLARED)


def judged(new: str, *old: str, at: Compatibility = Compatibility.BACKWARD, **options: object) -> Judgement:
    versions = [Version(f"version {len(old) - index}", text, registered=True) for index, text in enumerate(old)]
    return judge(Candidate(SchemaText(new, "order.avsc")), versions, level(at), **options)  # type: ignore[arg-type]  # the test's own words


ONE, TWO = record(id="string"), record(id="string", count="int")


@pytest.mark.parametrize(
    ("at", "added", "removed"),
    [
        (Compatibility.BACKWARD, State.INCOMPATIBLE, State.COMPATIBLE),
        (Compatibility.FORWARD, State.COMPATIBLE, State.INCOMPATIBLE),
        (Compatibility.FULL, State.INCOMPATIBLE, State.INCOMPATIBLE),
        (Compatibility.NONE, State.NOT_CHECKED, State.NOT_CHECKED),
    ],
)
def test_a_level_reads_its_own_way(at: Compatibility, added: State, removed: State) -> None:
    assert judged(TWO, ONE, at=at).state is added
    assert judged(ONE, TWO, at=at).state is removed


def test_only_a_transitive_level_looks_past_the_newest() -> None:
    old = record(id="long")
    assert judged(TWO.replace('"int"', '"long"'), TWO, old).state is State.COMPATIBLE
    found = judged(TWO.replace('"int"', '"long"'), TWO, old, at=Compatibility.BACKWARD_TRANSITIVE)
    assert found.state is State.INCOMPATIBLE and found.compared == ("version 2", "version 1")


def test_what_holds_against_several_versions_is_said_once_in_the_words_of_the_newest() -> None:
    newest = json.dumps({**json.loads(ONE), "doc": "changed"})
    (finding,) = judged(TWO, newest, ONE, at=Compatibility.BACKWARD_TRANSITIVE).findings
    assert finding.against == ("version 2", "version 1") and "version 2" in finding.message


def test_a_version_that_says_the_same_passes_before_anything_is_compared() -> None:
    again = json.dumps(json.loads(ONE), indent=3)
    found = judged(again, TWO, ONE, at=Compatibility.FULL_TRANSITIVE)
    assert found.state is State.IDENTICAL and found.compared == ("version 1",) and not found.findings


def test_the_newest_version_in_other_words_is_no_change() -> None:
    fields = [{"type": {"type": "string"}, "name": "id"}]
    again = json.dumps({"fields": fields, "name": "Order", "namespace": "", "type": "record"})
    assert judged(again, ONE).state is State.IDENTICAL
    assert judged(json.dumps({**json.loads(again), "doc": "Changed."}), ONE).state is State.COMPATIBLE


def test_nothing_earlier() -> None:
    assert judged(ONE).state is State.NEW


def test_a_key_that_changes_is_an_error_under_every_level() -> None:
    wider = record(id="string", count=["null", "int"])
    for at in Compatibility:
        found = judged(wider, record(id="string", count="int"), at=at, is_key=True)
        assert [item.rule for item in found.findings if item.rule == "key_changed"], at


def test_a_key_that_is_what_an_older_version_was_has_changed_all_the_same() -> None:
    """The registry would give the old version's id back, and that is not the one that keys begin with now."""
    for again in (ONE, json.dumps(json.loads(ONE), indent=3)):
        for at in (Compatibility.BACKWARD, Compatibility.BACKWARD_TRANSITIVE):
            found = judged(again, TWO, ONE, at=at, is_key=True)
            assert [item.rule for item in found.findings if item.rule == "key_changed"], at


def test_a_group_leaves_out_versions_of_other_groups() -> None:
    versions = [
        Version("version 2", record(id="string"), metadata={"major": "2"}, registered=True),
        Version("version 1", record(id="long"), metadata={"major": "1"}, registered=True),
    ]
    new = record(id="long", note="string").replace('"string"}', '"string", "default": ""}')
    at = level(Compatibility.BACKWARD_TRANSITIVE)
    mine = Candidate(SchemaText(new), metadata={"major": "1"})
    assert judge(mine, versions, at, group="major").state is State.COMPATIBLE
    assert judge(mine, versions, at).state is State.INCOMPATIBLE
    none = judge(Candidate(SchemaText(new)), versions, at, group="major")
    assert none.state is State.COMPATIBLE and "no value, 0 versions" in none.note


def test_a_registered_version_that_cannot_be_read_leaves_the_answer_open() -> None:
    found = judged(ONE, '{"type": "nothing"}', at=Compatibility.BACKWARD)
    assert found.state is State.INCOMPATIBLE
    (finding,) = found.findings
    assert (finding.rule, finding.severity) == ("unusable_version", Severity.ERROR)


def test_a_stored_version_that_cannot_be_read_was_never_in_use() -> None:
    version = Version("main", '{"type": "nothing"}')
    found = judge(Candidate(SchemaText(ONE)), [version], level(Compatibility.BACKWARD))
    assert found.state is State.COMPATIBLE and found.findings[0].severity is Severity.WARNING


def test_the_candidate_itself_has_to_be_a_schema() -> None:
    with pytest.raises(SchemaError):
        judged("{", ONE)


def test_logical_types_are_errors_only_when_asked() -> None:
    date: object = {"type": "int", "logicalType": "date"}
    before, after = record(day=date), record(day="int")
    assert judged(after, before).state is State.COMPATIBLE
    assert judged(after, before).findings[0].severity is Severity.WARNING
    assert judged(after, before, strict_logical_types=True).state is State.INCOMPATIBLE
