from __future__ import annotations

import os
import threading

import pytest

from kafkaops import parallel
from kafkaops.errors import SpecError
from kafkaops.parallel import WORTH_IT, in_parallel


def squared(number: int) -> tuple[int, int]:
    return number * number, os.getpid()


def refusing(number: int) -> int:
    if number == WORTH_IT:
        raise SpecError.of("KO378", "not this one")
    return number


@pytest.mark.parametrize("count", [0, 1, WORTH_IT - 1, WORTH_IT * 3 + 1])
def test_results_come_in_order(count: int) -> None:
    assert [value for value, _ in in_parallel(squared, range(count))] == [number**2 for number in range(count)]


def test_much_work_is_done_by_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "_may_fork", lambda: True)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    assert os.getpid() not in {process for _, process in in_parallel(squared, range(WORTH_IT))}


def test_beside_other_threads_nothing_is_forked() -> None:
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    try:
        assert {process for _, process in in_parallel(squared, range(WORTH_IT))} == {os.getpid()}
    finally:
        stop.set()
        thread.join()


def test_an_error_comes_back_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "_may_fork", lambda: True)
    with pytest.raises(SpecError) as caught:
        in_parallel(refusing, range(WORTH_IT * 2))
    assert caught.value.diagnostics[0].summary == "not this one"
