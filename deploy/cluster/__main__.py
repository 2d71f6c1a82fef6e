"""A PostgreSQL cluster on this one machine: three nodes under Patroni, and one address before them.

    python3 deploy/cluster up FOLDER       make it, or start what of it does not run
    python3 deploy/cluster status FOLDER   who leads, who follows, and the URL of the books
    python3 deploy/cluster down FOLDER     stop it; the folder keeps its data

Each node is what a machine of its own would run: etcd, Patroni, PostgreSQL. Their files are made
from those beside this one, with free ports of loopback; docs/cluster.md says what changes on three
machines. PostgreSQL refuses to run as root: started by root, all of it runs as `postgres`.
"""

from __future__ import annotations

import argparse
import encodings.idna  # noqa: F401  # else loaded late, when root's own Python is out of reach
import json
import os
import pwd
import sys
from pathlib import Path

from machines import Cluster
from nodes import Refused, check_packages


def step_down(folder: Path) -> None:
    """From root to the user `postgres`, to whom the folder is given; nobody else changes."""
    if os.geteuid() != 0:
        return
    try:
        user = pwd.getpwnam("postgres")
    except KeyError:
        raise Refused(
            "there is no user postgres to run as; call this as an ordinary user"
        ) from None
    if folder.owner() == "root":
        os.chown(folder, user.pw_uid, user.pw_gid)
    os.initgroups(user.pw_name, user.pw_gid)
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise Refused(f"the user postgres cannot reach {folder}; name a folder as in /var/tmp")


def up(folder: Path) -> Cluster:
    """Make it, or start what does not run."""
    check_packages()
    folder.mkdir(mode=0o711, parents=True, exist_ok=True)
    step_down(folder)
    cluster = Cluster.made(folder)
    cluster.up()
    return cluster


def status(folder: Path) -> Cluster:
    """Only look at it."""
    step_down(folder)
    return Cluster(folder)


def down(folder: Path) -> Cluster:
    """Stop it."""
    step_down(folder)
    cluster = Cluster(folder)
    cluster.down()
    return cluster


def show(cluster: Cluster, *, as_json: bool) -> None:
    """A line a node, and where the books are."""
    nodes = {}
    for node in cluster.nodes:
        role, state = node.says()
        nodes[node.name] = {
            "role": role,
            "state": state,
            "port": node.ports["postgresql"],
            "etcd": node.etcd.pid,
            "patroni": node.patroni.pid,
            "postmaster": node.postmaster,
        }
    if as_json:
        urls = {"url": cluster.url, "url_for_reading": cluster.url_for_reading}
        print(json.dumps({**urls, "nodes": nodes}))
        return
    for name, told in nodes.items():
        print(f"{name}  {told['role']:13} {told['state']:16} 127.0.0.1:{told['port']}")
    print(f"the books: {cluster.url}")
    print(f"for reading alone: {cluster.url_for_reading}")


def main() -> int:
    """Carry out one of the three; the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    steps = {"up": up, "status": status, "down": down}
    parser.add_argument("step", choices=steps)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--json", action="store_true", help="say it to a program")
    arguments = parser.parse_args()
    try:
        cluster = steps[arguments.step](arguments.folder.absolute())
        show(cluster, as_json=arguments.json)
    except Refused as refused:
        print(f"cluster: {refused}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
