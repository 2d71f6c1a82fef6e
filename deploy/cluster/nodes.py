"""What one machine of the cluster runs, and the processes that it is."""

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
"""Each program and Debian's package of it; PostgreSQL's are found apart."""

PATIENCE = 120.0
"""Seconds that a step may take before it is given up."""


class Refused(Exception):
    """What cannot be done, in a sentence for a person."""


def postgresql() -> Path:
    """Where PostgreSQL's programs are: Debian's newest."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[4])
    )
    return found[-1].parent if found else Path()


def check_packages() -> None:
    """Refuse where a program is missing, and say how it is installed."""
    missing = [package for program, package in PACKAGES.items() if program_of(program) is None]
    if postgresql() == Path():
        missing.append("postgresql")
    if missing:
        raise Refused(
            f"the cluster needs {', '.join(missing)}, which this machine lacks; "
            f"on Debian: apt-get install --no-install-recommends {' '.join(missing)}"
        )


def program_of(name: str) -> str | None:
    """Where a program is; haproxy's directory is not in everybody's PATH."""
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")


def wait_until(there: Callable[[], bool], otherwise: str) -> None:
    """Ask until it is so; Refused where it is not in all the time that it may take."""
    deadline = time.monotonic() + PATIENCE
    while not there():
        if time.monotonic() > deadline:
            raise Refused(f"{otherwise} (waited {PATIENCE:.0f} seconds)")
        time.sleep(0.2)


@dataclass(frozen=True)
class Process:
    """A program of the cluster, and the files that it leaves: what it says, and its number."""

    folder: Path
    name: str
    command: list[str]

    @property
    def _file(self) -> Path:
        return self.folder / f"{self.name}.pid"

    @property
    def pid(self) -> int | None:
        """Its number while it runs; None where it does not, or another now has the number."""
        try:
            pid = int(self._file.read_text())
            said = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError):
            return None
        return pid if str(self.folder).encode() in said else None

    def has_ended(self) -> bool:
        """Whether it no longer runs."""
        return self.pid is None

    def start(self) -> None:
        """Start it, unless it runs."""
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

    def tell_to_stop(self) -> None:
        """Ask it to end."""
        if self.pid is not None:
            os.kill(self.pid, signal.SIGTERM)


@dataclass(frozen=True)
class Node:
    """What one machine runs."""

    name: str
    folder: Path
    ports: dict[str, int]

    @cached_property
    def etcd(self) -> Process:
        """The one that keeps who leads."""
        config = str(self.folder / "etcd.yml")
        return Process(self.folder, "etcd", [str(program_of("etcd")), "--config-file", config])

    @cached_property
    def patroni(self) -> Process:
        """The one that starts PostgreSQL, and tells it to lead or to follow."""
        config = str(self.folder / "patroni.yml")
        return Process(self.folder, "patroni", [str(program_of("patroni")), config])

    @property
    def postmaster(self) -> int | None:
        """The number of PostgreSQL's first process while it runs."""
        try:
            pid = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
            said = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError, IndexError):
            return None
        return pid if str(self.folder).encode() in said else None

    def says(self) -> tuple[str, str]:
        """Its role and state in its own words: what others know of it may be seconds old."""
        url = f"http://127.0.0.1:{self.ports['rest']}/patroni"
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                told: dict[str, Any] = json.load(answer)
        except (urllib.error.URLError, OSError, ValueError):
            return "unknown", "does not answer"
        # Patroni before its version 4 calls the primary master.
        if told.get("role") in ("master", "primary"):
            return "leader", str(told["state"])
        return "sync_standby" if told.get("sync_standby") else "replica", str(told["state"])

    def stop_postgresql(self) -> None:
        """Stop PostgreSQL where its Patroni is gone and no longer can."""
        if self.postmaster is not None:
            stop = [str(postgresql() / "pg_ctl"), "stop", "-m", "fast", "-D"]
            data = str(self.folder / "data")
            subprocess.run([*stop, data], check=True, stdout=subprocess.DEVNULL)
