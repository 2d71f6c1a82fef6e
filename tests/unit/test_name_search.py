"""Names are found by parts of them, and forgotten names are removed from the index."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from support.ledger_fixture import Clock, StationLedger, register_all

from supplies.domain import commands as c
from supplies.domain.catalogue_records import (
    CatalogueRecord,
    Donor,
    Item,
    Location,
    Recipient,
    Team,
)
from supplies.errors import InvalidField
from supplies.ledger.ledger import Ledger
from supplies.views.catalogue import get_record, list_records


def found(station: StationLedger, kind: type[CatalogueRecord], q: str) -> list[str]:
    return [one.code for one in list_records(station.books, kind, q).items]


@pytest.mark.parametrize(
    ("kind", "q", "codes"),
    [
        (Item, "口罩", ["mask"]),
        (Item, "口", ["mask"]),
        (Item, "罩口", []),
        (Item, "hand SANIT", ["soap"]),
        (Item, "sanitiser hand", ["soap"]),
        (Item, "itis", ["soap"]),
        (Item, "handsanit", []),
        (Item, "ＭＡＳＫ", ["mask"]),
        (Donor, "某企业", ["D-1"]),
        (Donor, "某", ["D-1", "D-2"]),
        (Recipient, "新来 居民", ["G-1"]),
        (Location, "store a", ["store"]),
        (Team, "二", ["T-2"]),
        (Team, "  ", ["T-1", "T-2"]),
    ],
)
def test_names_are_found_by_words_in_both_scripts(
    station: StationLedger, kind: type[CatalogueRecord], q: str, codes: list[str]
) -> None:
    assert found(station, kind, q) == codes


@pytest.mark.parametrize(
    "q",
    [
        "Nguyen", "nguyễn", "NGUYE\u0302\u0303N thi", "lodz", "13800138000", "138-0013-8000",
        "138 0013", "0013-8000", "+86138", "example street 5", "样例路", "１３８", "nguyen 样例",
    ],
)  # fmt: skip
def test_people_are_found_by_telephone_address_and_names_without_accents(
    station: StationLedger, q: str
) -> None:
    donor = Donor(
        code="D-9",
        name="Nguyễn Thị Łódź",
        phone="+86 138-0013-8000",
        address="样例路 Example Street 5",
    )
    station.ledger.register(donor)
    assert "D-9" in found(station, Donor, q)
    station.ledger.amend(msgspec.structs.replace(donor, phone=None, address=None, name="Tran"))
    assert "D-9" not in found(station, Donor, q)


def test_an_erased_person_is_not_found_by_telephone_or_address(station: StationLedger) -> None:
    station.ledger.amend(Recipient(code="R-2", name="张某", phone="02012345", address="样例路"))
    assert found(station, Recipient, "02012345 样例") == ["R-2"]
    station(c.ForgetRecipient(recipient="R-2"))
    assert found(station, Recipient, "02012345") == found(station, Recipient, "样例") == []
    assert station.books.value("SELECT count(*) FROM search WHERE piece = '样例'") == 0


def test_a_word_is_found_only_as_adjacent_characters(station: StationLedger) -> None:
    station.ledger.register(Item(code="one", name="abc bcd"), Item(code="two", name="abcd"))
    assert found(station, Item, "abcd") == ["two"]


def test_a_changed_name_is_found_only_by_the_new_one(station: StationLedger) -> None:
    station.ledger.amend(Donor(code="D-2", name="赵某"))
    assert found(station, Donor, "赵某") == ["D-2"]
    assert found(station, Donor, "李某") == []


def test_search_results_are_paginated(station: StationLedger) -> None:
    station.ledger.register(*(Item(code=f"tea-{n}", name="绿茶") for n in range(5)))
    codes: list[str] = []
    after = None
    while True:
        page = list_records(station.books, Item, "绿茶", after=after, limit=2)
        codes += [one.code for one in page.items]
        assert len(page.items) <= 2
        if (after := page.next) is None:
            break
        station.ledger.register(Item(code=f"a-{after}", name="绿茶"))
    assert codes == [f"tea-{n}" for n in range(5)]


def test_a_forgotten_name_is_removed_from_the_index(station: StationLedger) -> None:
    for kind, code in ((Donor, "D-2"), (Recipient, "R-2")):
        command = c.ForgetDonor(donor=code) if kind is Donor else c.ForgetRecipient(recipient=code)
        station(command)
        left = station.books.all("SELECT piece FROM search WHERE code = :code", code=code)
        assert {sign for (piece,) in left for sign in piece} == set(code.lower())
        assert found(station, kind, code) == [code]


def test_a_forgotten_name_is_not_in_the_database_file(tmp_path: Path, clock: Clock) -> None:
    with Ledger.open(str(tmp_path / "books.db"), station="lx", clock=clock) as ledger:
        register_all(ledger)
        ledger.register(Donor(code="D-9", name="欧阳夏丹"))
        pieces = [piece.encode() for piece in ("欧阳", "阳夏", "夏丹")]
        assert all(piece in _all_bytes(tmp_path) for piece in pieces)
        ledger.record(c.ForgetDonor(donor="D-9"), by="u_1")
        assert not any(piece in _all_bytes(tmp_path) for piece in pieces)


def _all_bytes(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir())


def test_names_in_older_books_are_indexed_when_they_are_opened(
    books_url: str, clock: Clock
) -> None:
    with Ledger.open(books_url, station="lx", clock=clock) as ledger:
        register_all(ledger)
        with ledger.store.writing():
            ledger.store.run("DELETE FROM search")
            ledger.store.run("DELETE FROM searchable")
    with Ledger.open(books_url, station="lx", clock=clock) as ledger:
        assert [one.code for one in list_records(ledger.books, Item, "口罩").items] == ["mask"]
        assert [one.code for one in list_records(ledger.books, Donor, "某企").items] == ["D-1"]


def test_names_hidden_from_the_user_are_not_searched(station: StationLedger) -> None:
    page = list_records(station.books, Donor, personal=False)
    assert [(one.code, one.name, one.phone, one.kind) for one in page.items] == [
        ("D-1", None, None, "organisation"),
        ("D-2", None, None, "person"),
    ]
    assert get_record(station.books, Recipient, "R-1", personal=False) == Recipient(
        code="R-1", community="longxue"
    )
    assert get_record(station.books, Item, "mask", personal=False).name == "口罩"
    with pytest.raises(InvalidField, match="not searched for by name"):
        list_records(station.books, Donor, "李", personal=False)


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_search_reads_the_rarest_part_of_the_word_first(station: StationLedger) -> None:
    """The work is measured as steps of SQLite's virtual machine."""
    station.ledger.register(Item(code="rare", name="绿茶"))
    steps = [_steps(station, "绿茶")]
    station.ledger.register(*(Item(code=f"x-{n}", name=f"绿豆 {n}") for n in range(400)))
    steps.append(_steps(station, "绿茶"))
    assert steps[1] < 2 * steps[0] + 200


def _steps(station: StationLedger, q: str) -> int:
    """Return how many steps SQLite takes for a search."""
    counted = 0

    def step() -> int:
        nonlocal counted
        counted += 1
        return 0

    connection = station.ledger.store.connection  # type: ignore[attr-defined]  # SQLite's connection
    connection.set_progress_handler(step, 1)
    try:
        assert found(station, Item, q) == ["rare"]
    finally:
        connection.set_progress_handler(None, 1)
    return counted
