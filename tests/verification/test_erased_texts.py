"""Verification accepts an erased text only if an entry lists its digest."""

from __future__ import annotations

from support.every_kind import RecordingStation, book_needs_and_pledges
from support.tampering import Tampering, verification_error

from supplies.domain import commands as c
from supplies.verification.verify import verify


def test_books_verify_after_forgetting(books_url: str) -> None:
    station = RecordingStation(books_url)
    pledged = book_needs_and_pledges(station)
    station.record(c.CancelPledge(pledge=pledged[2], reason="cannot"))
    gift = [c.DonationLine(item="gel", quantity=2)]
    station.record(c.RecordDonation(donor="wang", location="a", handled_by="Zhang", lines=gift))
    before = station.ledger.store.all("SELECT digest FROM erasable WHERE content IS NULL")
    station.record(c.ForgetDonor(donor="wang"))
    after = station.ledger.store.all("SELECT digest FROM erasable WHERE content IS NULL")
    assert len(after) > len(before) == 0
    assert verify(station.ledger.store).receipts == 1
    station.ledger.close()


def test_a_text_erased_without_an_entry_is_found(store: Tampering) -> None:
    store.run(
        "UPDATE erasable SET salt = NULL, content = NULL WHERE digest = "
        "(SELECT min(digest) FROM erasable WHERE content IS NOT NULL)"
    )
    error = verification_error(store)
    assert (error.table, error.column, error.found) == ("erasable", "content", "nothing")


def test_an_erased_text_that_was_restored_is_found(store: Tampering) -> None:
    (digest,) = store.one("SELECT digest FROM erasures") or ("",)
    store.run(
        "UPDATE erasable SET salt = :salt, content = :content WHERE digest = :digest",
        {"salt": bytes(16), "content": b"{}", "digest": digest},
    )
    assert verification_error(store).table == "erasable"


def test_a_replaced_text_is_found(store: Tampering) -> None:
    store.run(
        "UPDATE erasable SET content = :content WHERE digest = "
        "(SELECT min(digest) FROM erasable WHERE content IS NOT NULL)",
        {"content": b'{"note": "something else"}'},
    )
    error = verification_error(store)
    assert (error.table, error.column) == ("erasable", "content")
