"""What a phone promises: it writes first, keeps what is refused, and sends by itself."""

from __future__ import annotations

import json
from base64 import b64decode
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect
from support.http_proxy import HttpProxy
from support.team_run import (
    KEPT,
    NOISE,
    NewPhone,
    TeamRun,
    open_next,
    save,
    send_all,
    send_now,
    stops,
    wait_for_kept,
)

NOTE_DURABILITY = """
  globalThis.durabilities = [];
  const begin = IDBDatabase.prototype.transaction;
  IDBDatabase.prototype.transaction = function (names, mode, options) {
    if (mode === "readwrite") durabilities.push(options?.durability);
    return begin.call(this, names, mode, options);
  };
"""

REFUSE_TO_PERSIST = """
  globalThis.asked = 0;
  navigator.storage.persist = async () => { asked += 1; return false; };
"""

NO_TIMERS = """
  const inTime = globalThis.setTimeout;
  globalThis.setTimeout = (job, after) => inTime(job, after >= 1000 ? 600_000 : after);
  globalThis.setInterval = () => 0;
"""
"""Script that disables sending by timers."""


def test_every_write_is_on_the_disk_before_it_counts(new_phone: NewPhone, run: TeamRun) -> None:
    phone = new_phone()
    phone.context.add_init_script(NOTE_DURABILITY)
    page = phone.open()
    save(page)
    send_all(page)
    assert set(page.evaluate("durabilities")) == {"strict"}
    assert len(run.recorded()) == 1


def test_the_browser_is_asked_to_keep_everything_and_its_refusal_is_said(
    new_phone: NewPhone, network: HttpProxy
) -> None:
    phone = new_phone()
    phone.context.add_init_script(REFUSE_TO_PERSIST)
    page = phone.open()
    expect(page.get_by_text("Put this page on the home screen")).to_be_visible()
    network.mode = "down"
    save(page)
    page.locator("#bar a").last.click()
    assert page.evaluate("asked") >= 1
    refusal = page.get_by_text("the browser may delete what this phone keeps")
    expect(refusal).to_be_visible()
    network.mode = "forward"
    send_all(page)
    expect(page.get_by_text("Version")).to_be_visible()
    expect(refusal).to_have_count(0)


@pytest.mark.parametrize("status", [401, 403, 409, 422])
def test_what_the_station_refuses_is_kept_with_the_reason_and_can_be_tried_again(
    new_phone: NewPhone, run: TeamRun, status: int
) -> None:
    page = new_phone().open()
    problem = {"type": "/problems/x", "title": "X", "status": status, "detail": "said by the desk"}

    def refuse(route: Route) -> None:
        route.fulfill(
            status=status,
            content_type="application/problem+json",
            headers={"Content-Language": "en"},
            body=json.dumps(problem),
        )

    page.route("**/outcomes", refuse)
    save(page)
    kept = page.evaluate(KEPT, "records")
    send_now(page)
    if status != 401:
        expect(page.get_by_text("said by the desk")).to_be_visible()
    (still,) = page.evaluate(KEPT, "records")
    assert (still["key"], still["body"]) == (kept[0]["key"], kept[0]["body"])
    page.unroute("**/outcomes")
    if status != 401:
        page.get_by_role("button", name="Try again").click()
    send_all(page)
    assert len(run.recorded()) == 1


def test_a_phone_sends_when_it_is_opened_seen_or_online_again(
    new_phone: NewPhone, network: HttpProxy, run: TeamRun
) -> None:
    phone = new_phone()
    phone.context.add_init_script(NO_TIMERS)
    page = phone.open()
    for wake in (
        "window.dispatchEvent(new Event('online'))",
        "document.dispatchEvent(new Event('visibilitychange'))",
        "location.reload()",
    ):
        network.mode = "lose answers"
        stops(page)
        save(page)
        send_now(page)
        wait_for_kept(page, "records", "kept[0]?.tried_at")
        network.mode = "forward"
        page.evaluate(wake)
        page.wait_for_selector("html[data-ready]")
        wait_for_kept(page, "records", "!kept.length")
    assert len(run.recorded()) == 3


def test_a_phone_that_could_not_send_tries_again_by_itself(
    new_phone: NewPhone, network: HttpProxy, run: TeamRun
) -> None:
    page = new_phone().open()
    network.mode = "down"
    save(page)
    send_now(page)
    expect(page.locator("#toast")).to_contain_text("Not sent yet: 1")
    network.mode = "forward"
    wait_for_kept(page, "records", "!kept.length")
    assert len(run.recorded()) == 1


def test_goods_are_shown_as_pictures_that_can_be_counted(new_phone: NewPhone) -> None:
    page = new_phone().open()
    goods = page.locator(".next .goods")
    expect(goods.locator(".piece")).to_have_count(5)  # 5 kg of rice
    expect(goods.locator(".pack")).to_have_count(2)  # 2 cases of water
    expect(goods).to_contain_text("2 × case of 12 bottles")


