"""An expiry of which only the month is printed: its last day counts, and the month is shown."""

from __future__ import annotations

from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support.ledger_fixture import StationLedger
from support.reading_views import check_reading_views
from support.refusals import assert_refused
from support.shipping import acknowledge, receive, send

from supplies.domain import commands as c
from supplies.domain.validation import convert
from supplies.errors import InvalidField, NotEnough
from supplies.maintenance.copy import copy_books
from supplies.storage.engines import open_store
from supplies.views.alerts import list_alerts
from supplies.views.count_sheets import build_count_sheet_paper
from supplies.views.delivery_slips import build_delivery_slips, build_run_sheet
from supplies.views.donations import get_donation
from supplies.views.likely_duplicates import find_likely_duplicates
from supplies.views.receipts import get_receipt
from supplies.views.shipments import get_shipment
from supplies.views.stock import get_stock
from supplies.views.trace import trace_lot

MONTH, LAST = "2022-02", date(2022, 2, 28)


def receipt_line(station: StationLedger, number: int = 1) -> Any:
    document = get_receipt(station.books, f"JZ-2020-{number:06d}").document
    assert document is not None
    return document.lines[0]


def months(station: StationLedger, item: str = "mask") -> list[Any]:
    return [row.expires_month for row in get_stock(station.books, item=item).items]


def assert_verified(station: StationLedger) -> None:
    assert station.ledger.verify().entries == station.entries()


@pytest.mark.parametrize("typed", [{"expires_on": MONTH}, {"expires_month": MONTH}])
def test_a_month_is_its_last_day_and_is_shown_as_typed(
    station: StationLedger, typed: dict[str, Any]
) -> None:
    done = station.give(5, **typed)
    donation = get_donation(station.books, str(done.document)).lines[0]
    (stock,) = get_stock(station.books).items
    traced = trace_lot(station.books, f"l_lx_{done.seq}_1").lots[0]
    sheet = str(station(c.OpenCountSheet(location="store")).document)
    counted = build_count_sheet_paper(station.books, sheet).lines[0]
    for shown in (donation, stock, traced, receipt_line(station), counted):
        assert (shown.expires_on, shown.expires_month) == (LAST, MONTH)
    delivery = station.dispatch(station.allocate(5))
    slip = build_delivery_slips(station.books, delivery)[0].lines[0]
    load = build_run_sheet(station.books, delivery).load[0]
    assert slip.expires_month == load.expires_month == MONTH
    assert_verified(station)


def test_a_day_is_shown_as_a_day(station: StationLedger) -> None:
    station.give(5, expires_on=LAST)
    assert receipt_line(station).expires_month is msgspec.UNSET
    assert months(station) == [msgspec.UNSET]


def test_every_line_that_makes_a_lot_takes_a_month(station: StationLedger) -> None:
    station.stock(5, expires_on=MONTH)
    arrival = c.ArrivalLine(item="soap", quantity=3, expires_month="2021-12")
    station(c.RecordArrival(origin="bought", party="S-1", location="store", lines=[arrival]))
    sheet = str(station(c.OpenCountSheet(location="store")).document)
    counted = c.CountLine(item="rice", counted=2, expires_month="2020-04")
    station(c.CountStock(sheet=sheet, lines=[counted]))
    stock = get_stock(station.books).items
    assert {row.item: (row.expires_month, row.expires_on) for row in stock} == {
        "mask": (MONTH, LAST),
        "soap": ("2021-12", date(2021, 12, 31)),
        "rice": ("2020-04", date(2020, 4, 30)),
    }
    made = c.ConvertedLine(item="soap", quantity=1, expires_month="2022-01")
    used = c.LotLine(item="mask", quantity=5)
    station(c.Convert(location="store", consumed=[used], produced=[made]))
    assert sorted(months(station, "soap")) == ["2021-12", "2022-01"]
    check_reading_views(station.books)
    assert_verified(station)


