"""The answer to a command is made from the entries that it wrote, and is the same as read back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from support.every_kind import RecordingStation, book_everything, record_the_rest

from supplies.books.reader import Books
from supplies.books.written import WrittenEntry
from supplies.domain import commands as c
from supplies.errors import NotFound, SuppliesError
from supplies.ledger.recorded import Recorded
from supplies.views.activities import get_activity
from supplies.views.allocations import get_allocation
from supplies.views.count_sheets import get_count_sheet
from supplies.views.deliveries import get_delivery
from supplies.views.donation_warnings import find_beside_pledge, find_missing_labels
from supplies.views.donations import get_donation
from supplies.views.entries import get_entry
from supplies.views.likely_duplicates import find_likely_duplicates
from supplies.views.needs import get_need
from supplies.views.pledges import get_pledge
from supplies.views.receipts import get_receipt
from supplies.views.shipments import get_shipment
from supplies.views.stock_documents import StockNoun, get_stock_document
from supplies.views.stock_warnings import find_unexpired_write_offs, find_unexplained_surplus

DOCUMENTS: list[Callable[[Books, str], Any]] = [
    get_activity,
    get_allocation,
    get_count_sheet,
    get_delivery,
    get_donation,
    get_need,
    get_pledge,
    get_receipt,
    get_shipment,
    *(lambda books, name, noun=noun: get_stock_document(books, noun, name)
      for noun in get_args(StockNoun)),
    find_beside_pledge,
    find_missing_labels,
    find_unexplained_surplus,
    find_unexpired_write_offs,
]  # fmt: skip
"""The views of a document that answers to commands show."""


class ComparingStation(RecordingStation):
    """Compares what views show of each recorded command, before and after it is read back."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.kinds = set[type[c.Command]]()

    def record(self, command: c.Command) -> Recorded:
        recorded, written = self.ledger.record_and_show(command, by="w1")
        assert shown(self.ledger.books, recorded, written) == shown(self.ledger.books, recorded, ())
        self.kinds.add(type(command))
        return recorded


def shown(books: Books, recorded: Recorded, written: Sequence[WrittenEntry]) -> list[bytes]:
    """Return what views show of a command: its entries and all documents that they are about."""
    with books.cache_queries(written):
        seqs = range(recorded.seq, recorded.last + 1)
        entries = [get_entry(books, seq) for seq in seqs]
        documents = dict.fromkeys(entry.document for entry in entries if entry.document)
        views = [partial(view, books, name) for name in documents for view in DOCUMENTS]
        for entry in entries:
            views.append(partial(find_likely_duplicates, books, entry.document, entry.seq))
        return [msgspec.json.encode(entries), *(encoded(view) for view in views)]


def encoded(view: Callable[[], Any]) -> bytes:
    try:
        return msgspec.json.encode(view())
    except (NotFound, KeyError) as error:
        return type(error).__name__.encode()


@pytest.fixture
def station(tmp_path: Path) -> ComparingStation:
    return ComparingStation(str(tmp_path / "books.db"))


def test_views_of_each_command_are_the_same_from_its_entries_and_read_back(
    station: ComparingStation, tmp_path: Path
) -> None:
    with station.ledger:
        book_everything(station, str(tmp_path / "elsewhere.db"))
        record_the_rest(station)
    assert len(station.kinds) > 40


def give(station: ComparingStation) -> tuple[Recorded, Sequence[WrittenEntry]]:
    gift = c.RecordDonation(
        donor="wang",
        location="a",
        handled_by="Zhang",
        lines=[c.DonationLine(item="mask", quantity=5)],
        note="two boxes",
    )
    return station.ledger.record_and_show(gift, by="w1")


def test_nothing_is_read_back_to_show_a_new_gift_with_its_receipt(
    station: ComparingStation, monkeypatch: pytest.MonkeyPatch
) -> None:
    with station.ledger:
        recorded, written = give(station)
        asked: list[str] = []
        monkeypatch.setattr(station.ledger.store, "all", lambda sql, _: asked.append(sql) or [])
        monkeypatch.setattr(station.ledger.store, "one", lambda sql, _: asked.append(sql))
        with station.ledger.books.cache_queries(written) as _:
            donation = get_donation(station.ledger.books, str(recorded.document))
            get_receipt(station.ledger.books, str(donation.receipt))
            get_entry(station.ledger.books, recorded.seq)
        assert asked == []


def test_nothing_is_read_back_to_show_a_new_need(
    station: ComparingStation, monkeypatch: pytest.MonkeyPatch
) -> None:
    with station.ledger:
        need = c.NoteNeed(recipient="h1", item="mask", quantity=5)
        recorded, written = station.ledger.record_and_show(need, by="w1")
        asked: list[str] = []
        monkeypatch.setattr(station.ledger.store, "all", lambda sql, _: asked.append(sql) or [])
        monkeypatch.setattr(station.ledger.store, "one", lambda sql, _: asked.append(sql))
        with station.ledger.books.cache_queries(written) as _:
            view = get_need(station.ledger.books, str(recorded.document))
            get_entry(station.ledger.books, recorded.seq)
    assert (asked, view.asked, view.needed, view.status) == ([], 5, 5, "open")


def test_what_changes_after_the_answer_is_read_from_the_books(station: ComparingStation) -> None:
    with station.ledger:
        recorded, written = give(station)
        books = station.ledger.books
        with books.cache_queries(written):
            assert get_entry(books, recorded.seq).superseded_by is None
        undone = station.ledger.record(c.Reverse(entry=recorded.seq, reason="twice"), by="w1")
        assert get_entry(books, recorded.seq).superseded_by == undone.seq
        assert get_donation(books, str(recorded.document)).superseded_by is not None


def test_a_clock_that_was_set_back_is_shown_in_the_answer(station: ComparingStation) -> None:
    with station.ledger:
        give(station)
        station.clock.now = datetime(2020, 2, 2, tzinfo=UTC)
        recorded, written = give(station)
        with station.ledger.books.cache_queries(written):
            entry = get_entry(station.ledger.books, recorded.seq)
        assert [warned.warning for warned in entry.warnings or ()] == ["clock-set-back"]


def test_a_repeated_request_has_no_written_entries(station: ComparingStation) -> None:
    need = c.NoteNeed(recipient="h1", item="mask", quantity=2)
    name = "6f0cbb0e-7c3a-5b52-9d5b-5d0c7f3f2c11"
    with station.ledger:
        first, written = station.ledger.record_and_show(need, by="w1", id=name)
        again, none = station.ledger.record_and_show(need, by="w1", id=name)
    assert [entry.body.seq for entry in written] == [first.seq]
    assert again.repeated
    assert list(none) == []


def test_erased_texts_are_not_in_the_written_entries(station: ComparingStation) -> None:
    with station.ledger:
        give(station)
        _, written = station.ledger.record_and_show(c.ForgetDonor(donor="wang"), by="w1")
    assert list(written) == []


def test_an_entry_that_is_refused_by_the_database_is_not_shown(station: ComparingStation) -> None:
    taken = c.WriteOff(reason="damaged", location="a", lines=[c.LotLine(item="mask", quantity=1)])
    with station.ledger, pytest.raises(SuppliesError):
        station.ledger.record_and_show(taken, by="w1")
    assert station.ledger.books.written.entries == {}
