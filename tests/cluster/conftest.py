"""One cluster a run, stopped in the end."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from cluster import Cluster


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """Three nodes of PostgreSQL."""
    with tempfile.TemporaryDirectory(prefix="supplies-") as folder:
        # Root steps down to a user who has to get in.
        Path(folder).chmod(0o711)
        cluster = Cluster(Path(folder) / "cluster")
        try:
            cluster("up")
            yield cluster
        finally:
            if cluster.folder.exists():
                cluster("down")
