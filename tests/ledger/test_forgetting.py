"""Forgetting donors and recipients: what is erased, what stays, and when it is refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.ledger_fixture import StationLedger
from support.outcomes import latest_decision
from support.refusals import assert_refused

from supplies.books.free_text import free_text_of_entry
from supplies.domain import commands as c
from supplies.domain.catalogue_records import Team
from supplies.errors import (
    Forgotten,
    InvalidField,
    NotFound,
    Unaccounted,
)
from supplies.views.entries import get_entry
from supplies.views.receipts import get_receipt

ONE = [c.LotLine(item="mask", quantity=1)]


def decide(station: StationLedger, conflict: int, by: c.Resolved) -> int:
    replaces = latest_decision(station.books, conflict)
    decision = c.ResolveConflict(
        conflict=conflict, replaces=replaces, by=by, reason="asked the team"
    )
    return station(decision).seq


def contradicted_hand_out(station: StationLedger, recipient: str = "G-1") -> int:
    """Report more masks than the books have, with a name in the note. Return the conflict."""
    station.ledger.amend(Team(code="T-1", name="一队", counter="annex"))
    station.give(5, location="annex")
    lines = [c.RecipientLine(item="mask", quantity=9)]
    headcount = 4 if recipient == "G-1" else None
    report = c.ReportHandOut(
        team="T-1",
        location="annex",
        recipient=recipient,
        headcount=headcount,
        lines=lines,
        note="for Aunt Zhang",
    )
    return station(report).seq


def contradicted_outcome(station: StationLedger) -> int:
    """Report two outcomes of a stop, with a name in the second. Return the conflict."""
    station.stock(5)
    allocation = station.allocate(5)
    delivery = station.dispatch(allocation)
    station.outcome(delivery, allocation, "handed_over")
    return station.outcome(delivery, allocation, "refused", note="Aunt Zhang says no").seq


CONTRADICTED = [contradicted_hand_out, contradicted_outcome]


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


TEXTS_ABOUT_NOBODY = [
    lambda: c.OpenStock(
        location="store", lines=[c.ArrivalLine(item="mask", quantity=5)], note="from Aunt Zhang"
    ),
    lambda: c.Move(source="store", target="annex", lines=ONE, note="Aunt Zhang helped"),
    lambda: c.IssueGoods(purpose="post", location="store", lines=ONE, note="for Aunt Zhang"),
    lambda: c.LendGoods(borrower="B-1", location="store", lines=ONE, note="Aunt Zhang asked"),
    lambda: c.WriteOff(reason="damaged", location="store", lines=ONE, note="by Aunt Zhang"),
    lambda: c.OpenCountSheet(location="store", note="counted by Aunt Zhang"),
    lambda: c.RecordActivity(kind="visit", count=1, who="Aunt Zhang"),
    # About a recipient, but it names somebody else.
    lambda: c.NoteNeed(recipient="R-1", item="mask", quantity=1, note="ask Aunt Zhang"),
]


@pytest.mark.parametrize("command", TEXTS_ABOUT_NOBODY)
def test_the_text_of_any_entry_can_be_erased(
    station: StationLedger, command: Callable[[], c.Command]
) -> None:
    station.stock(9)
    done = station(command())
    assert get_entry(station.books, done.seq).texts
    erased = station(c.ForgetText(entry=done.seq))
    assert get_entry(station.books, done.seq).texts is None
    texts = station.books.all("SELECT content FROM erasable WHERE content IS NOT NULL")
    assert b"Zhang" not in b"".join(content for (content,) in texts)
    assert station.books.body(erased.seq).kind == "forgotten"
    with pytest.raises(Forgotten):
        station(c.ForgetText(entry=done.seq))
    station.ledger.verify()


def test_the_note_of_a_dispatch_is_erased_by_its_entry(station: StationLedger) -> None:
    station.stock(9)
    allocation = station.allocate(4)
    delivery = station.dispatch(allocation, note="Aunt Zhang opens the door")
    seq = int(delivery.removeprefix("v_"))
    station(c.ForgetText(entry=seq))
    station.outcome(delivery, allocation, "handed_over", note="given to Aunt Zhang")
    station(c.ForgetText(entry=seq + 2))
    station.ledger.verify()


def test_a_command_whose_text_was_erased_can_be_corrected(station: StationLedger) -> None:
    station.stock(9)
    done = station(c.Move(source="store", target="annex", lines=ONE, note="Aunt Zhang helped"))
    station(c.ForgetText(entry=done.seq))
    two = [c.LotLine(item="mask", quantity=2)]
    again = c.Move(source="store", target="annex", lines=two)
    station(c.Correct(entry=done.seq, command=again, reason="two"))
    station.ledger.verify()


def test_the_text_of_an_open_conflict_or_of_nothing_is_not_erased(
    station: StationLedger,
) -> None:
    station.stock(5)
    silent = station(c.RecordActivity(kind="visit", count=1))
    with pytest.raises(InvalidField, match="no notes or reasons"):
        station(c.ForgetText(entry=silent.seq))
    with pytest.raises(NotFound):
        station(c.ForgetText(entry=99))
    allocation = station.allocate(5)
    delivery = station.dispatch(allocation)
    station.outcome(delivery, allocation, "handed_over")
    conflict = station.outcome(delivery, allocation, "refused", note="Aunt Zhang says no").seq
    with pytest.raises(Unaccounted, match="resolve it first"):
        station(c.ForgetText(entry=conflict))


@pytest.mark.parametrize("conflict_of", CONTRADICTED)
@pytest.mark.parametrize("erased", ["conflict", "first", "last"])
def test_the_text_of_a_booked_conflict_is_erased_from_the_report_and_all_its_decisions(
    station: StationLedger, conflict_of: Callable[[StationLedger], int], erased: str
) -> None:
    conflict = conflict_of(station)
    first = decide(station, conflict, "unexplained")
    kept = decide(station, conflict, "keep")
    last = decide(station, conflict, "unexplained")
    assert stored_texts(station).count(b"Zhang") == 3
    station(c.ForgetText(entry={"conflict": conflict, "first": first, "last": last}[erased]))
    assert b"Zhang" not in stored_texts(station)
    for seq in (conflict, first, last):
        with pytest.raises(Forgotten):
            station(c.ForgetText(entry=seq))
    assert free_text_of_entry(station.books, kept) == {"reason": "asked the team"}
    station.ledger.verify()


def test_a_copy_that_was_left_when_the_report_was_erased_can_be_erased(
    station: StationLedger,
) -> None:
    conflict = contradicted_hand_out(station)
    kept = decide(station, conflict, "keep")
    station(c.ForgetText(entry=conflict))
    booked = decide(station, conflict, "unexplained")
    assert free_text_of_entry(station.books, booked) == {"reason": "asked the team"}
    station(c.ForgetText(entry=booked))
    station(c.ForgetText(entry=kept))
    station.ledger.verify()


def test_erasing_the_reason_of_a_decision_for_the_books_keeps_the_report(
    station: StationLedger,
) -> None:
    conflict = contradicted_hand_out(station)
    station(c.ForgetText(entry=decide(station, conflict, "keep")))
    assert free_text_of_entry(station.books, conflict) == {"note": "for Aunt Zhang"}


def test_the_text_of_a_contradicted_count_is_erased_without_the_reason_of_its_decision(
    station: StationLedger,
) -> None:
    station.stock(5)
    sheet = str(station(c.OpenCountSheet(location="store")).document)
    lines = [c.LotLine(item="mask", quantity=5)]
    station(c.IssueGoods(purpose="post", location="store", lines=lines))
    count = c.CountStock(
        sheet=sheet, lines=[c.CountLine(item="mask", counted=1)], note="by Aunt Zhang"
    )
    conflict = station(count).seq
    decision = decide(station, conflict, "unexplained")
    station(c.ForgetText(entry=conflict))
    assert b"Zhang" not in stored_texts(station)
    assert free_text_of_entry(station.books, decision) == {"reason": "asked the team"}


@pytest.mark.parametrize("conflict_of", CONTRADICTED)
def test_forgetting_a_recipient_erases_the_texts_of_the_decisions_about_them(
    station: StationLedger, conflict_of: Callable[[StationLedger], int]
) -> None:
    conflict = conflict_of(station)
    for by in ("unexplained", "keep", "unexplained"):
        decide(station, conflict, by)  # type: ignore[arg-type]  # each is a way to decide
    recipient = str(station.books.body(conflict).about).removeprefix("recipient:")
    station(c.ForgetRecipient(recipient=recipient))
    assert b"Zhang" not in stored_texts(station)
    station.ledger.verify()


def anonymous_gift(**texts: str) -> c.RecordDonation:
    """Return an anonymous gift of one mask, with these texts."""
    line = c.DonationLine(item="mask", quantity=1)
    fields = {"handled_by": "Chen", **texts}
    return c.RecordDonation(donor=None, location="store", lines=[line], **fields)  # type: ignore[arg-type]  # texts only


def stored_texts(station: StationLedger) -> bytes:
    """Return all erasable texts that the books still contain, and all hashed bytes."""
    texts = station.books.all("SELECT content FROM erasable WHERE content IS NOT NULL")
    bodies = station.books.all("SELECT body FROM entries")
    return b"".join(cell for (cell,) in texts + bodies)


def test_a_name_in_the_note_of_a_gift_is_erased_after_a_correction(station: StationLedger) -> None:
    gift = station(anonymous_gift(note="from Aunt Zhang"))
    with pytest.raises(Unaccounted, match=f"correct the gift .* the text of entry {gift.seq}"):
        station(c.ForgetText(entry=gift.seq))
    station(c.Correct(entry=gift.seq, command=anonymous_gift(), reason="a name"))
    station(c.ForgetText(entry=gift.seq))
    assert b"Zhang" not in stored_texts(station)
    assert get_entry(station.books, gift.seq).texts is None
    receipt = get_receipt(station.books, "JZ-2020-000001")
    assert (receipt.status, receipt.document is None) == ("issued", False)
    station.ledger.verify()
    station(c.ReprintReceipt(number="JZ-2020-000001"))


def test_a_name_that_a_receipt_prints_is_erased_from_the_void_receipts(
    station: StationLedger,
) -> None:
    gift = station(anonymous_gift(wish="for Aunt Zhang"))
    note = c.Correct(
        entry=gift.seq, command=anonymous_gift(wish="for Aunt Zhang", note="soap"), reason="note"
    )
    second = station(note)
    third = station(c.Correct(entry=second.seq, command=anonymous_gift(), reason="a name"))
    for seq in (second.seq, gift.seq):
        station(c.ForgetText(entry=seq))
    assert b"Zhang" not in stored_texts(station)
    old, new = (get_receipt(station.books, f"JZ-2020-00000{n}") for n in (1, 2))
    assert (old.status, old.document, old.replaced_by) == ("void", None, new.number)
    assert new.document is not None
    assert new.document.wish is None
    with pytest.raises(Forgotten, match="the text of receipt JZ-2020-000001 was erased"):
        station(c.ReprintReceipt(number=old.number))
    with pytest.raises(Unaccounted):
        station(c.ForgetText(entry=third.seq))
    station.ledger.verify()


def test_erasing_the_text_of_a_correction_keeps_the_receipts_before_and_after_it(
    station: StationLedger,
) -> None:
    gift = station(anonymous_gift(wish="for the school"))
    second = station(
        c.Correct(entry=gift.seq, command=anonymous_gift(wish="for Aunt Zhang"), reason="heard")
    )
    station(c.Correct(entry=second.seq, command=anonymous_gift(), reason="a name"))
    station(c.ForgetText(entry=second.seq))
    erased = [get_receipt(station.books, f"JZ-2020-00000{n}").document is None for n in (1, 2, 3)]
    assert erased == [False, True, False]
    station.ledger.verify()


def test_the_texts_of_a_reversed_gift_and_the_reason_are_erased(station: StationLedger) -> None:
    gift = station(anonymous_gift(note="from Aunt Zhang"))
    back = station(c.Reverse(entry=gift.seq, reason="Aunt Zhang took it back"))
    station(c.ForgetText(entry=back.seq))
    assert get_receipt(station.books, "JZ-2020-000001").document is not None
    station(c.ForgetText(entry=gift.seq))
    assert b"Zhang" not in stored_texts(station)
    assert get_receipt(station.books, "JZ-2020-000001").document is None
    station.ledger.verify()


def test_the_text_of_found_goods_that_a_donor_gave_is_erased_after_a_reversal(
    station: StationLedger,
) -> None:
    station.stock(1)
    sheet = station(c.OpenCountSheet(location="store")).document
    station(c.CountStock(sheet=str(sheet), lines=[c.CountLine(item="mask", counted=3)]))
    settle = c.Settle(
        place="store",
        by="donor",
        party="anonymous",
        handled_by="Aunt Zhang",
        reason="given at the door",
        lines=[c.LotLine(item="mask", quantity=2)],
    )
    found = station(settle)
    with pytest.raises(Unaccounted):
        station(c.ForgetText(entry=found.seq))
    station(c.Reverse(entry=found.seq, reason="r"))
    station(c.ForgetText(entry=found.seq))
    assert b"Zhang" not in stored_texts(station)
    station.ledger.verify()


def test_a_receipt_whose_text_was_erased_and_its_donor_later_forgotten_verifies(
    station: StationLedger,
) -> None:
    gift = station.give(1, donor="D-2", wish="for Aunt Zhang")
    station(c.Correct(entry=gift.seq, command=station.donation(1, donor="D-2"), reason="a name"))
    station(c.ForgetText(entry=gift.seq))
    station(c.ForgetDonor(donor="D-2"))
    station.ledger.verify()


def test_a_person_whose_text_was_erased_can_still_be_forgotten(station: StationLedger) -> None:
    need = station.need(5, note="ask Aunt Zhang")
    station(c.ForgetText(entry=int(need.removeprefix("n_"))))
    station(c.EndNeed(need=need, reason="moved"))
    station(c.ForgetRecipient(recipient="R-1"))
    station.ledger.verify()


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
