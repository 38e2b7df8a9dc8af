"""Digests of secrets, so that a plan notices that one moved and tells nobody what it is. Pure.

A digest of a weak secret can be guessed offline by whoever has the plan, and a key kept in the plan is no key.
So there are two ways (docs/decisions/0004-digests-of-secrets.md):

- *keyed*: with `KAFKAOPS_PLAN_KEY`, which never enters the plan, digests say nothing without it;
- *short*: without a key only 12 bits of a digest are kept. They notice all but one move in 4,096, and one in 4,096 of
  all wrong guesses fits as well, however many plans are collected: the same secret gives the same bits each time.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from enum import StrEnum

from kafkaops.errors import UsageError

KEY_VARIABLE = "KAFKAOPS_PLAN_KEY"
_SHORTEST_KEY = 16
_KEYED_DIGITS = 32
_SHORT_DIGITS = 3


class SealKind(StrEnum):
    """How secrets are digested."""

    KEYED = "keyed"
    SHORT = "short"


@dataclass(frozen=True, slots=True)
class Seal:
    """Digests secrets of one environment. Its representation does not hold the key."""

    scope: str = ""
    """Not secret; keeps equal secrets of different clusters apart."""
    key: str = field(default="", repr=False)

    @classmethod
    def of(cls, scope: str, key: str | None) -> Seal:
        """With the key from the environment variable, if it is set. Raises `UsageError` (KO831) for one too short."""
        if key and len(key) < _SHORTEST_KEY:
            raise UsageError.of(
                "KO831",
                f"{KEY_VARIABLE} has {len(key)} characters; it could be guessed",
                hint=f"use {_SHORTEST_KEY} or more random ones, such as from `openssl rand -hex 32`",
            )
        return cls(scope, key or "")

    @property
    def kind(self) -> SealKind:
        """How it digests."""
        return SealKind.KEYED if self.key else SealKind.SHORT

    def digest(self, secret: str | None) -> str | None:
        """Hexadecimal digits that stand for a secret; None for none."""
        if secret is None:
            return None
        key = f"{len(self.key)}:{self.key}{self.scope}".encode("utf-8", "surrogatepass")
        whole = hmac.new(key, secret.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
        return whole[: _KEYED_DIGITS if self.key else _SHORT_DIGITS]
