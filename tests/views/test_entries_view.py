"""The views of entries and of conflicts."""

import base64
import hashlib

import msgspec
import pytest
from support.ledger_fixture import StationLedger
from support.view_json import has_exact_json

from supplies.domain import commands as c
from supplies.errors import InvalidField, NotFound
from supplies.views.entries import get_conflict, get_entry, list_conflicts, list_entries


def test_an_entry_shows_its_content_and_the_hashed_bytes(station: StationLedger) -> None:
    need = station.need(10)
    found = get_entry(station.books, 1)
    body = station.books.value("SELECT body FROM entries WHERE station = :station AND seq = 1")
    assert has_exact_json(
        found,
        {
            "station": "lx",
            "seq": 1,
            "id": found.id,
            "kind": "need_noted",
            "document": need,
            "happened_on": "2020-02-10",
            "booked_on": "2020-02-10",
            "recorded_at": "2020-02-10T04:00:00.000000Z",
            "recorded_by": "u_1",
            "supersedes": None,
            "superseded_by": None,
            "transfers": [
                {
                    "line": 1,
                    "from": "asked:R-1",
                    "to": "needed:n_1",
                    "item": "mask",
                    "lot": None,
                    "quantity": 10,
                }
            ],
            "previous": "00" * 32,
            "hash": hashlib.sha256(bytes(32) + body).hexdigest(),
            "body": base64.b64encode(body).decode(),
        },
    )


def test_an_entry_names_the_previous_entry_and_the_lots(station: StationLedger) -> None:
    station.need()
    lot = station.stock(5)
    first, second = get_entry(station.books, 1), get_entry(station.books, 2)
    assert second.previous == first.hash
    assert [(t.source, t.target, t.lot) for t in second.transfers] == [
        ("opening:store", "stock:store", lot)
    ]


def test_a_corrected_entry_and_its_correction_name_each_other(station: StationLedger) -> None:
    station.need(10)
    wrong = c.NoteNeed(recipient="R-1", item="mask", quantity=4)
    station(c.Correct(entry=1, command=wrong, reason="typed wrongly"))
    assert get_entry(station.books, 1).superseded_by == 2
    assert get_entry(station.books, 2).supersedes == 1
    assert get_entry(station.books, 2).superseded_by is None


def test_an_unknown_entry_is_not_found(station: StationLedger) -> None:
    with pytest.raises(NotFound, match="unknown entry 1"):
        get_entry(station.books, 1)


def test_entries_are_listed_oldest_first_by_kind_and_by_document(station: StationLedger) -> None:
    need = station.need(10)
    station.stock(5)
    station(c.EndNeed(need=need, reason="moved"))
    assert [one.seq for one in list_entries(station.books).items] == [1, 2, 3]
    assert [one.seq for one in list_entries(station.books, kind="stock_opened").items] == [2]
    assert [one.seq for one in list_entries(station.books, document=need).items] == [1, 3]


def test_the_next_page_of_entries_continues_the_list(station: StationLedger) -> None:
    for _ in range(5):
        station.need()
    seen, after = [], None
    for _ in range(3):
        part = list_entries(station.books, after=after, limit=2)
        seen.append([one.seq for one in part.items])
        after = part.next
    assert seen == [[1, 2], [3, 4], [5]]
    assert after is None
    assert len(list_entries(station.books, limit=None).items) == 5


@pytest.mark.parametrize("after", ["", "x", "-1", "1.5", "٣", "9" * 30])
def test_an_invalid_cursor_of_entries_is_refused(station: StationLedger, after: str) -> None:
    with pytest.raises(InvalidField) as refusal:
        list_entries(station.books, after=after)
    assert refusal.value.faults[0].pointer == "/after"


@pytest.mark.parametrize("limit", [0, -1, 501])
def test_an_invalid_page_size_of_entries_is_refused(station: StationLedger, limit: int) -> None:
    with pytest.raises(InvalidField) as refusal:
        list_entries(station.books, limit=limit)
    assert refusal.value.faults[0].pointer == "/limit"


def test_a_conflict_is_open_until_it_is_resolved(station: StationLedger) -> None:
    station.stock(10)
    allocation = station.allocate(10)
    delivery = station.dispatch(allocation)
    station.outcome(delivery, allocation, "handed_over")
    contradicted = station.outcome(delivery, allocation, "not_at_home", note="locked")
    (waiting,) = list_conflicts(station.books).items
    assert has_exact_json(
        waiting,
        {
            "seq": contradicted.seq,
            "document": delivery,
            "because": contradicted.conflict,
            "stated": msgspec.json.decode(waiting.stated),
            "happened_on": "2020-02-10",
            "recorded_at": "2020-02-10T04:00:00.000000Z",
            "recorded_by": "u_1",
            "resolved_in": None,
            "resolved_by": None,
            "note": "locked",
            "resolved_because": None,
        },
    )
    assert b"locked" not in bytes(waiting.stated)
    decided = station(
        c.ResolveConflict(conflict=contradicted.seq, by="unexplained", reason="the guard saw it")
    )
    assert list_conflicts(station.books).items == []
    (resolved,) = list_conflicts(station.books, open_only=False).items
    assert (resolved.resolved_in, resolved.resolved_by) == (decided.seq, "unexplained")
    assert resolved.resolved_because == "the guard saw it"
    assert get_conflict(station.books, contradicted.seq) == resolved


def test_an_entry_of_another_kind_is_not_found_as_a_conflict(station: StationLedger) -> None:
    station.need()
    with pytest.raises(NotFound, match="entry 1 is not a conflict"):
        get_conflict(station.books, 1)
