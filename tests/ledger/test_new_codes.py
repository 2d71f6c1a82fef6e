"""Codes that the program proposes for new records."""

from __future__ import annotations

import threading

import pytest
from support.ledger_fixture import Clock, StationLedger

from supplies.domain.catalogue_records import CatalogueRecord, Donor, Item, Recipient, Station, Team
from supplies.errors import InvalidField
from supplies.ledger.ledger import Ledger


def test_the_first_codes_of_a_station_have_three_digits(books_url: str, clock: Clock) -> None:
    with Ledger.open(books_url, station="lx", clock=clock) as ledger:
        ledger.register(Station(code="lx", name="Longxue"))
        kinds: list[type[CatalogueRecord]] = [Item, Donor, Recipient, Team]
        assert [ledger.next_code(kind) for kind in kinds] == ["I-001", "D-001", "R-001", "T-001"]


@pytest.mark.parametrize(
    ("codes", "following"),
    [
        (["D-12"], "D-13"),
        (["D-99"], "D-100"),
        (["D-012", "D-9"], "D-013"),
        (["D-012", "D-x", "D-", "X-999", "d-500", "D-1-2", "DX500", "D-20200203.1"], "D-013"),
        (["D-0202002130000001"], "D-3"),
    ],
)
def test_a_new_code_follows_the_highest_number_with_as_many_digits(
    station: StationLedger, codes: list[str], following: str
) -> None:
    station.ledger.register(*(Donor(code=code, name="某人") for code in codes if code != "D-"))
    assert station.ledger.next_code(Donor) == following


def test_stations_have_no_numbered_codes(station: StationLedger) -> None:
    with pytest.raises(InvalidField, match="choose a code"):
        station.ledger.next_code(Station)


def test_records_registered_at_the_same_time_get_different_codes(
    station: StationLedger, books_url: str, clock: Clock
) -> None:
    """Four connections register 5 donors each."""

    def register(name: str) -> None:
        with Ledger.open(books_url, station="lx", clock=clock) as ledger:
            for _ in range(5):
                with ledger.transaction():
                    ledger.register(Donor(code=ledger.next_code(Donor), name=name))

    threads = [threading.Thread(target=register, args=(f"某{at}",)) for at in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    codes = [row[0] for row in station.books.all("SELECT code FROM donors ORDER BY length(code)")]
    assert set(codes) == {f"D-{number}" for number in range(1, 23)}
