"""Records that may be the same person or thing."""

from __future__ import annotations

import msgspec
import pytest
from support.ledger_fixture import StationLedger

from supplies.domain import commands as c
from supplies.domain.catalogue_records import CatalogueRecord, Donor, Item, Recipient
from supplies.views.look_alikes import find_look_alikes, list_look_alikes

LI = Donor(code="D-7", name="李 娟", phone="139-0013-8000", address="样例路5号 201房")


def warned(station: StationLedger, record: CatalogueRecord) -> dict[str, str]:
    """Register a record; return the warnings by the code that they are about."""
    station.ledger.register(record)
    return {one.about: one.detail for one in find_look_alikes(station.books, record)}


def listed(station: StationLedger, kind: str) -> list[tuple[list[str], list[str]]]:
    page = list_look_alikes(station.books, kind)
    return [([one.code for one in group.records], list(group.same)) for group in page.items]


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({"phone": "+86 13900138000"}, "telephone number"),
        ({"phone": "１３９００１３８０００"}, "telephone number"),
        ({"name": "李娟"}, "name"),
        ({"address": "样例路5号201房"}, "address"),
        ({"name": "李娟", "phone": "0086 139 0013 8000"}, "name and telephone number"),
    ],
)
def test_a_donor_with_the_same_name_telephone_or_address_is_named(
    station: StationLedger, changes: dict[str, str], same: str
) -> None:
    station.ledger.register(LI)
    other = Donor(code="D-8", **{"name": "王五", **changes})
    (detail,) = warned(station, other).values()
    assert f"D-7 has the same {same};" in detail
    for secret in ("李", "139", "样例"):
        assert secret not in detail


def test_different_people_and_people_of_another_kind_do_not_look_alike(
    station: StationLedger,
) -> None:
    station.ledger.register(LI)
    assert warned(station, Donor(code="D-8", name="李娟娟", phone="13900138001")) == {}
    assert warned(station, Recipient(code="R-8", name="李娟", phone="13900138000")) == {}


def test_look_alikes_are_listed_once_for_each_group(station: StationLedger) -> None:
    station.ledger.register(
        LI,
        msgspec.structs.replace(LI, code="D-8", address=None),
        Donor(code="D-9", name="赵六", address=LI.address),
        Item(code="mask-2", name="口罩"),
    )
    assert listed(station, "donors") == [
        (["D-7", "D-8"], ["name", "phone"]),
        (["D-7", "D-9"], ["address"]),
    ]
    assert listed(station, "items") == [(["mask", "mask-2"], ["name"])]
    assert listed(station, "recipients") == []
    first = list_look_alikes(station.books, "donors", limit=1)
    rest = list_look_alikes(station.books, "donors", after=first.next, limit=1)
    assert [one.same for one in (*first.items, *rest.items)] == [["name", "phone"], ["address"]]


def test_retired_and_forgotten_records_are_not_listed(station: StationLedger) -> None:
    station.ledger.register(LI, *(msgspec.structs.replace(LI, code=f"D-{n}") for n in (8, 9)))
    station.ledger.amend(msgspec.structs.replace(LI, retired=True))
    assert listed(station, "donors") == [(["D-8", "D-9"], ["name", "phone", "address"])]
    station(c.ForgetDonor(donor="D-8"))
    assert listed(station, "donors") == []
    assert "D-9" in warned(station, msgspec.structs.replace(LI, code="D-10"))


def test_a_name_that_begins_like_a_key_is_no_key(station: StationLedger) -> None:
    station.ledger.register(Item(code="a", name="=name:x"), Item(code="b", name="=n"))
    assert listed(station, "items") == []
