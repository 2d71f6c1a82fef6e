"""A cluster of three nodes, run by `deploy/cluster` as a person would."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent

PROCESSES = ("etcd", "patroni", "postmaster")
"""The processes of a node."""

PATIENCE = 120
"""Time limit in seconds, reached only if the cluster is broken."""


class Cluster:
    """A cluster in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def url(self) -> str:
        """The URL of the books, whichever node is the primary."""
        return str(self("status")["url"])

    def __call__(self, step: str) -> Any:
        """Run a step of `deploy/cluster`, and return what it prints about the nodes."""
        done = subprocess.run(
            [sys.executable, HERE.parents[1] / "deploy" / "cluster", step, self.folder, "--json"],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            pytest.fail(done.stderr.strip(), pytrace=False)
        return json.loads(done.stdout)

    @property
    def url_for_reading(self) -> str:
        """The URL of the books on a standby."""
        return str(self("status")["url_for_reading"])

    @property
    def nodes(self) -> dict[str, dict[str, Any]]:
        """Return each node by name: role, state, port, and the ids of its processes."""
        nodes: dict[str, dict[str, Any]] = self("status")["nodes"]
        return nodes

    def in_role(self, role: str) -> str:
        """Wait until one node has a role, and return it."""
        return wait_for(
            lambda: next((n for n, status in self.nodes.items() if status["role"] == role), None),
            f"no node became {role}",
        )

    def wait_for_another_leader(self, old: str) -> None:
        """Wait until another node is the primary."""

        def another() -> bool:
            return any(
                status["role"] == "leader" for name, status in self.nodes.items() if name != old
            )

        wait_for(another, f"nobody took over from {old}")

    def is_complete(self) -> bool:
        """Return whether every node runs and commits are on two of them."""
        statuses = self.nodes.values()
        roles = sorted(node["role"] for node in statuses)
        running = all(node["state"] == "running" for node in statuses)
        return running and roles == ["leader", "replica", "sync_standby"]

    def kill(self, name: str, *processes: str) -> None:
        """Kill processes of a node without warning. If none is named, kill all."""
        node = self.nodes[name]
        for process in processes or PROCESSES:
            os.kill(node[process], signal.SIGKILL)

    @contextmanager
    def frozen(self, name: str) -> Iterator[None]:
        """Within the block, all processes of a node are stopped."""
        node = self.nodes[name]
        parents = [node[process] for process in PROCESSES]
        pids = [*parents, *(child for parent in parents for child in children(parent))]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                # Patroni ends old processes of its own that block it.
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    def hand_over(self, old: str, new: str) -> None:
        """Switch to another primary as planned."""
        config = self.folder / old / "patroni.yml"
        switch = ["switchover", "supplies", "--leader", old, "--candidate", new, "--force"]
        subprocess.run(
            ["patronictl", "-c", config, *switch], check=True, capture_output=True, text=True
        )


def children(pid: int) -> list[int]:
    """Return the processes that a process started."""
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def wait_for(found: Callable[[], Any], otherwise: str) -> Any:
    """Wait until there is a result, and return it."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if result := found():
            return result
        time.sleep(0.2)
    raise AssertionError(f"{otherwise} within {PATIENCE} seconds")
