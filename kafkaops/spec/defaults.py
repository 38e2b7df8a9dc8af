"""`defaults:` put under each resource: what a resource says itself wins, configs merge by key."""

from __future__ import annotations

from kafkaops.spec.written import Members, Written

DEFAULTED = ("topics", "services", "consumer_groups", "connectors")
_BINDINGS = ("key", "value")
SCHEMA_DEFAULTS = ("compatibility", "subject_name_strategy", "normalize")


def apply_defaults(root: Written) -> Written:
    """The spec with its defaults applied; null in a resource's config removes the default."""
    defaults = root.members.get("defaults")
    defaults_of = defaults.members if defaults else {}
    members = dict(root.members)
    members.pop("defaults", None)
    for section in DEFAULTED:
        written = members.get(section)
        if written is not None and isinstance(written.value, dict):
            under = defaults_of.get(section)
            members[section] = _each(written, under.members if under else {})
    schema_defaults = defaults_of.get("schemas")
    if schema_defaults is not None and schema_defaults.members:
        _bindings(members, schema_defaults.members)
    return root.with_value(members)


def _each(section: Written, defaults: Members) -> Written:
    return section.with_value({name: _resource(resource, defaults) for name, resource in section.members.items()})


def _resource(resource: Written, defaults: Members) -> Written:
    if resource.value is not None and not isinstance(resource.value, dict):
        return resource
    members = resource.members
    together = {**{name: member for name, member in defaults.items() if member.value is not None}, **members}
    config, default_config = members.get("config"), defaults.get("config")
    if config is not None and default_config is not None and isinstance(config.value, dict | None):
        together["config"] = config.with_value({**default_config.members, **config.members})
    config = together.get("config")
    if config is not None and any(member.value is None for member in config.members.values()):
        kept = {key: member for key, member in config.members.items() if member.value is not None}
        together["config"] = config.with_value(kept)
    return resource.with_value(together)


def _bindings(members: Members, defaults: Members) -> None:
    topics = members.get("topics")
    if topics is not None and isinstance(topics.value, dict):
        members["topics"] = topics.with_value({name: _bound(topic, defaults) for name, topic in topics.members.items()})
    schemas = members.get("schemas")
    subjects = schemas.members.get("subjects") if schemas else None
    if schemas is not None and subjects is not None and isinstance(subjects.value, dict):
        bound = {name: _binding(binding, defaults) for name, binding in subjects.members.items()}
        members["schemas"] = schemas.with_value({**schemas.members, "subjects": subjects.with_value(bound)})


def _bound(topic: Written, defaults: Members) -> Written:
    bound = {side: _binding(topic.members[side], defaults) for side in _BINDINGS if side in topic.members}
    return topic.with_value({**topic.members, **bound}) if bound else topic


def _binding(binding: Written, defaults: Members) -> Written:
    if not isinstance(binding.value, dict):
        return binding
    under = {name: defaults[name] for name in SCHEMA_DEFAULTS if name in defaults}
    return binding.with_value({**under, **binding.members})
