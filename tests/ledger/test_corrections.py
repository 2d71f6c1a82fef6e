"""Corrections and reversals: only the difference from the first entry is booked."""

from __future__ import annotations

import pytest
from support.corrections import correct, note, opening
from support.ledger_fixture import StationLedger

from supplies.domain import commands as c
from supplies.errors import (
    AlreadyDone,
    InvalidField,
)

# --- only the difference ---------------------------------------------------------------------


def test_a_corrected_quantity_books_the_difference_in_the_same_lot(station: StationLedger) -> None:
    lot = station.stock(10)
    done = correct(station, 1, opening(7))
    body = station.books.body(done.seq)
    assert [tuple(move) for move in body.transfers] == [
        ("stock:store", "opening:store", "mask", lot, 3)
    ]
    assert (body.kind, body.document, body.supersedes) == ("stock_opened", "o_1", 1)


def test_an_entry_is_corrected_once_and_then_only_through_its_correction(
    station: StationLedger,
) -> None:
    station.stock(10)
    correct(station, 1, opening(7))
    with pytest.raises(AlreadyDone, match="was corrected already by entry 2; correct that entry"):
        correct(station, 1, opening(8))
    correct(station, 2, opening(8))
    assert station.total("stock:store") == 8


def test_a_reversed_entry_can_be_corrected(station: StationLedger) -> None:
    station.stock(10)
    station(c.Reverse(entry=1, reason="not ours"))
    assert station.total("stock:store") == 0
    correct(station, 2, opening(4))
    assert station.total("stock:store") == 4


def test_a_corrected_day_makes_an_entry_on_the_old_and_the_new_day(station: StationLedger) -> None:
    station.stock(10)
    done = correct(station, 1, opening(10, happened_on=station.day(-3)))
    days = [station.books.body(seq).booked_on for seq in range(done.seq, done.last + 1)]
    assert sorted(days) == [station.day(-3), station.day(0)]
    assert station.books.balance_on(station.day(-1), "stock:store", "mask", "l_lx_1_1") == 10


def test_a_correction_must_be_a_command_of_the_same_type(station: StationLedger) -> None:
    station.stock(10)
    with pytest.raises(
        InvalidField, match="was made by OpenStock; correct it with the same command"
    ):
        correct(station, 1, note(3))


def test_a_dispatch_cannot_be_reversed(station: StationLedger) -> None:
    station.stock(10)
    allocation = station.allocate(5)
    station.dispatch(allocation)
    with pytest.raises(InvalidField, match="undo the dispatch if the team did not start"):
        station(c.Reverse(entry=3, reason="r"))


# --- goods that have moved on ----------------------------------------------------------------


# --- donations -------------------------------------------------------------------------------


# --- needs keep step -------------------------------------------------------------------------


# --- outcomes and what hangs on a document ---------------------------------------------------


# --- the other commands ----------------------------------------------------------------------


def test_correcting_an_activity_makes_no_transfers(station: StationLedger) -> None:
    entry = station(c.RecordActivity(kind="visit", count=60)).seq
    done = correct(station, entry, c.RecordActivity(kind="visit", count=54))
    assert station.books.body(done.seq).transfers == ()


# --- what was undone before, and what has moved on ---------------------------------------------


def test_a_reversal_cannot_be_reversed(station: StationLedger) -> None:
    station.stock(10)
    reversal = station(c.Reverse(entry=1, reason="not ours")).seq
    with pytest.raises(AlreadyDone, match="has reversed entry 1; to record it again"):
        station(c.Reverse(entry=reversal, reason="again"))
    activity = station(c.RecordActivity(kind="visit", count=3)).seq
    reversal = station(c.Reverse(entry=activity, reason="r")).seq
    with pytest.raises(AlreadyDone):
        station(c.Reverse(entry=reversal, reason="again"))


def test_a_reversal_booked_late_can_be_corrected_on_a_reopened_day(station: StationLedger) -> None:
    def promise(day: int) -> c.MakePledge:
        lines = [c.PledgeLine(item="mask", quantity=8)]
        return c.MakePledge(donor="D-1", happened_on=station.day(day), lines=lines)

    station(promise(-4))
    station(c.ClosePeriod(through=station.day(-4)))
    reversal = station(c.Reverse(entry=1, reason="r")).seq
    station(c.ReopenPeriod(day=station.day(-5), reason="r"))
    correct(station, reversal, promise(0))
    pledged = [
        station.books.balance_on(station.day(day), "pledged:p_1", "mask") for day in range(-5, 1)
    ]
    assert pledged == [0, 0, 0, 0, 0, 8]


# --- lots ------------------------------------------------------------------------------------
