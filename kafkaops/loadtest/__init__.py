"""An honest load tester: open-loop load, latency from the intended time, proof that every record is there.

Pure rooms: `schedule`, `histogram`, `stamp`, `intervals`, `proof`, `partitioner`, `slo`, `verdict`. Processes:
`producer` and `consumer` run in spawned workers, `coordinator` starts, watches and merges them. A producer hands
records to an `engine`, of which there are two: `portable` and `direct`.
"""
