"""A donation read as the command that states it."""

from __future__ import annotations

from datetime import date
from typing import Any, get_type_hints

import msgspec
import pytest
from support.ledger_fixture import StationLedger

from supplies.domain.catalogue_records import Campaign
from supplies.domain.commands import DonationLine, RecordDonation
from supplies.domain.money import Value
from supplies.domain.validation import convert
from supplies.views.stated_donation import stated_donation

LINES = {
    "plain": DonationLine(item="mask", quantity=5),
    "packs": DonationLine(item="mask", quantity=2, pack="ten", pack_size=12),
    "labels": DonationLine(item="soap", quantity=5, batch="B1", expires_on=date(2027, 5, 3)),
    "month": DonationLine(
        item="soap", quantity=5, expires_on=date(2027, 5, 31), expires_month="2027-05"
    ),
    "value": DonationLine(
        item="mask", quantity=5, value=Value(minor=1250, currency="CNY", evidence="invoice 7")
    ),
    "wish": DonationLine(item="mask", quantity=5, recipient="R-1"),
    "quarantine": DonationLine(item="mask", quantity=5, quarantine="ward"),
    "write-off": DonationLine(item="mask", quantity=5, write_off="damaged"),
}


@pytest.mark.parametrize("names", [[name] for name in LINES] + [list(LINES)], ids=",".join)
def test_a_donation_is_read_as_it_was_stated(station: StationLedger, names: list[str]) -> None:
    command = RecordDonation(
        donor="D-1",
        location="store",
        handled_by="陈某",
        lines=[LINES[name] for name in names],
        wish="for the school",
        happened_on=station.day(0),
    )
    donation = str(station(command).document)
    assert stated_donation(station.books, donation) == command


def test_every_text_of_a_donation_is_read_as_it_was_stated(station: StationLedger) -> None:
    fields: dict[str, Any] = {
        "location": "store",
        "lines": [LINES["plain"]],
        "happened_on": station.day(0),
    }
    texts = {
        name: f"some {name}"
        for name, kind in get_type_hints(RecordDonation).items()
        if name not in (*fields, "donor", "campaign") and kind in (str, str | None)
    }
    assert "agreement" in texts
    command = convert(RecordDonation, {**msgspec.to_builtins(fields), **texts})
    donation = str(station(command).document)
    assert stated_donation(station.books, donation) == command


def test_the_campaign_of_a_donation_is_read_as_it_was_stated(station: StationLedger) -> None:
    station.ledger.register(Campaign(code="appeal", name="Appeal"))
    command = RecordDonation(
        location="store",
        handled_by="陈某",
        lines=[LINES["plain"]],
        campaign="appeal",
        happened_on=station.day(0),
    )
    assert stated_donation(station.books, str(station(command).document)) == command


def test_a_donation_that_keeps_pledges_says_so(station: StationLedger) -> None:
    station.pledge(5)
    command = RecordDonation(
        donor="D-1",
        location="store",
        handled_by="陈某",
        lines=[LINES["plain"]],
        keep_pledges=True,
        happened_on=station.day(0),
    )
    donation = str(station(command).document)
    assert stated_donation(station.books, donation) == command
