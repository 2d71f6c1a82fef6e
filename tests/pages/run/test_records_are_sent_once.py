"""What a team records reaches the books exactly once, whatever the network and the phone do."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, Route, expect
from support.browser import serious_faults
from support.http_proxy import HttpProxy
from support.team_run import (
    KEPT,
    NOISE,
    PLENTY_OF_TIME,
    NewPhone,
    Phone,
    TeamRun,
    open_next,
    save,
    send_all,
    send_now,
    sign,
    stops,
    wait_for_kept,
)

from supplies.domain import commands as c

FULL = """(method) => {
  IDBObjectStore.prototype[method] = () => {
    throw new DOMException("full", "QuotaExceededError");
  };
}"""
"""Script that makes a method of the database fail, as on a phone without space."""


TYPE = """(input, text) => {
  input.value = JSON.parse(`"${text}"`);
  input.dispatchEvent(new Event("input", { bubbles: true }));
}"""
"""Script that types a text, which may have characters that only some keyboards make."""


def unsent(page: Page, count: int) -> None:
    """Wait until the title of the page states how much is unsent."""
    expect(page).to_have_title(f"({count} unsent) Run" if count else "Run")


def heading_of(page: Page) -> Locator:
    """The heading of the page."""
    return page.get_by_role("heading", level=1)


def test_a_record_whose_answer_is_lost_is_sent_again_unchanged(
    new_phone: NewPhone, network: HttpProxy, run: TeamRun
) -> None:
    page = new_phone().open()
    open_next(page, "Partly")
    page.get_by_role("button", name="One less: rice").click()
    page.get_by_role("spinbutton", name="water").fill("99")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("spinbutton", name="water")).to_be_focused()
    page.get_by_role("spinbutton", name="water").fill("12")
    # The phone sends by itself a few seconds after saving, so answers are lost from now on.
    network.mode = "lose answers"
    with page.expect_event("requestfailed", lambda request: "/outcomes" in request.url):
        page.get_by_role("button", name="Save", exact=True).click()
        send_now(page)
    unsent(page, 1)
    expect(page.get_by_text("No connection: kept on this phone")).to_be_visible()
    network.mode = "forward"
    send_all(page)
    unsent(page, 0)
    first, *again = network.outcomes()
    assert again
    for request in again:
        assert request.body == first.body
        assert request.headers["idempotency-key"] == first.headers["idempotency-key"]
        assert request.headers["sent-at"] >= first.headers["sent-at"]
    assert len(run.recorded()) == 1
    assert json.loads(first.body)["lines"] == [
        {"line": 1, "received": 4, "brought_back": 1, "lost": 0},
        {"line": 2, "received": 12, "brought_back": 12, "lost": 0},
    ]
    page.locator("#bar").get_by_role("link", name="Bag").click()
    expect(page.get_by_role("listitem").filter(has_text="rice").first).to_contain_text("10 kg")
    expect(page.get_by_role("listitem").filter(has_text="water").last).to_contain_text("12 bottles")


def test_a_login_page_of_the_network_confirms_nothing(
    new_phone: NewPhone, network: HttpProxy, run: TeamRun
) -> None:
    page = new_phone().open()
    page.route("**/outcomes", lambda route: route.fulfill(content_type="text/html", body="Sign in"))
    save(page)
    with page.expect_response(lambda answer: answer.url.endswith("/outcomes")):
        send_now(page)
    expect(page.get_by_text("No connection: kept on this phone")).to_be_visible()
    network.mode = "login page"
    send_now(page)
    page.unroute("**/outcomes")
    stops(page)
    expect(page.get_by_role("heading", name="1 of 3 stops done")).to_be_visible()
    unsent(page, 1)
    assert run.recorded() == []
    network.mode = "forward"
    send_all(page)
    assert len(run.recorded()) == 1


def test_a_saved_record_can_be_undone_before_it_is_sent(
    new_phone: NewPhone, network: HttpProxy, run: TeamRun, tmp_path: Path
) -> None:
    page = new_phone().open()
    page.evaluate(PLENTY_OF_TIME)
    open_next(page, "Partly")
    page.get_by_role("button", name="One less: rice").click()
    page.get_by_text("Family", exact=True).click()
    sign(page)
    page.get_by_role("button", name="Spoken code").click()
    page.get_by_role("textbox", name="Code that the household says").fill("123456")
    photo = tmp_path / "photo.png"
    photo.write_bytes(base64.b64decode(page.evaluate(NOISE)))
    page.locator('input[type="file"]').set_input_files(photo)
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("button", name="Undo").wait_for()
    expect(page).to_have_title("(1 unsent) Run")  # the photo belongs to its outcome
    kept = json.loads(page.evaluate(KEPT, "records")[0]["body"])
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("img", name="The photo")).to_be_visible()
    expect(page.locator(".proofs .done")).to_have_count(3)
    unsent(page, 0)
    page.get_by_role("button", name="Save", exact=True).click()

    page.get_by_role("link", name="1 Household 1").click()
    expect(page.locator("main .notice")).to_contain_text("Family · Signature · Spoken code")
    page.locator("main").get_by_role("button", name="Undo").click()
    expect(page.locator(".proofs .done")).to_have_count(3)
    page.get_by_role("button", name="Save", exact=True).click()
    page.locator("#bar a").last.click()
    expect(page.locator(".unsent")).to_contain_text(
        "Partly handed over · Signature · Spoken code · Photo"
    )
    send_all(page)
    (sent,) = [json.loads(post.body) for post in network.outcomes()]
    assert {**sent, "happened_at": ""} == {**kept, "happened_at": ""}
    assert [entry["kind"] for entry in run.recorded()] == ["outcome_reported", "proof_added"]


def test_what_could_not_leave_the_phone_is_undone_from_the_list_until_it_was_tried(
    new_phone: NewPhone, network: HttpProxy, run: TeamRun
) -> None:
    run.open_counter(rice=10)
    page = new_phone().open()
    network.mode = "login page"
    page.locator("#bar").get_by_role("link", name="Counter").click()
    page.get_by_label("For whom?").select_option(run.group)
    page.get_by_role("spinbutton", name="rice, 10 kg left").fill("6")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("button", name="Undo").wait_for()
    stops(page)
    save(page, "Refused")
    send_now(page)
    expect(page.locator("#toast")).to_contain_text("Not sent yet: 2")
    assert [record["tried_at"] for record in page.evaluate(KEPT, "records")] == [None, None]
    listed = page.locator(".unsent").get_by_role("listitem")
    listed.filter(has_text="Counter").get_by_role("button", name="Undo").click()
    expect(page.get_by_role("spinbutton", name="rice, 10 kg left")).to_have_value("6")
    unsent(page, 1)
    page.locator("#bar a").last.click()
    expect(listed.get_by_role("button", name="Undo")).to_have_count(1)
    page.get_by_role("button", name="Show as codes and text").click()
    page.get_by_role("textbox", name="The records as text").wait_for()
    expect(listed.get_by_role("button", name="Undo")).to_have_count(0)
    assert network.outcomes() == []
    network.mode = "forward"
    send_all(page)
    assert [entry["kind"] for entry in run.recorded()] == ["outcome_reported"]
    assert run.handed_out() == []


def test_a_record_that_is_undone_while_the_station_is_asked_for_is_not_sent(
    new_phone: NewPhone, network: HttpProxy, run: TeamRun
) -> None:
    page = new_phone().open()
    page.evaluate(PLENTY_OF_TIME)
    asked: list[Route] = []
    page.route("**/api/health", lambda route: asked.append(route), times=1)
    save(page)
    [undone] = page.evaluate(KEPT, "records")
    page.evaluate("window.undo = document.querySelector('#toast button')")
    send_now(page)
    while not asked:
        page.wait_for_timeout(10)
    page.evaluate("undo.click()")
    expect(page.locator("#toast")).to_contain_text("Undone")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("button", name="Undo").wait_for()
    [question] = asked
    question.continue_()
    send_all(page)
    [sent] = network.outcomes()
    assert sent.headers["idempotency-key"] != undone["key"]


def test_a_record_that_is_saved_while_others_are_sent_can_be_undone(
    new_phone: NewPhone, network: HttpProxy, run: TeamRun
) -> None:
    page = new_phone().open()
    page.evaluate(PLENTY_OF_TIME)
    asked: list[Route] = []
    page.route("**/api/health", lambda route: asked.append(route), times=1)
    save(page)
    [first] = page.evaluate(KEPT, "records")
    send_now(page)
    while not asked:
        page.wait_for_timeout(10)
    stops(page)
    save(page, "Refused")
    [question] = asked
    question.continue_()
    expect(page.get_by_role("heading", name="2 of 3 stops done")).to_be_visible()
    unsent(page, 1)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#toast")).to_contain_text("Undone")
    unsent(page, 0)
    assert [sent.headers["idempotency-key"] for sent in network.outcomes()] == [first["key"]]


def test_a_record_and_photo_of_a_stop_that_was_moved_meanwhile_are_confirmed(
    new_phone: NewPhone, network: HttpProxy, run: TeamRun, tmp_path: Path
) -> None:
    page = new_phone().open()
    network.mode = "down"
    open_next(page, "Handed over")
    photo = tmp_path / "photo.png"
    photo.write_bytes(base64.b64decode(page.evaluate(NOISE)))
    page.locator('input[type="file"]').set_input_files(photo)
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("button", name="Undo").wait_for()
    save(page, "Refused")
    other = TeamRun(run.site, stops=1).team
    moved = [run.stops[0].allocation]
    run.record(c.MoveStops(delivery=run.delivery, team=other, allocations=moved))
    network.mode = "forward"
    send_all(page)
    assert page.evaluate(KEPT, "photos") == []


def test_hand_outs_at_a_counter_are_kept_without_a_network_and_sent_once(
    new_phone: NewPhone, network: HttpProxy, run: TeamRun
) -> None:
    run.open_counter(rice=10)
    page = new_phone().open()
    network.mode = "lose answers"
    page.locator("#bar").get_by_role("link", name="Counter").click()
    page.get_by_label("For whom?").select_option(run.group)
    expect(page.get_by_role("spinbutton", name="How many people")).to_have_value("")
    page.get_by_role("spinbutton", name="How many people").fill("3")
    page.get_by_role("spinbutton", name="rice, 10 kg left").fill("6")
    wait_for_kept(page, "drafts", f"kept[0]?.typed.amounts['{run.rice}'] === '6'")
    page.reload()
    expect(page.get_by_role("spinbutton", name="How many people")).to_have_value("3")
    page.get_by_label("Note", exact=True).evaluate(TYPE, "for\\u000b three \\ud83d")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#toast")).to_contain_text(f"Saved for {run.group}: rice 6 kg")
    expect(page.get_by_role("spinbutton", name="rice, 4 kg left")).to_have_value("0")
    page.get_by_label("For whom?").select_option("Household 2")
    expect(page.get_by_role("spinbutton", name="How many people")).to_be_hidden()
    page.get_by_role("button", name="One more: rice").click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#toast")).to_contain_text("Saved for Household 2: rice 1 kg")
    with page.expect_event("requestfailed", lambda request: "/hand-outs" in request.url):
        send_now(page)
    unsent(page, 2)
    network.mode = "forward"
    send_all(page)
    first, second = run.handed_out()
    rows = [
        row for entry in (first, second) for row in entry["rows"] if row["table"] == "hand_outs"
    ]
    assert [(row["recipient"], row["headcount"]) for row in rows] == [
        (f"{run.team}-group", 3),
        (run.stops[1].recipient, None),
    ]
    page.locator("#bar").get_by_role("link", name="Counter").click()
    expect(page.get_by_role("spinbutton", name="rice, 3 kg left")).to_be_visible()
    assert serious_faults(page) == []


def test_of_two_windows_one_records_a_stop_and_one_sends(
    new_phone: NewPhone, network: HttpProxy, run: TeamRun
) -> None:
    phone = new_phone()
    one, other = phone.open(), phone.open()
    for page in (one, other):
        page.evaluate(PLENTY_OF_TIME)
    open_next(other, "Refused")
    save(one)
    other.get_by_role("button", name="Save", exact=True).click()
    expect(other.get_by_role("alert")).to_contain_text("recorded in another window")
    stops(other)
    expect(other.get_by_role("heading", name="1 of 3 stops done")).to_be_visible()
    save(other)
    for page in (one, other):
        page.locator("#bar").get_by_role("link", name="Unsent").click()
    for page in (one, other):
        page.evaluate("document.querySelector('main button')?.click()")
    for page in (one, other):
        expect(page.get_by_role("heading", name="All is sent")).to_be_visible()
    assert len(network.outcomes()) == len(run.recorded()) == 2


def test_a_full_phone_says_that_nothing_was_saved_and_loses_photos_before_outcomes(
    new_phone: NewPhone, run: TeamRun, tmp_path: Path
) -> None:
    page = new_phone().open()
    page.evaluate(FULL, "add")  # no browser lets a test take its disk away
    open_next(page, "Handed over")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was saved: the phone is full")
    unsent(page, 0)

    page.reload()  # the form stays open
    page.evaluate(FULL, "put")
    photo = tmp_path / "photo.png"
    photo.write_bytes(base64.b64decode(page.evaluate(NOISE)))
    page.locator('input[type="file"]').set_input_files(photo)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("The outcome is saved. The photo is not")
    unsent(page, 1)
    page.reload()
    send_all(page)
    assert len(run.recorded()) == 1


def test_a_phone_that_dies_while_it_saves_has_the_record_or_shows_the_stop_as_open(
    chromium: Browser, network: HttpProxy, run: TeamRun, tmp_path: Path
) -> None:
    secret = run.join()

    def start() -> tuple[Phone, Page]:
        phone = Phone(chromium, network.address, secret, folder=tmp_path)
        return phone, phone.open()

    phone, page = start()
    network.mode = "lose answers"
    save(page)
    open_next(page, "Refused")
    page.get_by_role("button", name="Save", exact=True).dispatch_event("click")
    phone.kill()
    phone, page = start()
    heading = heading_of(page)
    expect(heading).to_have_text(re.compile("[12] of 3 stops done"))
    if "1 of" in heading.inner_text():  # nothing was said to be saved
        save(page, "Refused")
    network.mode = "forward"
    send_all(page)
    assert [entry["kind"] for entry in run.recorded()] == ["outcome_reported"] * 2
    phone.close()
