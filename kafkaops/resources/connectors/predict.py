"""Asks the worker what it would say to each change, and adds what it would miss. Touches nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from kafkaops.clients.connect import Connect, Plugin, PluginType, Validation
from kafkaops.clients.fan_out import fan_out
from kafkaops.clients.http_errors import shortened
from kafkaops.errors import Diagnostic, Place, PlatformError, Severity
from kafkaops.plan.model import Change, Foresight, Prediction
from kafkaops.resources.connectors.configuration import (
    CONNECTOR_CLASS,
    NAME,
    TASKS_MAX,
    ResolvedConfig,
    flat_config,
    resolved,
)
from kafkaops.resources.connectors.model import CreateConnector, PutConnectorConfig, RestartFailedTasks
from kafkaops.resources.connectors.read import connect_of
from kafkaops.resources.connectors.rules import Finding, Surroundings, examine, find_plugin, unknown_keys
from kafkaops.resources.connectors.secrets import PASSWORD, Scrubber, secrets_of
from kafkaops.resources.kind import Session
from kafkaops.spec.suggest import nearest

_UNREACHABLE = frozenset({"KO450", "KO453", "KO455", "KO456", "KO458"})
"""Failures of the whole conversation, not of one validation."""


def predict_connectors(session: Session, changes: Sequence[Change]) -> list[Change]:
    """The changes with the worker's verdicts. Raises `PlatformError` when Connect cannot be asked at all."""
    connect = connect_of(session)
    if not any(_puts(change) for change in changes):
        return [_unasked(change) for change in changes]
    around = _surroundings(session, connect.plugins())
    return fan_out(lambda change: _predicted(session, connect, around, change), changes)


def _puts(change: Change) -> bool:
    """Whether the change sends a configuration."""
    return any(isinstance(operation, CreateConnector | PutConnectorConfig) for operation in change.operations)


def _unasked(change: Change) -> Change:
    restart = any(isinstance(operation, RestartFailedTasks) for operation in change.operations)
    detail = "whether the cause is gone shows when it starts" if restart else "Connect has no dry run for it"
    return change.annotated(prediction=Prediction(Foresight.NOT_PREDICTABLE, detail))


def sensitive_keys(change: Change) -> frozenset[str]:
    """The keys that the diff found to be secret, by types that are not asked for again."""
    return frozenset(item.path.removeprefix("config.") for item in change.fields if item.sensitive)


def _surroundings(session: Session, plugins: tuple[Plugin, ...]) -> Surroundings:
    existing = session.cluster.topics
    partitions = {name: len(topic.partitions) for name, topic in existing.items()}
    for name, declared in session.loaded.spec.topics.items():
        if declared.managed:
            partitions[name] = max(declared.partitions, partitions.get(name, 0))
    return Surroundings(partitions, existing.keys(), len(session.cluster.brokers), plugins)


@dataclass(frozen=True, slots=True)
class _Writer:
    """Turns findings on one connector into diagnostics with its address and places."""

    session: Session
    change: Change

    def place(self, key: str) -> Place | None:
        places, name = self.session.loaded.places, self.change.address.name
        field = _FIELD_OF_KEY.get(key)
        connector = self.session.loaded.spec.connectors[name]
        if field is not None and key not in connector.config:
            return places.of("connectors", name, field)
        return places.of("connectors", name, "config", key)

    def of(self, finding: Finding) -> Diagnostic:
        severity = Severity.ERROR if finding.blocks else Severity.WARNING
        return self.diagnostic(finding.code, finding.summary, severity, finding.key, hint=finding.hint)

    def diagnostic(
        self,
        code: str,
        summary: str,
        severity: Severity,
        key: str,
        *,
        detail: str | None = None,
        hint: str | None = None,
    ) -> Diagnostic:
        address = str(self.change.address)
        return Diagnostic(code, summary, severity, address, self.place(key), detail=detail, hint=hint)


_FIELD_OF_KEY: Mapping[str, str] = {
    CONNECTOR_CLASS: "class",
    TASKS_MAX: "tasks_max",
    "topics": "topics",
    "topics.regex": "topics_regex",
    "errors.deadletterqueue.topic.name": "dead_letter_topic",
}


