"""The ledger: who holds which resource, and what was done. Pure; `kafkaops.apply` reads and writes it."""
