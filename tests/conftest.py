"""What the core's tests share: a station whose clock the tests set."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from desk import Clock, Desk, register_all

from supplies.ledger import Ledger


@pytest.fixture
def clock() -> Clock:
    """A clock that tests set."""
    return Clock()


@pytest.fixture
def books_path(tmp_path: Path) -> Path:
    """Where the desk's database lies."""
    return tmp_path / "books.db"


@pytest.fixture
def desk(books_path: Path, clock: Clock) -> Iterator[Desk]:
    """Station lx, open for business."""
    with Ledger.open(str(books_path), station="lx", clock=clock) as ledger:
        ledger.store.connection.execute("PRAGMA synchronous = OFF")  # type: ignore[attr-defined]
        register_all(ledger)
        yield Desk(ledger, clock)
