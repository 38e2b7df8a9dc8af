"""A real Kafka, schema registry and Connect on this machine, for development and tests.

Every process listens on 127.0.0.1 only and is found again by its id and start time. Importing this package
is cheap: what the extra `dev` brings is loaded by the functions that need it.
"""

from __future__ import annotations

from collections.abc import Collection

from kafkaops.devcluster.events import Event, Listener, silent
from kafkaops.devcluster.java import require_extra
from kafkaops.devcluster.model import (
    DEFAULT_BROKERS,
    DEFAULT_NAME,
    TARGET_OF_KEY,
    ClusterStatus,
    Endpoints,
    NodeCondition,
    Target,
)
from kafkaops.devcluster.state import locate as _locate

__all__ = [
    "DEFAULT_BROKERS",
    "DEFAULT_NAME",
    "TARGET_OF_KEY",
    "ClusterStatus",
    "Endpoints",
    "Event",
    "Listener",
    "Target",
    "create_bucket",
    "down",
    "locate",
    "node_pid",
    "start_node",
    "status",
    "stop_node",
    "up",
]

START_TIMEOUT_S = 180.0


def locate(name: str = DEFAULT_NAME) -> Endpoints | None:
    """The addresses of a dev cluster that was started and not ended, or None.

    Reads one small file and needs no extra. Raises PlatformError for a damaged state file.
    """
    return _locate(name)


def up(
    name: str = DEFAULT_NAME,
    *,
    brokers: int | None = None,
    targets: Collection[Target] | None = None,
    listen: Listener = silent,
    timeout_s: float = START_TIMEOUT_S,
) -> Endpoints:
    """Start a cluster, or what is missing of it, and wait until every node answers.

    `brokers` and `targets` default to what the cluster had before, and for a new one to three brokers
    and all targets. Raises UsageError if an existing cluster has another number of brokers, and
    PlatformError when a download or a node fails; then nothing that was started here is left running.
    """
    require_extra()
    from kafkaops.devcluster import lifecycle

    return lifecycle.up(name, brokers, targets, listen, timeout_s)


def down(name: str = DEFAULT_NAME, *, purge: bool = False, listen: Listener = silent) -> None:
    """End exactly the processes that `up` started, brokers last; `purge` removes the cluster's data too."""
    require_extra()
    from kafkaops.devcluster import lifecycle

    lifecycle.down(name, purge, listen)


def status(name: str = DEFAULT_NAME) -> ClusterStatus:
    """Which nodes run, where, and how much memory they take."""
    require_extra()
    from kafkaops.devcluster import inspect

    return inspect.status(name)


def node_pid(node: str, name: str = DEFAULT_NAME) -> int | None:
    """The process id of a running node (`broker-1`, `connect`, …), or None. For tests that kill it."""
    for each in status(name).nodes:
        if each.name == node and each.condition is NodeCondition.RUNNING:
            return each.pid
    return None


def start_node(
    node: str, name: str = DEFAULT_NAME, *, listen: Listener = silent, timeout_s: float = START_TIMEOUT_S
) -> None:
    """Start one node again, on its old port, and wait until it answers. Harmless if it runs.

    Raises UsageError for an unknown node and PlatformError if it does not come up.
    """
    require_extra()
    from kafkaops.devcluster import lifecycle

    lifecycle.start_node(name, node, listen, timeout_s)


def stop_node(node: str, name: str = DEFAULT_NAME, *, listen: Listener = silent) -> None:
    """End one node in an orderly way. Raises UsageError for an unknown node."""
    require_extra()
    from kafkaops.devcluster import lifecycle

    lifecycle.stop_node(name, node, listen)


def create_bucket(endpoint: str, bucket: str) -> None:
    """Make a bucket on the dev cluster's S3 target; harmless if it exists.

    Raises PlatformError when the server does not answer or refuses the name.
    """
    from kafkaops.devcluster import buckets

    buckets.create(endpoint, bucket)
