"""Set goods aside, send a team out, report outcomes and close the delivery in a browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect
from support.browser import WIDTH_AND_LANGUAGE, OpenPage, Site, fits, serious_faults
from support.team_run import TeamRun

from supplies.domain import commands as c
from supplies.domain.catalogue_records import Item, Recipient
from supplies.ledger.ledger import Ledger


def field(page: Page, pointer: str) -> Locator:
    """A field of a form, by its JSON pointer."""
    return page.locator(f'form.command [name="{pointer}"]')


def save(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def register(site: Site, suffix: str) -> None:
    """Register an item and two recipients that no other test uses."""
    with Ledger.open(str(site.database), station="lx", create=False) as ledger:
        ledger.register(
            Item(code=f"tea-{suffix}", name=f"茶 {suffix}", name_en=f"tea {suffix}", unit="bottle"),
            Recipient(code=f"R-first-{suffix}", name=f"First {suffix}"),
            Recipient(code=f"R-second-{suffix}", name=f"Second {suffix}"),
        )


def donate(page: Page, address: str, item: str, quantity: int) -> None:
    page.goto(address + "/donations/new")
    field(page, "/donor").fill("D-1")
    field(page, "/location").select_option("store")
    field(page, "/handled_by").fill("陈某")
    field(page, "/lines/0/item").fill(item)
    field(page, "/lines/0/quantity").fill(str(quantity))
    save(page, "Save")
    expect(page.get_by_role("link", name="Print the receipt")).to_be_visible()


def need(page: Page, address: str, recipient: str, item: str, quantity: int) -> None:
    page.goto(f"{address}/needs/new?recipient={recipient}")
    field(page, "/lines/0/item").fill(item)
    field(page, "/lines/0/quantity").fill(str(quantity))
    save(page, "Save")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Needs of")


def test_the_open_page_of_a_delivery_shows_a_new_outcome_and_a_conflict_by_itself(
    open_page: OpenPage,
) -> None:
    run = TeamRun(open_page.site, stops=1)
    page = open_page("/", role="recorder")
    page.clock.install()
    page.goto(f"{open_page.site.address}/deliveries/{run.delivery}")
    expect(page.locator("[data-live]")).to_contain_text("0 of 1 stops")
    (stop,) = run.stops
    run.record(
        c.ReportOutcome(delivery=run.delivery, allocation=stop.allocation, outcome="handed_over")
    )
    with page.expect_response("**/live"):
        page.clock.run_for("00:16")
    expect(page.locator("[data-live]")).to_contain_text("1 of 1 stops")

    run.record(
        c.ReportOutcome(delivery=run.delivery, allocation=stop.allocation, outcome="refused")
    )
    with page.expect_response(f"**/{run.delivery}"):
        page.clock.run_for("00:16")
    warning = page.locator("p.warning")
    expect(warning).to_contain_text("1. Household 1")
    expect(warning).to_contain_text("a report contradicts the books")
    expect(warning.get_by_role("link", name="The two sides")).to_be_visible()


@pytest.mark.parametrize("javascript", [True, False])
def test_goods_go_from_the_proposal_to_a_closed_delivery(
    open_page: OpenPage, javascript: bool
) -> None:
    open_page.expect_status(409)
    page, address = open_page("/", javascript=javascript), open_page.site.address
    suffix = "with" if javascript else "without"
    first, second, item = 111, 113, f"tea-{suffix}"
    register(open_page.site, suffix)
    donate(page, address, item, first + second)
    need(page, address, f"R-first-{suffix}", item, first)
    need(page, address, f"R-second-{suffix}", item, 13)
    need(page, address, f"R-second-{suffix}", item, second - 13)
    page.goto(address + "/allocations/proposal")
    save(page, "Book these allocations")
    expect(page.get_by_role("heading", level=1)).to_have_text("Allocations")
    expect(page.get_by_role("row", name=f"Second {suffix}")).to_have_count(2)

    page.get_by_role("link", name="Send a team out").click()
    field(page, "/team").fill("T-1")
    for name, order in ((f"First {suffix}", "2"), (f"Second {suffix}", "1")):
        page.get_by_role("checkbox", name=f"Take along: {name}").first.check()
        page.get_by_role("textbox", name=f"Order: {name}").first.fill(order)
    save(page, "Send out")
    stops = page.get_by_role("region", name="Stop ").filter(has=page.get_by_role("heading"))
    expect(stops).to_have_count(2)
    expect(stops.nth(0)).to_contain_text("13 bottles")

    save(page, "Close the delivery")
    expect(page.get_by_role("alert")).to_be_visible()
    stops.nth(0).get_by_label("Outcome").select_option("handed_over")
    stops.nth(0).get_by_label("Received by").select_option("family")
    stops.nth(0).get_by_role("button", name="Record the outcome").click()
    expect(stops.nth(0)).to_contain_text("family")
    stops.nth(1).get_by_label("Outcome").select_option("partly")
    stops.nth(1).get_by_text("Handed over in part: how much?").click()
    stops.nth(1).get_by_label("Received", exact=True).fill("100")
    stops.nth(1).get_by_role("button", name="Record the outcome").click()
    expect(stops.nth(1)).to_contain_text("handed over in part")
    stops.nth(1).get_by_role("heading").click()
    expect(stops.nth(1).get_by_role("cell", name=str(first - 100), exact=True)).to_be_visible()
    save(page, "Close the delivery")
    expect(page.get_by_role("cell", name="Delivery closed")).to_be_visible()


@pytest.mark.parametrize(("width", "language"), WIDTH_AND_LANGUAGE)
def test_axe_finds_no_serious_fault_in_pages_of_deliveries(
    open_page: OpenPage, width: int, language: str
) -> None:
    for path in (
        "/allocations?status=all",
        "/allocations/proposal",
        "/allocations/new",
        "/deliveries?status=all",
        "/deliveries/new",
    ):
        page = open_page(path, width=width, language=language)
        assert serious_faults(page) == [], path
        assert fits(page), path
