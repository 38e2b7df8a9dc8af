"""kafkaops: plan, apply, check and load-test a Kafka topology declared in git."""

from __future__ import annotations

__version__ = "0.1.0"
