"""Topics: partitions, replication factor, configs."""
