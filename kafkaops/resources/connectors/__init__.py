"""Kafka Connect connectors: configuration, state, tasks."""
