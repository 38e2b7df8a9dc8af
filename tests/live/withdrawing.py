"""Rights that go while a plan or an apply is under way. Used by tests and by a benchmark."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from uuid import uuid4

from tests.live.ledgers import claims_of
from tests.live.project import Ended
from tests.live.rights import Scene
from tests.live.trouble import at_request
from tests.wire import KafkaWire, Wire


class Town:
    """Topics of a project, and the rights on them."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        name = f"w{uuid4().hex[:6]}"
        self.a, self.b, self.c = (f"{name}-{letter}" for letter in "abc")
        self.scene.allow_everything(self.a, self.b, self.c)

    def write(self, *names: str, server: str | None = None, hours: int = 1) -> None:
        lines = "".join(
            f"  {name}: {{partitions: 1, replication_factor: 1, config: {{retention.ms: {hours}h}}}}\n"
            for name in names
        )
        self.scene.write(f"topics:\n{lines}", server)

    def applied(self, *names: str) -> None:
        self.write(*names)
        done = self.scene.run("apply", "--yes")
        assert done.code == 0, done.out + done.err

    def claims(self) -> set[str]:
        found = claims_of(self.scene.broker.server, self.scene.project, self.scene.broker.login)
        return {address.removeprefix("topic.") for address in found}

    def there(self) -> set[str]:
        return set(self.scene.admin.list_topics(timeout=10).topics)


def said(ended: Ended, code: int, *words: str) -> None:
    assert ended.code == code, ended.out + ended.err
    assert all(word in ended.err for word in words), ended.err
    assert "Traceback" not in ended.err and "KO999" not in ended.err


@contextmanager
def withdrawn_at(town: Town, wire: KafkaWire, number: int) -> Iterator[None]:
    """All rights go when so many requests were sent; they are back when the body has ended."""

    def withdraw(wire: Wire) -> None:
        wire.faults.freeze()
        town.scene.withdraw()
        wire.faults.thaw()

    try:
        with at_request(wire, number, withdraw):
            yield
    finally:
        town.scene.allow_everything(town.a, town.b, town.c)


def planned_while_withdrawn(town: Town, wire: KafkaWire, number: int) -> int:
    """A plan of what is all there: it says so, or fails, or is blocked. Nothing is to be made, deleted or let go."""
    with withdrawn_at(town, wire, number):
        plan = town.scene.run("plan", "--format", "json")
    assert plan.code in (0, 1, 3), plan.out + plan.err
    assert "Traceback" not in plan.err and "KO999" not in plan.err, plan.err
    if plan.code == 1:
        assert "error[KO" in plan.err and plan.out == "", plan.err
    else:
        assert all(change["blocked"] and change["type"] == "create" for change in plan.json["changes"]), plan.out
    return plan.code


def applied_while_withdrawn(town: Town, wire: KafkaWire, number: int) -> int:
    """One topic is made, one changed. Whatever came of it, the next apply completes it."""
    with withdrawn_at(town, wire, number):
        done = town.scene.run("apply", "--yes")
    assert done.code in (0, 1, 4), done.out + done.err
    assert "Traceback" not in done.err and "KO999" not in done.err, done.err
    assert done.code == 0 or "error[KO" in done.err or "KO" in done.out, done.out + done.err
    assert {town.a, town.b} <= town.there() and {town.a, town.b} <= town.claims()
    again = town.scene.run("apply", "--yes", "--lock-timeout", "60s")
    assert again.code == 0, again.out + again.err
    assert town.claims() == {town.a, town.b, town.c} <= town.there()
    said(town.scene.run("plan", "--detailed-exitcode"), 0)
    return done.code


def campaign(town: Town, numbers: Sequence[int], once: Callable[[Town, KafkaWire, int], int]) -> list[int]:
    """Try each, behind a proxy that counts."""
    with KafkaWire(town.scene.broker.server) as wire:
        found = []
        for turn, number in enumerate(numbers):
            town.applied(town.a, town.b) if turn == 0 else None
            names = (town.a, town.b) if once is planned_while_withdrawn else (town.a, town.b, town.c)
            town.write(*names, server=wire.bootstrap_servers, hours=1 if len(names) == 2 else 2 + turn)
            found.append(once(town, wire, number))
        return found
