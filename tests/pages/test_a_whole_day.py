"""A whole day of a new station, from empty books to the report of the day, by the pages alone."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import product
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, expect
from supplies_service.pages.languages import LANGUAGES, Language
from support.browser import WIDTHS, OpenPage, Site, serious_faults
from support.command_line import run
from support.desk_worker import DeskWorker
from support.page_client import PASSWORD
from support.service_process import free_port, running_service

MASKS, SOAP = "口罩", "洗手液"
HOUSEHOLDS = ("王家", "李家", "赵家")

ALL_DAYS = [*product(LANGUAGES, WIDTHS, (False, True))]
SOME_DAYS = [("zh", 360, False), ("en", 1280, True)]
"""The languages, widths and whether scripts run; with `make test-days`, all of them."""

RUN_ALL = os.environ.get("DAYS") == "all"


@contextmanager
def new_station(folder: Path, browser: Browser) -> Iterator[tuple[OpenPage, str]]:
    """Serve new, empty books. Yield what opens their pages, and the coordinator's first address."""
    database, port = folder / "books.db", free_port()
    created = run("init", "--database", str(database), "--station", "nx", "--name", "南沙社工站")
    assert created.returncode == 0, created.stderr
    added = run("user", "add", "chen", "--role", "coordinator", "--database", str(database))
    first = re.search(r"/invitation/\S+", added.stdout)
    assert first, added.stdout + added.stderr
    with (folder / "log").open("w") as log, running_service(str(database), port, log=log):
        opened = OpenPage(browser, Site(f"http://127.0.0.1:{port}", database, {}))
        yield opened, first[0]
        opened.close()


def sets_the_password(worker: DeskWorker) -> None:
    for name in ("password", "repeat"):
        worker.page.locator(f"#{name}").fill(PASSWORD)
    worker.press("Set password")
    worker.sees_heading("Set up the station")


def registers(worker: DeskWorker, table: str, button: str, **fields: str) -> None:
    worker.go_to("Catalogue", table, button)
    worker.fill({"/" + name.replace("__", "/"): text for name, text in fields.items()})
    worker.save()
    worker.sees_heading(fields["name"])


def registers_goods_people_and_places(worker: DeskWorker) -> None:
    registers(worker, "Places", "New place", name="一号仓")
    registers(worker, "Communities", "New community", name="龙穴社区")
    box = {"packs__0__pack": "box", "packs__0__size": "50"}
    registers(worker, "Items", "New item", name=MASKS, **box)
    registers(worker, "Items", "New item", name=SOAP, unit="bottle")
    registers(worker, "Donors", "New donor", name="广州某企业", kind="organisation")
    registers(worker, "Teams", "New team", name="第一队")
    for number, name in enumerate(HOUSEHOLDS):
        registers(
            worker,
            "Recipients",
            "New recipient",
            name=name,
            community="龙穴社区",
            phone=f"1380013800{number}",
        )


def records_a_donation_of_a_new_donor(worker: DeskWorker) -> None:
    worker.go_to("Donations", "Record a donation")
    worker.fill({"/donor": "何邻居", "/handled_by": "陈某"})
    worker.fill_lines(
        {"item": MASKS, "quantity": "2", "batch": "B1", "expires_on": "2030-05"},
        {"item": SOAP, "quantity": "12"},
    )
    worker.press("Save")
    worker.press(worker.words("Register “%(name)s” as a new donor") % {"name": "何邻居"})
    worker.fill({"/lines/0/pack": "box"})
    worker.save()
    worker.sees_heading("何邻居")
    worker.sees("B1", {"zh": "2030年5月", "en": "2030-05"}[worker.language])
    worker.opens_paper("Print the receipt")


def notes_what_the_households_need(worker: DeskWorker) -> None:
    needs = [
        [{"item": MASKS, "quantity": "30", "urgency": "high"}, {"item": SOAP, "quantity": "4"}],
        [{"item": MASKS, "quantity": "20"}],
        [{"item": MASKS, "quantity": "10"}],
    ]
    for household, lines in zip(HOUSEHOLDS, needs, strict=True):
        worker.go_to("Needs", "Note a need")
        worker.fill({"/recipient": household})
        worker.fill_lines(*lines)
        worker.save()
        worker.sees_heading(household)


def records_a_pledge_and_promises_it_to_a_household(worker: DeskWorker) -> None:
    worker.go_to("Pledges", "Record a pledge")
    worker.fill({"/donor": "广州某企业"})
    worker.fill_lines({"item": MASKS, "quantity": "60"})
    worker.save()
    promise = worker.main.get_by_label(f"{worker.words('Promise')}: {HOUSEHOLDS[2]}, {MASKS}")
    promise.fill("4")
    worker.save("Promise these goods")
    expect(promise).to_have_value("")


