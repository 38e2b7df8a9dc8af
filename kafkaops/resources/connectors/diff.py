"""What is to be done to connectors. Pure: a function of the spec and of the snapshot."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from kafkaops.address import Address
from kafkaops.clients.connect import PluginType, RunState, SeenConnector
from kafkaops.errors import Diagnostic, Severity
from kafkaops.plan.digest import digest_of
from kafkaops.plan.model import Change, ChangeType, Difference, FieldChange, Operation, Reason
from kafkaops.plan.seal import Seal
from kafkaops.resources.connectors.configuration import (
    CONNECTOR_CLASS,
    TASKS_MAX,
    ResolvedConfig,
    dead_letter_topic_of,
    differing_keys,
    hidden_keys,
    shown,
    topics_matching,
    topics_of,
    written_for_people,
)
from kafkaops.resources.connectors.declared import as_declared
from kafkaops.resources.connectors.hazards import deletion_hazards, update_hazards
from kafkaops.resources.connectors.model import (
    KIND,
    ConnectorsSnapshot,
    CreateConnector,
    DeleteConnector,
    PauseConnector,
    PutConnectorConfig,
    RestartFailedTasks,
    ResumeConnector,
    StopConnector,
)
from kafkaops.resources.connectors.read import managed_connectors, types_for
from kafkaops.resources.connectors.secrets import Scrubber
from kafkaops.resources.connectors.traces import first_cause
from kafkaops.resources.kind import Session
from kafkaops.spec.loaded import NamedRemoval
from kafkaops.spec.model import Connector, ConnectorState, Spec

_WORD_OF_STATE = {
    RunState.PAUSED: ConnectorState.PAUSED.value,
    RunState.STOPPED: ConnectorState.STOPPED.value,
}


@dataclass(frozen=True, slots=True)
class _Pair:
    """One declared connector beside what is there of it."""

    name: str
    connector: Connector
    want: ResolvedConfig
    have: SeenConnector | None
    types: Mapping[str, str]
    scrub: Scrubber
    seal: Seal
    recorded: ResolvedConfig | None

    @property
    def sources(self) -> tuple[ResolvedConfig, ...]:
        """Where references to its secrets stand, the spec's before those that were last applied."""
        return (self.want, self.recorded) if self.recorded else (self.want,)

    @property
    def hidden(self) -> frozenset[str]:
        """The keys whose values are never shown, by what either source refers to and by their names and types."""
        have = self.have.config if self.have else {}
        return frozenset(key for source in self.sources for key in hidden_keys(source.written, have, self.types))

    @property
    def address(self) -> Address:
        return Address(KIND, self.name)


def diff_connectors(session: Session, snapshot: ConnectorsSnapshot) -> Difference:
    """Compare what the spec declares with what was seen."""
    spec = session.loaded.spec
    changes: list[Change] = []
    observations: list[Diagnostic] = []
    declared = managed_connectors(spec)
    for name, connector in declared.items():
        want, have = snapshot.wanted[name], snapshot.seen.get(name)
        types = types_for(snapshot.key_types, want, have)
        recorded = snapshot.recorded.get(name)
        pair = _Pair(name, connector, want, have, types, snapshot.scrub, session.seal, recorded)
        change = _changed(session, pair)
        if change is not None:
            changes.append(change)
        observations.extend(_idle(pair))
    named = session.loaded.removals(KIND).values()
    for item in named:
        gone = snapshot.seen.get(item.name)
        if gone is None and item.implied:
            continue
        if gone is None:
            observations.append(_nothing_to_remove(session, item))
        else:
            changes.append(_deletion(session, item, gone, snapshot))
    known = spec.connectors.keys() | {item.name for item in named}
    return Difference(
        changes=tuple(changes),
        observations=tuple(observations),
        in_sync=len(declared) - sum(change.type is not ChangeType.DELETE for change in changes),
        unmanaged=tuple(sorted(snapshot.seen.keys() - known)),
    )


def _changed(session: Session, pair: _Pair) -> Change | None:
    """The change that makes one connector as declared, or None."""
    operations = tuple(_operations(pair))
    if not operations:
        return None
    have = pair.have
    keys = differing_keys(pair.want.sent, have.config if have else {})
    only_failed = all(isinstance(operation, RestartFailedTasks) for operation in operations)
    reason = Reason.TASKS_FAILED if only_failed else Reason.DIFFERS_FROM_SPEC
    return Change(
        address=pair.address,
        type=ChangeType.UPDATE if have else ChangeType.CREATE,
        reason=reason if have else Reason.ABSENT_FROM_CLUSTER,
        operations=operations,
        fields=(*_state_fields(pair), *_config_fields(pair, keys)),
        hazards=update_hazards(pair.name, pair.want.sent, have, keys, pair.connector.state) if have else (),
        warnings=tuple(_failures(pair)),
        requires=_requires(session.loaded.spec, pair.want),
        lifted=session.lifted(pair.address, pair.connector.lifecycle.allow),
        place=session.loaded.places.of("connectors", pair.name),
        summary=_summary(pair.want.written),
        observed=_observed(have, pair.hidden, pair.seal) if have else "",
        before=as_declared(have, pair.sources, pair.types, pair.scrub) if have else None,
    )


