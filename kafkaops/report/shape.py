"""Whether a JSON value has the shape that a document's type declares: files may come from anywhere."""

from __future__ import annotations

from types import NoneType, UnionType
from typing import Union, get_args, get_origin, get_type_hints, is_typeddict

_PLAIN = {str: (str,), int: (int,), float: (int, float), bool: (bool,), NoneType: (NoneType,)}


def has_shape(value: object, shape: object) -> bool:
    """Whether a value is one of a `TypedDict`, a list, a mapping, a union or a plain type; further keys are let be.

    Types of any other kind, such as JSON values, fit everything.
    """
    arguments = get_args(shape)
    if is_typeddict(shape):
        hints = get_type_hints(shape)
        required: frozenset[str] = getattr(shape, "__required_keys__", frozenset(hints))
        return (
            isinstance(value, dict)
            and value.keys() >= required
            and all(has_shape(value[key], hint) for key, hint in hints.items() if key in value)
        )
    if shape in _PLAIN:
        return type(value) in _PLAIN[shape]
    match get_origin(shape):
        case origin if origin is list:
            return isinstance(value, list) and all(has_shape(item, arguments[0]) for item in value)
        case origin if origin is dict:
            return isinstance(value, dict) and all(has_shape(item, arguments[1]) for item in value.values())
        case origin if origin in (Union, UnionType):
            return any(has_shape(value, option) for option in arguments)
        case _:
            return True
