"""One cluster a run, stopped in the end."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

# Short words that the service's tests have already.
sys.path[:0] = [str(Path(__file__).parents[1] / "service")]

from cluster import Cluster  # noqa: E402


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
