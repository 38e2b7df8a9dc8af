"""Start nodes and wait until they answer, or undo it all and say why."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from kafkaops.devcluster import logs
from kafkaops.devcluster.commands import command_for
from kafkaops.devcluster.events import Listener, NodeChanged, Phase
from kafkaops.devcluster.kafka_nodes import format_storage
from kafkaops.devcluster.layout import Installation
from kafkaops.devcluster.model import ClusterState, Node, NodeKind
from kafkaops.devcluster.paths import ClusterPaths
from kafkaops.devcluster.processes import end, is_running, spawn, uninterrupted
from kafkaops.devcluster.readiness import Probe
from kafkaops.devcluster.state import write_state
from kafkaops.errors import PlatformError

_POLL_S = 0.1
_END_WAIT_S = 10.0
_TAIL_LINES = 12
_SEARCHED_LINES = 300
_PORT_TAKEN = ("Address already in use", "BindException", "Address in use")


class PortTakenError(PlatformError):
    """Another program took a port between the choice and the start."""


class Launch:
    """One start of some nodes of a cluster. `state` is kept on disk up to date with every step."""

    def __init__(self, state: ClusterState, paths: ClusterPaths, files: Installation, listen: Listener) -> None:
        self.state = state
        self._paths = paths
        self._files = files
        self._listen = listen
        self._began: dict[Node, float] = {}

    def run(self, nodes: Sequence[Node], timeout_s: float) -> ClusterState:
        """Start those nodes that do not run, and wait until all of `nodes` answer.

        On any failure, and on Ctrl-C, what was started here is ended again. Raises PlatformError with the
        last lines of the log of the node that failed.
        """
        self._save(replace(self.state, ready=False))
        missing = [node for node in nodes if not self._runs(node)]
        try:
            # Connect gives up when it finds no broker, so it waits for them.
            first = [node for node in missing if node.kind is not NodeKind.CONNECT]
            self._spawn_all(first)
            self._wait(nodes, missing, time.monotonic() + timeout_s)
        except BaseException:
            self._undo()
            raise
        self._save(replace(self.state, ready=True))
        return self.state

    def _spawn_all(self, nodes: Sequence[Node]) -> None:
        brokers = [node for node in nodes if node.kind is NodeKind.BROKER]
        commands = {node: command_for(node, self.state, self._paths, self._files) for node in nodes}
        if brokers:
            format_storage(self.state, self._paths, self._files)
        for node, command in commands.items():
            self._began[node] = time.monotonic()
            self._listen(NodeChanged(node.name, Phase.STARTING))
            with uninterrupted():
                ref = spawn(command, self._paths.log_file(node.name))
                self._save(replace(self.state, processes={**self.state.processes, node.name: ref}))

    def _runs(self, node: Node) -> bool:
        return is_running(self.state.processes.get(node.name))

    def _wait(self, nodes: Sequence[Node], missing: list[Node], deadline: float) -> None:
        pending = list(nodes)
        probe = Probe(self.state)
        try:
            while pending:
                self._start_connect(pending, missing)
                self._start_again(pending, missing)
                pending = [node for node in pending if not self._is_ready(node, probe)]
                if pending and time.monotonic() > deadline:
                    raise self._failure(pending[0], "did not answer in time")
                if pending:
                    time.sleep(_POLL_S)
        finally:
            probe.close()

    def _start_again(self, pending: Sequence[Node], missing: list[Node]) -> None:
        """Start what was still there when this began and ended since: killed a moment ago, it was only just dying."""
        ended = [node for node in pending if node not in missing and not self._runs(node)]
        missing.extend(ended)
        self._spawn_all([node for node in ended if node.kind is not NodeKind.CONNECT])

    def _start_connect(self, pending: Sequence[Node], missing: Sequence[Node]) -> None:
        connect = next((node for node in pending if node.kind is NodeKind.CONNECT), None)
        waiting = connect in missing and connect not in self._began
        if connect and waiting and not any(node.kind is NodeKind.BROKER for node in pending):
            self._spawn_all([connect])

    def _is_ready(self, node: Node, probe: Probe) -> bool:
        if node not in self._began and not self._runs(node):
            return False  # Connect, which waits for the brokers; what is written down of it is an earlier process
        if not self._runs(node):
            raise self._failure(node, "ended right after its start")
        if not probe.answers(node):
            return False
        if node in self._began:
            self._listen(NodeChanged(node.name, Phase.READY, time.monotonic() - self._began[node]))
        return True

    def _failure(self, node: Node, what: str) -> PlatformError:
        self._listen(NodeChanged(node.name, Phase.FAILED))
        last = logs.tail(self._paths.log_file(node.name), _SEARCHED_LINES)
        taken = any(sign in line for sign in _PORT_TAKEN for line in last)
        # The causes are what helps, not the stack frames between them.
        lines = [line for line in last if not line.lstrip().startswith(("at ", "... "))][-_TAIL_LINES:]
        kind = PortTakenError if taken else PlatformError
        return kind.of(
            "KO708",
            f"{node.name} {what}",
            detail="\n".join(lines) or "its log is empty",
            hint=f"the whole log: {self._paths.log_file(node.name)}",
        )

    def _undo(self) -> None:
        names = [node.name for node in self._began if node.name in self.state.processes]
        end([self.state.processes[name] for name in names], _END_WAIT_S)
        left = {name: ref for name, ref in self.state.processes.items() if name not in names}
        self._save(replace(self.state, processes=left))

    def _save(self, state: ClusterState) -> None:
        self.state = state
        write_state(self._paths, state)
