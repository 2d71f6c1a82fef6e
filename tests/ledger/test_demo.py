"""The demo: its report follows from its entries."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.engines import ENGINES, Engines

from supplies.demo.longxue import FIRST, LAST, MET, STATION, Scene, SceneClock
from supplies.ledger.ledger import Ledger
from supplies.verification.verify import verify
from supplies.views.deliveries import list_deliveries
from supplies.views.donations import list_donations
from supplies.views.entries import list_entries
from supplies.views.needs import list_needs
from supplies.views.receipts import list_receipts
from supplies.views.station_report import build_station_report


@pytest.fixture(scope="module", params=ENGINES)
def scene(
    request: pytest.FixtureRequest, engines: Engines, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    clock = SceneClock()
    with (
        engines.books(request.param, tmp_path_factory.mktemp("scene")) as url,
        Ledger.open(url, station=STATION, clock=clock) as ledger,
    ):
        scene = Scene(ledger, clock)
        scene.book()
        yield scene


def test_the_report_has_the_figures_the_station_published(scene: Scene) -> None:
    with scene.ledger.reading() as books:
        report = build_station_report(books, FIRST, LAST)
    assert (report.workers, report.contacts, report.visits) == (14, 54, 60)
    assert (report.households_surveyed, report.households_fully_met) == (36, 16)
    assert report.notices_posted == 12
    assert {line.item: line.received for line in report.goods} == {
        "mask": 71,
        "disinfectant": 2,
        "sanitiser": 150,
        "gift": 95,
        "leaflet": 260,
        "notice": 12,
    }
    handed_over = {line.item: line.handed_over for line in report.goods}
    assert (handed_over["gift"], handed_over["leaflet"]) == (95, 260)
    assert {line.kind: line.count for line in report.activities} == {
        "worker": 14,
        "contact": 54,
        "visit": 60,
        "residents_registered": 1300,
        "persons_screened": 174 + 81,
        "households_telephoned": 450,
        "joint_checks": 6,
        "flats_checked": 777,
        "newcomers_registered": 178,
        "forms_collected": 910,
        "people_measured": 3000,
    }


def test_the_books_of_the_demo_verify(scene: Scene) -> None:
    verified = verify(scene.ledger.store, None)
    assert verified.entries == scene.ledger.books.last_entry().seq


def test_all_entries_of_the_demo_are_dated_within_the_eleven_days(scene: Scene) -> None:
    with scene.ledger.reading() as books:
        page = list_entries(books, limit=None)
    assert {FIRST <= entry.happened_on <= LAST for entry in page.items} == {True}


def test_the_needs_of_sixteen_households_are_met(scene: Scene) -> None:
    with scene.ledger.reading() as books:
        page = list_needs(books, limit=None)
    open_ = {need.recipient for need in page.items if need.status != "met"}
    assert {need.recipient for need in page.items} - open_ == set(MET)


def test_every_delivery_of_the_demo_was_closed(scene: Scene) -> None:
    with scene.ledger.reading() as books:
        page = list_deliveries(books, limit=None)
        balances = books.nonzero_balances("in_transit:")
    assert {delivery.status for delivery in page.items} == {"closed"}
    outcomes = {stop.outcome for delivery in page.items for stop in delivery.stops}
    assert outcomes == {"handed_over", "partly", "refused", "not_at_home"}
    assert balances == {}


def test_the_corrected_donation_of_the_demo_has_a_replacement_receipt(scene: Scene) -> None:
    with scene.ledger.reading() as books:
        papers = {receipt.number: receipt for receipt in list_receipts(books, limit=None).items}
        gifts = list_donations(books, limit=None).items
    replaced = [receipt for receipt in papers.values() if receipt.replaced_by is not None]
    assert len(replaced) == 1
    newer = papers[str(replaced[0].replaced_by)]
    assert replaced[0].status == "void"
    assert newer.replaces == [replaced[0].number]
    assert newer.document is not None
    assert [line.quantity for line in newer.document.lines] == [21]
    assert sorted(papers) == [f"JZ-2020-{number:06d}" for number in range(1, len(papers) + 1)]
    assert all(gift.receipt in papers for gift in gifts)