def _operations(pair: _Pair) -> Iterator[Operation]:
    """What has to be done, in order: nothing is started that is to be stopped, nothing run that is to change."""
    have, connector, name = pair.have, pair.connector, pair.name
    hidden = hidden_keys(pair.want.written, {}, pair.types)
    config = written_for_people(pair.want, hidden)
    if have is None:
        yield CreateConnector(
            connector=name, config=config, state=connector.state, start_timeout_ms=connector.start_timeout
        )
        return
    before, after = _state_operations(pair, have)
    yield from before
    keys = differing_keys(pair.want.sent, have.config)
    if keys:
        yield PutConnectorConfig(
            connector=name,
            config=config,
            keys=keys,
            state=connector.state,
            start_timeout_ms=connector.start_timeout,
        )
    yield from after


def _state_operations(pair: _Pair, have: SeenConnector) -> tuple[list[Operation], list[Operation]]:
    """The operations on the state that go before a new configuration, and those that go after it."""
    name, timeout_ms = pair.name, pair.connector.start_timeout
    state, want = have.status.state, pair.connector.state
    failed = _failed_task_ids(have)
    restart = RestartFailedTasks(connector=name, tasks=failed, state=want, start_timeout_ms=timeout_ms)
    match want:
        case ConnectorState.STOPPED if state is not RunState.STOPPED:
            return [StopConnector(connector=name, start_timeout_ms=timeout_ms)], []
        case ConnectorState.PAUSED if state is not RunState.PAUSED:
            # A connector that failed does not follow a change of its target state until it is restarted.
            after: list[Operation] = [restart] if state is RunState.FAILED else []
            return [PauseConnector(connector=name, start_timeout_ms=timeout_ms)], after
        case ConnectorState.RUNNING if state in (RunState.PAUSED, RunState.STOPPED):
            # Resuming does not restart a task that failed before the pause.
            resume = ResumeConnector(connector=name, start_timeout_ms=timeout_ms)
            return [], [resume, restart] if failed else [resume]
        case ConnectorState.RUNNING if failed or state is RunState.FAILED:
            return [], [restart]
        case _:
            return [], []


def _failed_task_ids(have: SeenConnector) -> tuple[int, ...]:
    """The failed tasks that the configuration still has."""
    return tuple(task.id for task in have.status.failed_tasks if task.id in have.task_ids)


def _state_fields(pair: _Pair) -> Iterator[FieldChange]:
    have = pair.have
    wanted = pair.connector.state.value
    if have is None:
        yield FieldChange("state", None, wanted)
        return
    state = have.status.state
    current = _WORD_OF_STATE.get(state, ConnectorState.RUNNING.value)
    failed = _failed_task_ids(have)
    if current != wanted:
        yield FieldChange("state", current, wanted)
    if wanted == ConnectorState.RUNNING.value and (failed or state is RunState.FAILED):
        what = f"{len(failed)} of {len(have.task_ids)} failed" if failed else "connector failed"
        yield FieldChange("tasks", what, "running")


def _config_fields(pair: _Pair, keys: Iterable[str]) -> Iterator[FieldChange]:
    """One field for each key; values that are secret, or differ in what is secret only, are not held."""
    have: Mapping[str, str | None] = pair.have.config if pair.have else {}
    want = pair.want.sent
    hidden = pair.hidden
    for key in sorted(keys, key=_importance):
        before, after = shown(have.get(key), pair.scrub), shown(want.get(key), pair.scrub)
        note = "set" if key not in have else "removed" if key not in want else "changed"
        if key in hidden or (before == after and note == "changed"):
            digests = pair.seal.digest(have.get(key)), pair.seal.digest(want.get(key))
            yield FieldChange(f"config.{key}", None, None, None, True, note, *digests)
        else:  # a secret inside of a value, which is masked, still counts
            digests = _hidden_part(have.get(key), before, pair.seal), _hidden_part(want.get(key), after, pair.seal)
            yield FieldChange(f"config.{key}", before, after, None, False, None, *digests)


def _hidden_part(value: str | None, harmless: str | None, seal: Seal) -> str | None:
    """The digest of a value of which only a part is shown."""
    return seal.digest(value) if value != harmless else None


def _importance(key: str) -> tuple[int, str]:
    """Class, tasks and topics first."""
    order = {CONNECTOR_CLASS: 0, TASKS_MAX: 1, "topics": 2, "topics.regex": 2}
    return order.get(key, 3), key


