"""Fixtures of the ledger's tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.engines import Engines
from support.ledger_fixture import Clock, StationLedger
from support.shipping import open_hp


@pytest.fixture
def stop(station: StationLedger) -> tuple[str, str]:
    """Ten masks on their way to R-1. Return the delivery and the allocation."""
    station.stock(10)
    allocation = station.allocate(10)
    return station.dispatch(allocation), allocation


@pytest.fixture(params=["one database", "two databases"])
def other(
    request: pytest.FixtureRequest,
    engines: Engines,
    engine: str,
    books_url: str,
    station: StationLedger,
    tmp_path: Path,
    clock: Clock,
) -> Iterator[StationLedger]:
    """Station hp. Its books are in the database of station lx, or in a database of its own."""
    if request.param == "one database":
        with open_hp(books_url, clock) as ledger:
            yield StationLedger(ledger, clock)
        return
    folder = tmp_path / "other"
    folder.mkdir()
    with engines.books(engine, folder) as url, open_hp(url, clock) as ledger:
        yield StationLedger(ledger, clock)
