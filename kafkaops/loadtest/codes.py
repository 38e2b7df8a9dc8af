"""The codes of what can go wrong with a load test (KO001 to KO049), one line each.

KO001  no profile of that name in the spec
KO002  a setting of the load makes no sense or contradicts another
KO003  the topic is neither on the cluster nor in the spec
KO004  Avro records are wanted, but no schema is registered or no registry is known
KO005  no records can be made from the registered schema
KO006  records are larger than the topic takes
KO007  a file of samples cannot be read or holds none
KO008  the load would go into a declared topic and must not
KO009  the Kafka client refuses its settings
KO011  the twin topic cannot be made
KO012  a twin topic or a group of a load test could not be removed
KO013  a worker ended before its time, or none got ready
KO014  a report cannot be written
KO015  the cluster did not take or give back a first record on every partition
KO016  results cannot be compared
KO017  a transaction could not be begun or ended
KO018  the fleet of a load test cannot be used
KO019  the brokers have no room for what a load test would write
KO020  a load test's metrics cannot be served
"""
