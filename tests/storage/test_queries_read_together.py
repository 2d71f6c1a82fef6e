"""The queries of many calls are read with one statement, before the calls are made."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from support.ledger_fixture import StationLedger

from supplies.domain.entry_rows import Lot
from supplies.storage.sql_parameters import query_of_each


@pytest.mark.parametrize("engine", ["postgresql"])
def test_calls_read_together_are_answered_from_memory_as_if_made_alone(
    station: StationLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    for quantity in (20, 5):
        station.give(quantity)
    books, account = station.books, "stock:store"
    lots = [lot.lot for lot in books.rows(Lot)]
    ids = [*lots, "x", "it's", "口罩", "a:b"]
    calls: list[Any] = [
        *(partial(books.balance, account, "mask", lot) for lot in ids),
        *(partial(books.latest_row, Lot, lot=lot) for lot in ids),
        *(partial(books.lot_balances, account, item) for item in ("mask", "soap")),
        *(partial(books.nonzero_balances, each) for each in ("stock:", "donor:")),
        *(partial(books.daily_balances, (account, "mask", lot), "2020-02-01") for lot in ids),
    ]
    alone = [call() for call in calls]
    assert alone[0] == 20
    with books.cache_queries():
        books.read_together(calls)

        def refuse(*_: object) -> None:
            raise AssertionError("a query was not answered from memory")

        for name in ("all", "one"):
            monkeypatch.setattr(books.store, name, refuse)
        made = [call() for call in calls]
    assert made == alone


def test_nothing_is_read_together_if_answers_are_not_cached(station: StationLedger) -> None:
    assert not station.books.read_together([pytest.fail])


def test_parameters_become_columns_but_for_those_in_quotes() -> None:
    names, query = query_of_each("SELECT ':a' FROM t WHERE b = :b AND c = :c OR b > :b")
    assert names == ("b", "c")
    assert query == (
        "SELECT each.number, found.* FROM unnest(:b, :c) WITH ORDINALITY AS each (of_b, of_c, "
        "number) CROSS JOIN LATERAL (SELECT ':a' FROM t WHERE b = each.of_b AND c = each.of_c "
        "OR b > each.of_b) AS found"
    )
