import pytest
from support.ledger_fixture import Desk
from support.view_json import shows

from supplies.domain import commands as c
from supplies.domain.catalogue_records import Donor, Item, Location, Recipient, Team
from supplies.errors import InvalidField, NotFound
from supplies.views.catalogue import get_record, list_records


def found(desk: Desk, kind: type[Item | Donor | Recipient], q: str) -> list[str]:
    return [one.code for one in list_records(desk.books, kind, q).items]


def test_a_noun_is_shown_as_it_was_registered(desk: Desk) -> None:
    assert shows(
        get_record(desk.books, Item, "soap"),
        {
            "code": "soap",
            "name": "洗手液",
            "name_en": "hand sanitiser",
            "unit": "bottle",
            "category": None,
            "packs": {"six": 6},
        },
    )
    assert get_record(desk.books, Location, "ward").quarantine is True


def test_nouns_are_listed_by_code_page_by_page(desk: Desk) -> None:
    first = list_records(desk.books, Item, limit=2)
    assert ([one.code for one in first.items], first.next) == (["mask", "rice"], "rice")
    rest = list_records(desk.books, Item, after=first.next, limit=2)
    assert ([one.code for one in rest.items], rest.next) == (["soap"], None)
    assert [one.code for one in list_records(desk.books, Team, limit=None).items] == ["T-1", "T-2"]


def test_nouns_are_found_by_two_characters_of_their_name(desk: Desk) -> None:
    assert found(desk, Item, "手液") == ["soap"]
    assert found(desk, Recipient, "王某") == ["R-1"]


def test_nouns_are_found_by_code_and_english_name_whatever_the_case(desk: Desk) -> None:
    assert found(desk, Item, "SANIT") == ["soap"]
    assert found(desk, Donor, "d-") == ["D-1", "D-2"]


@pytest.mark.parametrize("sign", ["%", "_", "!", "'"])
def test_signs_with_a_meaning_in_sql_mean_themselves(desk: Desk, sign: str) -> None:
    assert found(desk, Item, sign) == []
    desk.ledger.register(Item(code="odd", name=f"50{sign} alcohol"))
    assert found(desk, Item, sign) == ["odd"]


def test_a_forgotten_donor_stays_in_the_list_without_a_name(desk: Desk) -> None:
    desk(c.ForgetDonor(donor="D-2"))
    assert get_record(desk.books, Donor, "D-2").name is None
    assert found(desk, Donor, "李") == []
    assert len(list_records(desk.books, Donor).items) == 2


def test_what_is_not_there_or_endless_is_refused(desk: Desk) -> None:
    with pytest.raises(NotFound, match="no D-9 in donors"):
        get_record(desk.books, Donor, "D-9")
    with pytest.raises(InvalidField):
        found(desk, Item, "x" * 201)
