"""What the core's tests share: a station whose clock the tests set, on each engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.engines import ENGINES, RUNNING, Engines, Server, hasty
from support.ledger_fixture import Clock, StationLedger, register_all

from supplies.ledger.ledger import Ledger

pytest_plugins = ["support.service_fixture"]


@pytest.fixture(scope="session")
def engines() -> Iterator[Engines]:
    """The engines of this run; PostgreSQL is started when it is first asked for."""
    yield RUNNING
    RUNNING.stop()


@pytest.fixture
def postgres(engines: Engines) -> Server:
    """A real PostgreSQL."""
    return engines.server


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """Each engine in turn. A module of tests about one engine says so by a fixture of its own."""
    return str(request.param)


@pytest.fixture
def clock() -> Clock:
    """A clock that tests set."""
    return Clock()


@pytest.fixture
def books_path(tmp_path: Path) -> Path:
    """Where SQLite's file lies, for tests of that file."""
    return tmp_path / "books.db"


@pytest.fixture
def books_url(engines: Engines, engine: str, tmp_path: Path) -> Iterator[str]:
    """Where this engine keeps the station's books."""
    with engines.books(engine, tmp_path) as url:
        yield url


@pytest.fixture
def station(books_url: str, clock: Clock) -> Iterator[StationLedger]:
    """Station lx, open for business."""
    with Ledger.open(books_url, station="lx", clock=clock) as ledger:
        hasty(ledger)
        register_all(ledger)
        yield StationLedger(ledger, clock)
