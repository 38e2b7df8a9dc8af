"""What pydantic found, in the words of someone who writes specs."""

from __future__ import annotations

from typing import TypeAlias

from pydantic_core import ErrorDetails

from kafkaops.spec.loaded import PathStep
from kafkaops.spec.secrets import LONGEST_SHOWN, is_secret, shown_value
from kafkaops.spec.suggest import did_you_mean
from kafkaops.spec.written import Written

Path: TypeAlias = tuple[PathStep, ...]
"""A path as the user wrote it; of the key for what is missing or unknown."""

KINDS = {
    "topics": "topic",
    "services": "service",
    "consumer_groups": "group",
    "connectors": "connector",
    "environments": "environment",
    "loadtests": "loadtest",
}
"""Sections of named resources, and the kind that an address begins with."""


def address_of(path: Path) -> str | None:
    """`topic.wave-events` for a path below one."""
    if len(path) >= 2 and path[0] in KINDS:
        return f"{KINDS[str(path[0])]}.{path[1]}"
    return None


def name_of(path: Path) -> str:
    """How a message names a value: its path below the resource, `config.retention.ms` or `topics[1]`.

    Empty for a resource itself: the address says it.
    """
    if not path:
        return "the spec"
    name = ""
    for step in path[2:] if address_of(path) else path:
        name += f"[{step}]" if isinstance(step, int) else f".{step}" if name else step
    return name


def sentence(name: str, errors: list[ErrorDetails], written: Written | None) -> tuple[str, str | None]:
    """What is wrong, and what to do."""
    kind = errors[0]["type"]
    if kind == "value_error":
        return f"{name}: {_own_message(errors[0])}".lstrip(": "), None
    if kind == "too_short":
        return f"{name} is empty", "name at least one"
    wanted = " or ".join(dict.fromkeys(_wanted(error) for error in errors))
    must = f"{name} must be {wanted}".lstrip()
    if written is None:
        return must, None
    if written.value is None:
        return f"{name} is empty; it must be {wanted}".lstrip(), None
    return f"{must}, not {shown_value(name, written)}", _hint(name, errors[0], written)


def _own_message(error: ErrorDetails) -> str:
    return str(error.get("ctx", {}).get("error", error["msg"]))


def _hint(name: str, error: ErrorDetails, written: Written) -> str | None:
    value = written.value
    if isinstance(value, str) and len(value) > LONGEST_SHOWN:
        return None  # nobody means what is so long, and a hint that repeats it helps nobody
    match error["type"]:
        case "model_type" if name in ("key", "value") and isinstance(value, str):
            return f"write {name}: {{schema: {value}}}"
        case "string_type" if isinstance(value, bool | int | float):
            return "quote it" if is_secret(name, written) else f'quote it: "{_as_written(value)}"'
        case "int_type" if isinstance(value, str) and not is_secret(name, written) and value.strip().isdigit():
            return f"write {int(value)} without quotes"
        case "bool_type" if isinstance(value, str):
            word = value.casefold()
            if word in ("no", "off", "n", "false"):
                return "write false: YAML 1.2 reads this as a text"
            if word in ("yes", "on", "y", "true"):
                return "write true: YAML 1.2 reads this as a text"
        case "tuple_type" if isinstance(value, str) and not is_secret(name, written):
            return f"write a list: [{', '.join(part.strip() for part in value.split(','))}]"
        case "enum" | "literal_error" if isinstance(value, str):
            return did_you_mean(value, _choices(error))
    return None


def _as_written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


NOT_ALLOWED = {
    "enum", "literal_error", "greater_than", "greater_than_equal", "less_than", "less_than_equal",
    "string_pattern_mismatch", "too_short", "too_long", "value_error",
}  # fmt: skip
"""Pydantic's errors of values that have the right type."""


def _choices(error: ErrorDetails) -> list[str]:
    expected = str(error.get("ctx", {}).get("expected", ""))
    return [choice.strip().strip("'") for choice in expected.replace(" or ", ", ").split(",")]


def _wanted(error: ErrorDetails) -> str:
    """What a value must be, to follow 'must be'."""
    context = error.get("ctx", {})
    match error["type"]:
        case "int_type" | "int_parsing" | "int_from_float":
            return "a whole number"
        case "bool_type" | "bool_parsing":
            return "true or false"
        case "string_type":
            return "a text"
        case "dict_type" | "model_type" | "model_attributes_type" | "dataclass_type":
            return "a mapping"
        case "tuple_type" | "list_type":
            return "a list"
        case "enum" | "literal_error":
            choices = _choices(error)
            return choices[0] if len(choices) == 1 else f"{', '.join(choices[:-1])} or {choices[-1]}"
        case "greater_than_equal":
            return f"at least {context['ge']}"
        case "less_than_equal":
            return f"at most {context['le']}"
        case "string_pattern_mismatch":
            return "lower-case letters, digits, '.', '_' and '-', beginning with a letter or digit"
        case "value_error":
            return _own_message(error)
        case _:
            return error["msg"][:1].lower() + error["msg"][1:]
