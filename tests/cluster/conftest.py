"""One cluster for each test run, stopped at the end."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from cluster import Cluster


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A cluster with three nodes of PostgreSQL."""
    with tempfile.TemporaryDirectory(prefix="supplies-") as folder:
        # Root switches to the user `postgres`, who must be able to enter the folder.
        Path(folder).chmod(0o711)
        cluster = Cluster(Path(folder) / "cluster")
        try:
            cluster("up")
            yield cluster
        finally:
            if cluster.folder.exists():
                cluster("down")
