"""Run a PostgreSQL cluster on one machine: three nodes under Patroni, behind one haproxy.

    python3 deploy/cluster up FOLDER       create it, or start the parts that do not run
    python3 deploy/cluster status FOLDER   print the primary, the standbys and the URL of the books
    python3 deploy/cluster down FOLDER     stop it; the folder keeps its data

Each node runs what one machine would run: etcd, Patroni and PostgreSQL. Their configuration is
made from the templates in this folder, with free ports of loopback. docs/cluster.md lists what
changes on three machines. PostgreSQL refuses to run as root: started by root, everything runs as
the user `postgres`.
"""

from __future__ import annotations

import argparse
import encodings.idna  # noqa: F401  # loaded now: later, as postgres, root's Python may be unreadable
import json
import os
import pwd
import sys
from pathlib import Path

from machines import Cluster
from nodes import ClusterError, check_packages


def drop_root(folder: Path) -> None:
    """Change from root to the user `postgres`, who becomes owner of an existing folder.

    Raises:
        ClusterError: the user does not exist or cannot reach the folder.
    """
    if os.geteuid() != 0 or not folder.exists():
        return
    try:
        user = pwd.getpwnam("postgres")
    except KeyError:
        raise ClusterError(
            "there is no user postgres to run as; call this as an ordinary user"
        ) from None
    if folder.owner() == "root":
        os.chown(folder, user.pw_uid, user.pw_gid)
    os.initgroups(user.pw_name, user.pw_gid)
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ClusterError(f"the user postgres cannot reach {folder}; name a folder as in /var/tmp")


def up(folder: Path) -> Cluster:
    """Create the cluster, or start the parts that do not run."""
    check_packages()
    folder.mkdir(mode=0o711, parents=True, exist_ok=True)
    drop_root(folder)
    cluster = Cluster.create(folder)
    cluster.up()
    return cluster


def status(folder: Path) -> Cluster:
    """Return the cluster without starting or stopping anything."""
    drop_root(folder)
    return Cluster(folder)


def down(folder: Path) -> Cluster:
    """Stop the cluster."""
    drop_root(folder)
    cluster = Cluster(folder)
    cluster.down()
    return cluster


def show(cluster: Cluster, *, as_json: bool) -> None:
    """Print a line for each node, and the URLs of the books."""
    nodes = {}
    for node in cluster.nodes:
        role, state = node.role_and_state()
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
    for name, shown in nodes.items():
        print(f"{name}  {shown['role']:13} {shown['state']:16} 127.0.0.1:{shown['port']}")
    print(f"the books: {cluster.url}")
    print(f"for reading only: {cluster.url_for_reading}")


def main() -> int:
    """Run the chosen step and return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    steps = {"up": up, "status": status, "down": down}
    parser.add_argument("step", choices=steps)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    arguments = parser.parse_args()
    try:
        cluster = steps[arguments.step](arguments.folder.absolute())
        show(cluster, as_json=arguments.json)
    except ClusterError as error:
        print(f"cluster: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
