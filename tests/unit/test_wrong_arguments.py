"""Arguments of a wrong type or form, given to the public API: each is refused in a sentence."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from support.ledger_fixture import Clock, StationLedger

from supplies import InvalidField, Item, Ledger, NoteNeed, NotFound, Request, Station, verify
from supplies.storage.engines import open_store

NEED = NoteNeed(recipient="R-1", item="mask", quantity=2)

Call = Callable[[StationLedger], object]


@pytest.mark.parametrize("wrong", ["x", None, 3, [], {}, object(), NoteNeed, Item])
def test_recording_something_else_than_a_command_is_refused(
    station: StationLedger, wrong: Any
) -> None:
    with pytest.raises(InvalidField, match="the command must be one of the commands, such as"):
        station.ledger.record(wrong, by="u_1")
    assert station.entries() == 0


@pytest.mark.parametrize("wrong", ["x", None, 3, [], NEED, Item])
def test_registering_something_else_than_a_record_is_refused(
    station: StationLedger, wrong: Any
) -> None:
    for change in (station.ledger.register, station.ledger.amend):
        with pytest.raises(InvalidField, match="the record must be a record of the catalogue"):
            change(wrong)


def test_a_request_of_a_wrong_type_gets_an_error_as_its_result(station: StationLedger) -> None:
    wrong: list[Any] = [3, NEED, Request(command="x", by="u_1")]  # type: ignore[arg-type]  # wrong
    requests = [*wrong, Request(command=NEED, by="u_1")]
    *refused, recorded = station.ledger.record_many(requests)
    assert [str(error) for error in refused] == [
        "a request must be a Request(command=…, by=…), not 3",
        "a request must be a Request(command=…, by=…), not a value of type NoteNeed",
        "the command must be one of the commands, such as RecordDonation, not a value of type str",
    ]
    assert station.entries() == 1 == recorded.seq  # type: ignore[union-attr]  # it is a Recorded


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda s: s.ledger.record_many(None), "requests must be a list of Request"),
        (lambda s: s.ledger.record_many(3), "requests must be a list of Request"),
        (lambda s: s.ledger.balance(3, "mask"), "account must be text, .* not 3"),
        (lambda s: s.ledger.balance(None, "mask"), "account must be text, .* not None"),
        (lambda s: s.ledger.balance(b"stock:store", "mask"), "not a value of type bytes"),
        (lambda s: s.ledger.balance("stock:store", 3), "a code must be text, not 3"),
        (lambda s: s.ledger.balance("stock:store", []), "a code must be text"),
        (lambda s: s.ledger.balance("stock:store", "mask", None), "lot must be text"),
        (lambda s: s.ledger.balance("stock:store", "mask", []), "lot must be text"),
        (lambda s: s.ledger.recorded(None), "the number of an entry must be a whole number"),
        (lambda s: s.ledger.recorded("1"), "the number of an entry must be a whole number"),
        (lambda s: s.ledger.recorded(True), "must be a whole number, not True"),
        (lambda s: s.books.body([]), "the number of an entry must be a whole number"),
        (lambda s: s.ledger.verify(3), "progress must be a function of two numbers"),
        (lambda s: s.ledger.for_station(3), "station must be text.* not 3"),
        (lambda s: s.ledger.for_station("l x"), "'l x' is not the code of a station"),
        (lambda s: s.books.item(3), "a code must be text, not 3"),
        (lambda s: s.books.balance_on("2020-02-03", "stock:store", "mask"), "day must be a date"),
        (lambda s: s.books.balance_on(date(2020, 2, 3), "stok", "mask"), "is not an account"),
        (lambda s: s.books.nonzero_balances("stok:"), "is not an account"),
        (lambda s: s.books.nonzero_balances(None), "account must be text"),
        (lambda s: s.books.lot_balances("stock", "mask"), "is not an account"),
        (lambda s: verify(s.ledger), "store must be what `open_store` or `Ledger.store` returns"),
        (lambda s: verify(None), "store must be what `open_store` or `Ledger.store` returns"),
        (lambda s: verify(s.ledger.store, 3), "station must be the code of a station"),
    ],
)
def test_an_argument_of_a_wrong_type_is_refused_with_a_message(
    station: StationLedger, call: Call, says: str
) -> None:
    with pytest.raises(InvalidField, match=says):
        call(station)


def test_an_entry_number_outside_of_the_database_is_not_found(station: StationLedger) -> None:
    for number in (0, -1, 10**30):
        with pytest.raises(NotFound, match=f"unknown entry {number}"):
            station.ledger.recorded(number)


@pytest.mark.parametrize("wrong", [None, 3, b"books.db", [], Path("books.db")])
def test_a_database_argument_that_is_not_text_is_refused(wrong: Any) -> None:
    for call in (open_store, lambda url: Ledger.open(url, station="lx")):
        with pytest.raises(InvalidField, match="the database must be text: the path of a file"):
            call(wrong)


@pytest.mark.parametrize("wrong", [None, 5, b"lx", [], "", "lx\n", "l x", "店"])
def test_a_station_that_is_not_a_code_is_refused_before_a_file_is_made(
    tmp_path: Path, wrong: Any
) -> None:
    path = tmp_path / "books.db"
    with pytest.raises(InvalidField, match=r"station"):
        Ledger.open(str(path), station=wrong)
    with pytest.raises(InvalidField, match="clock must be a function"):
        Ledger.open(str(path), station="lx", clock="now")  # type: ignore[arg-type]  # wrong
    assert not path.exists()


def test_opening_an_unknown_station_names_those_that_exist(
    station: StationLedger, books_url: str, clock: Clock
) -> None:
    with pytest.raises(NotFound, match=r"unknown station 'nope' .*: their stations are lx"):
        Ledger.open(books_url, station="nope", clock=clock)
    with Ledger.open(books_url, station="hp", clock=clock, new_station=True) as new:
        with pytest.raises(NotFound, match="unknown station 'hp'"), new.reading():
            pass
        new.register(Station(code="hp", name="黄埔", series="HP"))
        with new.reading() as books:
            assert books.station.name == "黄埔"
    with pytest.raises(NotFound, match="their stations are hp, lx"):
        Ledger.open(books_url, station="nope", clock=clock)
    with pytest.raises(NotFound, match="unknown station 'nope'"):
        station.ledger.for_station("nope").today()


def test_an_error_writes_control_characters_as_escapes(station: StationLedger) -> None:
    with pytest.raises(NotFound) as refused:
        station.books.item("mask\n\x1b[31m\u202e")
    assert str(refused.value) == refused.value.detail
    assert r"mask\n\x1b[31m\u202e;" in str(refused.value)
    with pytest.raises(InvalidField) as at_field:
        station.books.item("a\rb", "/item")
    assert r"a\rb" in at_field.value.faults[0].detail
