"""The movements of an account explain its balance."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from support.every_kind import RecordingStation, book_everything

from supplies.errors import InvalidField
from supplies.views.movements import MovementView, list_movements, report_movements
from supplies.views.stock import get_stock, list_balances


@pytest.fixture
def station(tmp_path: Path) -> RecordingStation:
    """Books with an entry of nearly every kind."""
    station = RecordingStation(str(tmp_path / "books.db"))
    book_everything(station, str(tmp_path / "elsewhere.db"))
    return station


def test_movements_lead_from_zero_to_the_balance(station: RecordingStation) -> None:
    with station.ledger.reading() as books:
        for row in get_stock(books, limit=None).items:
            for lot in (row.lot, None):
                account = f"stock:{row.location}"
                found = list_movements(books, account, row.item, lot=lot, limit=100)
                assert found.next is None
                assert found.items[0].balance == found.balance
                assert found.items[-1].balance == found.items[-1].change
                assert sum(one.change for one in found.items) == found.balance
                if lot:
                    assert found.balance == row.free
                for later, earlier in zip(found.items, found.items[1:], strict=False):
                    assert later.balance == earlier.balance + later.change
                    assert later.entry >= earlier.entry


def test_pages_of_movements_join_without_gaps(station: RecordingStation) -> None:
    with station.ledger.reading() as books:
        whole = list_movements(books, "stock:a", "mask", limit=100).items
        pages: list[MovementView] = []
        after = None
        while True:
            page = list_movements(books, "stock:a", "mask", after=after, limit=2)
            pages += page.items
            after = page.next
            if after is None:
                break
    assert pages == whole
    assert len(whole) > 4


@pytest.mark.parametrize(
    ("account", "item", "after"),
    [("stock", "mask", None), ("stock:a", "none", None), ("stock:a", "mask", "5")],
)
def test_a_wrong_account_item_or_cursor_is_refused(
    station: RecordingStation, account: str, item: str, after: str | None
) -> None:
    with station.ledger.reading() as books, pytest.raises(InvalidField):
        list_movements(books, account, item, after=after)


def test_a_place_that_is_not_registered_has_no_accounts(station: RecordingStation) -> None:
    with station.ledger.reading() as books:
        for account in ("stock:nowhere", "stock:nowhere:"):
            with pytest.raises(InvalidField, match="nowhere") as refused:
                list_balances(books, account)
            assert [fault.pointer for fault in refused.value.faults] == ["/account"]
        with pytest.raises(InvalidField, match="unknown location 'nowhere'") as refused:
            list_movements(books, "stock:nowhere", "mask")
        assert [fault.pointer for fault in refused.value.faults] == ["/account"]
        with pytest.raises(InvalidField, match="unknown location 'nowhere'"):
            report_movements(books, "stock:nowhere", "mask", date(2020, 2, 1), date(2020, 2, 9))
