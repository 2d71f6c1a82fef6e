"""Facts that are not known exactly are recorded without inventing or losing anything."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
from supplies_receipts import (
    draw_count_sheet,
    draw_delivery_slips,
    draw_donor_statement,
    draw_public_disclosure,
    draw_receipt,
    draw_run_sheet,
)
from supplies_receipts.__main__ import receipt
from support import pdf_reading as reading
from support.ledger_fixture import StationLedger

from supplies.domain import commands as c
from supplies.domain.catalogue_records import Item, Location, Recipient
from supplies.domain.validation import convert
from supplies.errors import InvalidField, NotEnough
from supplies.ledger.recorded import Recorded
from supplies.views.activities import get_activity
from supplies.views.alerts import list_alerts
from supplies.views.allocations import get_allocation
from supplies.views.count_sheets import build_count_sheet_paper, get_count_sheet
from supplies.views.deliveries import get_delivery
from supplies.views.delivery_slips import build_delivery_slips, build_run_sheet
from supplies.views.donation_warnings import find_beside_pledge
from supplies.views.donations import get_donation
from supplies.views.donor_statement import build_donor_statement, build_donor_statement_paper
from supplies.views.entries import get_conflict, get_entry
from supplies.views.needs import get_need
from supplies.views.pledges import get_pledge
from supplies.views.public_disclosure import build_disclosure, build_disclosure_paper
from supplies.views.receipts import get_receipt
from supplies.views.shipments import get_shipment
from supplies.views.station_report import build_station_report
from supplies.views.stock import get_stock
from supplies.views.stock_documents import get_stock_document
from supplies.views.trace import trace_lot

CASE = Item(
    code="mask-case", name="口罩（箱，未点数）", name_en="masks, case not counted", unit="case"
)


def open_cases(
    station: StationLedger, cases: int, *products: c.ConvertedLine, item: str = "mask-case"
) -> Recorded:
    return station(
        c.Convert(
            location="store",
            consumed=[c.LotLine(item=item, quantity=cases)],
            produced=list(products),
        )
    )


def masks(quantity: int, **more: str) -> c.ConvertedLine:
    return c.ConvertedLine(item="mask", quantity=quantity, **more)


def test_opened_cases_are_counted_as_goods_of_their_donor(station: StationLedger) -> None:
    station.ledger.register(CASE)
    station.give(3, "mask-case", batch="B-7")
    opened = open_cases(station, 3, masks(2480, batch="B-7"))

    lot = f"l_lx_{opened.seq}_1"
    with station.ledger.reading() as books:
        receipt = get_receipt(books, "JZ-2020-000001")
        traced = trace_lot(books, lot).lots
        statement = build_donor_statement(books, "D-1", date(2020, 2, 1), date(2020, 2, 28))
    assert receipt.status == "issued"
    assert receipt.document is not None
    assert [(one.name, one.quantity) for one in receipt.document.lines] == [
        ("口罩（箱，未点数）", 3)
    ]
    assert [(one.item, one.batch) for one in traced] == [("mask-case", "B-7"), ("mask", "B-7")]
    assert [(line.item, line.received, line.repacked) for line in statement.goods] == [
        ("mask", 0, 2480),
        ("mask-case", 3, 0),
    ]
    station.ledger.verify()


def test_opened_cases_fulfil_the_pledge_of_their_donor_and_its_claims(
    station: StationLedger,
) -> None:
    station.ledger.register(CASE)
    need = station.need(100)
    pledge = station.pledge(2000, {need: 100})
    station.give(3, "mask-case")
    open_cases(station, 1, masks(830, pledge=pledge))
    assert station.balance(f"pledged:{pledge}") == 1170
    assert station.total("allocated:") == 100
    assert station.total(f"assigned:{need}:") == 100

    open_cases(station, 2, masks(1650, pledge=pledge))
    with station.ledger.reading() as books:
        view = get_pledge(books, pledge)
    assert (view.status, view.lines[0].arrived, view.lines[0].outstanding) == ("kept", 2000, 0)
    assert station.total("stock:store") == 2380
    station.ledger.verify()


def test_releasing_opened_goods_of_a_claim_is_in_the_statement(station: StationLedger) -> None:
    station.ledger.register(CASE)
    pledge = station.pledge(2000, {station.need(100): 100})
    station.give(3, "mask-case")
    opened = open_cases(station, 3, masks(2480, pledge=pledge))
    station(c.Release(allocation=f"a_{opened.seq + 1}", reason="moved away"))
    with station.ledger.reading() as books:
        statement = build_donor_statement(books, "D-1", date(2020, 2, 1), date(2020, 2, 28))
    assert [(one.item, one.quantity) for one in statement.departures] == [("mask", 100)]


def test_the_count_of_opened_cases_can_be_corrected(station: StationLedger) -> None:
    station.ledger.register(CASE)
    need = station.need(100)
    pledge = station.pledge(2000, {need: 100})
    station.give(3, "mask-case")
    opened = open_cases(station, 3, masks(2480, pledge=pledge))

    command = c.Convert(
        location="store",
        consumed=[c.LotLine(item="mask-case", quantity=3)],
        produced=[masks(1840, pledge=pledge)],
    )
    station(c.Correct(entry=opened.seq, command=command, reason="counted twice"))
    assert station.balance(f"pledged:{pledge}") == 160
    assert station.total("stock:store") == 1740
    assert station.total("allocated:") == 100
    with station.ledger.reading() as books:
        assert get_pledge(books, pledge).lines[0].arrived == 1840
    station(c.Reverse(entry=opened.seq + 2, reason="not opened yet"))
    assert station.balance(f"pledged:{pledge}", "mask") == 1900
    assert station.balance(f"pledged:{pledge}:{need}") == 100
    assert station.total("stock:store", "mask-case") == 3
    station.ledger.verify()


def test_opened_goods_beyond_their_pledge_are_told(station: StationLedger) -> None:
    station.ledger.register(CASE)
    set_public_address(station)
    pledge = station.pledge(2000)
    station.give(3, "mask-case")
    opened = open_cases(station, 3, masks(2480, pledge=pledge))
    document, lot = f"k_{opened.seq}", f"l_lx_{opened.seq}_1"
    (warning,) = opened.warnings
    assert warning.startswith(
        f"lot {lot}: 480 × mask are not counted towards pledge {pledge}: its rest is "
    )
    with station.ledger.reading() as books:
        (warned,) = find_beside_pledge(books, document)
        assert (warned.warning, warned.about) == ("beside-pledge", pledge)
        assert warned.detail.startswith(
            f"480 × 口罩 in lot {lot} are a gift beside pledge {pledge}"
        )
    assert beside_pledges(station) == [(document, "mask", 480)]
    station.ledger.verify()

    def correct(*produced: c.ConvertedLine) -> Recorded:
        command = c.Convert(
            location="store",
            consumed=[c.LotLine(item="mask-case", quantity=3)],
            produced=list(produced),
        )
        (entry,) = station.books.all(
            "SELECT max(seq) FROM entries WHERE station = 'lx' AND document = :document",
            document=document,
        )
        return station(c.Correct(entry=entry[0], command=command, reason="counted again"))

    assert correct(masks(2000, pledge=pledge), masks(480)).warnings == []
    assert beside_pledges(station) == []
    station.ledger.verify()
    assert correct(masks(2100, pledge=pledge)).warnings != []
    assert beside_pledges(station) == [(document, "mask", 100)]
    station.ledger.verify()
    assert correct(masks(2480)).warnings == []
    assert beside_pledges(station) == []
    assert station.balance(f"pledged:{pledge}") == 2000
    station.ledger.verify()


def test_a_reversed_conversion_is_no_longer_beside_its_pledge(station: StationLedger) -> None:
    station.ledger.register(CASE)
    pledge = station.pledge(2000)
    station.give(3, "mask-case")
    opened = open_cases(station, 3, masks(2480, pledge=pledge))
    station(c.Reverse(entry=opened.seq, reason="not opened yet"))
    assert beside_pledges(station) == []
    station.ledger.verify()


def set_public_address(station: StationLedger) -> None:
    """Set an address that gives no warning on the first receipt."""
    record = station.books.station
    station.ledger.amend(msgspec.structs.replace(record, host="https://lx.example.org"))


def beside_pledges(station: StationLedger) -> list[tuple[str, str | None, int | None]]:
    """Return document, item and quantity of each alert of goods beside their pledge."""
    with station.ledger.reading() as books:
        alerts = list_alerts(books, station.day(0), limit=None).items
    return [(one.code, one.item, one.quantity) for one in alerts if one.what == "beside_pledge"]


def test_opened_cases_of_one_donor_do_not_fulfil_the_pledge_of_another(
    station: StationLedger,
) -> None:
    station.ledger.register(CASE)
    pledge = station.pledge(2000, donor="D-2")
    station.give(3, "mask-case")
    with pytest.raises(InvalidField, match="the goods came from donor:D-1"):
        open_cases(station, 3, masks(2480, pledge=pledge))


def test_opened_goods_can_be_returned_to_their_only_donor(station: StationLedger) -> None:
    station.ledger.register(CASE)
    station.give(3, "mask-case")
    open_cases(station, 3, masks(2480))
    station(
        c.ReturnGoods(
            location="store", reason="unsuitable", lines=[c.LotLine(item="mask", quantity=80)]
        )
    )
    assert station.total("returned:D-1") == 80
    station.ledger.verify()


def test_opened_goods_of_several_donors_cannot_be_returned(station: StationLedger) -> None:
    station.ledger.register(CASE)
    station.give(2, "mask-case")
    station.give(1, "mask-case", donor="D-2")
    open_cases(station, 3, masks(2480))
    with pytest.raises(InvalidField, match="goods cannot be returned"):
        station(
            c.ReturnGoods(location="store", reason="r", lines=[c.LotLine(item="mask", quantity=80)])
        )


def test_a_mixed_box_is_opened_into_all_that_it_contains(station: StationLedger) -> None:
    station.ledger.register(Item(code="mixed-box", name="混装箱", unit="box"))
    station.give(1, "mixed-box")
    opened = open_cases(
        station, 1, masks(300), c.ConvertedLine(item="soap", quantity=24), item="mixed-box"
    )
    with station.ledger.reading() as books:
        statement = build_donor_statement(books, "D-1", date(2020, 2, 1), date(2020, 2, 28))
        parents = trace_lot(books, f"l_lx_{opened.seq}_2").lots[1].parents
    assert [(line.item, line.received, line.repacked) for line in statement.goods] == [
        ("mask", 0, 300),
        ("mixed-box", 1, 0),
        ("soap", 0, 24),
    ]
    assert parents == [f"l_lx_{opened.seq - 2}_1"]


def examples(section: str) -> list[dict[str, Any]]:
    """Return the JSON examples of a section of the documentation of the ledger."""
    page = (Path(__file__).parents[2] / "docs" / "ledger.md").read_text(encoding="utf-8")
    text = page.split(f"### {section}\n")[1].split("\n### ")[0].split("\n## ")[0]
    return [json.loads(part) for part in re.findall(r"```json\n(.*?)```", text, re.DOTALL)]


def test_the_documented_mixed_box_keeps_its_label_and_loses_nothing(
    station: StationLedger,
) -> None:
    station.ledger.register(Item(code="mixed-box", name="混装箱", unit="box"))
    gift, opening = examples("Mixed boxes")
    station(convert(c.RecordDonation, gift))
    opened = station(convert(c.Convert, opening))
    with station.ledger.reading() as books:
        receipt = get_receipt(books, "JZ-2020-000001")
        stock = [(row.item, row.batch, row.free) for row in get_stock(books).items]
        box, *products = trace_lot(books, f"l_lx_{opened.seq}_1").lots
        other = trace_lot(books, box.lot).lots
    assert receipt.document is not None
    assert [line.batch for line in receipt.document.lines] == ["BOX-17", "BOX-18"]
    assert sorted(stock) == [
        ("mask", "B-7", 298),
        ("mixed-box", "BOX-18", 1),
        ("soap", "BOX-17", 24),
    ]
    assert (box.batch, [one.item for one in products]) == ("BOX-17", ["mask"])
    assert [one.item for one in other] == ["mixed-box", "mask", "soap"]
    station.ledger.verify()


HOSPITAL = Recipient(
    code="hosp-1", name="第一医院", kind="institution", phone="13800138000", community="north"
)
FIRST, LAST = date(2020, 2, 1), date(2020, 2, 28)


def test_a_delivery_to_an_institution_names_it_and_masks_the_telephone(
    station: StationLedger,
) -> None:
    station.ledger.register(HOSPITAL)
    need = station.need(60, "hosp-1")
    gift = station.give(100, recipient="hosp-1")
    allocation = f"a_{gift.seq + 1}"
    delivery = station.dispatch(allocation)
    with station.ledger.reading() as books:
        (slip,) = build_delivery_slips(books, delivery)
        (stop,) = build_run_sheet(books, delivery).stops
    assert (slip.name, slip.phone) == ("第一医院", "138****8000")
    assert (stop.name, stop.phone) == ("第一医院", "138****8000")
    station.outcome(delivery, allocation, "handed_over")
    assert station.balance(f"met:{need}") == 60
    station.ledger.verify()


def test_an_institution_is_counted_neither_as_household_nor_as_persons(
    station: StationLedger,
) -> None:
    station.ledger.register(HOSPITAL)
    station.need(60, "hosp-1")
    station.give(100)
    station(
        c.HandOut(recipient="hosp-1", location="store", lines=[c.LotLine(item="mask", quantity=60)])
    )
    with station.ledger.reading() as books:
        report = build_station_report(books, FIRST, LAST)
        statement = build_donor_statement(books, "D-1", FIRST, LAST)
        disclosure = build_disclosure(books, FIRST, LAST)
        now = station.clock()
        papers = (
            draw_donor_statement(
                build_donor_statement_paper(books, "D-1", FIRST, LAST, printed_at=now)
            ),
            draw_public_disclosure(build_disclosure_paper(books, FIRST, LAST, printed_at=now)),
        )
    assert (report.households_surveyed, report.households_fully_met) == (0, 0)
    assert [(line.community, line.who, line.count) for line in statement.served] == [
        ("north", "institution", 1)
    ]
    assert [(line.who, line.quantity, line.count) for line in disclosure.handed_over] == [
        ("institution", 60, 1)
    ]
    for paper in papers:
        assert "机构" in reading.text(paper)
        assert "第一医院" not in reading.text(paper)


def test_an_institution_has_no_headcount(station: StationLedger) -> None:
    station.ledger.register(HOSPITAL)
    station.give(100)
    lines = [c.RecipientLine(item="mask", quantity=1)]
    with pytest.raises(
        InvalidField, match="hosp-1 is not a group but one institution; leave the headcount out"
    ):
        station(c.HandOut(recipient="hosp-1", location="store", lines=lines, headcount=3))


def test_a_gift_of_which_only_the_latest_day_is_known_says_so(station: StationLedger) -> None:
    gift = station(
        msgspec.structs.replace(station.donation(10, happened_on=station.day(-3)), or_earlier=True)
    )
    with station.ledger.reading() as books:
        donation = get_donation(books, str(gift.document))
        assert (donation.happened_on, donation.or_earlier) == (station.day(-3), True)
        assert get_entry(books, gift.seq).or_earlier is True
        document = get_receipt(books, "JZ-2020-000001").document
    assert document is not None
    paper = msgspec.structs.replace(receipt(), document=document)
    assert "截至2020年2月7日" in reading.text(draw_receipt(paper))
    station.ledger.verify()


def test_a_correction_keeps_that_a_day_is_the_latest_unless_it_states_a_day(
    station: StationLedger,
) -> None:
    gift = station(
        msgspec.structs.replace(station.donation(10, happened_on=station.day(-3)), or_earlier=True)
    )
    more = station(c.Correct(entry=gift.seq, command=station.donation(12), reason="two more"))
    with station.ledger.reading() as books:
        assert get_donation(books, str(gift.document)).or_earlier is True
        receipt = get_receipt(books, "JZ-2020-000002").document
        assert receipt is not None
        assert receipt.or_earlier is True
    exact = station.donation(12, happened_on=station.day(-5))
    station(c.Correct(entry=more.seq, command=exact, reason="the day is known now"))
    with station.ledger.reading() as books:
        donation = get_donation(books, str(gift.document))
    assert (donation.happened_on, donation.or_earlier) == (station.day(-5), msgspec.UNSET)
    station.ledger.verify()


def test_a_correction_may_say_for_itself_too_that_its_day_is_the_latest(
    station: StationLedger,
) -> None:
    gift = station.give(10)
    command = msgspec.structs.replace(station.donation(9), or_earlier=True)
    fixed = station(c.Correct(entry=gift.seq, command=command, reason="r", or_earlier=True))
    assert get_donation(station.books, f"d_{gift.seq}").or_earlier is True
    station(c.Reverse(entry=fixed.seq, reason="r", or_earlier=True))
    station.ledger.verify()


def test_each_noun_shows_that_its_day_is_the_latest_one(station: StationLedger) -> None:
    need = station.need(10, or_earlier=True)
    pledge = station.pledge(10, or_earlier=True)
    station.stock(20)
    allocation = str(
        station(
            c.Allocate(
                recipient="R-1",
                location="store",
                lines=[c.AllocationLine(item="mask", quantity=5)],
                or_earlier=True,
            )
        ).document
    )
    delivery = station.dispatch(allocation, or_earlier=True)
    station.outcome(delivery, allocation, "handed_over", or_earlier=True)
    handed = station(
        c.HandOut(
            recipient="R-2",
            location="store",
            lines=[c.RecipientLine(item="mask", quantity=5)],
            or_earlier=True,
        )
    )
    visits = station(c.RecordActivity(kind="visit", count=3, or_earlier=True))
    with station.ledger.reading() as books:
        out = get_delivery(books, delivery)
        shown = [
            get_need(books, need),
            get_pledge(books, pledge),
            get_allocation(books, allocation),
            out,
            out.stops[0],
            get_stock_document(books, "hand-outs", str(handed.document)),
            get_activity(books, str(visits.document)),
        ]
    assert [one.or_earlier for one in shown] == [True] * len(shown)
    station.ledger.verify()


def test_count_sheets_shipments_and_conflicts_show_that_their_day_is_the_latest_one(
    station: StationLedger,
) -> None:
    station.stock(20)
    allocation = station.allocate(5)
    delivery = station.dispatch(allocation)
    station.outcome(delivery, allocation, "handed_over")
    conflict = station.outcome(delivery, allocation, "refused", or_earlier=True).seq
    sheet = str(station(c.OpenCountSheet(location="store", or_earlier=True)).document)
    lines = [c.CountLine(item="mask", counted=15)]
    open_sheet = get_count_sheet(station.books, sheet)
    station(c.CountStock(sheet=sheet, lines=lines, or_earlier=True))
    sent = c.SendShipment(
        station="hp", location="store", lines=[c.LotLine(item="mask", quantity=1)], or_earlier=True
    )
    shipment = str(station(sent).document)
    with station.ledger.reading() as books:
        counted = get_count_sheet(books, sheet)
        assert counted.counted_or_earlier is True
        assert counted.or_earlier is open_sheet.or_earlier is True
        assert open_sheet.counted_or_earlier is msgspec.UNSET
        assert get_shipment(books, shipment).or_earlier is True
        assert get_conflict(books, conflict).or_earlier is True


def test_papers_print_a_day_that_is_only_the_latest_one(station: StationLedger) -> None:
    station.stock(20)
    delivery = station.dispatch(station.allocate(5), or_earlier=True)
    sheet = str(station(c.OpenCountSheet(location="store", or_earlier=True)).document)
    with station.ledger.reading() as books:
        papers = [
            draw_delivery_slips(build_delivery_slips(books, delivery)),
            draw_delivery_slips(build_delivery_slips(books, delivery), "a5"),
            draw_run_sheet(build_run_sheet(books, delivery)),
            draw_count_sheet(build_count_sheet_paper(books, sheet)),
        ]
    for paper in papers:
        assert "截至2020" in reading.text(paper)


def test_a_wish_for_two_households_is_served_without_a_deviation(station: StationLedger) -> None:
    station.ledger.register(Location(code="for-two", name="Shelf for R-1 and R-2"))
    station.give(100, location="for-two", wish="for R-1 and R-2")
    with pytest.raises(NotEnough):
        station.allocate(1, "G-1")
    station.allocate(70, "R-1", location="for-two")
    station.allocate(30, "R-2", location="for-two")
    with station.ledger.reading() as books:
        statement = build_donor_statement(books, "D-1", FIRST, LAST)
    assert [one.wish for one in statement.wishes] == ["for R-1 and R-2"]
    assert statement.departures == []
    assert statement.goods[0].places == {"allocated": 100}
    station.ledger.verify()
