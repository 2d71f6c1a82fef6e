"""The first start in a browser: from an empty database to the first page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from support.browser import WIDTHS, OpenPage, Site, fits, serious_faults
from support.service_process import free_port, running_service

from supplies.access.access_context import AccessContext
from supplies.access.bootstrap import first_sign_in
from supplies.domain.catalogue_records import Station
from supplies.ledger.ledger import Ledger
from supplies.papers.units import SHIPPED_UNITS
from supplies.signing.station_keys import create_first_key
from supplies.stations.relief_goods import relief_goods

STEPS = ("/start", "/start/station", "/start/place", "/start/items", "/start/users", "/")


@pytest.fixture
def open_new_station(tmp_path: Path, chromium: Browser) -> Iterator[tuple[OpenPage, str]]:
    """A service over an empty database, and the path where the first coordinator begins."""
    database = tmp_path / "books.db"
    with Ledger.open(str(database), station="lx", clock=lambda: datetime.now(UTC)) as ledger:
        ledger.register(Station(code="lx", name="lx"))
        with ledger.admin_transaction() as books:
            first = first_sign_in(AccessContext(books, ledger.clock()))
    assert first is not None
    create_first_key(str(database))
    port = free_port()
    with (tmp_path / "log").open("w") as log, running_service(str(database), port, log=log):
        opened = OpenPage(chromium, Site(f"http://127.0.0.1:{port}", database, {}))
        yield opened, first.path
        opened.close()


def sign_in(page: Page) -> None:
    """Set the password of the first coordinator."""
    for field in page.locator("input[type=password]").all():
        field.fill("seven red bicycles")
    page.locator("main form button").click()


def save(page: Page) -> None:
    page.get_by_role("button", name="Save and go on").click()


@pytest.mark.parametrize("javascript", [True, False])
def test_a_new_station_is_set_up_step_by_step(
    open_new_station: tuple[OpenPage, str], javascript: bool
) -> None:
    open_page, path = open_new_station
    page = open_page(path, role=None, javascript=javascript)
    sign_in(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Set up the station")
    page.get_by_role("link", name="Begin").click()
    page.get_by_label("Name of the station").fill("某街道社工站")
    page.get_by_label("English name").fill("Some Street Station")
    page.get_by_label("Web address").fill("https://example.org")
    save(page)
    page.get_by_label("Name of the place").fill("库房")
    save(page)
    page.get_by_label("Surgical mask").check()
    page.get_by_label("Blanket").check()
    save(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("The first users")

    page.get_by_role("link", name="Add users").click()
    page.get_by_label("Login").fill("chen")
    page.get_by_role("button", name="Add and invite").click()
    page.get_by_role("link", name="Go on with setting up the station").click()
    expect(page.get_by_role("listitem").filter(has_text="done")).to_have_count(4)
    page.goto(f"{open_page.site.address}/start/items")
    expect(page.get_by_label("Surgical mask")).to_be_disabled()
    page.goto(f"{open_page.site.address}/")
    expect(page.get_by_role("link", name="Some Street Station")).to_be_visible()
    page.get_by_role("link", name="Enter opening stock").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Enter opening stock")
    page.goto(f"{open_page.site.address}/items/mask-surgical")
    expect(page.get_by_role("heading", level=1)).to_have_text("Surgical mask")


def test_every_step_can_be_left_out_and_done_later(
    open_new_station: tuple[OpenPage, str],
) -> None:
    open_page, path = open_new_station
    page = open_page(path, role=None)
    sign_in(page)
    page.get_by_role("link", name="Begin").click()
    for _ in range(3):
        page.get_by_role("link", name="Leave out").click()
    page.get_by_role("link", name="Go to Today").click()
    page.get_by_role("link", name="Go on with setting up the station").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Set up the station")


def test_axe_finds_no_serious_fault_in_the_guide(open_new_station: tuple[OpenPage, str]) -> None:
    open_page, path = open_new_station
    page = open_page(path, role=None)
    sign_in(page)
    for language, width in zip(("中文", "English"), WIDTHS, strict=True):
        page.get_by_role("button", name=language).click()
        page.set_viewport_size({"width": width, "height": 900})
        for step in STEPS:
            page.goto(open_page.site.address + step)
            assert serious_faults(page) == [], step
            assert fits(page), step


def test_the_shipped_goods_have_names_in_both_languages_and_known_units() -> None:
    goods = relief_goods()
    assert len({item.code for item in goods}) == len(goods)
    assert all(item.name and item.name_en for item in goods)
    units = {item.unit for item in goods} | {pack for item in goods for pack in item.packs}
    assert units <= SHIPPED_UNITS.keys()
