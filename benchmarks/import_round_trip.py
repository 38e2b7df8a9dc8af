"""Random real clusters, imported and planned: 20 rounds without a change; and an import of 2,000 topics.

    python -m benchmarks.import_round_trip

Each round makes topics with random configs, subjects with versions, references and levels in three languages,
groups with offsets and configs, and connectors with odd settings and secrets, by plain requests. Its import
must leave `plan --detailed-exitcode` at 0 and no secret in any file. Uses the dev cluster that is up.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
from confluent_kafka import ConsumerGroupTopicPartitions, TopicPartition
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewTopic, ResourceType

from benchmarks._kafka_scene import scene
from kafkaops import devcluster
from kafkaops.devcluster import Endpoints
from tests.live.project import Ended, Project, sweep

FILE_SINK = "org.apache.kafka.connect.file.FileStreamSinkConnector"
SECRET = "hunter2-Zx9"
CONFIGS = {
    "cleanup.policy": ["delete", "compact", "compact,delete"],
    "retention.ms": ["604800000", "-1", "90000", "9223372036854775807"],
    "retention.bytes": ["-1", "1073741824", "1000000"],
    "max.message.bytes": ["2097152", "1000012"],
    "segment.bytes": ["1073741824", "16777216"],
    "segment.ms": ["3600000", "12345"],
    "min.cleanable.dirty.ratio": ["0.5", "0.01", "1"],
    "unclean.leader.election.enable": ["true", "false"],
    "compression.type": ["zstd", "producer", "uncompressed"],
    "message.timestamp.type": ["LogAppendTime", "CreateTime"],
    "min.compaction.lag.ms": ["0", "60000"],
    "delete.retention.ms": ["86400000", "1"],
    "flush.messages": ["9223372036854775807", "10000"],
}
TEXTS = [
    "1", "0017", "true", "True", "1.10", "1e3", "null", "", " spaced ", "a\nb\n", "yes", "#x",
    "${file:/run/s:password}", "$${env:X}", "${env:HOME}", "$simple{date:now:yyyyMMddHHmmssSSS}", "'quoted' \"twice\"",
    "é ü", "a: b", "- c", "=",
]  # fmt: skip


class Round:
    """One random cluster under a prefix of its own."""

    def __init__(self, endpoints: Endpoints, seed: int) -> None:
        self.endpoints, self.draw = endpoints, random.Random(seed)
        self.prefix = f"rnd{seed}x{self.draw.randrange(16**4):04x}"
        self.admin = AdminClient({"bootstrap.servers": endpoints.bootstrap_servers})
        self.http = httpx.Client(timeout=60)
        joints = [".", "_", "-"]
        self.topics = [f"{self.prefix}{self.draw.choice(joints)}t{index}" for index in range(self.draw.randint(2, 12))]

    def make(self) -> None:
        """Everything, by plain requests."""
        new = [NewTopic(name, self.draw.randint(1, 4), 1, config=self._config()) for name in self.topics]
        for future in self.admin.create_topics(new).values():
            future.result(timeout=30)
        self._subjects()
        for index in range(self.draw.randint(0, 4)):
            self._group(f"{self.prefix} group: {index}")
        for index in range(self.draw.randint(0, 3)):
            self._connector(f"{self.prefix}-c.{index}")
        time.sleep(1)

    def _config(self) -> dict[str, str]:
        keys = self.draw.sample(sorted(CONFIGS), self.draw.randint(0, len(CONFIGS)))
        return {key: self.draw.choice(CONFIGS[key]) for key in keys}

    def _subjects(self) -> None:
        shared = f"{self.prefix}.x.Shared"
        for count in range(1, self.draw.randint(1, 3) + 1):
            self._register(shared, self._record("Shared", count))
        for topic in self.topics:
            for side in self.draw.sample(["key", "value"], self.draw.randint(0, 2)):
                self._versions(f"{topic}-{side}", f"R{self.draw.randrange(10**9)}", shared)
        for index in range(self.draw.randint(0, 3)):
            self._versions(f"{self.prefix} alone/{index}", f"A{self.draw.randrange(10**9)}", shared)

    def _versions(self, subject: str, name: str, shared: str) -> None:
        match self.draw.choice(["avro", "avro", "refers", "json", "proto"]):
            case "avro":
                for count in range(1, self.draw.randint(1, 3) + 1):
                    self._register(subject, self._record(name, count))
            case "refers":
                held = self.http.get(f"{self.endpoints.schema_registry_url}/subjects/{shared}/versions").json()
                record = self._record(name, 1)
                record["fields"].append({"name": "s", "type": shared})
                self._register(subject, record, references=[{"name": shared, "subject": shared, "version": held[-1]}])
            case "json":
                self._register(subject, {"title": name, "properties": {"n": {"type": "number"}}}, kind="JSON")
            case _:
                text = f'syntax = "proto3";\npackage x;\n\nmessage {name} {{\n  int32 a = 1;\n}}\n'
                self._register(subject, text, kind="PROTOBUF")
        if self.draw.random() < 0.5:
            url = f"{self.endpoints.schema_registry_url}/config/{_quoted(subject)}"
            level = self.draw.choice(["BACKWARD", "FULL_TRANSITIVE", "NONE"])
            self.http.put(url, json={"compatibility": level}).raise_for_status()

    def _record(self, name: str, count: int) -> dict[str, Any]:
        fields = [{"name": f"f{index}", "type": ["null", "double"], "default": None} for index in range(count)]
        return {"type": "record", "name": name, "namespace": f"{self.prefix}.x", "fields": fields}

    def _register(
        self, subject: str, schema: object, kind: str = "AVRO", references: list[dict[str, object]] | None = None
    ) -> None:
        text = schema if isinstance(schema, str) else json.dumps(schema)
        body = {"schema": text, "schemaType": kind, "references": references or []}
        url = f"{self.endpoints.schema_registry_url}/subjects/{_quoted(subject)}/versions"
        self.http.post(url, json=body).raise_for_status()

    def _group(self, name: str) -> None:
        topics = self.draw.sample(self.topics, self.draw.randint(1, len(self.topics)))
        asked = ConsumerGroupTopicPartitions(name, [TopicPartition(topic, 0, 0) for topic in topics])
        for future in self.admin.alter_consumer_group_offsets([asked]).values():
            future.result(timeout=30)
        if self.draw.random() < 0.5:
            value = str(self.draw.randint(45_000, 60_000))
            entry = ConfigEntry("consumer.session.timeout.ms", value, incremental_operation=AlterConfigOpType.SET)
            resource = ConfigResource(ResourceType.GROUP, name, incremental_configs=[entry])
            for altered in self.admin.incremental_alter_configs([resource]).values():
                altered.result(timeout=30)

    def _connector(self, name: str) -> None:
        topics = self.draw.sample(self.topics, self.draw.randint(1, min(3, len(self.topics))))
        config = {"connector.class": FILE_SINK, "topics": ",".join(topics), "file": "/dev/null"}
        for index in range(self.draw.randint(0, 5)):
            config[f"free.{index}"] = self.draw.choice(TEXTS)
        if self.draw.random() < 0.5:
            config["tasks.max"] = str(self.draw.randint(1, 9))
        if self.draw.random() < 0.5:
            config |= {
                "my.password": f"{SECRET}p",
                "uri": f"amqp://u:{SECRET}u@h/?x=1",
                "s3": f"s3://b?secretKey=RAW({SECRET}&)",
            }
        state = self.draw.choice(["STOPPED", "PAUSED"])
        body = {"name": name, "config": config, "initial_state": state}
        self.http.post(f"{self.endpoints.connect_url}/connectors", json=body).raise_for_status()

    def prove(self, folder: Path) -> str | None:
        """Import and plan; what is wrong, or None."""
        project = Project(folder, self.endpoints)
        done = imported(project, self.endpoints, f"{self.prefix}*")
        if done.code:
            return f"import ended with {done.code}: {done.err}"
        files = "\n".join(file.read_text() for file in (folder / "out").rglob("*") if file.is_file())
        if SECRET in files + done.out + done.err:
            return "a secret is in a file"
        plan = Project(folder / "out", self.endpoints).run(
            "plan", "--detailed-exitcode", timeout_s=120, **self._environment(done)
        )
        declared = done.json["declared"]
        if declared["topics"] != len(self.topics):
            return f"{declared} of {len(self.topics)} topics"
        return None if plan.code == 0 else f"plan ended with {plan.code}: {plan.out}{plan.err}"

    def forget(self) -> None:
        """Delete its subjects, those first that refer to others; a `/` in a name stops the sweep."""
        url = f"{self.endpoints.schema_registry_url}/subjects"
        ours = [name for name in self.http.get(url, params={"deleted": True}).json() if name.startswith(self.prefix)]
        for permanent in ("", "?permanent=true"):
            for name in sorted(ours, key=lambda name: name.endswith(".x.Shared")):
                self.http.delete(f"{url}/{_quoted(name)}{permanent}")

    def _environment(self, done: Ended) -> dict[str, str]:
        endings = {"my.password": f"{SECRET}p", "uri": f"{SECRET}u", "s3": f"{SECRET}&"}
        return {item["variable"]: endings[item["key"]] for item in done.json["references"]}


def _quoted(text: str) -> str:
    return quote(text, safe="")


def imported(project: Project, endpoints: Endpoints, pattern: str) -> Ended:
    """Import what a pattern matches into `out`."""
    return project.run(
        "import", "--bootstrap-servers", endpoints.bootstrap_servers, "--schema-registry",
        endpoints.schema_registry_url, "--connect", endpoints.connect_url, "--project", "bench", "--out", "out",
        "--topics", pattern, "--format", "json",
    )  # fmt: skip


def many(endpoints: Endpoints, count: int) -> bool:
    """Time an import of many topics, and plan it."""
    with scene() as bench, tempfile.TemporaryDirectory() as folder:
        names = [f"{bench.prefix}-{index}" for index in range(count)]
        for at in range(0, count, 500):
            new = [
                NewTopic(name, 1, 1, config={"retention.ms": str(86_400_000 * (1 + at % 3))})
                for name in names[at : at + 500]
            ]
            for future in bench.admin.create_topics(new).values():
                future.result(timeout=120)
        time.sleep(5)
        project = Project(Path(folder), endpoints)
        started = time.perf_counter()
        done = imported(project, endpoints, f"{bench.prefix}*")
        seconds = time.perf_counter() - started
        found = done.json["declared"]["topics"] if done.code == 0 else done.err
        plan = Project(Path(folder) / "out", endpoints).run("plan", "--detailed-exitcode", timeout_s=120)
        print(
            f"import of {count:,} topics: {found} declared, {seconds:.1f} s, whole command; plan ends with {plan.code}"
        )
        return found == count and plan.code == 0


def main() -> int:
    """Print what each round gave; 1 when one was a change."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--topics", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    endpoints = devcluster.locate(os.environ.get("KAFKAOPS_TEST_CLUSTER", devcluster.DEFAULT_NAME))
    if endpoints is None:
        raise SystemExit("no dev cluster is up: run `kafkaops dev up`")
    failed = 0
    for seed in range(options.seed, options.seed + options.rounds):
        made = Round(endpoints, seed)
        try:
            made.make()
            with tempfile.TemporaryDirectory() as folder:
                problem = made.prove(Path(folder))
        finally:
            sweep(endpoints, made.prefix)
            made.forget()
        failed += problem is not None
        if problem:
            print(f"seed {seed}: {problem}", flush=True)
    print(f"{options.rounds} random clusters imported and planned: {options.rounds - failed} without a change")
    enough = many(endpoints, options.topics) if options.topics else True
    return 0 if enough and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