def test_a_found_lot_can_be_described_with_a_month(station: StationLedger) -> None:
    sheet = str(station(c.OpenCountSheet(location="store")).document)
    station(c.CountStock(sheet=sheet, lines=[c.CountLine(item="mask", counted=2)]))
    (found,) = get_stock(station.books).items
    describe = c.DescribeLot(lot=found.lot, expires_month=MONTH, reason="read on the box")
    station(describe)
    assert months(station) == [MONTH]
    station(c.DescribeLot(lot=found.lot, expires_on=LAST, reason="the day was printed below"))
    assert months(station) == [msgspec.UNSET]
    assert_verified(station)


def test_goods_are_used_until_the_last_day_of_their_month(station: StationLedger) -> None:
    station.stock(5, expires_month="2020-02")
    station.clock.day = date(2020, 2, 29)
    station.allocate(1)
    station.clock.advance()
    assert_refused(station, NotEnough, lambda: station.allocate(1))
    (alert,) = [one for one in list_alerts(station.books, station.day(0)).items if one.due]
    assert (alert.what, alert.due, alert.expires_month) == (
        "expired",
        date(2020, 2, 29),
        "2020-02",
    )


def test_an_error_names_the_month(station: StationLedger) -> None:
    sentence = assert_refused(
        station,
        InvalidField,
        lambda: station.give(5, expires_month="2020-01"),
        at="/lines/0/expires_month",
    )
    assert sentence.startswith("2020-01 is before the goods arrived (2020-02-10)")


def test_products_take_the_month_of_the_parent_that_expires_first(station: StationLedger) -> None:
    mask = station.give(5, expires_month=MONTH)
    station.stock(5, item="soap", expires_month="2023-03")
    consumed = [c.LotLine(item="mask", quantity=2), c.LotLine(item="soap", quantity=1)]
    made = c.ConvertedLine(item="rice", quantity=4)
    station(c.Convert(location="store", consumed=consumed, produced=[made]))
    assert months(station, "rice") == [MONTH]
    shorter = station.donation(5, expires_month="2021-06")
    station(c.Correct(entry=mask.seq, command=shorter, reason="misread"))
    assert months(station, "rice") == ["2021-06"]
    assert_verified(station)


def test_a_correction_changes_a_month_into_a_day_and_back(station: StationLedger) -> None:
    first = station.give(5, expires_on=MONTH)
    lots = [row.lot for row in get_stock(station.books).items]

    def correct(entry: int, **line: Any) -> int:
        command = station.donation(5, **line)
        return station(c.Correct(entry=entry, command=command, reason="typo")).seq

    second = correct(first.seq, expires_on=LAST)
    assert receipt_line(station, 2).expires_month is msgspec.UNSET
    assert months(station) == [msgspec.UNSET]
    third = correct(second, expires_month=MONTH)
    assert receipt_line(station, 3).expires_month == MONTH
    correct(third, expires_on="2022-03", batch="B7")
    (stock,) = get_stock(station.books).items
    assert (stock.expires_on, stock.expires_month) == (date(2022, 3, 31), "2022-03")
    assert receipt_line(station, 4).expires_month == "2022-03"
    assert [stock.lot] == lots
    assert_verified(station)


def test_a_correction_of_the_quantity_keeps_the_month(station: StationLedger) -> None:
    first = station.give(5, expires_month=MONTH)
    restated = station.donation(6, expires_month=MONTH)
    station(c.Correct(entry=first.seq, command=restated, reason="miscounted"))
    assert months(station) == [MONTH]
    assert receipt_line(station, 2).expires_month == MONTH


def test_a_month_and_its_last_day_are_the_same_expiry(station: StationLedger) -> None:
    first = station.give(5, expires_month=MONTH)
    second = station.give(5, expires_on=LAST)
    warned = find_likely_duplicates(station.books, str(second.document))
    assert [each.about for each in warned] == [first.document]
    assert months(station) == [MONTH, msgspec.UNSET]


def test_a_count_finds_missed_goods_by_their_day(station: StationLedger) -> None:
    lot = station.stock(5, expires_on=LAST)
    for counted, typed in ((3, {}), (5, {"expires_month": MONTH})):
        sheet = str(station(c.OpenCountSheet(location="store")).document)
        line = convert(c.CountLine, {"item": "mask", "counted": counted, **typed})
        station(c.CountStock(sheet=sheet, lines=[line]))
    assert [(row.lot, row.on_hand) for row in get_stock(station.books).items] == [(lot, 5)]


