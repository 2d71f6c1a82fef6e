"""A savepoint rolls back what was written within it, and nothing else."""

from __future__ import annotations

from contextlib import suppress

import pytest
from support.ledger_fixture import StationLedger

from supplies.storage.store import Store


def write(store: Store, code: str) -> None:
    store.run(
        "INSERT INTO locations (station, code, name, quarantine) VALUES ('lx', ?, ?, 0)",
        (code, code),
    )


def written(store: Store) -> list[str]:
    rows = store.all("SELECT code FROM locations WHERE station = 'lx' AND code LIKE 'new%'")
    return sorted(code for (code,) in rows)


@pytest.fixture
def store(station: StationLedger) -> Store:
    return station.ledger.store


def test_a_savepoint_keeps_what_was_written_before_it(store: Store) -> None:
    with store.writing():
        with store.savepoint():
            write(store, "new1")
            with suppress(ZeroDivisionError), store.savepoint():
                write(store, "new2")
                raise ZeroDivisionError
            write(store, "new3")
        assert written(store) == ["new1", "new3"]


def test_a_savepoint_that_begins_with_another_rolls_back_alone(store: Store) -> None:
    with store.writing():
        with store.savepoint():
            with suppress(ZeroDivisionError), store.savepoint():
                write(store, "new1")
                raise ZeroDivisionError
            write(store, "new2")
            with suppress(ZeroDivisionError), store.savepoint():
                write(store, "new3")
                raise ZeroDivisionError
        assert written(store) == ["new2"]


def test_the_outer_savepoint_rolls_back_what_the_inner_one_wrote(store: Store) -> None:
    with store.writing():
        write(store, "new1")
        with suppress(ZeroDivisionError), store.savepoint():
            with store.savepoint():
                write(store, "new2")
            write(store, "new3")
            raise ZeroDivisionError
        with store.savepoint(), store.savepoint():
            write(store, "new4")
        assert written(store) == ["new1", "new4"]


def test_a_savepoint_of_the_next_transaction_is_its_own(store: Store) -> None:
    with suppress(ZeroDivisionError), store.writing(), store.savepoint():
        raise ZeroDivisionError
    with store.writing():
        with suppress(ZeroDivisionError), store.savepoint():
            write(store, "new1")
            raise ZeroDivisionError
        write(store, "new2")
    assert written(store) == ["new2"]
