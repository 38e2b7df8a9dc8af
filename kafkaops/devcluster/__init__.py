"""A real Kafka, schema registry and Connect on this machine, for development and tests."""
