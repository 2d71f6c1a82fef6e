"""Verification of the entries after a checkpoint: what it finds, and what it leaves out."""

from __future__ import annotations

import pytest
from support.tampering import (
    Tampering,
    checkpoint,
    first_number,
    rows_of,
    verification_error,
)

from supplies.errors import BooksBroken
from supplies.storage.engines import open_store
from supplies.verification.verify import verify


def test_unchanged_books_verify_since_each_of_their_entries(unchanged_books: str) -> None:
    store = open_store(unchanged_books)
    whole = verify(store, "lx")
    for seq in range(1, whole.entries + 1, 3):
        verified = verify(store, "lx", since=[checkpoint(store, seq)])
        assert verified.entries == whole.entries - seq
        assert verified.stations[0].since == seq
        assert verified.stations[0].entries == whole.entries
        assert verified.stations[0].hash == whole.stations[0].hash
    store.close()


def test_the_newest_checkpoint_of_each_station_counts(unchanged_books: str) -> None:
    store = open_store(unchanged_books)
    known = [checkpoint(store, seq) for seq in (5, 9, 2)]
    assert {each.station: each.since for each in verify(store, since=known).stations} == {"lx": 9}
    store.close()


def test_a_checkpoint_with_another_hash_than_its_entry_is_found(store: Tampering) -> None:
    known = checkpoint(store, 9)
    store.run("UPDATE entries SET hash = :hash WHERE seq = 9", {"hash": bytes(32)})
    with pytest.raises(BooksBroken, match="the checkpoint of 2026-02-13, signed by station lx"):
        verify(store, "lx", since=[known])


def test_a_checkpoint_of_an_entry_that_was_removed_is_found(store: Tampering) -> None:
    last = first_number(store, "SELECT seq FROM heads")
    known = checkpoint(store, last)
    store.run("DELETE FROM entries WHERE seq = :seq", {"seq": last})
    with pytest.raises(BooksBroken) as caught:
        verify(store, "lx", since=[known])
    assert (caught.value.seq, caught.value.found) == (last, "nothing")


@pytest.mark.parametrize("table", ["transfers", "entries", "arrival_lines", "balances", "days"])
def test_a_changed_row_is_found_since_a_checkpoint_before_its_entry(
    store: Tampering, table: str
) -> None:
    """The whole verification finds a changed row, also if its entry is before the checkpoint."""
    row = rows_of(store, table)[-1]
    column = "kind" if table == "entries" else "quantity"
    value = "other" if table == "entries" else row[column] + 1
    where = "seq = :seq" + (" AND line = :line" if "line" in row else "")
    store.run(f"UPDATE {table} SET {column} = :value WHERE {where}", {**row, "value": value})
    error = verification_error(store)
    assert error.table == table
    with pytest.raises(BooksBroken) as found:
        verify(store, "lx", since=[checkpoint(store, row["seq"] - 1)])
    assert (found.value.table, found.value.column) == (error.table, error.column)


def test_a_changed_row_of_a_trusted_entry_is_found_only_as_a_whole(store: Tampering) -> None:
    seq = first_number(store, "SELECT max(seq) FROM activities")
    last = first_number(store, "SELECT seq FROM heads")
    store.run("UPDATE activities SET kind = 'other' WHERE seq = :seq", {"seq": seq})
    assert verification_error(store).table == "activities"
    assert verify(store, "lx", since=[checkpoint(store, last)]).entries == 0
    with pytest.raises(BooksBroken):
        verify(store, "lx", since=[checkpoint(store, seq - 1)])