def test_a_shipment_carries_the_month(station: StationLedger, other: StationLedger) -> None:
    station.stock(10, expires_month=MONTH)
    name = send(station, 10)
    (sent,) = get_shipment(station.books, name).lines
    receive(station, other, name)
    acknowledge(station, other, name)
    (arrived,) = get_shipment(other.books, name).lines
    assert sent.expires_month == arrived.expires_month == MONTH
    assert months(other) == [MONTH]
    for one in (station, other):
        assert_verified(one)


def test_copied_books_keep_the_month(
    station: StationLedger, books_url: str, tmp_path: Path
) -> None:
    station.stock(5, expires_month=MONTH)
    target = str(tmp_path / "copied.db")
    copy_books(books_url, target)
    with closing(open_store(target)) as store:
        assert store.all("SELECT expires_on, expires_month FROM lots") == [("2022-02-28", MONTH)]


@pytest.mark.parametrize("month", ["2022-03", "", "2022-02-28"])
def test_the_database_refuses_a_month_of_another_day(station: StationLedger, month: str) -> None:
    station.stock(5, expires_month=MONTH)
    with pytest.raises(Exception, match=r"(?i)check"), station.ledger.store.writing():
        station.ledger.store.run(
            "INSERT INTO lots (station, seq, lot, item, origin, expires_on, expires_month) "
            "SELECT station, seq, 'l_lx_1_9', item, origin, expires_on, :month FROM lots",
            {"month": month},
        )


@pytest.mark.parametrize(
    ("line", "at"),
    [
        ({"expires_on": "2022-13"}, "/lines/0/expires_on"),
        ({"expires_on": "2022"}, "/lines/0/expires_on"),
        ({"expires_on": "1999-12"}, "/lines/0/expires_on"),
        ({"expires_month": "2022-2"}, "/lines/0/expires_month"),
        ({"expires_month": "0022-01"}, "/lines/0/expires_month"),
        ({"expires_month": "1999-12"}, "/lines/0/expires_month"),
        ({"expires_month": MONTH, "expires_on": date(2022, 2, 27)}, "/lines/0/expires_on"),
        ({"expires_month": MONTH, "expires_on": "2022-03"}, "/lines/0/expires_on"),
    ],
)
def test_an_invalid_month_is_refused(station: StationLedger, line: dict[str, Any], at: str) -> None:
    assert_refused(station, InvalidField, lambda: station.give(5, **line), at=at)


@pytest.mark.parametrize("field", ["expires_on", "expires_month"])
def test_an_impossible_year_and_an_invalid_month_have_different_messages(
    station: StationLedger, field: str
) -> None:
    sentence = assert_refused(station, InvalidField, lambda: station.give(5, **{field: "0022-05"}))
    assert sentence == (
        f"/lines/0/{field} is 0022-05, which is before 2000-01; write the whole year, as in 2027-05"
    )


def test_a_lot_that_is_counted_with_a_month_is_refused_at_the_month(station: StationLedger) -> None:
    lot = station.stock(5, expires_month=MONTH)
    sheet = str(station(c.OpenCountSheet(location="store")).document)
    line = c.CountLine(item="mask", lot=lot, counted=4, expires_month=MONTH)
    count = c.CountStock(sheet=sheet, lines=[line])
    sentence = assert_refused(
        station, InvalidField, lambda: station(count), at="/lines/0/expires_month"
    )
    assert "has an expiry already" in sentence


def test_a_product_that_expires_later_is_refused_at_its_month(station: StationLedger) -> None:
    station.stock(5, expires_month=MONTH)
    made = c.ConvertedLine(item="soap", quantity=1, expires_month="2030-01")
    convert_it = c.Convert(
        location="store", consumed=[c.LotLine(item="mask", quantity=1)], produced=[made]
    )
    assert_refused(
        station, InvalidField, lambda: station(convert_it), at="/produced/0/expires_month"
    )


def test_a_month_and_its_last_day_may_both_be_given() -> None:
    line = {"item": "mask", "quantity": 1, "expires_on": "2024-02-29", "expires_month": "2024-02"}
    assert convert(c.ArrivalLine, line).expires_on == date(2024, 2, 29)
