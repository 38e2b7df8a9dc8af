"""The far ends of the sinks: a MongoDB-wire server, Elasticsearch and S3. All of them start empty."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from kafkaops.devcluster.java import java_arguments
from kafkaops.devcluster.layout import Installation
from kafkaops.devcluster.model import HOST, ClusterState, Node
from kafkaops.devcluster.paths import ClusterPaths
from kafkaops.devcluster.processes import Command
from kafkaops.devcluster.state import replace_text
from kafkaops.errors import PlatformError

ELASTICSEARCH_HEAP_MB = 256
MONGODB_HEAP_MB = 128
_NOBODY = 65534

_ELASTICSEARCH_LOGGING = """\
status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{yyyy-MM-dd HH:mm:ss.SSS} %-5p %c{1.} %m%n
rootLogger.level = info
rootLogger.appenderRef.console.ref = console
"""


def mongodb_command(state: ClusterState, node: Node, paths: ClusterPaths, files: Installation) -> Command:
    """A MongoDB-wire server in memory. Its own main has a fixed port: see mongodb_server.py."""
    folder = _fresh(paths.node(node.name))
    jars = sorted(str(path) for path in files.folders["mongodb-server"].glob("*.jar"))
    argv = (
        sys.executable,
        "-m",
        "kafkaops.devcluster.mongodb_server",
        HOST,
        str(state.port(node)),
        str(MONGODB_HEAP_MB),
        *jars,
    )
    return Command(argv, folder, _import_path())


def s3_command(state: ClusterState, node: Node, paths: ClusterPaths, files: Installation) -> Command:
    """moto's S3 server, in memory. Any credentials will do."""
    folder = _fresh(paths.node(node.name))
    argv = (sys.executable, "-m", "moto.server", "-H", HOST, "-p", str(state.port(node)))
    return Command(argv, folder, _import_path())


def elasticsearch_command(state: ClusterState, node: Node, paths: ClusterPaths, files: Installation) -> Command:
    """A real single-node Elasticsearch. It refuses to run as root, so root starts it as nobody."""
    folder = _fresh(paths.node(node.name))
    home = files.folders["elasticsearch"]
    config = folder / "config"
    config.mkdir()
    settings = {
        "cluster.name": "kafkaops-dev",
        "network.host": HOST,
        "http.port": state.ports[node.ports[0]],
        "transport.tcp.port": state.ports[node.ports[1]],
        "discovery.type": "single-node",
        "bootstrap.system_call_filter": "false",
        # Relative to the working directory: a comma in an absolute path would make two of it.
        "path.data": "data",
        "path.logs": "logs",
        # A developer's disk is often fuller than the 95 % at which every index would turn read-only.
        "cluster.routing.allocation.disk.threshold_enabled": "false",
    }
    replace_text(config / "elasticsearch.yml", "".join(f"{key}: {value}\n" for key, value in settings.items()))
    replace_text(config / "log4j2.properties", _ELASTICSEARCH_LOGGING)
    options = (
        f"-Xms{ELASTICSEARCH_HEAP_MB}m",
        "-Djava.security.manager=allow",
        f"-Des.path.home={home}",
        "-Des.path.conf=config",
        "-Des.distribution.flavor=oss",
        "-Des.distribution.type=zip",
        "-Dlog4j2.disable.jmx=true",
        "-Dlog4j.shutdownHookEnabled=false",
    )
    java = java_arguments(ELASTICSEARCH_HEAP_MB, *options, "-cp", str(home / "lib" / "*"))
    argv = (*java, "org.elasticsearch.bootstrap.Elasticsearch")
    if os.geteuid() == 0:
        for path in (folder, config, *config.iterdir()):
            os.chown(path, _NOBODY, _NOBODY)
        argv = (*_as_nobody(), *argv)
    return Command(argv, folder)


def _as_nobody() -> tuple[str, ...]:
    """The user `nobody`, who may still walk through root's private folders to the files it needs."""
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise PlatformError.of(
            "KO707",
            "Elasticsearch does not run as root, and there is no `setpriv` to start it as another user",
            hint="install util-linux, run as another user, or leave it out: --targets mongodb,s3",
        )
    return (
        setpriv,
        f"--reuid={_NOBODY}",
        f"--regid={_NOBODY}",
        "--clear-groups",
        # access(2), which Java asks, ignores capabilities of a real user other than root without this bit.
        "--securebits=+no_setuid_fixup",
        "--inh-caps=+dac_override",
        "--ambient-caps=+dac_override",
    )


def _fresh(folder: Path) -> Path:
    """An empty folder: what a target held before is gone, so that all three agree about it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _import_path() -> dict[str, str]:
    """Let the child find this package even where it runs from a checkout."""
    package_parent = str(Path(__file__).resolve().parents[2])
    inherited = os.environ.get("PYTHONPATH")
    return {"PYTHONPATH": os.pathsep.join([package_parent, *([inherited] if inherited else [])])}
