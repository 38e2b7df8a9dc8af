"""What the spec's models are made of: the base of them all, and fields that are written with a unit.

Values are held as Kafka holds them: durations in milliseconds, sizes in bytes, config values as strings.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Strict,
    WithJsonSchema,
)

from kafkaops.spec.rates import millirate_of
from kafkaops.spec.throughput import THROUGHPUT_SCHEMA, bytes_per_second_of
from kafkaops.spec.units import (
    CONFIG_VALUE_SCHEMA,
    DURATION_SCHEMA,
    RATE_SCHEMA,
    SIZE_SCHEMA,
    bytes_of,
    config_text,
    milliseconds_of,
)

Count = Annotated[int, Strict()]
"""A whole number, written as one: `6`, not `"6"` or `6.0`."""
Flag = Annotated[bool, Strict()]
"""`true` or `false`; `no` and `off` are texts in YAML 1.2."""
FileName = Annotated[str, AfterValidator(lambda name: PurePosixPath(name).as_posix())]
"""A file relative to the project's root, in one spelling: `./schemas/x.avsc` is `schemas/x.avsc`."""
Milliseconds = Annotated[int, BeforeValidator(milliseconds_of), WithJsonSchema(DURATION_SCHEMA)]
"""Written `7d`, `15m`, `500ms` or a number of milliseconds."""
Bytes = Annotated[int, BeforeValidator(bytes_of), WithJsonSchema(SIZE_SCHEMA)]
"""Written `1GiB`, `64KiB`, `10MB` or a number of bytes."""
Rate = Annotated[int, BeforeValidator(millirate_of), WithJsonSchema(RATE_SCHEMA)]
"""Written `5000/s`, `20k/s`, `300/m` or a number of records per second; held in records per 1,000 s."""
Throughput = Annotated[int, BeforeValidator(bytes_per_second_of), WithJsonSchema(THROUGHPUT_SCHEMA)]
"""Written `50MiB/s` or a number of bytes per second."""
ConfigValue = Annotated[str, BeforeValidator(config_text), WithJsonSchema(CONFIG_VALUE_SCHEMA)]
"""A config value as Kafka holds it, text: true → `true`, [compact, delete] → `compact,delete`.

Before that, what Kafka's own types say is put into numbers (`spec/configs.py`): `7d` → `604800000`."""


class Model(BaseModel):
    """Unknown keys are errors; nothing is changed after it was read."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
