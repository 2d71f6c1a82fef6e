"""The cluster as a whole: create it in a folder, start, inspect and stop it."""

from __future__ import annotations

import json
import secrets
import socket
import subprocess
from pathlib import Path
from string import Template
from typing import Any

from nodes import ClusterError, Node, Process, find_program, postgresql_programs, wait_until

TEMPLATES = Path(__file__).parent

NODES = ("node1", "node2", "node3")

MAX_CONNECTIONS = 100


class Cluster:
    """A cluster whose files are in one folder. `cluster.json` contains its ports and passwords."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        file = folder / "cluster.json"
        if not file.exists():
            raise ClusterError(
                f"there is no cluster in {folder}; create one: python3 deploy/cluster up FOLDER"
            )
        self._settings = json.loads(file.read_text())
        self.ports: dict[str, int] = self._settings["ports"]
        self.nodes = [Node(name, folder / name, self._settings[name]) for name in NODES]
        config = str(folder / "haproxy.cfg")
        haproxy = [str(find_program("haproxy")), "-db", "-f", config]
        self.haproxy = Process(folder, "haproxy", haproxy)

    @classmethod
    def create(cls, folder: Path) -> Cluster:
        """Return the cluster in this folder. Create its files if there are none."""
        file = folder / "cluster.json"
        if not file.exists():
            names = ("etcd", "peer", "rest", "postgresql")
            ports = iter(free_ports(len(NODES) * len(names) + 2))
            settings: dict[str, Any] = {
                node: {name: next(ports) for name in names} for node in NODES
            }
            settings["ports"] = {"primary": next(ports), "replicas": next(ports)}
            users = ("superuser", "replication", "patroni", "supplies")
            settings["passwords"] = {user: secrets.token_urlsafe(18) for user in users}
            write_private(file, json.dumps(settings, indent=2))
            cls(folder)._configure()
        return cls(folder)

    def _configure(self) -> None:
        """Write the configuration file of every program."""
        etcds = ", ".join(f"127.0.0.1:{node.ports['etcd']}" for node in self.nodes)
        peers = ",".join(f"{n.name}=http://127.0.0.1:{n.ports['peer']}" for n in self.nodes)
        passwords = {f"{user}_password": word for user, word in self._settings["passwords"].items()}
        for node in self.nodes:
            node.folder.mkdir(mode=0o700)
            values = {
                "name": node.name,
                "folder": node.folder,
                "etcds": etcds,
                "peers": peers,
                "bin_dir": postgresql_programs(),
                "max_connections": MAX_CONNECTIONS,
                **node.ports,
                **passwords,
            }
            for name in ("etcd.yml", "patroni.yml"):
                write_private(node.folder / name, fill_template(name, values))
        servers = "\n".join(
            f"    server {node.name} 127.0.0.1:{node.ports['postgresql']} "
            f"check port {node.ports['rest']}"
            for node in self.nodes
        )
        write_private(
            self.folder / "haproxy.cfg",
            fill_template("haproxy.cfg", {"servers": servers, **self.ports}),
        )
        # In the format of libpq's PGPASSFILE: host, port, database, user, password.
        users = (("postgres", "superuser"), ("supplies", "supplies"))
        lines = (f"127.0.0.1:*:*:{user}:{self._settings['passwords'][of]}\n" for user, of in users)
        write_private(self.folder / "passwords", "".join(lines))

    # --- starting and stopping -------------------------------------------------------------------

    def up(self) -> None:
        """Start the parts that do not run. Wait until the primary writes and a standby confirms."""
        for node in self.nodes:
            node.etcd.start()
        for node in self.nodes:
            node.patroni.start()
        self.haproxy.start()
        wait_until(
            self._is_complete, f"the nodes did not form a cluster; see *.log in {self.folder}"
        )
        wait_until(self._accepts_connections, f"no primary answers; see {self.folder}/haproxy.log")
        if self._psql("SELECT 1 FROM pg_roles WHERE rolname = 'supplies'") == "":
            word = self._settings["passwords"]["supplies"]
            self._psql(f"CREATE ROLE supplies LOGIN PASSWORD '{word}'")
            self._psql("CREATE DATABASE supplies OWNER supplies")

    def down(self) -> None:
        """Stop haproxy first and the primary last, so that no standby takes over."""
        patronis = [node.patroni for node in self.nodes]
        leader = self.leader()
        if leader is not None:
            patronis.sort(key=lambda process: process is leader.patroni)
        self._stop([self.haproxy])
        for patroni in patronis:
            self._stop([patroni])
        for node in self.nodes:
            node.stop_postgresql()
        self._stop([node.etcd for node in self.nodes])

    def _stop(self, processes: list[Process]) -> None:
        for process in processes:
            process.terminate()
        for process in processes:
            wait_until(process.has_ended, f"{process.name} in {process.folder} does not end")

    # --- inspecting ------------------------------------------------------------------------------

    def leader(self) -> Node | None:
        """Return the primary, or None if no node or more than one node claims to be the primary."""
        leaders = [node for node in self.nodes if node.role_and_state()[0] == "leader"]
        return leaders[0] if len(leaders) == 1 else None

    @property
    def url(self) -> str:
        """URL of the books for the service. It leads to the primary, whichever node that is."""
        return self._url("supplies", "supplies")

    @property
    def url_for_reading(self) -> str:
        """URL of the books on a standby, which may be a moment behind."""
        return self._url("supplies", "supplies", at="replicas")

    def _url(self, user: str, database: str, at: str = "primary") -> str:
        place = f"{user}@127.0.0.1:{self.ports[at]}/{database}"
        return f"postgresql://{place}?passfile={self.folder / 'passwords'}"

    def _is_complete(self) -> bool:
        nodes = [node.role_and_state() for node in self.nodes]
        roles = sorted(role for role, _ in nodes)
        states = {state for _, state in nodes}
        return roles == ["leader", "replica", "sync_standby"] and states == {"running"}

    def _accepts_connections(self) -> bool:
        try:
            return self._psql("SELECT pg_is_in_recovery()") == "f"
        except subprocess.CalledProcessError:
            return False

    def _psql(self, statement: str) -> str:
        url = self._url("postgres", "postgres")
        done = subprocess.run(
            [postgresql_programs() / "psql", "-XAtq", url, "-v", "ON_ERROR_STOP=1", "-f", "-"],
            input=statement,
            env={"PGCONNECT_TIMEOUT": "5", "LANG": "C.UTF-8"},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()


def fill_template(name: str, values: dict[str, Any]) -> str:
    """Return the text of a template of `deploy/cluster/` with the values of this cluster."""
    return Template((TEMPLATES / name).read_text()).substitute(values)


def write_private(file: Path, text: str) -> None:
    """Write a file that only its owner may read."""
    file.touch(mode=0o600)
    file.write_text(text)


def free_ports(count: int) -> list[int]:
    """Return different free ports of loopback."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()
