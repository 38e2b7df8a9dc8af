"""The Avro compatibility checker. Pure; imports nothing else of kafkaops."""
