"""Fixtures of all tests: a station whose clock the tests set, on each engine."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from hypothesis import HealthCheck, settings
from support.engines import ENGINES, RUNNING, Engines, Server
from support.ledger_fixture import Clock, StationLedger

from supplies.access import passwords
from supplies.ledger.ledger import Ledger
from supplies.storage.sqlite import store

pytest_plugins = ["support.service_fixture"]

# A test does not fail because the machine is busy.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")

LONGEST = (
    "test_any_request.py",
    "test_canaries.py",
    "test_a_whole_day.py",
    "test_event_loop.py",
    "test_every_page.py",
    "test_readme.py",
)
"""Files with single tests that take very long."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest tests, so that no worker is left alone with one at the end."""
    items.sort(key=lambda item: item.path.name not in LONGEST)


def pytest_collection_finish() -> None:
    """Exclude the collected tests from garbage collection, and collect less often.

    Otherwise, the collection takes a tenth of the time of the tests.
    """
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)


@pytest.fixture(scope="session", autouse=True)
def without_fsync() -> Iterator[None]:
    """Let no SQLite file wait for the disk, because no test takes the power away.

    A commit that waits takes several milliseconds, and the tests make tens of thousands.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "SYNCHRONOUS", "OFF")
        yield


@pytest.fixture(scope="session", autouse=True)
def quick_password_hashes() -> Iterator[None]:
    """Hash passwords with the least work, instead of a quarter of a second for each."""
    with pytest.MonkeyPatch.context() as patch:
        quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        patch.setattr(passwords, "_hasher", quick)
        yield


@pytest.fixture(scope="session")
def engines() -> Iterator[Engines]:
    """The engines of this run. PostgreSQL is started when it is first used."""
    yield RUNNING
    RUNNING.stop()


@pytest.fixture
def postgres(engines: Engines) -> Server:
    """A real PostgreSQL server."""
    return engines.server


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """Each engine in turn. A module for one engine overrides this fixture."""
    return str(request.param)


@pytest.fixture
def clock() -> Clock:
    """A clock that tests can set."""
    return Clock()


@pytest.fixture
def books_path(tmp_path: Path) -> Path:
    """The SQLite file of the station."""
    return tmp_path / "books.db"


@pytest.fixture
def books_url(
    request: pytest.FixtureRequest, engines: Engines, engine: str, tmp_path: Path
) -> Iterator[str]:
    """The URL of the station's books. They are empty in a test that does not use `station`."""
    with_station = "station" in request.fixturenames
    with engines.books(engine, tmp_path, with_station=with_station) as url:
        yield url


@pytest.fixture
def station(books_url: str, clock: Clock) -> Iterator[StationLedger]:
    """Station lx with some items, people and locations."""
    with Ledger.open(books_url, station="lx", clock=clock) as ledger:
        yield StationLedger(ledger, clock)