def _failures(pair: _Pair) -> Iterator[Diagnostic]:
    """Why it failed, as far as its traces tell. They are scrubbed before they are cut."""
    if pair.have is None:
        return
    status = pair.have.status
    failed = [(f"task {task.id}", task.trace) for task in status.failed_tasks if task.id in pair.have.task_ids]
    if status.state is RunState.FAILED:
        failed.insert(0, ("the connector", status.trace))
    for what, trace in failed:
        cause = first_cause(pair.scrub(trace)) or "the worker gives no trace"
        yield Diagnostic("KO541", f"{what} failed: {cause}", Severity.WARNING, str(pair.address))


def _idle(pair: _Pair) -> Iterator[Diagnostic]:
    """A connector that runs, says Connect, and does nothing."""
    have = pair.have
    if have is None or pair.connector.state is not ConnectorState.RUNNING:
        return
    state = have.status.state
    waiting = [task.id for task in have.status.tasks if task.state is RunState.UNASSIGNED]
    said = None
    if state is RunState.UNASSIGNED:
        said = "no worker runs it (UNASSIGNED)"
    elif state is RunState.RUNNING and not have.task_ids:
        said = "it is RUNNING without any task"
    elif state is RunState.RUNNING and waiting:
        said = f"no worker runs task {', '.join(map(str, waiting))} (UNASSIGNED)"
    if said:
        hint = "is a worker missing, or do the workers rebalance? `kafkaops connectors list` shows more"
        yield Diagnostic("KO545", said, Severity.WARNING, str(pair.address), hint=hint)


def _requires(spec: Spec, want: ResolvedConfig) -> tuple[Address, ...]:
    """The topics it reads and its dead-letter topic, and the subjects of the topics it reads."""
    config = want.sent
    read = (*topics_of(config), *topics_matching(config, spec.topics))
    dead_letters = dead_letter_topic_of(config)
    topics = dict.fromkeys((*read, *((dead_letters,) if dead_letters else ())))
    subjects: dict[str, None] = {}
    for name in read:
        topic = spec.topics.get(name)
        for part, binding in (("value", topic and topic.value), ("key", topic and topic.key)):
            if binding:
                subjects[binding.subject or f"{name}-{part}"] = None
    return (*(Address("topic", name) for name in topics), *(Address("schema", name) for name in subjects))


def _summary(written: Mapping[str, str]) -> str:
    """`MongoSinkConnector, 1 task, topics wave-events`."""
    tasks = written.get(TASKS_MAX, "1")
    parts = [written[CONNECTOR_CLASS].rpartition(".")[2], f"{tasks} task{'' if tasks == '1' else 's'}"]
    topics = topics_of(written)
    if topics:
        parts.append(f"topic{'' if len(topics) == 1 else 's'} {', '.join(topics)}")
    elif pattern := written.get("topics.regex"):
        parts.append(f"topics matching {pattern}")
    return ", ".join(parts)


def _observed(have: SeenConnector, hidden: Collection[str], seal: Seal) -> str:
    """Digest of what was seen. Of values with secrets in them only the seal's digests are in it."""

    def harmless(key: str, value: str | None) -> str | None:
        secret = key in hidden or shown(value, Scrubber()) != value
        return seal.digest(value) if secret else value

    config = {key: harmless(key, value) for key, value in sorted(have.config.items())}
    return digest_of({"config": config, "state": _WORD_OF_STATE.get(have.status.state, "running")})


def _deletion(session: Session, item: NamedRemoval, have: SeenConnector, snapshot: ConnectorsSnapshot) -> Change:
    address = Address(KIND, item.name)
    sources = [snapshot.recorded[item.name]] if item.name in snapshot.recorded else []
    types = types_for(snapshot.key_types, None, have)
    hidden = frozenset(
        key
        for source in ({}, *(source.written for source in sources))
        for key in hidden_keys(source, have.config, types)
    )
    class_name = (have.config.get(CONNECTOR_CLASS) or "").rpartition(".")[2]
    return Change(
        address=address,
        type=ChangeType.DELETE,
        reason=Reason.NAMED_FOR_REMOVAL,
        operations=(DeleteConnector(connector=item.name),),
        hazards=deletion_hazards(have),
        lifted=session.lifted(address, item.removal.allow),
        place=item.place,
        summary=f"{'source' if have.type is PluginType.SOURCE else 'sink'} {class_name}".strip(),
        observed=_observed(have, hidden, session.seal),
        before=as_declared(have, sources, types, snapshot.scrub),
    )


def _nothing_to_remove(session: Session, item: NamedRemoval) -> Diagnostic:
    return Diagnostic(
        "KO544",
        "it is to be removed and is not there",
        Severity.INFO,
        f"{KIND}.{item.name}",
        item.place,
        hint="the entry under `removed:` can go",
    )
