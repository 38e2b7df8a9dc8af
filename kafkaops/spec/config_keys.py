"""What Kafka knows about a config: its type, its range, and how its value is written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from kafkaops.spec.suggest import did_you_mean
from kafkaops.spec.units import bytes_of, config_text, milliseconds_of, shortened

INT_MAX = 2**31 - 1
LONG_MAX = 2**63 - 1
_WHOLE = re.compile(r"[-+]?[0-9]{1,30}")
_THROTTLED = re.compile(r"(?:[0-9]+:[0-9]+)(?:,[0-9]+:[0-9]+)*")


_OTHER_WORDS = {"none": "uncompressed", "compacted": "compact", "log_append_time": "LogAppendTime"}


class ConfigKind(StrEnum):
    """What a config's value is."""

    MILLISECONDS = "milliseconds"
    BYTES = "bytes"
    WHOLE = "whole"
    DECIMAL = "decimal"
    FLAG = "flag"
    CHOICE = "choice"
    LIST = "list"
    REPLICAS = "replicas"
    """`*`, or pairs of partition and broker: `0:1,1:2`."""


class ConfigValueError(ValueError):
    """A value that a config does not take, in words that follow its name, and the way out if there is one."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class ConfigKey:
    """One config. `unlimited` says that -1 means no limit, so that the word may be written."""

    name: str
    kind: ConfigKind
    minimum: int = 0
    maximum: int = LONG_MAX
    choices: tuple[str, ...] = ()
    unlimited: bool = False

    def kafka_text(self, value: object) -> str:
        """A value as written → the text Kafka holds. Raises `ValueError`, in words that follow its name."""
        match self.kind:
            case ConfigKind.MILLISECONDS | ConfigKind.BYTES | ConfigKind.WHOLE:
                return str(self._number(value))
            case ConfigKind.DECIMAL:
                return self._decimal(value)
            case ConfigKind.FLAG:
                return self._flag(value)
            case ConfigKind.CHOICE:
                return self._choice(config_text(value).strip())
            case ConfigKind.LIST:
                items = [item.strip() for item in config_text(value).split(",")]
                return ",".join(self._choice(item) for item in dict.fromkeys(items) if item)
            case ConfigKind.REPLICAS:
                return self._replicas(config_text(value).replace(" ", ""))

    def _number(self, value: object) -> int:
        if isinstance(value, str) and value.strip().lower() == "unlimited":
            if self.unlimited:
                return -1
            raise ValueError("it cannot be unlimited")
        match self.kind:
            case ConfigKind.MILLISECONDS:
                number = milliseconds_of(value)
            case ConfigKind.BYTES:
                number = bytes_of(value)
            case _:
                number = _whole(value)
        if not self.minimum <= number <= self.maximum:
            raise ValueError(f"{number} is out of range: {self._range()}")
        return number

    def _range(self) -> str:
        unit = {ConfigKind.MILLISECONDS: " ms", ConfigKind.BYTES: " bytes"}.get(self.kind, "")
        if self.unlimited:
            as_a_whole = ", -2 for as long as the whole" if self.minimum == -2 else ""
            return f"at least 0{unit}, or -1 for unlimited{as_a_whole}"
        if self.maximum == LONG_MAX:
            return f"at least {self.minimum}{unit}"
        return f"{self.minimum} to {self.maximum}{unit}"

    def _decimal(self, value: object) -> str:
        text = config_text(value).strip()
        try:
            number = float(text)
        except ValueError:
            raise ValueError(f"'{shortened(text)}' is not a number") from None
        if not self.minimum <= number <= self.maximum:
            raise ValueError(f"{shortened(text)} is out of range: {self.minimum} to {self.maximum}")
        return text

    def _flag(self, value: object) -> str:
        text = config_text(value).strip()
        if text.lower() not in ("true", "false"):
            raise ValueError(f"'{shortened(text)}' is neither true nor false")
        return text.lower()

    def _choice(self, text: str) -> str:
        if text in self.choices:
            return text
        meant = _OTHER_WORDS.get(text.lower(), text)
        hint = f"write {meant}" if meant in self.choices else did_you_mean(text, self.choices)
        raise ConfigValueError(f"'{shortened(text)}' is not one of {', '.join(self.choices)}", hint)

    @staticmethod
    def _replicas(text: str) -> str:
        if text in ("*", "", "none") or _THROTTLED.fullmatch(text):
            return text
        raise ValueError("write * for all, or PARTITION:BROKER pairs such as 0:1,1:2")


def _whole(value: object) -> int:
    text = config_text(value).strip()
    if isinstance(value, bool) or not _WHOLE.fullmatch(text):
        raise ValueError(f"'{shortened(text)}' is not a whole number")
    return int(text)
