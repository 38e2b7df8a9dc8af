"""Digests of secrets: equal for equal ones, telling nothing without the key."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafkaops.errors import UsageError
from kafkaops.plan.seal import Seal, SealKind

KEY = "k" * 16


@given(secret=st.text(), key=st.sampled_from(["", KEY]))
def test_the_same_secret_has_the_same_digest_and_no_secret_none(secret: str, key: str) -> None:
    assert Seal("c", key).digest(secret) == Seal("c", key).digest(secret)
    assert Seal("c", key).digest(None) is None


def test_without_a_key_one_guess_in_4096_fits() -> None:
    """Twelve bits: too few to confirm a guess, enough to notice nearly every move."""
    seal = Seal.of("cluster-1/paklog", None)
    assert seal.kind is SealKind.SHORT
    wanted = seal.digest("hunter2")
    assert wanted is not None and len(wanted) == 3
    fitting = sum(seal.digest(f"guess-{number}") == wanted for number in range(100_000))
    assert 5 <= fitting <= 60, "about 24 of 100,000 wrong guesses fit as well"


def test_with_a_key_digests_differ_by_key_and_cluster() -> None:
    seals = [Seal.of("a", KEY), Seal.of("b", KEY), Seal.of("a", KEY + "x")]
    assert {seal.kind for seal in seals} == {SealKind.KEYED}
    digests = {seal.digest("hunter2") for seal in seals}
    assert len(digests) == 3 and {len(digest or "") for digest in digests} == {32}


def test_key_and_scope_do_not_run_into_each_other() -> None:
    assert Seal("bc", KEY + "a").digest("x") != Seal("abc", KEY).digest("x")


def test_a_short_key_is_refused_and_an_empty_one_is_none() -> None:
    assert Seal.of("c", "").kind is SealKind.SHORT
    with pytest.raises(UsageError, match="KO831") as caught:
        Seal.of("c", "secret")
    assert "'secret'" not in str(caught.value) and "6 characters" in str(caught.value)


def test_its_representation_does_not_hold_the_key() -> None:
    assert KEY not in repr(Seal("c", KEY))
