"""One real broker that asks for a password and checks rights: what the dev cluster, open as it is, cannot show."""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from kafkaops.devcluster.events import silent
from kafkaops.devcluster.java import java_arguments, simple_logging
from kafkaops.devcluster.kafka_nodes import new_cluster_id, render_properties
from kafkaops.devcluster.layout import Installation, install
from kafkaops.devcluster.paths import cache_home
from kafkaops.devcluster.ports import choose
from kafkaops.spec.model import KafkaConnection

ADMIN, OPS, PASSWORD = "admin", "ops", "correct-horse"
_START_S = 60.0


@dataclass(frozen=True, slots=True)
class SecuredBroker:
    """Where it listens (SASL_PLAINTEXT, PLAIN). `admin` may do everything, `ops` what ACLs say."""

    server: str
    pid: int

    def connection(self, user: str = OPS, password: str = PASSWORD, **fields: object) -> KafkaConnection:
        """A connection as that user."""
        given: dict[str, object] = {
            "bootstrap_servers": self.server,
            "security_protocol": "SASL_PLAINTEXT",
            "sasl_mechanism": "PLAIN",
            "sasl_username": user,
            "sasl_password": password,
        }
        return KafkaConnection.model_validate({**given, **fields})

    def admin(self) -> AdminClient:
        """A plain client with all rights, for setting the scene."""
        return AdminClient({"bootstrap.servers": self.server, **self.login})

    @property
    def login(self) -> dict[str, str]:
        """How a plain client says that it is `admin`."""
        return {
            "security.protocol": "SASL_PLAINTEXT",
            "sasl.mechanism": "PLAIN",
            "sasl.username": ADMIN,
            "sasl.password": PASSWORD,
        }


@contextlib.contextmanager
def secured_broker(folder: Path) -> Iterator[SecuredBroker]:
    """Run one in a folder of its own, and end it."""
    files = install(["kafka"], cache_home(), silent)
    ports = choose(["broker", "controller"], {})
    (folder / "server.properties").write_text(render_properties(_properties(ports)))
    _format(folder, files)
    java = java_arguments(256, *simple_logging(), "-cp", files.class_path("kafka"))
    log = folder / "broker.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            (*java, "kafka.Kafka", "server.properties"),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        broker = SecuredBroker(f"127.0.0.1:{ports['broker']}", process.pid)
        _await(broker, process, log)
        yield broker
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _properties(ports: dict[str, int]) -> dict[str, object]:
    login = "org.apache.kafka.common.security.plain.PlainLoginModule required"
    users = " ".join(f'user_{user}="{PASSWORD}"' for user in (ADMIN, OPS))
    broker, controller = (f"127.0.0.1:{ports[name]}" for name in ("broker", "controller"))
    return {
        "process.roles": "broker,controller",
        "node.id": 1,
        "controller.quorum.voters": f"1@{controller}",
        "controller.listener.names": "CONTROLLER",
        "listeners": f"SASL_PLAINTEXT://{broker},CONTROLLER://{controller}",
        "advertised.listeners": f"SASL_PLAINTEXT://{broker}",
        "listener.security.protocol.map": "SASL_PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": "SASL_PLAINTEXT",
        "sasl.enabled.mechanisms": "PLAIN",
        "sasl.mechanism.inter.broker.protocol": "PLAIN",
        "listener.name.sasl_plaintext.plain.sasl.jaas.config": (
            f'{login} username="{ADMIN}" password="{PASSWORD}" {users};'
        ),
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        # The controller's own listener asks for no password.
        "super.users": f"User:{ADMIN};User:ANONYMOUS",
        "log.dirs": "data",
        "auto.create.topics.enable": False,
        "offsets.topic.replication.factor": 1,
        "offsets.topic.num.partitions": 1,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        "transaction.state.log.num.partitions": 1,
        "group.initial.rebalance.delay.ms": 0,
        "log.cleaner.dedupe.buffer.size": 16 * 1024 * 1024,
        "num.network.threads": 2,
        "num.io.threads": 2,
        # Quotas look at the last two seconds and not at the last eleven.
        "quota.window.num": 2,
    }


def _format(folder: Path, files: Installation) -> None:
    java = java_arguments(128, *simple_logging(), "-cp", files.class_path("kafka"))
    arguments = ("format", "--cluster-id", new_cluster_id(), "--config", "server.properties")
    subprocess.run((*java, "kafka.tools.StorageTool", *arguments), cwd=folder, check=True, capture_output=True)


def _await(broker: SecuredBroker, process: subprocess.Popen[bytes], log: Path) -> None:
    admin, until = broker.admin(), time.monotonic() + _START_S
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(KafkaException):
            if admin.list_topics(timeout=1).brokers:
                return
    raise AssertionError(f"the broker did not start:\n{log.read_text(errors='replace')[-3000:]}")
