"""In the demo, the parts that views show sum to their totals."""

from collections.abc import Iterator

import pytest
from support.engines import ENGINES, Engines

from supplies.books.reader import Books
from supplies.demo.longxue import FIRST, LAST, book_scene
from supplies.views.allocations import list_allocations
from supplies.views.deliveries import list_deliveries
from supplies.views.donations import list_donations
from supplies.views.needs import list_needs
from supplies.views.pledges import list_pledges
from supplies.views.receipts import list_receipts
from supplies.views.station_report import build_station_report
from supplies.views.stock import get_stock


@pytest.fixture(scope="module", params=ENGINES)
def books(
    request: pytest.FixtureRequest, engines: Engines, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Books]:
    """The books of the scene, read in one state."""
    with (
        engines.books(request.param, tmp_path_factory.mktemp("scene")) as url,
        book_scene(url).ledger as ledger,
        ledger.reading() as found,
    ):
        yield found


def test_the_parts_of_every_need_sum_to_its_quantity(books: Books) -> None:
    found = list_needs(books, limit=None).items
    assert found
    for need in found:
        parts = need.needed + need.claimed + need.assigned + need.met + need.ended
        assert parts == need.asked, need


def test_the_parts_of_every_pledge_line_sum_to_its_quantity(books: Books) -> None:
    lines = [line for pledge in list_pledges(books, limit=None).items for line in pledge.lines]
    assert lines
    for line in lines:
        assert line.arrived + line.outstanding + line.lapsed + line.cancelled == line.promised, line


def test_the_parts_of_every_allocation_line_sum_to_its_quantity(books: Books) -> None:
    lines = [line for one in list_allocations(books, limit=None).items for line in one.lines]
    assert lines
    for line in lines:
        parts = line.allocated + line.in_transit + line.received + line.released + line.lost
        assert parts == line.quantity, line


def test_the_parts_of_every_loaded_line_sum_to_its_quantity(books: Books) -> None:
    found = list_deliveries(books, limit=None).items
    lines = [line for one in found for stop in one.stops for line in stop.lines]
    assert lines
    for line in lines:
        parts = line.received + line.brought_back + line.lost + line.in_transit
        assert parts == line.loaded, line


def test_every_donation_has_a_receipt_with_its_current_quantities(books: Books) -> None:
    papers = {one.number: one for one in list_receipts(books, limit=None).items}
    for donation in list_donations(books, limit=None).items:
        assert donation.receipt is not None
        paper = papers[donation.receipt]
        assert donation.id in paper.donations
        assert (paper.status == "issued") == bool(donation.lines)


def test_the_closing_stock_of_the_report_is_the_stock_of_its_last_day(books: Books) -> None:
    on_hand: dict[str, int] = {}
    for row in get_stock(books, as_of=LAST, limit=None).items:
        on_hand[row.item] = on_hand.get(row.item, 0) + row.on_hand
    report = build_station_report(books, FIRST, LAST)
    assert {line.item: line.on_hand for line in report.goods if line.on_hand} == on_hand
