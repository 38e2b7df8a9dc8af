"""What the dev cluster is made of, by name and version. `relock` turns this into artifacts.lock.json.

A *set* is a group of files that end up in one folder: a class path, a Connect plugin, an archive.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

KAFKA_VERSION = "4.3.1"
REGISTRY_VERSION = "3.3.3"
ELASTICSEARCH_VERSION = "6.8.23"
CAMEL_VERSION = "3.11.1"

PLUGIN_SETS = ("plugin-avro", "plugin-camel", "plugin-file", "plugin-mirror", "plugin-mongodb")
"""The Connect plugins, one folder each under `plugin.path`."""


@dataclass(frozen=True, slots=True)
class Root:
    """One artifact that is asked for by name; `transitive` brings its dependencies along."""

    group: str
    artifact: str
    version: str
    classifier: str = ""
    packaging: str = "jar"
    transitive: bool = True


@dataclass(frozen=True, slots=True)
class ArtifactSet:
    """The roots of one folder, and the artifact names (shell patterns) that must not land in it."""

    name: str
    roots: tuple[Root, ...]
    excluded: tuple[str, ...] = ()

    def excludes(self, artifact: str) -> bool:
        """Whether an artifact of that name is kept out of this set."""
        return any(fnmatchcase(artifact, pattern) for pattern in self.excluded)


def _kafka(artifact: str, transitive: bool = True) -> Root:
    return Root("org.apache.kafka", artifact, KAFKA_VERSION, transitive=transitive)


def _camel(artifact: str) -> Root:
    return Root("org.apache.camel", artifact, CAMEL_VERSION)


# A plugin must take these from the worker: a second copy splits classes that both sides exchange.
_FROM_WORKER = ("kafka-clients", "connect-*", "slf4j-*")
# Test libraries that some poms declare at compile scope.
_TEST_LIBRARIES = ("junit", "hamcrest*", "mockito-*", "byte-buddy*", "objenesis")

SETS: tuple[ArtifactSet, ...] = (
    ArtifactSet(
        "kafka",
        (
            _kafka("kafka_2.13"),
            _kafka("kafka-tools"),
            _kafka("connect-runtime"),
            _kafka("connect-json"),
            # Without a binding of slf4j 1.7, Kafka logs nothing at all.
            Root("org.slf4j", "slf4j-simple", "1.7.36"),
        ),
        excluded=("connect-file", "connect-mirror*"),
    ),
    ArtifactSet(
        "plugin-avro",
        (Root("io.apicurio", "apicurio-registry-utils-converter", "2.6.13.Final"),),
        excluded=_FROM_WORKER,
    ),
    ArtifactSet(
        "plugin-camel",
        (
            Root("org.apache.camel.kafkaconnector", "camel-kafka-connector", "0.11.0"),
            _camel("camel-elasticsearch-rest"),
            _camel("camel-aws2-s3"),
            _camel("camel-bean"),
        ),
        # Its old Apicurio converter has the class name of ours and would shadow it: the tasks say RUNNING
        # and nothing arrives.
        excluded=(
            *_FROM_WORKER,
            *_TEST_LIBRARIES,
            "apicurio-registry-*",
            "javax.ws.rs-api",
            "netty-transport-native-epoll",
        ),
    ),
    ArtifactSet("plugin-file", (_kafka("connect-file", transitive=False),)),
    ArtifactSet(
        "plugin-mirror",
        (_kafka("connect-mirror", transitive=False), _kafka("connect-mirror-client", transitive=False)),
    ),
    ArtifactSet(
        "plugin-mongodb",
        (Root("org.mongodb.kafka", "mongo-kafka-connect", "2.0.1", classifier="all", transitive=False),),
    ),
    ArtifactSet(
        "registry",
        (
            Root(
                "io.apicurio",
                "apicurio-registry-app",
                REGISTRY_VERSION,
                classifier="all",
                packaging="tar.gz",
                transitive=False,
            ),
        ),
    ),
    ArtifactSet(
        "elasticsearch",
        (
            Root(
                "org.elasticsearch.distribution.zip",
                "elasticsearch-oss",
                ELASTICSEARCH_VERSION,
                packaging="zip",
                transitive=False,
            ),
        ),
    ),
    ArtifactSet("mongodb-server", (Root("de.bwaldvogel", "mongo-java-server", "1.47.0"),)),
)
