"""Topics as the spec's section and its defaults. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from kafkaops.address import Address
from kafkaops.clients.kafka import Refusal
from kafkaops.errors import Diagnostic, Severity
from kafkaops.importing.names import listed
from kafkaops.importing.observed import Exclusions, Observed, finding
from kafkaops.importing.selection import Selection, foreign_topics, wanted_topics
from kafkaops.importing.values import config_value
from kafkaops.importing.yaml_text import YamlValue
from kafkaops.resources.topics.model import TopicState
from kafkaops.resources.wording import counted
from kafkaops.spec.suggest import nearest
from kafkaops.spec.topic_configs import BROKER_NAMES, REMOVED_NAMES, TOPIC_CONFIGS

KIND = "topic"
MIN_IN_SYNC = "min.insync.replicas"
_REPLICATION = "replication_factor"
_NEVER_DEFAULTS = frozenset(
    {"min.compaction.lag.ms", "max.compaction.lag.ms", "local.retention.ms", "local.retention.bytes"}
)
"""Configs that only fit beside others of the same topic."""
Section = dict[str, YamlValue]


@dataclass(frozen=True, slots=True)
class TopicsDraft:
    """The topics that are declared. Those of others, which something names, come to it with `name`."""

    sections: dict[str, Section] = field(default_factory=dict)
    findings: list[Diagnostic] = field(default_factory=list)
    stubs: dict[str, Section] = field(default_factory=dict)
    """Topics with `managed: false`."""
    folded: dict[str, str] = field(default_factory=dict)
    """Each name as Kafka's metrics have it, with `.` as `_`, and the topic that took it first."""

    def takes(self, topic: str) -> bool:
        """Whether a spec can hold a topic of this name beside the others."""
        return self.folded.get(topic.replace(".", "_"), topic) == topic

    def name(self, observed: Observed, topic: str, by: Address) -> None:
        """Have a topic declared because something names it. What is known of it goes in, the rest says so."""
        if topic in self.sections or topic in self.stubs:
            return
        self.folded.setdefault(topic.replace(".", "_"), topic)
        placement = observed.cluster.topics.get(topic)
        if placement is not None:
            self.stubs[topic] = _unmanaged(len(placement.partitions), placement.replication_factor, None)
            text = "named and not part of this import: declared with managed: false"
            address, said = Address(KIND, topic), f"{by} names it"
            self.findings.append(finding("KO964", address, text, severity=Severity.INFO, detail=said))
            return
        answer = observed.unseen.get(topic)
        what = _unseen(answer)
        self.stubs[topic] = _unmanaged(1, 1, f"{what}: partitions and replication factor are placeholders")
        code, severity = ("KO960", Severity.WARNING) if _hidden(answer) else ("KO964", Severity.INFO)
        text = f"named, and {what}: declared with managed: false"
        self.findings.append(finding(code, Address(KIND, topic), text, severity=severity, detail=f"{by} names it"))


def _unmanaged(partitions: int, replication_factor: int, description: str | None) -> Section:
    said: Section = {"description": description} if description else {}
    return {"managed": False, "partitions": partitions, _REPLICATION: replication_factor, **said}


def _hidden(answer: Refusal | None) -> bool:
    return answer is not None and answer.error.endswith("AUTHORIZATION_FAILED")


def _unseen(answer: Refusal | None) -> str:
    """What is known of a topic that is not listed."""
    if _hidden(answer):
        return "this principal may not describe it, so that it cannot be known whether it is there"
    return "it is not on the cluster"


def draft_topics(observed: Observed, selection: Selection, exclusions: Exclusions) -> TopicsDraft:
    """The wanted topics, with what their configs override; and what is said of the others."""
    draft = TopicsDraft()
    for name in wanted_topics(observed.cluster, selection):
        address = Address(KIND, name)
        twin = draft.folded.setdefault(name.replace(".", "_"), name)
        if address in exclusions:
            item = exclusions[address]
            _leave_alone(draft, observed, name, finding(item.code, address, item.reason, severity=item.severity))
        elif twin != name:
            text = f"left out: {twin} is named so but for '.' and '_', and a spec holds one of such names"
            draft.findings.append(finding("KO961", address, text))
        elif name in observed.unreadable:
            text = f"its configs cannot be read ({observed.unreadable[name]}): declared with managed: false"
            hint = "grant this principal DescribeConfigs on it and import again"
            _leave_alone(draft, observed, name, finding("KO960", address, text, hint=hint))
        elif name in observed.topics:
            draft.sections[name] = _section(name, observed.topics[name], draft.findings)
    draft.findings.extend(_foreign(observed))
    if observed.moves_unknown is not None:
        text = (
            f"which replicas are being moved cannot be looked at ({observed.moves_unknown}), and some partitions are "
        )
        hint = "look at the replication factors again when the cluster is well"
        draft.findings.append(finding("KO960", None, f"{text}under-replicated or have others than the rest", hint=hint))
    return draft


