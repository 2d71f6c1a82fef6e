"""Books with an entry of nearly every kind, with and without their triggers and constraints."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from support.engines import ENGINES, Engines
from support.every_kind import RecordingStation, book_everything
from support.tampering import Tampering, changes_undone, tampering


@pytest.fixture(scope="package", params=ENGINES)
def unchanged_books(
    request: pytest.FixtureRequest, engines: Engines, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The URL of unchanged books. Their ledger is closed."""
    with _books(request.param, engines, tmp_path_factory) as url:
        yield url


@pytest.fixture(scope="package", params=ENGINES)
def opened(
    request: pytest.FixtureRequest, engines: Engines, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Tampering]:
    """A store with such books. Its only transaction removes triggers and constraints once."""
    with _books(request.param, engines, tmp_path_factory) as url:
        store = tampering(url)
        store.unguard()
        yield store
        store.close()


@pytest.fixture
def store(opened: Tampering) -> Iterator[Tampering]:
    """A store with these books, without triggers and constraints. Changes are rolled back after the
    test.
    """
    with changes_undone(opened):
        yield opened


@contextmanager
def _books(
    engine: str, engines: Engines, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    with engines.books(engine, tmp_path_factory.mktemp("books")) as url:
        station = RecordingStation(url)
        book_everything(station, str(tmp_path_factory.mktemp("elsewhere") / "hp.db"))
        station.ledger.close()
        yield url
