"""The view of stock: now, at the end of a day and as of an entry."""

from datetime import date

import pytest
from support.ledger_fixture import StationLedger
from support.view_json import has_exact_json

from supplies.domain import commands as c
from supplies.domain.catalogue_records import Location
from supplies.errors import InvalidField
from supplies.views import stock as stock_view
from supplies.views.stock import get_stock, iterate_stock, list_balances


def test_stock_is_a_row_for_each_location_item_and_lot(station: StationLedger) -> None:
    station.stock(50, batch="B7", expires_on=date(2022, 1, 31))
    station.allocate(10)
    assert has_exact_json(
        get_stock(station.books),
        {
            "as_of": {"date": "2020-02-10", "seq": 2},
            "items": [
                {
                    "location": "store",
                    "item": "mask",
                    "name": "口罩",
                    "unit": "piece",
                    "lot": "l_lx_1_1",
                    "batch": "B7",
                    "expires_on": "2022-01-31",
                    "on_hand": 50,
                    "free": 40,
                    "allocated": 10,
                }
            ],
            "next": None,
        },
    )


def test_empty_books_have_no_stock_and_no_day(station: StationLedger) -> None:
    assert has_exact_json(
        get_stock(station.books), {"as_of": {"date": None, "seq": 0}, "items": [], "next": None}
    )


def test_allocated_goods_are_shown_at_the_location_they_returned_to(
    station: StationLedger,
) -> None:
    station.stock(10)
    allocation = station.allocate(10)
    lines = [c.OutcomeLine(line=1, brought_back=10, location="annex")]
    station.outcome(station.dispatch(allocation), allocation, "not_at_home", lines=lines)
    (row,) = get_stock(station.books).items
    assert (row.location, row.on_hand, row.free, row.allocated) == ("annex", 10, 0, 10)


def test_stock_is_filtered_by_location_and_item(station: StationLedger) -> None:
    station.stock(10)
    station.stock(20, "soap", location="annex")
    station.allocate(1)

    def rows(**only: str) -> list[tuple[str, str, int]]:
        return [
            (row.location, row.item, row.on_hand) for row in get_stock(station.books, **only).items
        ]

    assert rows() == [("annex", "soap", 20), ("store", "mask", 10)]
    assert rows(location="store") == [("store", "mask", 10)]
    assert rows(item="soap") == [("annex", "soap", 20)]
    assert rows(item="soap", location="store") == []


def test_stock_as_of_a_day_includes_entries_recorded_later(station: StationLedger) -> None:
    station.stock(10, happened_on=station.day(-5))
    station.allocate(4)
    station.stock(7, happened_on=station.day(-3))

    def total(day: int) -> tuple[int, int]:
        rows = get_stock(station.books, as_of=station.day(day)).items
        return sum(row.free for row in rows), sum(row.allocated for row in rows)

    assert [total(day) for day in (-6, -5, -4, -3, -1, 0)] == [
        (0, 0),
        (10, 0),
        (10, 0),
        (17, 0),
        (17, 0),
        (13, 4),
    ]
    assert get_stock(station.books, as_of=station.day(-4)).as_of.day == station.day(-4)


def test_stock_at_an_entry_excludes_entries_recorded_later(station: StationLedger) -> None:
    station.stock(10)
    station.allocate(4)
    station.stock(7, happened_on=station.day(-3))

    def known(seq: int) -> list[tuple[int, int]]:
        return [(row.free, row.allocated) for row in get_stock(station.books, at_seq=seq).items]

    assert [known(seq) for seq in range(4)] == [[], [(10, 0)], [(6, 4)], [(6, 4), (7, 0)]]
    moment = get_stock(station.books, at_seq=2).as_of
    assert (moment.day, moment.seq) == (station.day(0), 2)


def test_an_invalid_day_or_entry_is_refused(station: StationLedger) -> None:
    station.stock(10)
    with pytest.raises(InvalidField, match="unknown entry 2; the last is 1"):
        get_stock(station.books, at_seq=2)
    with pytest.raises(InvalidField, match="not both"):
        get_stock(station.books, at_seq=1, as_of=station.day(0))


def test_the_next_page_of_stock_continues_the_list(station: StationLedger) -> None:
    for _ in range(5):
        station.stock(1)
    first = get_stock(station.books, limit=3)
    rest = get_stock(station.books, limit=3, after=first.next)
    assert [row.lot for row in first.items + rest.items] == [f"l_lx_{n}_1" for n in range(1, 6)]
    assert rest.next is None


def test_balances_include_all_accounts_below_a_prefix(station: StationLedger) -> None:
    need = station.need(4)
    station.pledge(10, {need: 4})
    station.pledge(1)
    assert has_exact_json(
        list_balances(station.books, "pledged:p_2"),
        [
            {"account": "pledged:p_2", "item": "mask", "lot": None, "quantity": 6},
            {"account": "pledged:p_2:n_1", "item": "mask", "lot": None, "quantity": 4},
        ],
    )
    assert [row.account for row in list_balances(station.books, "pledged:")] == [
        "pledged:p_2",
        "pledged:p_2:n_1",
        "pledged:p_3",
    ]
    assert list_balances(station.books, "stock:store") == []
    with pytest.raises(InvalidField, match="'stok' is not a kind of account"):
        list_balances(station.books, "stok:store")


def test_locations_with_a_common_prefix_are_all_listed(station: StationLedger) -> None:
    for code in ("store-2", "store.x", "store_1"):
        station.ledger.register(Location(code=code, name=code))
    for place in ("store", "store-2", "store.x", "store_1"):
        station.stock(1, location=place)
    seen, after = [], None
    while True:
        part = get_stock(station.books, limit=1, after=after)
        seen += [row.location for row in part.items]
        after = part.next
        if after is None:
            break
    assert seen == ["store", "store-2", "store.x", "store_1"]


@pytest.mark.parametrize("after", ["", "7", "store", "store:mask", "a:b:c:d", "store:口罩:l_1"])
def test_an_invalid_cursor_of_stock_is_refused(station: StationLedger, after: str) -> None:
    with pytest.raises(InvalidField, match="not a cursor of this list") as refusal:
        get_stock(station.books, after=after)
    assert refusal.value.faults[0].pointer == "/after"


def test_the_stock_read_in_parts_is_that_of_the_page(
    station: StationLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stock_view, "MAX_LIMIT", 2)
    station.ledger.register(Location(code="store-2", name="Store 2"))
    for _ in range(3):
        station.give(7)
        station.give(5, item="soap")
        station.stock(4, location="store-2")
    station.allocate(9)  # all of a lot, and a part of the next
    whole = get_stock(station.books, limit=None).items
    assert any(row.free == 0 for row in whole)
    assert list(iterate_stock(station.books)) == whole
    for item, location in (("soap", None), (None, "store-2")):
        part = get_stock(station.books, item=item, location=location, limit=None).items
        assert list(iterate_stock(station.books, item=item, location=location)) == part != []
