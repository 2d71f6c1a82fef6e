"""Work that moves no goods, and people who wish to be forgotten."""

from __future__ import annotations

import pytest
from support.ledger_fixture import Desk

from supplies.domain import commands as c
from supplies.errors import Forgotten, InvalidField, Unaccounted


def contents(desk: Desk, about: str) -> list[object]:
    rows = desk.books.all("SELECT salt, content FROM erasable WHERE about = :about", about=about)
    return [cell for row in rows for cell in row]


def test_an_activity_moves_nothing(desk: Desk) -> None:
    done = desk(c.RecordActivity(kind="visit", count=60, who="两位社工"))
    assert desk.books.body(done.seq).transfers == ()


def test_no_name_or_free_text_stands_in_the_hashed_bytes(desk: Desk) -> None:
    desk.need(5, note="住在三楼的张婆婆")
    desk.give(5, wish="给张婆婆")
    bodies = b"".join(row[0] for row in desk.books.all("SELECT body FROM entries"))
    for text in ("张婆婆", "三楼", "陈某", "广州某企业"):
        assert text.encode() not in bodies


def test_forgetting_a_donor_erases_salt_and_content_of_all_that_was_said_of_them(
    desk: Desk,
) -> None:
    desk.give(5, donor="D-2", wish="给张婆婆")
    assert all(contents(desk, "donor:D-2"))
    desk(c.ForgetDonor(donor="D-2"))
    assert not any(contents(desk, "donor:D-2"))
    assert desk.books.all("SELECT name, phone FROM donors WHERE code = 'D-2'") == [(None, None)]
    assert desk.total("donor:D-2") == -5


def test_a_forgotten_donor_gives_no_more_under_that_code(desk: Desk) -> None:
    desk(c.ForgetDonor(donor="D-2"))
    with pytest.raises(Forgotten, match="register them under another code"):
        desk.give(5, donor="D-2")
    with pytest.raises(Forgotten):
        desk(c.ForgetDonor(donor="D-2"))


def test_a_donor_with_a_pledge_outstanding_is_not_forgotten(desk: Desk) -> None:
    pledge = desk.pledge(5)
    with pytest.raises(Unaccounted, match=f"still has pledge {pledge} outstanding"):
        desk(c.ForgetDonor(donor="D-1"))
    desk(c.LapsePledge(pledge=pledge, reason="r"))
    desk(c.ForgetDonor(donor="D-1"))


def test_a_recipient_with_anything_open_is_not_forgotten(desk: Desk) -> None:
    need = desk.need(5)
    desk.stock(9)
    with pytest.raises(Unaccounted, match=f"still has need {need} open"):
        desk(c.ForgetRecipient(recipient="R-1"))
    desk(c.EndNeed(need=need, reason="moved"))
    allocation = desk.allocate(9)
    with pytest.raises(Unaccounted, match="is not yet handed over"):
        desk(c.ForgetRecipient(recipient="R-1"))
    delivery = desk.dispatch(allocation)
    with pytest.raises(Unaccounted, match="is not yet handed over"):
        desk(c.ForgetRecipient(recipient="R-1"))
    desk.outcome(delivery, allocation, "handed_over", note="给了她女儿")
    desk(c.ForgetRecipient(recipient="R-1"))
    assert not any(contents(desk, "recipient:R-1"))
    assert desk.total("received:R-1") == 9


def test_the_anonymous_have_nothing_to_forget(desk: Desk) -> None:
    with pytest.raises(InvalidField, match="nothing personal"):
        desk(c.ForgetDonor(donor="anonymous"))
