"""Entries are turned back into commands, so that forms of corrections open filled in."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from support.every_kind import RecordingStation, book_everything, record_the_rest

from supplies.domain import commands as c
from supplies.domain.catalogue_records import Location
from supplies.domain.money import Value
from supplies.errors import InvalidField, SuppliesError
from supplies.ledger.rules.command_history import CORRECTABLE
from supplies.views.entries import get_entry, list_entries
from supplies.views.stated_commands import CORRECTABLE_KINDS, stated_command


def record_arrivals(station: RecordingStation) -> None:
    """Record goods that were bought, made and borrowed, in packs and with a value."""
    lines = [
        c.ArrivalLine(
            item="mask",
            quantity=2,
            pack="box50",
            batch="B7",
            expires_month="2021-05",
            value=Value(minor=1250, currency="CNY", evidence="invoice 7"),
        ),
        c.ArrivalLine(item="mask", quantity=3, pack="box50", pack_size=40),
        c.ArrivalLine(item="gel", quantity=4, write_off="damaged"),
        c.ArrivalLine(item="gel", quantity=5, quarantine="q2"),
    ]
    station.ledger.register(Location(code="q2", name="Second", quarantine=True))
    for origin in ("bought", "made", "borrowed"):
        station.record(
            c.RecordArrival(origin=origin, party="x", location="a", lines=lines, note="by truck")
        )
    station.record(c.Move(source="a", target="b", lines=[c.LotLine(item="mask", quantity=120)]))


def ask_for(station: RecordingStation, command: c.Command) -> Any:
    """Record a command, and return it as its entry states it."""
    entry = station.record(command).seq
    with station.ledger.reading() as books:
        return stated_command(books, entry).command


@pytest.fixture
def station(tmp_path: Path) -> RecordingStation:
    """Books with an entry of every kind."""
    station = RecordingStation(str(tmp_path / "books.db"))
    book_everything(station, str(tmp_path / "elsewhere.db"))
    return station


def test_each_correctable_kind_of_entry_is_turned_back() -> None:
    assert set(CORRECTABLE) == CORRECTABLE_KINDS


def test_a_correction_with_the_stated_command_moves_nothing(station: RecordingStation) -> None:
    record_the_rest(station)
    record_arrivals(station)
    with station.ledger.reading() as books:
        entries = list_entries(books, limit=None).items
    seen = set()
    for entry in entries:
        if entry.kind not in CORRECTABLE_KINDS or entry.superseded_by:
            continue
        with station.ledger.reading() as books:
            stated = stated_command(books, entry.seq)
            is_first = books.body(entry.seq).part == 0
        if not is_first or getattr(stated.command, "lines", None) == []:
            continue  # a further entry of a command, or a reversed donation
        assert type(stated.command).__name__ == CORRECTABLE[entry.kind]
        try:
            recorded = station.record(
                c.Correct(entry=stated.entry, command=stated.command, reason="looked at")
            )
        except SuppliesError as error:
            if "gift" in str(error) or "forgotten" in type(error).__name__.lower():
                continue
            raise AssertionError(f"{entry.seq} {entry.kind} {stated.command}") from error
        seen.add(entry.kind)
        with station.ledger.reading() as books:
            for seq in range(recorded.seq, recorded.last + 1):
                moved = get_entry(books, seq).transfers
                assert not moved, (entry.kind, stated.command, moved)
    assert seen == CORRECTABLE_KINDS


def test_packs_texts_and_marks_are_stated_as_they_were_recorded(station: RecordingStation) -> None:
    day = date(2020, 2, 4)
    need = c.NoteNeed(
        recipient="h3",
        item="mask",
        quantity=2,
        pack="box50",
        urgency="high",
        needed_by=date(2020, 3, 1),
        note="two boxes",
        happened_on=date(2020, 2, 5),
        or_earlier=True,
    )
    assert ask_for(station, need) == need
    line = c.LotLine(item="mask", quantity=1, pack="box50")
    lent = c.LendGoods(
        borrower="x", location="b", lines=[c.LotLine(item="mask", quantity=1)], due_on=day
    )
    stated = ask_for(station, lent)
    assert (stated.borrower, stated.due_on, stated.lines) == ("x", day, lent.lines)
    record_arrivals(station)
    bought = c.RecordArrival(
        origin="bought",
        party="x",
        location="a",
        lines=[
            c.ArrivalLine(item="mask", quantity=2, pack="box50"),
            c.ArrivalLine(item="mask", quantity=3, pack="box50", pack_size=40),
        ],
        happened_on=date(2020, 2, 5),
    )
    assert ask_for(station, bought) == bought
    moved = c.Move(source="a", target="b", lines=[line], happened_on=date(2020, 2, 5))
    assert ask_for(station, moved) == moved


def test_a_reversed_command_is_stated_as_before_its_reversal(station: RecordingStation) -> None:
    moved = c.Move(source="a", target="b", lines=[c.LotLine(item="gel", quantity=1)])
    entry = station.record(moved).seq
    reversal = station.record(c.Reverse(entry=entry, reason="not done")).seq
    with station.ledger.reading() as books:
        stated = stated_command(books, entry)
    assert stated.entry == reversal
    assert stated.command.lines == moved.lines


def test_an_earlier_version_of_a_command_is_stated_too(station: RecordingStation) -> None:
    note = c.NoteNeed(recipient="h3", item="gel", quantity=7)
    entry = station.record(note).seq
    later = c.NoteNeed(recipient="h3", item="gel", quantity=5)
    station.record(c.Correct(entry=entry, command=later, reason="five"))
    with station.ledger.reading() as books:
        assert stated_command(books, entry).command.quantity == 5
        assert stated_command(books, entry, latest=False).command.quantity == 7


def test_a_kind_of_entry_that_cannot_be_corrected_is_refused(station: RecordingStation) -> None:
    with station.ledger.reading() as books:
        (dispatched,) = list_entries(books, kind="dispatched", limit=1).items
        with pytest.raises(InvalidField, match="cannot be corrected"):
            stated_command(books, dispatched.seq)
