"""Fixtures of the storage tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.engines import Server


@pytest.fixture
def own_url(postgres: Server) -> Iterator[str]:
    """A database that the test may change in more than rows."""
    with postgres.database() as url:
        yield url
