"""Layouts of Kafka messages that kafka-python does not bring, in Kafka's own message notation (KIP-848)."""