def _predicted(session: Session, connect: Connect, around: Surroundings, change: Change) -> Change:
    if not _puts(change):
        return _unasked(change)
    writer = _Writer(session, change)
    connector = session.loaded.spec.connectors[change.address.name]
    config = resolved(flat_config(connector), session.resolver, sensitive_keys(change))
    class_name = config.sent[CONNECTOR_CLASS]
    plugin = find_plugin(class_name, [item for item in around.plugins if item.type in _CONNECTORS])
    if plugin is None:
        prediction = Prediction(Foresight.PREDICTED, "the worker does not have the plugin")
        return change.annotated(prediction=prediction, blockers=(_missing_plugin(writer, class_name, around),))
    findings = [replace(item, summary=config.scrub(item.summary)) for item in examine(config.sent, plugin.type, around)]
    blockers = [writer.of(finding) for finding in findings if finding.blocks]
    warnings = [writer.of(finding) for finding in findings if not finding.blocks]
    known = {key for finding in findings if finding.blocks for key in (finding.key, *finding.covers)}
    answer = _ask(connect, class_name, change.address.name, config)
    if isinstance(answer, PlatformError):
        reason = answer.diagnostics[0]
        warnings.append(_not_validated(writer, reason))
        prediction = Prediction(Foresight.NOT_PREDICTABLE, f"the worker could not validate it: {_said(reason)}")
    else:
        blockers.extend(_refusals(writer, answer, config, known))
        defined = [item.key for item in answer.findings if item.type is not None]
        warnings.extend(writer.of(finding) for finding in unknown_keys(config.sent, defined))
        verdict = "refuses" if answer.error_count else "accepts"
        prediction = Prediction(Foresight.PREDICTED, f"the worker {verdict} the configuration")
    return change.annotated(prediction=prediction, blockers=blockers, warnings=warnings)


_CONNECTORS = frozenset({PluginType.SINK, PluginType.SOURCE})


def _missing_plugin(writer: _Writer, class_name: str, around: Surroundings) -> Diagnostic:
    """The plugins that are installed, the one that was perhaps meant first."""
    names = sorted({plugin.class_name for plugin in around.plugins if plugin.type in _CONNECTORS})
    meant = nearest(class_name, names) or nearest(
        class_name.rpartition(".")[2], [name.rpartition(".")[2] for name in names]
    )
    first = [name for name in names if meant is not None and name.endswith(meant)]
    ordered = [*first, *(name for name in names if name not in first)]
    return writer.diagnostic(
        "KO511",
        f"the worker has no connector plugin {class_name}",
        Severity.ERROR,
        CONNECTOR_CLASS,
        detail="\n".join(["installed:", *(f"  {name}" for name in ordered)]) if ordered else "none is installed",
        hint=f"did you mean {first[0]}?" if first else "install it under the workers' plugin.path, on each of them",
    )


def _ask(connect: Connect, class_name: str, name: str, config: ResolvedConfig) -> Validation | PlatformError:
    """The worker's verdict, or why it has none: some plugins connect to their target, and may fail there."""
    try:
        return connect.validate(class_name, {**config.sent, NAME: name}, config.scrub)
    except PlatformError as error:
        if error.diagnostics[0].code in _UNREACHABLE:
            raise
        return error


def _said(reason: Diagnostic) -> str:
    return reason.detail.splitlines()[0] if reason.detail else reason.summary


def _not_validated(writer: _Writer, reason: Diagnostic) -> Diagnostic:
    return writer.diagnostic(
        "KO513",
        "the worker could not validate the configuration",
        Severity.WARNING,
        CONNECTOR_CLASS,
        detail=_said(reason),
        hint="a plugin that connects to its target while it validates fails when the target is down",
    )


def _refusals(writer: _Writer, answer: Validation, config: ResolvedConfig, known: set[str]) -> Iterator[Diagnostic]:
    """One blocker for each key that the worker refuses and no rule has refused already."""
    typed = {item.key for item in answer.findings if item.type == PASSWORD}
    scrub = Scrubber(secret for key, value in config.sent.items() if key in typed for secret in secrets_of(key, value))
    for finding in answer.refused:
        if finding.key in known:
            continue
        said = shortened(" ".join(" ".join(scrub(error).split()) for error in dict.fromkeys(finding.errors)))
        yield writer.diagnostic("KO512", f"{finding.key}: {said}", Severity.ERROR, finding.key)
