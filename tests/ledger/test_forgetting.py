"""Forgetting donors and recipients: what is erased, what stays, and when it is refused."""

from __future__ import annotations

import pytest
from support.ledger_fixture import StationLedger
from support.refusals import assert_refused

from supplies.domain import commands as c
from supplies.errors import (
    Forgotten,
    InvalidField,
    Unaccounted,
)


def contents(station: StationLedger, about: str) -> list[object]:
    rows = station.books.all("SELECT salt, content FROM erasable WHERE about = :about", about=about)
    return [cell for row in rows for cell in row]


def test_no_name_or_free_text_is_in_the_hashed_bytes(station: StationLedger) -> None:
    station.need(5, note="住在三楼的张婆婆")
    station.give(5, wish="给张婆婆")
    bodies = b"".join(row[0] for row in station.books.all("SELECT body FROM entries"))
    for text in ("张婆婆", "三楼", "陈某", "广州某企业"):
        assert text.encode() not in bodies


def test_forgetting_a_donor_erases_the_salt_and_content_of_their_texts(
    station: StationLedger,
) -> None:
    station.give(5, donor="D-2", wish="给张婆婆")
    assert all(contents(station, "donor:D-2"))
    station(c.ForgetDonor(donor="D-2"))
    assert not any(contents(station, "donor:D-2"))
    assert station.books.all("SELECT name, phone FROM donors WHERE code = 'D-2'") == [(None, None)]
    assert station.total("donor:D-2") == -5


def test_the_code_of_a_forgotten_donor_cannot_be_used(station: StationLedger) -> None:
    station(c.ForgetDonor(donor="D-2"))
    with pytest.raises(Forgotten, match="register them under another code"):
        station.give(5, donor="D-2")
    with pytest.raises(Forgotten):
        station(c.ForgetDonor(donor="D-2"))


def test_a_donor_with_an_open_pledge_cannot_be_forgotten(station: StationLedger) -> None:
    pledge = station.pledge(5)
    with pytest.raises(Unaccounted, match=f"still has pledge {pledge} outstanding"):
        station(c.ForgetDonor(donor="D-1"))
    station(c.LapsePledge(pledge=pledge, reason="r"))
    station(c.ForgetDonor(donor="D-1"))


def test_a_recipient_with_an_open_need_or_delivery_cannot_be_forgotten(
    station: StationLedger,
) -> None:
    need = station.need(5)
    station.stock(9)
    with pytest.raises(Unaccounted, match=f"still has need {need} open"):
        station(c.ForgetRecipient(recipient="R-1"))
    station(c.EndNeed(need=need, reason="moved"))
    allocation = station.allocate(9)
    with pytest.raises(Unaccounted, match="is not yet handed over"):
        station(c.ForgetRecipient(recipient="R-1"))
    delivery = station.dispatch(allocation)
    with pytest.raises(Unaccounted, match="is not yet handed over"):
        station(c.ForgetRecipient(recipient="R-1"))
    station.outcome(delivery, allocation, "handed_over", note="给了她女儿")
    station(c.ForgetRecipient(recipient="R-1"))
    assert not any(contents(station, "recipient:R-1"))
    assert station.total("received:R-1") == 9


def test_the_anonymous_donor_cannot_be_forgotten(station: StationLedger) -> None:
    with pytest.raises(InvalidField, match="no personal data"):
        station(c.ForgetDonor(donor="anonymous"))


def test_a_recipient_with_an_open_conflict_cannot_be_forgotten(station: StationLedger) -> None:
    station.stock(5)
    allocation = station.allocate(5)
    delivery = station.dispatch(allocation)
    station.outcome(delivery, allocation, "handed_over")
    conflict = station.outcome(delivery, allocation, "refused").seq
    forget = c.ForgetRecipient(recipient="R-1")
    assert f"conflict of entry {conflict}" in assert_refused(
        station, Unaccounted, lambda: station(forget)
    )
