"""Properties of items: barcodes, aliases, batches and expiries that they need, larger units."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest
from support.ledger_fixture import StationLedger
from support.refusals import assert_refused

from supplies.domain import commands as c
from supplies.domain.catalogue_records import Barcode, Item, LargerUnit
from supplies.errors import AlreadyDone, InvalidField, UnknownBarcode
from supplies.views.barcodes import find_barcode
from supplies.views.catalogue import list_records

MASK, BOX = "6901234567892", "36901234567893"


def amend(station: StationLedger, item: str, **changes: object) -> Item:
    changed = msgspec.structs.replace(station.books.item(item), **changes)
    station.ledger.amend(changed)
    return station.books.item(item)


def found(station: StationLedger, q: str) -> list[str]:
    return [one.code for one in list_records(station.books, Item, q).items]


def test_an_item_is_found_by_the_barcode_of_its_unit_and_of_its_pack(
    station: StationLedger,
) -> None:
    barcodes = [Barcode(code=MASK), Barcode(code=BOX, pack="box"), Barcode(code="SHELF 7")]
    item = amend(station, "mask", barcodes=barcodes)
    assert {one.code for one in item.barcodes} == {MASK, BOX, "SHELF 7"}
    unit, box = find_barcode(station.books, MASK), find_barcode(station.books, BOX)
    assert (unit.item, unit.pack, unit.quantity) == (item, None, 1)
    assert (box.item, box.pack, box.quantity) == (item, "box", 50)
    scanned = find_barcode(station.books, f"(01){BOX}(10)B7(17)270500")
    assert (scanned.pack, scanned.batch, scanned.expires_month) == ("box", "B7", "2027-05")
    assert found(station, "690123") == found(station, "shelf") == ["mask"]


def test_a_scanned_gs1_code_is_registered_by_its_item_number(station: StationLedger) -> None:
    item = amend(station, "mask", barcodes=[Barcode(code=f"(01)0{MASK}(10)B7")])
    assert item.barcodes == [Barcode(code=MASK)]


def test_the_error_for_an_unknown_barcode_has_its_parts(station: StationLedger) -> None:
    with pytest.raises(UnknownBarcode, match=MASK) as refused:
        find_barcode(station.books, f"(01)0{MASK}(10)B7(17)270531")
    error = refused.value
    assert (error.barcode, error.batch) == (MASK, "B7")
    assert (error.expires_on, error.expires_month) == (date(2027, 5, 31), None)


def test_two_items_in_use_cannot_have_the_same_barcode(station: StationLedger) -> None:
    amend(station, "mask", barcodes=[Barcode(code=MASK)])
    soap = msgspec.structs.replace(station.books.item("soap"), barcodes=[Barcode(code=MASK)])
    sentence = assert_refused(
        station, AlreadyDone, lambda: station.ledger.amend(soap), at="/barcodes/0/code"
    )
    assert "mask (口罩)" in sentence
    new = Item(code="new", name="new", barcodes=[Barcode(code=f"0{MASK}")])
    assert_refused(
        station, AlreadyDone, lambda: station.ledger.register(new), at="/barcodes/0/code"
    )
    amend(station, "mask", name="口罩 (KN95)")
    assert find_barcode(station.books, MASK).item.code == "mask"


def test_a_retired_item_leaves_its_barcode_to_another_and_does_not_take_it_back(
    station: StationLedger,
) -> None:
    amend(station, "mask", barcodes=[Barcode(code=MASK)])
    amend(station, "mask", retired=True)
    assert find_barcode(station.books, MASK).item.code == "mask"
    amend(station, "soap", barcodes=[Barcode(code=MASK)])
    assert find_barcode(station.books, MASK).item.code == "soap"
    back = msgspec.structs.replace(station.books.item("mask"), retired=False)
    assert_refused(station, AlreadyDone, lambda: station.ledger.amend(back), at="/barcodes/0/code")
    amend(station, "soap", barcodes=[])
    assert find_barcode(station.books, MASK).item.code == "mask"
    amend(station, "mask", retired=False)


@pytest.mark.parametrize(
    ("changes", "at"),
    [
        ({"barcodes": [Barcode(code=MASK, pack="crate")]}, "/barcodes/0/pack"),
        ({"barcodes": [Barcode(code=MASK), Barcode(code=f"0{MASK}")]}, "/barcodes/1/code"),
        ({"barcodes": [Barcode(code="\x00")]}, "/barcodes/0/code"),
        ({"barcodes": [Barcode(code=f"B{n}") for n in range(51)]}, "/barcodes"),
        ({"aliases": [" "]}, "/aliases/0"),
        ({"minimum": 0}, "/minimum"),
        ({"shown_unit": LargerUnit(unit="kg", size=12)}, "/shown_unit/size"),
        ({"shown_unit": LargerUnit(unit="kg", size=1)}, "/shown_unit/size"),
    ],
)
def test_an_invalid_property_of_an_item_is_refused(
    station: StationLedger, changes: dict[str, object], at: str
) -> None:
    changed = msgspec.structs.replace(station.books.item("mask"), **changes)
    assert_refused(station, InvalidField, lambda: station.ledger.amend(changed), at=at)


def test_an_item_keeps_all_of_its_properties(station: StationLedger) -> None:
    rice = Item(
        code="rice-g",
        name="大米",
        unit="g",
        packs={"sack": 25_000},
        barcodes=[Barcode(code=MASK, pack="sack")],
        aliases=["米", "rice", "beras"],
        minimum=50_000,
        retired=True,
        needs_batch=True,
        needs_expiry=True,
        shown_unit=LargerUnit(unit="kg", size=1000),
    )
    station.ledger.register(rice)
    assert station.books.item("rice-g") == rice
    assert [one for one in list_records(station.books, Item).items if one.code == "rice-g"] == [
        rice
    ]


@pytest.mark.parametrize("q", ["屏障", "GUANTES", "kz", "KZ", "st", "yhst"])
def test_an_item_is_found_by_its_aliases_and_by_initials_of_its_chinese_names(
    station: StationLedger, q: str
) -> None:
    amend(station, "mask", aliases=["屏障", "guantes", "医护手套"])
    assert "mask" in found(station, q)
    amend(station, "mask", aliases=[])
    assert ("mask" in found(station, q)) == (q.lower() == "kz")


def test_a_character_with_two_readings_is_found_by_both(station: StationLedger) -> None:
    amend(station, "rice", name="乐口福")
    assert found(station, "lkf") == found(station, "ykf") == ["rice"]


def test_goods_without_the_batch_or_expiry_that_they_need_are_recorded_with_a_warning(
    station: StationLedger,
) -> None:
    amend(station, "mask", needs_batch=True, needs_expiry=True)
    station.give(1, item="soap")  # the first receipt has a warning of its own
    plain, full = c.DonationLine(item="mask", quantity=5), {"batch": "B7"}
    done = station(
        msgspec.structs.replace(
            station.donation(1),
            lines=[
                plain,
                c.DonationLine(item="mask", quantity=5, **full),
                c.DonationLine(item="mask", quantity=5, expires_on=date(2030, 1, 1), **full),
                c.DonationLine(item="soap", quantity=5),
            ],
        )
    )
    assert [warning.partition(",")[0] for warning in done.warnings] == [
        "line 1: mask has no batch",
        "line 1: mask has no expiry",
        "line 2: mask has no expiry",
    ]
    assert station.ledger.recorded(done.seq).warnings == done.warnings
    assert station.total("stock:store") == 15


def test_a_retired_item_still_arrives_and_leaves(station: StationLedger) -> None:
    amend(station, "mask", retired=True)
    station.give(10)
    station.need(4)
    station.dispatch(station.allocate(4))
    assert station.total("in_transit:") == 4
