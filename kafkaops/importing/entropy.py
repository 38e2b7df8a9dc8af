"""Whether a text looks as if it held a secret that nothing names as one. Pure.

Two signs: a shape that only credentials have (`AKIA…`, a private key, a JSON web token), or a long run of
characters that no person would write: high Shannon entropy, and no words in it. Class names, URLs, regular
expressions, date patterns, UUIDs and hyphenated names are none.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

_SHAPES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"), "a private key"),
    (re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"), "a JSON web token"),
    (re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"), "an AWS access key"),
    (re.compile(r"\bgh[pousr]_[A-Za-z0-9]{30,}\b"), "a GitHub token"),
    (re.compile(r"\bglpat-[A-Za-z0-9_-]{20,}"), "a GitLab token"),
    (re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{10,}"), "a Slack token"),
    (re.compile(r"\bAIza[A-Za-z0-9_-]{35}\b"), "a Google API key"),
    (re.compile(r"\b[sr]k_(?:live|test)_[A-Za-z0-9]{16,}\b"), "a Stripe key"),
    (re.compile(r"\bhv[sb]\.[A-Za-z0-9_-]{20,}"), "a Vault token"),
    (re.compile(r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"), "a SendGrid key"),
)
"""What the issuers themselves document as the form of their credentials."""
_TOKEN = re.compile(r"[A-Za-z0-9+_-]{20,}={0,2}")
_WITH_SLASHES = re.compile(r"[A-Za-z0-9+/]{24,}={0,2}")
_HEXADECIMAL = re.compile(r"[0-9a-f]{32,}|[0-9A-F]{32,}")
_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_RUN = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")
_RANDOM = ((2.8, 3.4), (3.3, 4.3))
"""Characters in a run of one case or of digits on average, at most, and bits of entropy for each character.

Runs are below 2.7 in 99 of 100 random tokens and above 4 in words; a date pattern has fewer than 3 bits. A
token with one longer run, which chance gives too, has to have more bits.
"""
_RANDOM_WITH_SLASHES = ((2.6, 4.0),)
"""More is asked of what could be a path of short names."""
_HEXADECIMAL_BITS = 3.0


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Why a text is taken for a secret. It never holds the text."""

    what: str
    certain: bool
    """Whether its shape says so, and not only chance."""


def suspicion(text: str, known_names: Collection[str] = ()) -> Suspicion | None:
    """What speaks for a secret in a text, or None. `known_names` are harmless: topics, subjects, groups."""
    for shape, what in _SHAPES:
        if shape.search(text):
            return Suspicion(what, certain=True)
    for candidate in (*_TOKEN.findall(text), *_WITH_SLASHES.findall(text)):
        if candidate not in known_names and is_random(candidate):
            bits = entropy(candidate)
            return Suspicion(f"{len(candidate)} characters of {bits:.1f} bits each, without a word in them", False)
    return None


def entropy(text: str) -> float:
    """Shannon entropy in bits for each character of a text that is not empty."""
    counts = Counter(text)
    return -sum(count / len(text) * math.log2(count / len(text)) for count in counts.values())


def is_random(token: str) -> bool:
    """Whether a token of letters, digits and signs looks as if a machine had drawn it."""
    token = _UUID.sub("", token).rstrip("=")
    letters = sum(character.isalpha() for character in token)
    digits = sum(character.isdigit() for character in token)
    if len(token) < 20 or letters < 4 or letters + digits < 16:
        return False
    if _HEXADECIMAL.fullmatch(token):
        return digits >= 4 and entropy(token) >= _HEXADECIMAL_BITS
    mixed = any(c.islower() for c in token) and any(c.isupper() for c in token)
    if not (digits or mixed):
        return False
    runs = _RUN.findall(token)
    length, bits = sum(map(len, runs)) / len(runs), entropy(token)
    limits = _RANDOM_WITH_SLASHES if "/" in token and len(token) < 40 else _RANDOM
    return any(length < longest and bits >= enough for longest, enough in limits)
