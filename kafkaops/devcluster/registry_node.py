"""The schema registry: Apicurio, which speaks Confluent's API, with its data in a file."""

from __future__ import annotations

from kafkaops.devcluster.java import java_arguments
from kafkaops.devcluster.layout import Installation
from kafkaops.devcluster.model import HOST, ClusterState, Node
from kafkaops.devcluster.paths import ClusterPaths
from kafkaops.devcluster.processes import Command

REGISTRY_HEAP_MB = 320


def registry_command(state: ClusterState, node: Node, paths: ClusterPaths, files: Installation) -> Command:
    """How to run the registry. Its database lies in the working directory, named by a relative path.

    Without the file, Apicurio's SQL store is in memory: Kafka's records would outlive the schemas whose
    ids they carry.
    """
    folder = paths.node(node.name)
    folder.mkdir(parents=True, exist_ok=True)
    jar = files.folders["registry"] / "quarkus-run.jar"
    main_port, management_port = (state.ports[name] for name in node.ports)
    options = (
        f"-Dquarkus.http.port={main_port}",
        f"-Dquarkus.http.host={HOST}",
        # By default that one listens on every interface, on port 9000.
        f"-Dquarkus.management.port={management_port}",
        f"-Dquarkus.management.host={HOST}",
    )
    java = java_arguments(REGISTRY_HEAP_MB, *options)
    environment = {
        "APICURIO_STORAGE_KIND": "sql",
        "APICURIO_DATASOURCE_URL": "jdbc:h2:file:./registry",
    }
    return Command((*java, "-jar", str(jar)), folder, environment)
