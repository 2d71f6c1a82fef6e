"""Activities: work that moves no goods."""

from __future__ import annotations

from support.ledger_fixture import StationLedger

from supplies.domain import commands as c


def test_an_activity_moves_nothing(station: StationLedger) -> None:
    done = station(c.RecordActivity(kind="visit", count=60, who="两位社工"))
    assert station.books.body(done.seq).transfers == ()
