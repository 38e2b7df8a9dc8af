"""Kafka, the schema registry and Connect behind small protocols; vendor errors end here."""
