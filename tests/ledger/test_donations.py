"""Donations and other arrivals, and their lots."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest
from support.ledger_fixture import StationLedger

from supplies.domain import commands as c
from supplies.domain.catalogue_records import Campaign, Donor
from supplies.domain.entry_rows import Allocation, Lot
from supplies.errors import InvalidField
from supplies.ledger.recorded import recorded_result
from supplies.views.donations import get_donation
from supplies.views.stated_donation import stated_donation


def test_a_donation_is_stocked_in_a_lot_of_its_donor(station: StationLedger) -> None:
    done = station.give(2, pack="box", expires_on=date(2021, 1, 1), batch="B7")
    lot = f"l_lx_{done.seq}_1"
    assert station.balance("stock:store", lot=lot) == 100
    assert station.balance("donor:D-1", lot=lot) == -100
    described = station.books.latest_row(Lot, lot=lot)
    assert described is not None
    assert (described.batch, described.expires_on) == ("B7", date(2021, 1, 1))


def test_an_anonymous_donation_has_a_receipt(station: StationLedger) -> None:
    done = station.give(5, donor=None)
    assert station.total("donor:anonymous") == -5
    assert station.books.body(done.last).kind == "receipt_issued"
    assert station.books.body(done.last).document == "JZ-2020-000001"


def test_a_donation_for_one_recipient_is_allocated_at_once(station: StationLedger) -> None:
    need = station.need(3)
    done = station.give(5, recipient="R-1")
    allocation = station.books.rows(Allocation)[0]
    assert (allocation.recipient, allocation.arrival) == ("R-1", done.document)
    assert station.total(f"allocated:{allocation.allocation}:") == 5
    assert station.total("stock:store") == 0
    assert station.balance(f"assigned:{need}:{allocation.allocation}") == 3


def test_a_backdated_donation_for_a_recipient_does_not_serve_a_later_need(
    station: StationLedger,
) -> None:
    need = station.need(10)
    station.give(5, recipient="R-1", happened_on=station.day(-2))
    assert station.balance(f"needed:{need}") == 10
    assert station.total("allocated:") == 5


def test_a_backdated_donation_does_not_serve_a_later_claim(station: StationLedger) -> None:
    need = station.need(10)
    pledge = station.pledge(10, {need: 10})
    station.give(5, pledge=pledge, happened_on=station.day(-2))
    assert station.balance(f"claimed:{need}:{pledge}") == 10
    assert station.total("stock:store") == 5


def test_two_needs_claimed_by_one_line_get_separate_allocations(
    station: StationLedger,
) -> None:
    first, second = station.need(4), station.need(4)
    pledge = station.pledge(8, {first: 4, second: 4})
    station.give(8, pledge=pledge)
    allocations = [row.allocation for row in station.books.rows(Allocation)]
    assert len(allocations) == 2
    assert [station.total(f"allocated:{name}:") for name in allocations] == [4, 4]


@pytest.mark.parametrize("origin", ["bought", "made", "borrowed"])
def test_goods_arrive_from_other_origins(station: StationLedger, origin: str) -> None:
    lines = [c.ArrivalLine(item="soap", quantity=2, pack="six")]
    station(c.RecordArrival(origin=origin, party="X-1", location="annex", lines=lines))  # type: ignore[arg-type]  # a parameter, not a literal
    assert station.total(f"{origin}:X-1", "soap") == -12
    assert station.total("stock:annex", "soap") == 12


def test_a_donation_of_expired_goods_is_refused(station: StationLedger) -> None:
    with pytest.raises(InvalidField, match="name a quarantine") as refusal:
        station.give(5, expires_on=station.day(-1))
    assert refusal.value.faults[0].pointer == "/lines/0/expires_on"


@pytest.mark.parametrize(
    ("line", "pointer"),
    [
        ({"item": "gold"}, "/lines/0/item"),
        ({"recipient": "R-9"}, "/lines/0/for"),
        ({"pledge": "p_9"}, "/lines/0/pledge"),
    ],
)
def test_an_unknown_code_is_named_by_its_field(
    station: StationLedger, line: dict[str, str], pointer: str
) -> None:
    with pytest.raises(InvalidField) as refusal:
        station.give(5, **{"item": "mask", **line})
    assert refusal.value.faults[0].pointer == pointer
    assert station.entries() == 0


@pytest.mark.parametrize("code", ["anonymous", "Anonymous", "none", "unknown"])
def test_an_error_about_a_code_for_no_donor_explains_anonymous_gifts(
    station: StationLedger, code: str
) -> None:
    with pytest.raises(InvalidField, match="record an anonymous gift without a donor") as refusal:
        station.give(5, donor=code)
    assert refusal.value.faults[0].pointer == "/donor"
    with pytest.raises(InvalidField, match="needs a registered donor"):
        station.pledge(5, donor=code)


def test_a_donor_may_be_registered_with_the_code_none(station: StationLedger) -> None:
    station.ledger.register(Donor(code="none", name="None Ltd"))
    station.give(5, donor="none")
    assert station.total("donor:none") == -5


def test_an_unknown_donor_or_location_is_refused(station: StationLedger) -> None:
    with pytest.raises(InvalidField, match="unknown donor D-9"):
        station.give(5, donor="D-9")
    with pytest.raises(InvalidField, match="unknown location attic"):
        station.give(5, location="attic")


def test_the_first_receipt_with_a_local_address_gives_a_warning(station: StationLedger) -> None:
    done = station.give(4)
    (warning,) = done.warnings
    assert warning.startswith(
        "the QR code of receipt JZ-2020-000001 leads to http://127.0.0.1:8000, "
        "which only this computer can open"
    )
    assert recorded_result(station.books, done.seq).warnings == [warning]
    assert station.give(5).warnings == []


def test_goods_beyond_their_pledge_give_a_warning(station: StationLedger) -> None:
    public = msgspec.structs.replace(station.books.station, host="https://lx.example.org")
    station.ledger.amend(public)
    pledge = station.pledge(10)
    assert station.give(4, pledge=pledge).warnings == []
    (warning,) = station.give(9, pledge=pledge).warnings
    assert warning.startswith(f"line 1: 3 × mask are not counted towards pledge {pledge}")


def test_goods_from_a_campaign_state_it_until_a_correction_changes_it(
    station: StationLedger,
) -> None:
    station.ledger.register(Campaign(code="C-2", name="省级资助"))
    gift = msgspec.structs.replace(station.donation(5), campaign="C-1")
    done = station(gift)
    assert get_donation(station.books, str(done.document)).campaign == "C-1"
    assert stated_donation(station.books, str(done.document)).campaign == "C-1"
    other = msgspec.structs.replace(gift, campaign="C-2")
    corrected = station(c.Correct(entry=done.seq, command=other, reason="wrong campaign"))
    assert get_donation(station.books, str(done.document)).campaign == "C-2"
    reworded = msgspec.structs.replace(other, note="by truck")
    corrected = station(c.Correct(entry=corrected.seq, command=reworded, reason="a note"))
    assert get_donation(station.books, str(done.document)).campaign == "C-2"
    none = msgspec.structs.replace(reworded, campaign=None)
    station(c.Correct(entry=corrected.seq, command=none, reason="no campaign"))
    assert get_donation(station.books, str(done.document)).campaign is msgspec.UNSET


def test_a_donation_without_a_campaign_has_that_of_its_pledges(station: StationLedger) -> None:
    station.ledger.register(Campaign(code="C-2", name="省级资助"))
    pledges = [station.pledge(10, campaign=code) for code in ("C-1", "C-1", "C-2", None)]

    def campaign_of(command: c.RecordDonation) -> object:
        return get_donation(station.books, str(station(command).document)).campaign

    own = msgspec.structs.replace(station.donation(2, pledge=pledges[0]), campaign="C-2")
    assert campaign_of(own) == "C-2"
    assert campaign_of(station.donation(2, pledge=pledges[0])) == "C-1"
    anything = msgspec.structs.replace(station.donation(12), keep_pledges=True)
    done = station(anything)
    donation = str(done.document)
    kept = [one.pledge for one in get_donation(station.books, donation).pledges]
    assert kept == pledges[:2]
    assert get_donation(station.books, donation).campaign == "C-1"
    fewer = msgspec.structs.replace(station.donation(7), keep_pledges=True)
    station(c.Correct(entry=done.seq, command=fewer, reason="seven"))
    assert get_donation(station.books, donation).campaign == "C-1"
    assert campaign_of(station.donation(2, pledge=pledges[3])) is msgspec.UNSET
    assert campaign_of(anything) is msgspec.UNSET


@pytest.mark.parametrize("origin", ["bought", "donor"])
def test_an_unknown_campaign_is_refused(station: StationLedger, origin: str) -> None:
    lines = [c.ArrivalLine(item="mask", quantity=1)]
    command: c.Command = c.RecordArrival(
        origin="bought", party="X-1", location="store", lines=lines, campaign="C-9"
    )
    if origin == "donor":
        command = msgspec.structs.replace(station.donation(5), campaign="C-9")
    with pytest.raises(InvalidField, match="unknown campaign C-9") as refusal:
        station(command)
    assert refusal.value.faults[0].pointer == "/campaign"
    assert station.entries() == 0
