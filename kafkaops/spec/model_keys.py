"""Which keys may stand where, by the model: for suggestions."""

from __future__ import annotations

import enum
import types
from collections.abc import Iterator
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from kafkaops.spec.loaded import PathStep


def field_names(model: type[BaseModel], path: tuple[PathStep, ...]) -> list[str]:
    """The keys that may stand in the mapping at a path, by the names they are written with."""
    found: list[Any] = [model]
    for step in path:
        found = [inner for annotation in found for inner in _inside(annotation, step)]
    names: list[str] = []
    for annotation in found:
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            names.extend(field.alias or name for name, field in annotation.model_fields.items())
    return names


def _inside(annotation: Any, step: PathStep) -> Iterator[Any]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for name, field in annotation.model_fields.items():
            if (field.alias or name) == step:
                yield from _alternatives(field.annotation)
    else:
        arguments = [argument for argument in get_args(annotation) if argument is not Ellipsis]
        if get_origin(annotation) in (dict, tuple, list) and arguments:
            yield from _alternatives(arguments[-1])


def _alternatives(annotation: Any) -> Iterator[Any]:
    origin = get_origin(annotation)
    if origin in (Union, types.UnionType):
        for argument in get_args(annotation):
            yield from _alternatives(argument)
    elif origin is Literal or (isinstance(annotation, type) and issubclass(annotation, enum.Enum)):
        return
    else:
        yield annotation
