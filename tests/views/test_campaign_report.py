"""Goods by campaign: what arrived from each, and where it is."""

from __future__ import annotations

import msgspec
import pytest
from support.ledger_fixture import StationLedger

from supplies.books.past import books_as_of
from supplies.domain import commands as c
from supplies.domain.catalogue_records import Campaign
from supplies.errors import InvalidField
from supplies.views.campaign_report import CampaignGoods, report_campaigns
from supplies.views.entries import list_entries
from supplies.views.pledges import list_pledges
from supplies.views.stock_documents import get_stock_document


def goods(quantity: int) -> list[c.RecipientLine]:
    return [c.RecipientLine(item="mask", quantity=quantity)]


def bought(quantity: int, campaign: str | None = "C-1") -> c.RecordArrival:
    lines = [c.ArrivalLine(item="mask", quantity=quantity)]
    return c.RecordArrival(
        origin="bought", party="X-1", location="store", lines=lines, campaign=campaign
    )


def reported(station: StationLedger, first: int = 0, last: int = 0) -> list[CampaignGoods]:
    return report_campaigns(station.books, station.day(first), station.day(last)).items


def test_gifts_and_purchases_of_a_campaign_are_followed_to_where_they_are(
    station: StationLedger,
) -> None:
    station(msgspec.structs.replace(station.donation(40), campaign="C-1"))
    station(bought(60))
    station(c.HandOut(recipient="R-1", location="store", lines=goods(50)))
    station(
        c.WriteOff(reason="damaged", location="store", lines=[c.LotLine(item="mask", quantity=5)])
    )
    lines = [c.AllocationLine(item="mask", quantity=10)]
    station(c.Allocate(recipient="R-2", location="store", lines=lines))
    station(bought(7, campaign=None))
    (one,) = reported(station)
    assert one == CampaignGoods(
        campaign="C-1", item="mask", promised=0, received=100, repacked=0, free=35, allocated=10,
        in_transit=0, handed_over=50, used=0, lost=5, other=0,
    )  # fmt: skip


def test_what_was_promised_for_a_campaign_stands_beside_what_came(station: StationLedger) -> None:
    pledge = station.pledge(60, campaign="C-1")
    station.give(40, pledge=pledge)
    made = list_entries(station.books, document=pledge, limit=None).items[0].seq
    station.clock.advance(2)
    station.pledge(8, campaign="C-1")
    station.pledge(9)
    (one,) = reported(station, -2, -2)
    assert (one.promised, one.received, one.free) == (60, 40, 40)
    (one,) = reported(station, -2, 0)
    assert (one.promised, one.received) == (68, 40)
    lines = [c.PledgeLine(item="mask", quantity=50)]
    other = c.MakePledge(donor="D-1", lines=lines, campaign="C-1", happened_on=station.day(-2))
    station(c.Correct(entry=made, command=other, reason="fifty"))
    (one,) = reported(station, -2, 0)
    assert (one.promised, one.received) == (58, 40)
    assert next(one.id for one in list_pledges(station.books, campaign="C-1").items) == pledge
    without = msgspec.structs.replace(other, campaign=None)
    latest = list_entries(station.books, document=pledge, limit=None).items[-1].seq
    station(c.Correct(entry=latest, command=without, reason="for no campaign"))
    assert reported(station, -2, -2)[0].promised == 0
    assert len(list_pledges(station.books, campaign="C-1").items) == 1


def test_repacked_goods_stay_with_their_campaign(station: StationLedger) -> None:
    station(msgspec.structs.replace(station.donation(40), campaign="C-1"))
    station(
        c.Convert(
            location="store",
            consumed=[c.LotLine(item="mask", quantity=40)],
            produced=[c.ConvertedLine(item="soap", quantity=8)],
        )
    )
    station(
        c.HandOut(
            recipient="R-1", location="store", lines=[c.RecipientLine(item="soap", quantity=3)]
        )
    )
    masks, soap = reported(station)
    assert (masks.received, masks.other) == (40, 40)
    assert (soap.received, soap.repacked, soap.free, soap.handed_over) == (0, 8, 5, 3)


def test_only_arrivals_of_the_period_are_counted_and_their_state_is_that_of_its_end(
    station: StationLedger,
) -> None:
    station(bought(10))
    station.clock.advance(3)
    station(bought(20))
    station(c.HandOut(recipient="R-1", location="store", lines=goods(4)))
    (first,) = reported(station, -3, -1)
    assert (first.received, first.free, first.handed_over) == (10, 10, 0)
    (second,) = reported(station, 0, 0)
    assert second.received == 20
    past = books_as_of(station.books, station.day(-1))
    (then,) = report_campaigns(past, station.day(-3), station.day(0)).items
    assert (then.received, then.handed_over) == (10, 0)
    with pytest.raises(InvalidField, match="is before"):
        reported(station, 0, -1)


def test_the_report_may_be_about_one_campaign(station: StationLedger) -> None:
    station.ledger.register(Campaign(code="C-2", name="省级资助"))
    station(bought(10))
    station(bought(20, "C-2"))
    today = station.day(0)
    (one,) = report_campaigns(station.books, today, today, campaign="C-2").items
    assert (one.campaign, one.received) == ("C-2", 20)
    with pytest.raises(InvalidField, match="unknown campaign"):
        report_campaigns(station.books, today, today, campaign="C-9")


def test_a_corrected_campaign_counts_from_the_day_of_arrival(station: StationLedger) -> None:
    done = station(bought(10))
    station.clock.advance(5)
    reword = bought(10, campaign=None)
    station(c.Correct(entry=done.seq, command=reword, reason="not from the grant"))
    assert reported(station, -9, 0) == []
    latest = list_entries(station.books, document=done.document, limit=None).items[-1].seq
    station(c.Correct(entry=latest, command=bought(12), reason="it was"))
    (one,) = reported(station, -5, -5)
    assert one.received == 12
    assert get_stock_document(station.books, "arrivals", str(done.document)).campaign == "C-1"


def test_goods_that_a_count_found_first_are_divided_between_their_arrivals(
    station: StationLedger,
) -> None:
    sheet = str(station(c.OpenCountSheet(location="store")).document)
    station(c.CountStock(sheet=sheet, lines=[c.CountLine(item="mask", counted=30)]))
    settled = [
        station(
            c.Settle(
                place="store", by="donor", party="D-1", handled_by="陈某", reason="found",
                lines=[c.LotLine(item="mask", quantity=quantity)],
            )
        )
        for quantity in (10, 20)
    ]  # fmt: skip
    gift = msgspec.structs.replace(station.donation(10), campaign="C-1")
    station(c.Correct(entry=settled[0].seq, command=gift, reason="from the appeal"))
    (one,) = reported(station)
    assert (one.received, one.free) == (10, 10)
