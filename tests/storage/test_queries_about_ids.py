"""Queries about many ids, whose table of ids each engine builds in its own way."""

from __future__ import annotations

from support.ledger_fixture import StationLedger

from supplies.books.queries import MAX_IDS, query_ids
from supplies.storage.sqlite.store import SqliteStore


def test_a_query_finds_each_of_more_ids_than_fit_in_one_statement(station: StationLedger) -> None:
    numbers = range(1, MAX_IDS + 3)
    rows = query_ids(station.books, numbers, "SELECT w.id + 1 FROM wanted w")
    assert [number for (number,) in rows] == [number + 1 for number in numbers]


def test_ids_are_compared_as_written_whatever_characters_they_contain(
    station: StationLedger,
) -> None:
    ids = ["1", "01", "it's", '"', "\\", "口罩", "𠮷", "a:b"]
    rows = query_ids(
        station.books, [*ids, "1"], "SELECT w.id FROM wanted w WHERE w.id <> :other", other="01"
    )
    assert [id for (id,) in rows] == [id for id in ids if id != "01"]


def test_sqlite_prepares_a_query_once_for_one_id_and_once_for_several(
    station: StationLedger,
) -> None:
    store = station.ledger.store
    if isinstance(store, SqliteStore):
        assert len({store.wanted_ids(["v_1"] * count)[0] for count in (2, 3, MAX_IDS)}) == 1
