"""One machine of the cluster, and the processes that it runs."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

PACKAGES = {"etcd": "etcd-server", "patroni": "patroni", "haproxy": "haproxy"}
"""The Debian package of each program. PostgreSQL is found separately."""

STEP_SECONDS = 120.0
"""Seconds after which a step has failed."""


class ClusterError(Exception):
    """A step failed. The message says why."""


def postgresql_programs() -> Path:
    """Return the folder with the programs of the newest installed PostgreSQL."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[4])
    )
    return found[-1].parent if found else Path()


def check_packages() -> None:
    """Check that all programs are installed.

    Raises:
        ClusterError: a program is missing; the message says how to install it.
    """
    missing = [package for program, package in PACKAGES.items() if find_program(program) is None]
    if postgresql_programs() == Path():
        missing.append("postgresql")
    if missing:
        raise ClusterError(
            f"the cluster needs {', '.join(missing)}, which this machine lacks; "
            f"on Debian: apt-get install --no-install-recommends {' '.join(missing)}"
        )


def find_program(name: str) -> str | None:
    """Return the path of a program, or None. The folder of haproxy is often not in PATH."""
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")


def wait_until(condition: Callable[[], bool], message: str) -> None:
    """Wait until a condition is true.

    Args:
        message: Says what did not happen. It begins the message of the error.

    Raises:
        ClusterError: the condition is still false after `STEP_SECONDS`.
    """
    deadline = time.monotonic() + STEP_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise ClusterError(f"{message} (waited {STEP_SECONDS:.0f} seconds)")
        time.sleep(0.2)


@dataclass(frozen=True)
class Process:
    """A process of the cluster, with its log and the file with its process id."""

    folder: Path
    name: str
    command: list[str]

    @property
    def _file(self) -> Path:
        return self.folder / f"{self.name}.pid"

    @property
    def pid(self) -> int | None:
        """The process id, or None if the process does not run."""
        try:
            pid = int(self._file.read_text())
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError):
            return None
        return pid if str(self.folder).encode() in command else None

    def has_ended(self) -> bool:
        """Return whether the process has ended."""
        return self.pid is None

    def start(self) -> None:
        """Start the process if it does not run."""
        if self.pid is not None:
            return
        with (self.folder / f"{self.name}.log").open("ab") as log:
            process = subprocess.Popen(
                self.command,
                cwd=self.folder,
                env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": str(self.folder)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._file.write_text(str(process.pid))

    def terminate(self) -> None:
        """Ask the process to end."""
        if self.pid is not None:
            os.kill(self.pid, signal.SIGTERM)


@dataclass(frozen=True)
class Node:
    """One machine of the cluster."""

    name: str
    folder: Path
    ports: dict[str, int]

    @cached_property
    def etcd(self) -> Process:
        """The process that stores which node is the primary."""
        config = str(self.folder / "etcd.yml")
        return Process(self.folder, "etcd", [str(find_program("etcd")), "--config-file", config])

    @cached_property
    def patroni(self) -> Process:
        """The process that starts PostgreSQL as primary or standby."""
        config = str(self.folder / "patroni.yml")
        return Process(self.folder, "patroni", [str(find_program("patroni")), config])

    @property
    def postmaster(self) -> int | None:
        """Process id of PostgreSQL's first process, or None if it does not run."""
        try:
            pid = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError, IndexError):
            return None
        return pid if str(self.folder).encode() in command else None

    def role_and_state(self) -> tuple[str, str]:
        """Ask the node itself for its role and state. Other nodes may have old information."""
        url = f"http://127.0.0.1:{self.ports['rest']}/patroni"
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                status: dict[str, Any] = json.load(answer)
        except (urllib.error.URLError, OSError, ValueError):
            return "unknown", "does not answer"
        # Patroni before its version 4 calls the primary master.
        if status.get("role") in ("master", "primary"):
            return "leader", str(status["state"])
        return "sync_standby" if status.get("sync_standby") else "replica", str(status["state"])

    def stop_postgresql(self) -> None:
        """Stop PostgreSQL if its Patroni has ended and cannot do so."""
        if self.postmaster is not None:
            stop = [str(postgresql_programs() / "pg_ctl"), "stop", "-m", "fast", "-D"]
            data = str(self.folder / "data")
            subprocess.run([*stop, data], check=True, stdout=subprocess.DEVNULL)
