"""Items, people and places: what is refused when they are registered or changed."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import psycopg
import pytest
from support.ledger_fixture import StationLedger
from support.refusals import assert_refused

from supplies.domain import commands as c
from supplies.domain.catalogue_records import (
    DEFAULT_HOST,
    Barcode,
    Donor,
    Item,
    LargerUnit,
    Recipient,
    Station,
)
from supplies.errors import (
    AlreadyDone,
    Forgotten,
    InvalidField,
    NotFound,
    StoreError,
)
from supplies.storage.engines import database_file
from supplies.views.catalogue import list_records


def test_a_used_code_and_a_missing_name_are_refused(station: StationLedger) -> None:
    ledger = station.ledger
    mask = Item(code="mask", name="mask")
    assert "is taken" in assert_refused(
        station, AlreadyDone, lambda: ledger.register(mask), at="/code"
    )
    nameless = Recipient(code="R-9")
    assert_refused(station, InvalidField, lambda: ledger.register(nameless), at="/name")


def test_all_faults_of_a_record_are_named_at_once(station: StationLedger) -> None:
    wrong = Item(
        code="mask",
        name="\u200b",
        packs={"box": 0},
        shown_unit=LargerUnit(unit="case", size=30),
        barcodes=[Barcode(code="4006381333931", pack="crate"), Barcode(code="4006381333931")],
    )
    with pytest.raises(InvalidField) as refusal:
        station.ledger.register(wrong)
    assert {fault.pointer for fault in refusal.value.faults} == {
        "/code",
        "/name",
        "/packs/box",
        "/shown_unit/size",
        "/barcodes/0/pack",
        "/barcodes/1/code",
    }
    nowhere = Station(code="hp", name="", zone="Mars/Base", host="not a host", series="JZ")
    with pytest.raises(InvalidField) as refusal:
        station.ledger.register(nowhere)
    assert {fault.pointer for fault in refusal.value.faults} == {
        "/name",
        "/zone",
        "/host",
        "/series",
    }


def test_an_unknown_item_cannot_be_amended(station: StationLedger) -> None:
    tea = Item(code="tea", name="tea")
    assert_refused(station, NotFound, lambda: station.ledger.amend(tea))


@pytest.mark.parametrize("zone", ["1", "Mars/Olympus", "../etc", ""])
def test_an_unknown_time_zone_is_refused(station: StationLedger, zone: str) -> None:
    changed = Station(code="lx", name="Longxue", zone=zone)
    assert "give one, such as Asia/Shanghai" in assert_refused(
        station, InvalidField, lambda: station.ledger.amend(changed), at="/zone"
    )


def test_a_forgotten_donor_cannot_be_renamed(station: StationLedger) -> None:
    station(c.ForgetDonor(donor="D-2"))
    assert_refused(
        station, Forgotten, lambda: station.ledger.amend(Donor(code="D-2", name="again"))
    )


def test_items_are_registered_all_or_none(station: StationLedger) -> None:
    tea, mask = Item(code="tea", name="tea"), Item(code="mask", name="mask")
    assert_refused(station, AlreadyDone, lambda: station.ledger.register(tea, mask))
    station.ledger.register(tea)


def test_registering_with_replace_adds_new_records_and_changes_others(
    station: StationLedger,
) -> None:
    tea = Item(code="tea", name="tea")
    mask = Item(code="mask", name="mask (KN95)", packs={"box": 40})
    for _ in range(2):
        station.ledger.register(tea, mask, replace=True)
        assert station.books.item("tea") == tea
        assert station.books.item("mask") == mask
    assert [item.code for item in list_records(station.books, Item, "KN95").items] == ["mask"]


def test_registering_a_station_again_keeps_the_host_that_it_set(station: StationLedger) -> None:
    own = station.books.station
    for host, name in (("https://example.org", "one"), (DEFAULT_HOST, "two")):
        changed = msgspec.structs.replace(own, host=host, name=name)
        station.ledger.register(changed, replace=True)
        assert station.books.station == msgspec.structs.replace(changed, host="https://example.org")


def test_registering_with_replace_changes_all_or_none(station: StationLedger) -> None:
    station.stock(1)
    before = station.books.item("soap")
    soap, mask = (Item(code=code, name="new", unit="crate") for code in ("soap", "mask"))
    assert_refused(
        station,
        InvalidField,
        lambda: station.ledger.register(soap, mask, replace=True),
        at="/unit",
    )
    assert station.books.item("soap") == before


def test_registering_with_replace_does_not_restore_a_forgotten_person(
    station: StationLedger,
) -> None:
    station(c.ForgetDonor(donor="D-2"))
    again = Donor(code="D-2", name="again")
    assert_refused(station, Forgotten, lambda: station.ledger.register(again, replace=True))


def test_the_code_anonymous_cannot_be_registered(station: StationLedger) -> None:
    nobody = Donor(code="anonymous", name="Wang")
    assert_refused(station, InvalidField, lambda: station.ledger.register(nobody), at="/code")


def test_a_receipt_series_used_by_another_station_is_refused(station: StationLedger) -> None:
    other = Station(code="nx", name="Nansha", series="JZ")
    assert_refused(station, AlreadyDone, lambda: station.ledger.register(other), at="/series")
    station.give(1)
    station.ledger.amend(Station(code="lx", name="Longxue", series="LX"))
    assert_refused(station, AlreadyDone, lambda: station.ledger.register(other), at="/series")


def test_the_unit_of_an_item_cannot_change_after_its_first_transfer(station: StationLedger) -> None:
    station.ledger.amend(Item(code="mask", name="口罩", unit="pack"))  # no goods moved yet
    station.stock(1)
    with pytest.raises(InvalidField, match="its unit cannot change"):
        station.ledger.amend(Item(code="mask", name="口罩", unit="box"))


def test_a_change_of_an_item_is_dropped_if_its_commit_fails(
    station: StationLedger, books_url: str
) -> None:
    """A box has 50 masks. A change to 40 fails to commit, so it must not be used."""
    back = []

    def amend_then_lose_the_database() -> None:
        with station.ledger.transaction():
            station.ledger.amend(
                msgspec.structs.replace(station.books.item("mask"), packs={"box": 40})
            )
            assert station.books.item("mask").packs == {"box": 40}
            back.append(lose_the_database(station, books_url))

    with pytest.raises(StoreError):
        amend_then_lose_the_database()
    back[0]()
    station(station.donation(1, pack="box"))
    assert station.total("stock:") == 50


def lose_the_database(station: StationLedger, books_url: str) -> Callable[[], object]:
    """Make the next commit fail. Return a function that makes the database work again."""
    file = database_file(books_url)
    if file is None:
        pid = station.books.value("SELECT pg_backend_pid()")
        with psycopg.connect(books_url, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        return lambda: None
    away = file.rename(file.with_suffix(".away"))
    return lambda: away.rename(file)
