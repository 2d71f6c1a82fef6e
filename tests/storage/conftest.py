"""Fixtures of the storage tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.engines import Server


@pytest.fixture
def own_url(postgres: Server) -> Iterator[str]:
    """The URL of a database in which the test may also change tables and triggers."""
    with postgres.database() as url:
        yield url
