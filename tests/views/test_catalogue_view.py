"""The views of catalogue records: lists, search and pagination."""

import pytest
from support.ledger_fixture import StationLedger
from support.view_json import has_exact_json

from supplies.domain import commands as c
from supplies.domain.catalogue_records import Donor, Item, Location, Recipient, Team
from supplies.errors import InvalidField, NotFound
from supplies.views.catalogue import get_record, list_records


def found(station: StationLedger, kind: type[Item | Donor | Recipient], q: str) -> list[str]:
    return [one.code for one in list_records(station.books, kind, q).items]


def test_catalogue_records_are_shown_as_registered(station: StationLedger) -> None:
    assert has_exact_json(
        get_record(station.books, Item, "soap"),
        {
            "code": "soap",
            "name": "洗手液",
            "name_en": "hand sanitiser",
            "unit": "bottle",
            "category": None,
            "packs": {"six": 6},
            "barcodes": [],
            "aliases": [],
            "minimum": None,
            "retired": False,
            "needs_batch": False,
            "needs_expiry": False,
            "shown_unit": None,
        },
    )
    assert get_record(station.books, Location, "ward").quarantine is True


def test_catalogue_records_are_listed_by_code_in_pages(station: StationLedger) -> None:
    first = list_records(station.books, Item, limit=2)
    assert ([one.code for one in first.items], first.next) == (["mask", "rice"], "rice")
    rest = list_records(station.books, Item, after=first.next, limit=2)
    assert ([one.code for one in rest.items], rest.next) == (["soap"], None)
    assert [one.code for one in list_records(station.books, Team, limit=None).items] == [
        "T-1",
        "T-2",
    ]


def test_catalogue_records_are_found_by_two_characters_of_their_name(
    station: StationLedger,
) -> None:
    assert found(station, Item, "手液") == ["soap"]
    assert found(station, Recipient, "王某") == ["R-1"]


def test_catalogue_records_are_found_by_code_and_english_name_in_any_case(
    station: StationLedger,
) -> None:
    assert found(station, Item, "SANIT") == ["soap"]
    assert found(station, Donor, "d-") == ["D-1", "D-2"]


@pytest.mark.parametrize("sign", ["%", "_", "!", "'"])
def test_sql_wildcards_in_a_search_are_literal(station: StationLedger, sign: str) -> None:
    assert found(station, Item, sign) == []
    station.ledger.register(Item(code="odd", name=f"50{sign} alcohol"))
    assert found(station, Item, sign) == ["odd"]


def test_a_forgotten_donor_stays_in_the_list_without_a_name(station: StationLedger) -> None:
    station(c.ForgetDonor(donor="D-2"))
    assert get_record(station.books, Donor, "D-2").name is None
    assert found(station, Donor, "李") == []
    assert len(list_records(station.books, Donor).items) == 2


def test_unknown_records_and_invalid_page_sizes_are_refused(station: StationLedger) -> None:
    with pytest.raises(NotFound, match="D-9 is not in donors"):
        get_record(station.books, Donor, "D-9")
    with pytest.raises(InvalidField):
        found(station, Item, "x" * 201)


def test_retired_records_are_listed_only_if_they_are_asked_for(station: StationLedger) -> None:
    station.ledger.amend(Team(code="T-1", name="一队", retired=True))
    for retired, codes in ((None, ["T-1", "T-2"]), (True, ["T-1"]), (False, ["T-2"])):
        page = list_records(station.books, Team, retired=retired)
        assert [one.code for one in page.items] == codes
    assert [one.code for one in list_records(station.books, Team, "队", retired=True).items] == [
        "T-1"
    ]