def _leave_alone(draft: TopicsDraft, observed: Observed, name: str, said: Diagnostic) -> None:
    placement = observed.cluster.topics[name]
    draft.stubs[name] = _unmanaged(len(placement.partitions), placement.replication_factor, None)
    draft.findings.append(said)


def said_of_hidden(observed: Observed, selection: Selection, subjects: Iterable[str]) -> Iterator[Diagnostic]:
    """Topics that subjects are named after and that the caller may not describe: they may be there all the same."""
    named: dict[str, str] = {}
    for subject in sorted(subjects):
        for side in ("-key", "-value"):
            topic = subject.removesuffix(side)
            if topic != subject and selection.wants(topic) and _hidden(observed.unseen.get(topic)):
                named.setdefault(topic, subject)
    for topic, subject in named.items():
        text = f"subject {subject} is named after it, and {_unseen(observed.unseen[topic])}"
        yield finding("KO960", Address(KIND, topic), text, hint="grant this principal Describe on it and import again")


def _foreign(observed: Observed) -> Iterator[Diagnostic]:
    """Topics of Kafka, Connect, registries and Streams, by whose they are."""
    by_owner: dict[str, list[str]] = {}
    for name, owner in foreign_topics(observed.cluster).items():
        by_owner.setdefault(owner, []).append(name)
    for owner, names in sorted(by_owner.items()):
        text = f"{counted(len(names), 'topic')} of {owner} left out: {listed(names)}"
        yield finding("KO962", None, text, severity=Severity.INFO)


def _section(name: str, state: TopicState, findings: list[Diagnostic]) -> Section:
    config: dict[str, YamlValue] = {}
    for key, text in sorted(state.overrides.items()):
        try:
            _check_name(key)
            if key == MIN_IN_SYNC and int(text) > state.replication_factor:
                raise ValueError(f"{text} is above the replication factor {state.replication_factor}")
            config[key] = config_value(TOPIC_CONFIGS.get(key), text)
        except ValueError as error:
            text = f"{key}: {error}; a spec does not take that, so it is left unmanaged"
            findings.append(finding("KO963", Address(KIND, name), text))
    section: Section = {"partitions": state.partitions, _REPLICATION: state.replication_factor}
    return {**section, "config": config} if config else section


def _check_name(key: str) -> None:
    """Raise `ValueError` for a name that a spec refuses: it takes it for a misspelt one of Kafka's."""
    if key in TOPIC_CONFIGS:
        return
    if key in REMOVED_NAMES:
        raise ValueError("it was removed in Kafka 4.0")
    meant = BROKER_NAMES.get(key) or nearest(key, TOPIC_CONFIGS)
    if meant:
        raise ValueError(f"no config of Kafka's, and nearly {meant}")


def topic_defaults(draft: TopicsDraft) -> Section:
    """What most topics agree upon."""
    sections = list(draft.sections.values())
    if len(sections) < 2:
        return {}
    found: Section = {}
    factor, count = Counter(str(section[_REPLICATION]) for section in sections).most_common(1)[0]
    if count * 2 > len(sections):
        found[_REPLICATION] = int(factor)
    config: dict[str, YamlValue] = {}
    for key in sorted({key for section in sections for key in _config(section)} - _NEVER_DEFAULTS):
        values = [_config(section)[key] for section in sections if key in _config(section)]
        value, count = Counter(map(repr, values)).most_common(1)[0]
        if count * 2 > len(sections):
            config[key] = next(item for item in values if repr(item) == value)
    if config:
        found["config"] = config
    return found


def _config(section: Mapping[str, YamlValue]) -> Mapping[str, YamlValue]:
    config = section.get("config", {})
    assert isinstance(config, Mapping)
    return config


def without_defaults(section: Section, defaults: Mapping[str, YamlValue]) -> Section:
    """A topic's section without what the defaults say, and with null for what they say and it has not."""
    factor = {} if section[_REPLICATION] == defaults.get(_REPLICATION) else {_REPLICATION: section[_REPLICATION]}
    own, default = _config(section), _config(defaults)
    config: dict[str, YamlValue] = {}
    if section.get("managed", True):
        missing: Iterable[str] = default.keys() - own.keys()
        config = {key: value for key, value in own.items() if key not in default or repr(default[key]) != repr(value)}
        config.update(dict.fromkeys(sorted(missing)))
    elif isinstance(minimum := default.get(MIN_IN_SYNC), int) and minimum > _number(section[_REPLICATION]):
        config[MIN_IN_SYNC] = None
    rest = {key: value for key, value in section.items() if key not in (_REPLICATION, "config", "partitions")}
    partitions: Section = {"partitions": section["partitions"]}
    return {**partitions, **factor, **({"config": dict(sorted(config.items()))} if config else {}), **rest}


def _number(value: YamlValue) -> int:
    assert isinstance(value, int)
    return value