def test_the_page_can_be_installed(new_phone: NewPhone, network: HttpProxy) -> None:
    page = new_phone().open()
    address = page.locator('link[rel="manifest"]').get_attribute("href")
    manifest = json.loads(page.request.get(network.address + str(address)).text())
    assert (manifest["start_url"], manifest["scope"]) == ("/run", "/run")
    assert manifest["display"] == "standalone"
    for icon in manifest["icons"]:
        assert _size_of_picture(page, icon["src"]) == icon["sizes"]


def _size_of_picture(page: Page, address: str) -> str:
    found: str = page.evaluate(
        """async (address) => {
          const image = await createImageBitmap(await (await fetch(address)).blob());
          return `${image.width}x${image.height}`;
        }""",
        address,
    )
    return found


def test_back_leads_from_a_form_to_its_stop_and_then_to_the_list(new_phone: NewPhone) -> None:
    page = new_phone().open()
    open_next(page, "Refused")
    page.get_by_role("textbox", name="Note").fill("half typed")
    wait_for_kept(page, "drafts")
    page.go_back()
    expect(page.locator(".outcomes")).to_be_visible()
    page.get_by_role("button", name="Refused", exact=True).click()
    expect(page.get_by_role("textbox", name="Note")).to_have_value("half typed")
    page.go_back()
    page.get_by_role("link", name="Begun, not saved: Refused").click()
    expect(page.get_by_role("textbox", name="Note")).to_have_value("half typed")
    page.get_by_role("button", name="Back", exact=True).click()
    expect(page.locator(".outcomes")).to_be_visible()
    wait_for_kept(page, "drafts", "!kept.length")
    page.get_by_role("button", name="Handed over", exact=True).click()
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("button", name="Undo").wait_for()
    expect(page.get_by_role("heading", name="1 of 3 stops done")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="Stop 1")).to_be_visible()
    expect(page.locator(".outcome")).to_have_count(0)


def test_a_photo_for_one_outcome_does_not_become_the_photo_of_another(
    new_phone: NewPhone, tmp_path: Path
) -> None:
    page = new_phone().open()
    open_next(page, "Handed over")
    photo = tmp_path / "photo.png"
    photo.write_bytes(b64decode(page.evaluate(NOISE)))
    page.locator('input[type="file"]').set_input_files(photo)
    wait_for_kept(page, "draft_photos")
    page.go_back()
    page.get_by_role("button", name="Refused", exact=True).click()
    page.get_by_role("textbox", name="Note").fill("has enough rice")
    wait_for_kept(page, "drafts", "kept[0]?.typed.note === 'has enough rice'")
    page.reload()
    expect(page.get_by_role("textbox", name="Note")).to_have_value("has enough rice")
    expect(page.get_by_role("img", name="The photo")).to_be_hidden()
    assert page.evaluate(KEPT, "draft_photos") == []


def test_what_is_saved_on_a_phone_whose_access_has_ended_cannot_be_undone(
    new_phone: NewPhone, run: TeamRun
) -> None:
    page = new_phone().open()
    open_next(page, "Refused")
    run.revoke_phones()
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.get_by_text("Household 1")).to_have_count(0)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#toast")).to_have_text("Stop 1 is saved: Refused")
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)
    assert len(page.evaluate(KEPT, "records")) == 1


def test_reasons_are_sent_as_codes_beside_the_note(new_phone: NewPhone, network: HttpProxy) -> None:
    page = new_phone().open()
    open_next(page, "Refused")
    expect(page.get_by_text("Moved away")).to_have_count(0)
    page.get_by_text("Not needed", exact=True).click()
    page.get_by_role("textbox", name="Note").fill("has enough rice. " * 200)
    wait_for_kept(page, "drafts", "kept[0]?.typed.why === 'not_needed'")
    page.reload()
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("button", name="Undo").wait_for()
    send_all(page)
    [sent] = network.outcomes()
    report = json.loads(sent.body)
    assert report["why"] == "not_needed"
    assert report["note"].startswith("has enough rice. ")
    assert 1_900 < len(report["note"]) <= 2_000

    stops(page)
    open_next(page, "Not at home")
    page.get_by_text("Nobody answered", exact=True).click()
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("button", name="Undo").wait_for()
    send_all(page)
    report = json.loads(network.outcomes()[1].body)
    assert (report.get("note"), report["why"]) == (None, "nobody_answered")


def test_a_message_covers_neither_the_head_nor_the_button_that_saves(new_phone: NewPhone) -> None:
    page = new_phone().open()
    save(page)
    message, head = (page.locator(one).bounding_box() for one in ("#toast", ".run-head"))
    assert message is not None
    assert head is not None
    assert message["y"] + message["height"] <= head["y"]
    open_next(page, "Refused")
    expect(page.locator("#toast")).to_contain_text("Stop 1 is saved")
    page.get_by_role("button", name="Save", exact=True).click(timeout=3_000)
    expect(page.locator("#toast")).to_contain_text("Stop 2 is saved")
