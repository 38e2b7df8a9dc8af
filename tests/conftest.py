"""What holds for every test."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("kafkaops", deadline=None)  # no test depends on how fast the machine is
settings.load_profile("kafkaops")
