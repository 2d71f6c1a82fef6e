"""Recording commands: groups, queries, balances and transactions."""

from __future__ import annotations

from typing import Any

import pytest
from support.ledger_fixture import TODAY, StationLedger

from supplies.domain import commands as c
from supplies.errors import (
    InvalidField,
    NotEnough,
    NotFound,
    StoreError,
)
from supplies.ledger.recorded import Recorded
from supplies.ledger.writer import Request

ID = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"


def test_each_request_of_a_group_is_recorded_or_refused_independently(
    station: StationLedger,
) -> None:
    commands: list[c.Command] = [
        station.donation(5),
        c.Move(source="store", target="annex", lines=[c.LotLine(item="mask", quantity=6)]),
        c.RecordActivity(kind="visit", count=0),
        c.Move(source="store", target="annex", lines=[c.LotLine(item="mask", quantity=5)]),
        c.Move(source="store", target="annex", lines=[c.LotLine(item="mask", quantity=1)]),
    ]
    answers = station.ledger.record_many([Request(command=one, by="u_1") for one in commands])
    kinds = [type(answer) for answer in answers]
    assert kinds == [Recorded, NotEnough, InvalidField, Recorded, NotEnough]
    assert station.entries() == 3
    assert station.total("stock:annex") == 5


def test_no_command_runs_the_same_query_twice(
    station: StationLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[Any, ...]] = []
    for way in ("all", "one"):
        really = getattr(station.ledger.store, way)

        def ask(sql: str, params: Any = (), really: Any = really) -> Any:
            asked.append((sql, *dict(params).items()))
            return really(sql, params)

        monkeypatch.setattr(station.ledger.store, way, ask)

    def once(name: str) -> str:
        assert 0 < len(asked) == len(set(asked))
        asked.clear()
        return name

    once(station.need(5))
    station.give(5)
    once("donation")
    allocation = once(station.allocate(5))
    delivery = once(station.dispatch(allocation))
    station.outcome(delivery, allocation, "handed_over")
    once("outcome")


def test_a_command_with_one_refused_line_records_nothing(
    station: StationLedger,
) -> None:
    station.stock(5)
    lines = [c.LotLine(item="mask", quantity=5), c.LotLine(item="soap", quantity=1)]
    with pytest.raises(NotEnough, match="no 洗手液 is free in Store A"):
        station(c.Move(source="store", target="annex", lines=lines))
    assert station.total("stock:store") == 5
    assert station.entries() == 1


# --- what a caller names ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("account", "message"),
    [
        ("stok:store", "'stok' is not a kind of account; use one of donor, bought"),
        ("stock", "write it as stock:LOCATION"),
        ("stock:", "write it as stock:LOCATION"),
        ("stock:store:mask", "write it as stock:LOCATION"),
        ("pledged:p_1:n_1:x", r"write it as pledged:PLEDGE\[:NEED\]"),
        ("stock:store\n", r"'store.n' is not a code; write it as stock:LOCATION"),
        ("stock: store", "' store' is not a code"),
        ("stock:店", "'店' is not a code"),
        ("\x1b[31mstock:store", "is not a kind of account"),
    ],
)
def test_the_balance_of_an_unknown_kind_of_account_is_refused(
    station: StationLedger, account: str, message: str
) -> None:
    for balance in (station.ledger.balance, station.books.balance):
        with pytest.raises(InvalidField, match=message):
            balance(account, "mask")


def test_an_entry_number_too_large_for_the_database_is_refused(station: StationLedger) -> None:
    again = station.donation(1)
    for command in (
        c.Reverse(entry=10**30, reason="r"),
        c.Correct(entry=10**30, command=again, reason="r"),
    ):
        with pytest.raises(InvalidField, match="/entry must be a whole number of at most"):
            station(command)


def test_the_balance_of_an_unknown_item_is_refused(station: StationLedger) -> None:
    with pytest.raises(NotFound, match="unknown item maks"):
        station.ledger.balance("stock:store", "maks")


def test_the_balance_of_an_unused_account_is_zero(station: StationLedger) -> None:
    assert station.ledger.balance("stock:store", "mask") == 0
    assert station.ledger.balance("pledged:p_1", "mask") == 0
    assert station.ledger.balance("pledged:p_1:n_1", "mask") == 0


def test_an_entry_is_dated_today_in_the_stations_time_zone(station: StationLedger) -> None:
    recorded = station.give(1)
    body = station.books.body(recorded.seq)
    assert body.happened_on == TODAY
    assert body.recorded_at == "2020-02-10T04:00:00.000000Z"


def test_recording_inside_a_read_transaction_is_refused(station: StationLedger) -> None:
    with station.ledger.reading(), station.ledger.reading() as books:
        assert books.last_entry().seq == 0
        with pytest.raises(StoreError, match="nothing can be recorded within `reading"):
            station.give(1)
    station.give(1)
    assert station.ledger.verify().entries == 2
