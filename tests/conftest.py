"""What holds for every test."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# No test depends on how fast the machine is.
settings.register_profile("kafkaops", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("kafkaops")