def allocates_as_proposed_but_for_one_quantity(worker: DeskWorker) -> None:
    worker.go_to("Today", "Propose allocations")
    quantity = worker.main.get_by_label(f"{MASKS}, {HOUSEHOLDS[0]}")
    expect(quantity).to_have_value("30")
    quantity.fill("25")
    worker.save("Book these allocations")
    worker.sees_heading("Allocations")
    worker.sees(*HOUSEHOLDS)


def sends_a_team_out(worker: DeskWorker) -> None:
    worker.go_to("Deliveries", "Send a team out")
    worker.fill({"/team": "第一队"})
    for household, order in zip(HOUSEHOLDS, "123", strict=True):
        for box in worker.main.get_by_role("checkbox", name=household).all():
            box.check()
        name = f"{worker.words('Order')}: {household}"
        for field in worker.main.get_by_role("textbox", name=name, exact=True).all():
            field.fill(order)
    worker.save("Send out")
    worker.sees_heading("第一队")
    worker.opens_paper("Print the run sheet")


def types_the_outcomes_from_the_sheet_and_closes(worker: DeskWorker) -> None:
    worker.press("Close the delivery")
    expect(worker.main.get_by_role("alert")).to_contain_text(MASKS)
    for household, outcome in zip(
        HOUSEHOLDS, ("handed_over", "partly", "not_at_home"), strict=True
    ):
        stops = worker.page.locator(
            "section.box", has=worker.page.get_by_role("link", name=household)
        )
        open_stops = stops.filter(has=worker.page.locator("form"))
        for left in range(open_stops.count(), 0, -1):
            stop = open_stops.first
            worker.fill({"/outcome": outcome}, within=stop)
            if outcome == "partly":
                worker.unfold("Handed over in part: how much?", within=stop)
                stop.locator('[name$="/received"]').fill("15")
            worker.press("Record the outcome", within=stop)
            expect(open_stops).to_have_count(left - 1)
    worker.save("Close the delivery")
    worker.sees("closed")


def hands_goods_out_at_the_counter(worker: DeskWorker) -> None:
    worker.go_to("Today", "Hand goods out")
    worker.fill({"/recipient": HOUSEHOLDS[2], "/location": "一号仓"})
    worker.fill_lines({"item": MASKS, "quantity": "5"})
    worker.save()
    worker.sees(HOUSEHOLDS[2])


def corrects_the_donation(worker: DeskWorker) -> None:
    worker.go_to("Donations", "何邻居", "Correct")
    worker.fill({"/command/lines/1/quantity": "11", "/reason": "数错了"})
    worker.save("Save the correction")
    worker.sees("11")
    worker.opens_paper("Print the receipt")


def reads_the_report_of_the_day(worker: DeskWorker) -> None:
    worker.go_to("Reports")
    received, handed_over, used, lost, on_the_way, in_stock = range(6)
    masks = worker.figures("Where the goods are", MASKS)
    assert masks[received] == "100"
    assert masks[handed_over] == "45"
    assert [masks[used], masks[lost], masks[on_the_way]] == ["", "", ""]
    assert masks[in_stock] == "55"
    soap = worker.figures("Where the goods are", SOAP)
    assert [soap[received], soap[handed_over], soap[in_stock]] == ["11", "4", "7"]
    worker.opens_paper("Print the report")


def closes_the_days_before(worker: DeskWorker) -> None:
    administration = worker.words("Administration")
    worker.page.locator("header").get_by_role("link", name=administration, exact=True).click()
    worker.follow("Periods")
    yesterday = datetime.now(ZoneInfo("Asia/Shanghai")).date() - timedelta(days=1)
    worker.fill({"/through": yesterday.isoformat()})
    worker.press("Close the period")
    expect(worker.main.get_by_text(worker.words("Every day is open."))).to_have_count(0)
    worker.sees("Reopen days")


@pytest.mark.parametrize(("language", "width", "javascript"), ALL_DAYS if RUN_ALL else SOME_DAYS)
def test_a_new_station_works_for_a_whole_day(
    chromium: Browser, tmp_path: Path, language: Language, width: int, javascript: bool
) -> None:
    with new_station(tmp_path, chromium) as (open_page, first_address):
        open_page.expect_status(422)
        open_page.expect_status(409)
        page: Page = open_page(
            first_address, role=None, language=language, width=width, javascript=javascript
        )
        worker = DeskWorker(page, language)
        sets_the_password(worker)
        registers_goods_people_and_places(worker)
        records_a_donation_of_a_new_donor(worker)
        notes_what_the_households_need(worker)
        records_a_pledge_and_promises_it_to_a_household(worker)
        allocates_as_proposed_but_for_one_quantity(worker)
        sends_a_team_out(worker)
        types_the_outcomes_from_the_sheet_and_closes(worker)
        hands_goods_out_at_the_counter(worker)
        corrects_the_donation(worker)
        reads_the_report_of_the_day(worker)
        closes_the_days_before(worker)
        if javascript:
            assert serious_faults(page) == []
