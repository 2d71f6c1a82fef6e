"""Books with an entry of nearly every kind, with and without their triggers and constraints."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.engines import ENGINES, Engines
from support.every_kind import RecordingStation, book_everything
from support.tampering import Tampering, tampering


@pytest.fixture(scope="package", params=ENGINES)
def unchanged_books(
    request: pytest.FixtureRequest, engines: Engines, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The URL of unchanged books. Their ledger is closed."""
    with engines.books(request.param, tmp_path_factory.mktemp("books")) as url:
        station = RecordingStation(url)
        book_everything(station, str(tmp_path_factory.mktemp("elsewhere") / "hp.db"))
        station.ledger.close()
        yield url


@pytest.fixture(scope="package")
def opened(unchanged_books: str) -> Iterator[Tampering]:
    """A store with these books. Tests change the books and roll back."""
    store = tampering(unchanged_books)
    yield store
    store.close()


@pytest.fixture
def store(opened: Tampering) -> Iterator[Tampering]:
    """A store with these books, without triggers and constraints. Changes are rolled back after the
    test.
    """
    opened.unguard()
    yield opened
    opened.run("ROLLBACK")
