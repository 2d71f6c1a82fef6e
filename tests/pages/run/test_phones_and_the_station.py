"""What several phones and the station record about the same stops."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Page, Route, expect
from support.browser import OpenPage, serious_faults
from support.http_proxy import HttpProxy
from support.team_run import (
    NOISE,
    NewPhone,
    TeamRun,
    open_next,
    save,
    send_all,
    send_now,
    sign,
    stops,
)

from supplies.books.stop_codes import code_of_stop
from supplies.domain import commands as c
from supplies.domain.catalogue_records import Team
from supplies.views.goods_with_teams import list_goods_with_teams


def kinds(run: TeamRun) -> list[str]:
    """Return the kinds of the entries that followed the dispatch."""
    return [str(entry["kind"]) for entry in run.recorded()]


def differing(page: Page) -> None:
    """Open the second stop, and wait until it shows both sides of a contradiction."""
    stops(page)
    page.reload()
    page.get_by_role("link", name="2 Household 2").click()
    expect(page.get_by_text("Two reports differ. The station decides.")).to_be_visible()
    expect(page.get_by_text("24 bottles handed over")).to_be_visible()
    expect(page.get_by_text("24 bottles in the bag")).to_be_visible()


def test_two_phones_agree_about_one_stop_and_contradict_each_other_about_another(
    new_phone: NewPhone, network: HttpProxy, run: TeamRun
) -> None:
    one, other = new_phone().open(), new_phone().open()
    network.mode = "login page"
    for page, receiver, second in ((one, "Family", "Handed over"), (other, "Guard", "Refused")):
        open_next(page, "Handed over")
        page.get_by_text(receiver, exact=True).click()
        page.get_by_role("button", name="Save", exact=True).click()
        page.get_by_role("button", name="Undo").wait_for()
        save(page, second)
    network.mode = "forward"
    send_all(one)
    send_all(other)
    assert kinds(run).count("outcome_reported") == 2
    assert len([kind for kind in kinds(run) if "conflict" in kind]) == 1
    differing(one)
    differing(other)


def test_a_clock_that_is_a_day_off_is_corrected_and_shown(
    new_phone: NewPhone, run: TeamRun
) -> None:
    zone = ZoneInfo("Asia/Shanghai")
    for hours in (26, -26):
        page = new_phone(clock_hours=hours).open()
        expect(page.get_by_text("clock differs from the station's")).to_be_visible()
        before = datetime.now(zone) - timedelta(seconds=2)
        save(page)
        send_all(page)
        entry = run.recorded()[-1]
        [outcome] = [row for row in entry["rows"] if row["table"] == "outcomes"]
        assert before <= datetime.fromisoformat(outcome["happened_at"]) <= datetime.now(zone)
        assert entry["happened_on"] in (f"{before:%F}", f"{datetime.now(zone):%F}")
    assert kinds(run) == ["outcome_reported"] * 2


def test_a_queue_survives_that_its_delivery_is_given_away_and_closed(
    new_phone: NewPhone, network: HttpProxy, run: TeamRun
) -> None:
    page = new_phone().open()
    network.mode = "login page"
    save(page)
    save(page, "Refused")
    other_team = TeamRun(run.site, 1).team
    run.record(c.ReassignDelivery(delivery=run.delivery, team=other_team))
    for stop in run.stops:
        run.record(
            c.ReportOutcome(
                delivery=run.delivery, allocation=stop.allocation, outcome="handed_over"
            )
        )
    run.record(c.CloseDelivery(delivery=run.delivery))
    network.mode = "forward"
    send_all(page)
    stops(page)
    expect(page.get_by_role("heading", name="No delivery is out")).to_be_visible()
    assert kinds(run).count("outcome_reported") == 3
    assert len([kind for kind in kinds(run) if "conflict" in kind]) == 1


def test_the_station_takes_in_the_queue_of_a_revoked_phone_once(
    new_phone: NewPhone, open_page: OpenPage, network: HttpProxy, run: TeamRun
) -> None:
    phone = new_phone()
    page = phone.open()
    network.mode = "login page"
    save(page)
    run.revoke_phones()
    network.mode = "forward"
    send_now(page)
    page.get_by_role("button", name="Show as codes and text").click()
    text = page.get_by_role("textbox", name="The records as text").input_value()
    assert scanned(page) == text.splitlines()
    desk = open_page("/phones/rescue", role="coordinator")
    desk.get_by_role("textbox").fill(text)
    desk.get_by_role("button", name="Take over").click()
    expect(desk.get_by_role("status")).to_contain_text("booked")
    assert kinds(run) == ["outcome_reported"]
    phone.use(run.join())
    page.reload()
    send_all(page)
    assert kinds(run) == ["outcome_reported"]


def scanned(page: Page) -> list[str]:
    """Return the content of the codes that a phone shows, in order, as a scanner reads it."""
    found = []
    for code in page.locator(".rescue .code").all():
        drawn = base64.b64decode(code.evaluate("code => code.toDataURL().split(',')[1]"))
        picture = Image.open(BytesIO(drawn)).convert("RGB")
        picture = picture.resize((picture.width * 6, picture.height * 6), Image.Resampling.NEAREST)
        found += [each.text for each in zxingcpp.read_barcodes(picture)]
    return found


def test_signature_code_and_photo_are_kept_with_the_outcome(
    new_phone: NewPhone, network: HttpProxy, run: TeamRun, tmp_path: Path
) -> None:
    page = new_phone().open()
    photo = tmp_path / "photo.png"
    photo.write_bytes(base64.b64decode(page.evaluate(NOISE)))
    open_next(page, "Handed over")
    sign(page)
    page.get_by_role("button", name="Spoken code").click()
    page.get_by_role("textbox", name="Code that the household says").fill("12")
    page.locator('input[type="file"]').set_input_files(photo)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text="six digits")).to_be_visible()
    page.get_by_role("button", name="Save", exact=True).click()  # it is a fact all the same
    page.get_by_role("button", name="Undo").wait_for()
    send_all(page)
    outcome, picture = [post for post in network.posts if not post.path.endswith("/status")]
    strokes = json.loads(outcome.body)["signature"]
    assert strokes[0][0][0] < 30 < 900 < strokes[0][-1][0] <= 1000
    assert json.loads(outcome.body)["code"] == "12"
    assert picture.path.endswith("/photo")
    assert len(picture.body) < 300 * 1024
    assert len(run.recorded()) == 2
    stops(page)
    expect(page.get_by_role("link", name="1 Household 1")).to_contain_text("code did not match")
    assert "received_by" not in json.loads(outcome.body)  # nobody chose who received it

    page.get_by_role("link", name="1 Household 1").click()
    with run.ledger() as ledger:
        code = code_of_stop(ledger.books, run.delivery, run.stops[0].allocation)
    page.get_by_role("textbox", name="Enter the code again").fill(str(code))
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("button", name="Undo").wait_for()
    send_all(page)
    stops(page)
    page.get_by_role("link", name="1 Household 1").click()
    expect(page.get_by_text("The code matched.")).to_be_visible()
    assert [entry["kind"] for entry in run.recorded()].count("conflict") == 0


def hand_out(page: Page, group: str, kilograms: int) -> None:
    """Record rice that a group gets at the counter."""
    page.locator("#bar").get_by_role("link", name="Counter").click()
    page.get_by_label("For whom?").select_option(group)
    page.get_by_role("spinbutton", name="rice").fill(str(kilograms))
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("button", name="Undo").wait_for()


TAP_UNTIL_SHOWN = """(words) => {
    document.querySelector('#bar a[href="#/counter"]').click();
    return document.querySelector("main").textContent.includes(words);
}"""


def test_a_counter_page_shows_new_goods_until_something_is_typed(
    new_phone: NewPhone, run: TeamRun
) -> None:
    run.open_counter(rice=10)
    page = new_phone().open()
    page.locator("#bar").get_by_role("link", name="Counter").click()
    expect(page.get_by_role("spinbutton", name="rice, 10 kg left")).to_be_visible()
    counter = f"{run.team}-counter"
    run.record(c.Move(source=counter, target="store", lines=[c.LotLine(item=run.rice, quantity=8)]))
    page.evaluate("() => window.dispatchEvent(new Event('online'))")
    rice = page.get_by_role("spinbutton", name="rice, 2 kg left")
    rice.fill("1")
    run.record(c.Move(source=counter, target="store", lines=[c.LotLine(item=run.rice, quantity=1)]))
    with page.expect_response("**/api/run"):
        page.evaluate("() => window.dispatchEvent(new Event('online'))")
    expect(rice).to_have_value("1")
    # The response is shown when it is stored, and at the next tap, because something was typed.
    page.wait_for_function(TAP_UNTIL_SHOWN, arg="1 kg left", polling=200)
    expect(page.get_by_role("spinbutton", name="rice, 1 kg left")).to_have_value("1")


@pytest.mark.parametrize(("typed", "role"), [("", "heading"), ("1", "paragraph")])
def test_an_open_counter_page_says_that_the_access_of_the_phone_has_ended(
    new_phone: NewPhone, run: TeamRun, typed: str, role: Literal["heading", "paragraph"]
) -> None:
    run.open_counter(rice=10)
    page = new_phone().open()
    page.locator("#bar").get_by_role("link", name="Counter").click()
    if typed:
        page.get_by_role("spinbutton", name="rice, 10 kg left").fill(typed)
    run.revoke_phones()
    page.evaluate("() => window.dispatchEvent(new Event('online'))")
    ended = page.get_by_role(role).filter(has_text="This phone's access has ended")
    expect(ended).to_be_visible()
    expect(page.get_by_role("spinbutton")).to_have_count(1 if typed else 0)


IS_ABOVE_THE_BUTTONS = """(alert) => {
    const bar = document.querySelector(".sticky").getBoundingClientRect();
    const { top, bottom } = alert.getBoundingClientRect();
    return top >= 0 && bottom <= bar.top;
}"""


def test_an_error_of_a_form_is_above_the_button_that_saves(
    new_phone: NewPhone, run: TeamRun
) -> None:
    page = new_phone().open()
    open_next(page, "Partly")
    expect(page.get_by_role("spinbutton", name="rice, handed over of 5 kg")).to_be_visible()
    page.get_by_role("button", name="Save", exact=True).click()
    alert = page.get_by_role("alert").filter(has_text="Change at least one quantity")
    expect(alert).to_be_visible()
    page.wait_for_function(IS_ABOVE_THE_BUTTONS, arg=alert.element_handle())


def test_goods_to_bring_back_stay_in_the_bag_after_the_delivery_is_closed(
    new_phone: NewPhone, run: TeamRun
) -> None:
    run.open_counter()
    page = new_phone().open()
    save(page, "Refused")
    send_all(page)
    with run.ledger() as ledger:
        carried = list_goods_with_teams(ledger.books)
    assert {one.item: one.quantity for one in carried if one.delivery == run.delivery} == {
        run.rice: 5,
        run.water: 24,
    }
    at_the_desk: list[c.Outcome] = ["not_at_home", "handed_over"]  # the phone does not know them
    for stop, outcome in zip(run.stops[1:], at_the_desk, strict=True):
        run.record(
            c.ReportOutcome(delivery=run.delivery, allocation=stop.allocation, outcome=outcome)
        )
    run.record(c.CloseDelivery(delivery=run.delivery))
    page.evaluate("window.dispatchEvent(new Event('online'))")
    page.locator("#bar").get_by_role("link", name="Bag").click()
    expect(page.get_by_text("The delivery has ended. Bring these goods back")).to_be_visible()
    expect(page.get_by_role("heading", name="To bring back")).to_be_visible()
    expect(page.locator("main .goods")).to_have_text("rice10 kgwater48 bottles")
    stops(page)  # the counter is all that is left of the run
    expect(page.get_by_text("The delivery has ended. Bring these goods back")).to_be_visible()
    expect(page.get_by_label("For whom?")).to_be_visible()


def test_a_hand_out_whose_goods_the_desk_took_away_is_sent_shown_and_decided_at_the_desk(
    new_phone: NewPhone, open_page: OpenPage, network: HttpProxy, run: TeamRun
) -> None:
    run.open_counter(rice=10)
    page = new_phone().open()
    network.mode = "login page"
    hand_out(page, run.group, 6)
    rice = page.get_by_role("spinbutton", name="rice, 4 kg left")
    rice.fill("5")
    expect(page.get_by_text("1 kg more than the books have here")).to_be_visible()
    rice.fill("0")
    counter = f"{run.team}-counter"
    goods = [c.LotLine(item=run.rice, quantity=8)]
    run.record(c.Move(source=counter, target="store", lines=goods))
    with run.ledger() as ledger:
        ledger.amend(Team(code=run.team, name=run.team))
    network.mode = "lose answers"
    send_now(page)
    network.mode = "forward"
    answers: list[Route] = []
    page.route("**/api/run", lambda route: answers.append(route), times=1)
    with page.expect_request("**/api/run"):
        send_all(page)
    assert run.handed_out() == []

    page.locator("#bar").get_by_role("link", name="Counter").click()
    rice.fill("1")  # what changes at the station is shown beside a form that is in use
    for answer in answers:
        answer.continue_()
    waiting = page.locator("main .warning")
    expect(waiting).to_contain_text("The books say otherwise. The station decides.")
    expect(waiting).to_contain_text("rice 6 kg")
    expect(waiting).to_contain_text("was not the counter of the team")
    assert serious_faults(page) == []

    desk = open_page("/entries/conflicts", role="coordinator")
    row = desk.get_by_role("row").filter(has_text=run.team)
    expect(row).to_contain_text("Newcomers")
    row.get_by_role("link").click()
    conflict = desk.url
    expect(desk.get_by_text("free at Hall of")).to_be_visible()
    expect(desk.locator(".sides")).to_contain_text("6 kg")
    assert serious_faults(desk) == []
    decide(desk, "unexplained", "the team was still there")
    [entry] = run.handed_out()
    assert entry["kind"] == "conflict_resolved"
    received = [move[-1] for move in entry["transfers"] if move[1].startswith("received:")]
    assert received == [2, 4]
    page.reload()
    expect(page.locator("main .warning")).to_have_count(0)

    desk.goto(conflict)
    desk.get_by_text("Decide otherwise").click()
    assert serious_faults(desk) == []
    decide(desk, "keep", "it was another day")
    with run.ledger() as ledger:
        assert ledger.books.nonzero_balances(f"received:{run.team}-group") == {}


def decide(desk: Page, by: str, why: str) -> None:
    """Resolve the conflict that a page of the desk shows."""
    desk.get_by_label("What is right").select_option(by)
    desk.get_by_label("Why").fill(why)
    desk.get_by_role("button", name="Resolve the conflict").click()
    expect(desk.get_by_role("heading", name="Conflict resolved")).to_be_visible()
