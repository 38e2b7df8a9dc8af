"""Which release of Kafka a broker runs, told by the newest metadata version that it knows. Pure.

No request of Kafka's protocol names a broker's release. A KRaft broker says in its ApiVersions answer (KIP-584) which
levels of the feature `metadata.version` it supports, and every release from 3.3 on added some (KIP-778). The levels
are those that Kafka 4.3.1's own `kafka-features version-mapping --release-version` gives.
"""

from __future__ import annotations

from typing import Final

FEATURE: Final = "metadata.version"
_HIGHEST: Final = {
    "3.3": 7, "3.4": 8, "3.5": 11, "3.6": 14, "3.7": 19, "3.8": 20, "3.9": 21, "4.0": 25, "4.1": 27, "4.2": 29,
    "4.3": 30,
}  # fmt: skip
"""By release: its highest level."""


def release_of(level: int | None) -> str | None:
    """`4.3` for the highest level that a broker supports; None without one, as with ZooKeeper or before 3.3."""
    if level is None or level < _HIGHEST["3.3"]:
        return None
    known = next((release for release, highest in _HIGHEST.items() if level <= highest), None)
    return known or f"newer than {list(_HIGHEST)[-1]}"
