from __future__ import annotations

import pytest

from kafkaops.resources.connectors.traces import LIMIT, first_cause

NESTED = """\
org.apache.kafka.connect.errors.ConnectException: Exiting WorkerSinkTask due to unrecoverable exception.
\tat org.apache.kafka.connect.runtime.WorkerSinkTask.deliverMessages(WorkerSinkTask.java:636)
\tat java.base/java.lang.Thread.run(Thread.java:1583)
Caused by: org.apache.kafka.connect.errors.DataException: Failed to write
\tat com.mongodb.X.y(X.java:1)
\t... 10 more
Caused by: com.mongodb.MongoTimeoutException: Timed out after 1000 ms while waiting
 for a server. Client view of cluster state is {type=UNKNOWN}
\tat com.mongodb.Z(Z.java:3)
\tSuppressed: java.lang.IllegalStateException: on the way down
\t\tat a.B.c(B.java:1)
\tCaused by: java.io.IOException: of the suppressed one
\t... 15 more
"""


@pytest.mark.parametrize(
    ("trace", "cause"),
    [
        ("", ""),
        ("  \n", ""),
        ("java.net.ConnectException: Connection refused\n\tat x.Y(Z.java:1)\n", "ConnectException: Connection refused"),
        (
            NESTED,
            "MongoTimeoutException: Timed out after 1000 ms while waiting for a server. "
            "Client view of cluster state is {type=UNKNOWN}",
        ),
        ("java.lang.NullPointerException\n\tat x.Y(Z.java:1)", "NullPointerException"),
        ("a.b.Outer$Inner: said so\n\tat x", "Outer$Inner: said so"),
        ("no exception at all", "no exception at all"),
        ("Caused by: java.io.IOException: a\r\n\tat x\r\n", "IOException: a"),
    ],
)
def test_first_cause(trace: str, cause: str) -> None:
    assert first_cause(trace) == cause


def test_a_long_cause_is_cut() -> None:
    cause = first_cause("java.lang.RuntimeException: " + "x" * 1000)
    assert len(cause) == LIMIT
    assert cause.endswith("…")
