"""The page of a team without a network: opened, updated, shown and wiped."""

from __future__ import annotations

import hashlib
import json
import uuid
import zlib
from base64 import b64decode, urlsafe_b64decode
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from playwright.sync_api import Browser, Locator, Page, expect
from supplies_service.pages.assets import asset
from support.browser import fits, serious_faults
from support.http_proxy import HttpProxy
from support.team_run import (
    KEPT,
    NOISE,
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

INSTALLED = "navigator.serviceWorker.ready.then(() => true)"


def joined(browser: Browser, network: HttpProxy, run: TeamRun) -> tuple[Phone, Page]:
    """Join with a team's link, as the courier does, and open the run."""
    phone = Phone(browser, network.address, None)
    page = phone.context.new_page()
    page.goto(network.address + run.link())
    page.get_by_role("textbox").fill("Kai's phone")
    page.locator("main button").click()
    expect(page.get_by_role("heading", name="0 of 3 stops done")).to_be_visible()
    assert page.evaluate(INSTALLED)
    return phone, page


def test_a_phone_joins_works_offline_over_midnight_and_hands_over_codes_and_text(
    chromium: Browser, network: HttpProxy, run: TeamRun
) -> None:
    phone, page = joined(chromium, network, run)
    phone.context.set_offline(True)
    network.mode = "down"
    expect(page.locator("#network")).to_have_text("No connection")
    save(page)
    kept = page.evaluate(KEPT, "records")
    page.close()

    phone.shift_clock(13)  # the next day, and more than 12 hours later
    slip = phone.open(f"/run/{run.delivery}/{run.stops[1].allocation}")
    expect(slip.get_by_role("heading", name="Stop 2")).to_be_visible()
    expect(slip).to_have_title("(1 unsent) Run")
    expect(slip.get_by_text("unsent for more than 12 hours")).to_be_visible()
    slip.get_by_role("link", name="Show it").click()
    slip.get_by_role("button", name="Show as codes and text").click()
    expect(slip.get_by_role("img", name="Code 1 of")).to_be_visible()
    rescued = decoded(slip.get_by_role("textbox", name="The records as text").input_value())
    assert [(record["key"], record["body"]) for record in rescued["records"]] == [
        (record["key"], record["body"]) for record in kept
    ]

    expect(slip.get_by_text("No connection: kept on this phone")).to_be_visible()
    expect(slip.get_by_text("the phone tries again every minute")).to_be_visible()
    phone.context.set_offline(False)
    network.mode = "forward"
    send_all(slip)
    expect(slip.locator("#network")).to_have_text("")
    assert {sent.body.decode() for sent in network.outcomes()} == {kept[0]["body"]}
    assert len(run.recorded()) == 1
    phone.close()


def decoded(text: str) -> dict[str, object]:
    """Return the content of the text with which records leave a phone."""
    parts = [line.split(":") for line in text.splitlines()]
    assert {(mark, version) for mark, version, *_ in parts} == {("supplies-run", "1")}
    data = "".join(part[-1] for part in parts)
    content: dict[str, object] = json.loads(
        zlib.decompress(urlsafe_b64decode(data + "=" * (-len(data) % 4)))
    )
    return content


def test_an_update_waits_until_it_is_agreed_to_and_keeps_the_records(
    new_phone: NewPhone, network: HttpProxy, run: TeamRun
) -> None:
    phone = new_phone()
    page = phone.open()
    page.evaluate(INSTALLED)
    page.reload()  # from now on the service worker serves the page
    network.mode = "lose answers"
    save(page)
    open_next(page, "Partly")
    page.get_by_role("textbox", name="Note").fill("half typed")
    network.rewrite = newer_version
    network.mode = "login page"
    page.evaluate(LOOK_FOR_UPDATE)  # one file is wrong, so nothing is installed
    expect(page.get_by_text("A new version of this page is ready")).to_have_count(0)
    network.mode = "lose answers"
    page.evaluate(LOOK_FOR_UPDATE)
    expect(page.get_by_text("A new version of this page is ready")).to_be_visible()
    page.get_by_role("button", name="Later").click()
    expect(page.get_by_role("textbox", name="Note")).to_have_value("half typed")

    page.reload()
    page.get_by_role("button", name="Reload").click()
    page.wait_for_selector("html[data-newer]")
    expect(page).to_have_title("(1 unsent) Run")
    versions = page.evaluate("indexedDB.databases().then((all) => all.map((one) => one.version))")
    assert versions == [4]
    network.mode = "forward"
    send_all(page)
    assert len(run.recorded()) == 1


LOOK_FOR_UPDATE = """async () => {
  const found = await navigator.serviceWorker.getRegistration("/run");
  await found.update().catch(() => {});
}"""


def newer_version(path: str, body: bytes) -> bytes:
    """Serve a newer version of the page, with a newer schema of what the phone keeps."""
    if path.startswith("/assets/store."):
        step = b'  (database) => { database.createObjectStore("later"); },\n];\n\nconst DRAFTS'
        return body.replace(b"];\n\nconst DRAFTS", step)
    if path.startswith("/assets/run_page."):
        return body + b'\ndocument.documentElement.dataset.newer = "yes";\n'
    if path == "/run/sw.js":
        head, files, rest = body.split(b"\n", 2)
        listed = json.loads(files.removeprefix(b"const FILES = ").removesuffix(b";"))
        for file in listed:
            name = Path(file[0]).name.partition(".")[0]
            if name in ("store", "run_page"):
                content = newer_version(file[0], asset(f"{name}.js").content)
                file[1] = hashlib.sha256(content).hexdigest()
        return b"\n".join((head.replace(b'= "', b'= "newer'), files_line(listed), rest))
    return body


def files_line(listed: list[list[str]]) -> bytes:
    """The line of the service worker that lists its files."""
    return b"const FILES = " + json.dumps(listed).encode() + b";"


def test_what_the_first_version_of_the_page_kept_is_still_sent(
    new_phone: NewPhone, network: HttpProxy, run: TeamRun
) -> None:
    phone = new_phone()
    page = phone.context.new_page()
    page.goto(network.address + "/run/manifest.webmanifest")
    page.evaluate(FIRST_VERSION, [as_first_version(run, report, at) for at, report in OLD_REPORTS])
    page.close()
    page = phone.open()
    expect(page.get_by_role("heading", name="2 of 3 stops done")).to_be_visible()
    send_all(page)
    assert [json.loads(post.body)["outcome"] for post in network.outcomes()] == [
        "partly",
        "refused",
    ]
    assert [entry["kind"] for entry in run.recorded()] == ["outcome_reported"] * 2
    stops(page)
    open_next(page, "Lost")
    page.get_by_role("textbox", name="What happened?").fill("half typed")
    wait_for_kept(page, "drafts")  # the schema is new


OLD_REPORTS: list[tuple[int, dict[str, object]]] = [
    (
        0,
        {
            "outcome": "partly",
            "lines": [
                {"line": 1, "received": 4, "brought_back": 1, "lost": 0},
                {"line": 2, "received": 24, "brought_back": 0, "lost": 0},
            ],
            "received_by": "neighbour",
            "proof": "signature",
            "signature": [[[10, 20], [980, 400]]],
            "code": "123456",
            "note": "the bell is broken",
        },
    ),
    (
        1,
        {
            "outcome": "refused",
            "why": "not_ready",
            "next_attempt": "2030-01-31",
            "time_window": "evenings",
            "note": "come again",
        },
    ),
]
"""Every field of a report, as the first version of the page stated it, with the stop's position."""

FIRST_VERSION = """(records) => new Promise((done) => {
  const request = indexedDB.open("supplies-run", 1);
  request.onupgradeneeded = () => {
    const database = request.result;
    const store = database.createObjectStore("records", { keyPath: "order", autoIncrement: true });
    store.createIndex("key", "key", { unique: true });
    store.createIndex("stop", ["delivery", "allocation"]);
    database.createObjectStore("photos", { keyPath: "key" });
    database.createObjectStore("sent", { keyPath: "key" });
    database.createObjectStore("run");
  };
  request.onsuccess = () => {
    const transaction = request.result.transaction("records", "readwrite");
    for (const record of records) transaction.objectStore("records").add(record);
    transaction.oncomplete = () => { request.result.close(); done(); };
  };
})"""
"""Make the database of the first version of the page, with records."""


def as_first_version(run: TeamRun, report: dict[str, object], at: int) -> dict[str, object]:
    """Return a record of a stop as the first version of the page kept it."""
    made_at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    place = {"delivery": run.delivery, "allocation": run.stops[at].allocation}
    body = {"allocation": place["allocation"], **report, "happened_at": made_at}
    shown = {"number": at + 1, "outcome": report["outcome"], "lines": report.get("lines")}
    return {
        "key": str(uuid.uuid4()),
        **place,
        "body": json.dumps(body),
        "made_at": made_at,
        "hold": 8000,
        "hold_until": 0,
        "tried_at": None,
        "state": "waiting",
        "problem": None,
        "shown": {**place, **shown, "happened_at": made_at},
    }


def test_a_database_that_the_browser_closed_is_opened_again(
    new_phone: NewPhone, network: HttpProxy, run: TeamRun
) -> None:
    phone = new_phone()
    phone.context.add_init_script(REMEMBER_CONNECTIONS)
    page = phone.open()
    network.mode = "lose answers"
    page.evaluate("connections.forEach((one) => one.close())")  # as Safari does, without an event
    save(page)
    page.evaluate(
        "connections.forEach((one) => { one.close(); one.dispatchEvent(new Event('close')); })"
    )
    save(page)
    network.mode = "forward"
    page.evaluate("connections.forEach((one) => one.close())")
    send_all(page)
    assert len(run.recorded()) == 2


REMEMBER_CONNECTIONS = """
  globalThis.connections = [];
  const open = IDBFactory.prototype.open;
  IDBFactory.prototype.open = function (...given) {
    const request = open.apply(this, given);
    request.addEventListener("success", () => connections.push(request.result));
    return request;
  };
"""


def test_what_is_half_typed_survives_a_dead_phone_and_is_erased_with_the_names(
    chromium: Browser, network: HttpProxy, run: TeamRun, tmp_path: Path
) -> None:
    secret = run.join()

    def start() -> tuple[Phone, Page]:
        phone = Phone(chromium, network.address, secret, folder=tmp_path)
        return phone, phone.open()

    phone, page = start()
    open_next(page, "Partly")
    page.get_by_role("button", name="One less: rice").click()
    page.get_by_text("Family", exact=True).click()
    page.get_by_role("textbox", name="Note").fill("half typed")
    sign(page)
    wait_for_kept(page, "drafts", "kept[0]?.typed.signature")
    photo = tmp_path / "photo.png"
    photo.write_bytes(b64decode(page.evaluate(NOISE)))
    page.locator('input[type="file"]').set_input_files(photo)
    wait_for_kept(page, "draft_photos")
    phone.kill()

    phone, page = start()
    expect(page.get_by_text("Begun, not saved")).to_be_visible()
    page.get_by_role("link", name="Record the outcome").click()
    expect(page.get_by_role("img", name="The photo")).to_be_visible()
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("button", name="Undo").wait_for()
    for store in ("drafts", "draft_photos"):
        assert page.evaluate(KEPT, store) == []
    send_all(page)
    [sent] = network.outcomes()
    assert [post.path.endswith("/photo") for post in network.posts].count(True) == 1
    report = json.loads(sent.body)
    assert report["lines"][0] == {"line": 1, "received": 4, "brought_back": 1, "lost": 0}
    assert (report["received_by"], report["note"]) == ("family", "half typed")
    assert report["signature"][0][0][0] < 30 < 900 < report["signature"][0][-1][0] <= 1000

    stops(page)
    open_next(page, "Refused")
    page.get_by_role("textbox", name="Note").fill("a name")
    page.locator('input[type="file"]').set_input_files(photo)
    wait_for_kept(page, "draft_photos")
    run.revoke_phones()
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.get_by_text("Household 2")).to_have_count(0)
    page.get_by_role("textbox", name="Note").fill("another name")
    stops(page)
    expect(page.get_by_role("heading", name="This phone's access has ended")).to_be_visible()
    expect(page.get_by_text("What was typed and not saved was erased.")).to_be_visible()
    for store in ("sent", "drafts", "draft_photos"):
        assert page.evaluate(KEPT, store) == []
    phone.close()


def test_a_photo_goes_with_its_draft_and_one_that_cannot_be_read_is_said(
    new_phone: NewPhone, tmp_path: Path
) -> None:
    page = new_phone().open()
    photo, text = tmp_path / "photo.png", tmp_path / "text.jpg"
    photo.write_bytes(b64decode(page.evaluate(NOISE)))
    text.write_text("not a photo")
    open_next(page, "Refused")
    page.locator('input[type="file"]').set_input_files(text)
    expect(page.get_by_text("The browser cannot read this photo")).to_be_visible()
    page.locator('input[type="file"]').set_input_files(photo)
    wait_for_kept(page, "draft_photos")
    page.get_by_role("button", name="Remove the photo").click()
    wait_for_kept(page, "draft_photos", "!kept.length")
    page.locator('input[type="file"]').set_input_files(photo)
    wait_for_kept(page, "draft_photos")
    page.get_by_role("button", name="Back", exact=True).click()
    wait_for_kept(page, "draft_photos", "!kept.length")
    assert page.evaluate(KEPT, "drafts") == []


def test_names_are_wiped_when_all_is_confirmed_and_when_a_phone_is_revoked(
    new_phone: NewPhone, network: HttpProxy, run: TeamRun
) -> None:
    phone = new_phone()
    page = phone.open()
    network.mode = "lose answers"
    save(page, "Refused")
    run.revoke_phones()
    network.mode = "forward"
    send_now(page)
    stops(page)
    expect(page.get_by_role("heading", name="This phone's access has ended")).to_be_visible()
    expect(page.get_by_text("1 unsent record is still on this phone.")).to_be_visible()
    assert "Longxue Street" not in page.content()
    assert len(page.evaluate(KEPT, "records")) == 1

    page.reload()  # what the phone knows of the station stays
    page.get_by_role("link", name="Hand over to the station").click()
    expect(page.get_by_text("it can no longer send")).to_be_visible()
    expect(page.get_by_role("button", name="Show as codes and text")).to_be_visible()
    expect(page.get_by_role("button", name="Send now")).to_have_count(0)
    made_at = datetime.fromisoformat(page.evaluate(KEPT, "records")[0]["made_at"])
    in_shanghai = made_at.astimezone(ZoneInfo("Asia/Shanghai"))
    expect(page.locator(".unsent")).to_contain_text(f"{in_shanghai:%H:%M} · Kept on this phone")
    page.get_by_role("button", name="中文").click()
    expect(page.get_by_text("本机已被停用，不能再发送")).to_be_visible()
    page.get_by_role("button", name="English").click()

    phone.use(run.join())
    page.reload()
    send_all(page)
    for stop in run.stops[1:]:
        run.record(
            c.ReportOutcome(
                delivery=run.delivery, allocation=stop.allocation, outcome="handed_over"
            )
        )
    run.record(c.CloseDelivery(delivery=run.delivery))
    stops(page)
    page.reload()
    expect(page.get_by_role("heading", name="No delivery is out")).to_be_visible()
    page.reload()  # the team is still on its way with what was refused
    expect(page.get_by_text("The delivery has ended. Bring these goods back")).to_be_visible()
    expect(page.locator("main .goods")).to_contain_text("rice5 kg")
    for store in ("records", "run", "sent"):
        assert page.evaluate(KEPT, store) == []
    assert len(run.recorded()) == 4


def test_a_phone_tells_the_station_its_language_again_if_the_station_knows_another(
    new_phone: NewPhone,
) -> None:
    page = new_phone().open()
    page.evaluate(
        "fetch('/language', {method: 'POST', "
        "body: new URLSearchParams({language: 'zh', next: '/run'})})"
    )
    # The first answer is in Chinese, the second what the phone has already.
    with page.expect_response(lambda one: one.url.endswith("/api/run") and one.status == 304):
        page.reload()
    expect(page.locator("main")).to_contain_text("rice")
    expect(page.locator("main")).not_to_contain_text("大米")


def test_a_phone_whose_access_ends_says_so_while_its_unsent_records_are_shown(
    new_phone: NewPhone, network: HttpProxy, run: TeamRun
) -> None:
    run.open_counter(rice=10)
    page = new_phone().open()
    network.mode = "down"
    page.locator("#bar").get_by_role("link", name="Counter").click()
    page.get_by_label("For whom?").select_option(run.group)
    page.get_by_role("spinbutton", name="rice, 10 kg left").fill("3")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("button", name="Undo").wait_for()
    send_now(page)
    expect(page.get_by_text("The phone goes on trying.")).to_be_visible()
    page.get_by_role("button", name="Show as codes and text").click()
    text = page.get_by_role("textbox", name="The records as text")
    expect(text).to_be_visible()
    number = page.locator(".run-head #phone").inner_text()
    assert number.startswith("Phone #")

    run.revoke_phones()
    network.mode = "forward"
    page.get_by_role("button", name="Send now").click()
    expect(page.get_by_text("This phone's access has ended: it can no longer send")).to_be_visible()
    expect(page.locator("#toast")).to_have_text("Not sent: 1. This phone's access has ended.")
    expect(page.locator("main")).not_to_contain_text("by itself")
    expect(page.get_by_role("heading", name="Hand over to the station")).to_be_visible()
    assert decoded(text.input_value())["records"]
    assert page.locator(".rescue .code").first.evaluate("code => code.toDataURL().length") > 1000
    page.reload()
    expect(page.locator(".unsent")).to_contain_text("Counter · rice 3 kg")
    expect(page.get_by_text(number)).to_be_visible()


def test_a_phone_that_has_not_joined_says_how(
    chromium: Browser, network: HttpProxy, run: TeamRun
) -> None:
    phone = Phone(chromium, network.address, None, language="zh-CN")
    page = phone.open(f"/run/{run.delivery}/{run.stops[0].allocation}")
    expect(page.get_by_role("heading", name="本机尚未加入配送队")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    phone.close()


def test_the_page_is_accessible_on_a_narrow_phone(new_phone: NewPhone, network: HttpProxy) -> None:
    page = new_phone(scheme="dark").open()
    network.mode = "lose answers"
    page.set_viewport_size({"width": 360, "height": 640})
    assert is_in_sight(page.get_by_role("link", name="Record the outcome"))
    for outcome in ("Partly", "Not at home", "Handed over"):
        page.get_by_role("link", name="Record the outcome").click()
        assert all(is_in_sight(button) for button in page.locator(".outcomes button").all())
        page.get_by_role("button", name=outcome, exact=True).click()
        for name in ("Signature", "Spoken code") if outcome != "Not at home" else ():
            assert is_in_sight(page.get_by_role("button", name=name, exact=True))
        assert is_in_sight(page.locator(".photo-button label"))
        assert serious_faults(page) == []
        assert fits(page)
        page.get_by_role("button", name="Back").click()
        stops(page)
    save(page)
    for title in ("Stops", "Bag", "Unsent"):
        page.locator("#bar").get_by_role("link", name=title).click()
        assert serious_faults(page) == []
        assert fits(page)
    page.get_by_role("button", name="中文").click()
    expect(page.get_by_role("heading", name="1 条未发送")).to_be_visible()


def is_in_sight(element: Locator) -> bool:
    """Return whether an element can be seen without scrolling, above the bar of the page."""
    shown: bool = element.evaluate(
        """(element) => {
          const { top, bottom } = element.getBoundingClientRect();
          const bar = document.getElementById("bar").getBoundingClientRect();
          return top >= 0 && bottom <= bar.top;
        }"""
    )
    return shown


def test_what_changes_while_a_button_is_pressed_does_not_take_the_press_away(
    new_phone: NewPhone, network: HttpProxy, run: TeamRun
) -> None:
    phone = new_phone()
    page, other = phone.open(), phone.open()
    network.mode = "login page"
    save(page)
    page.locator("#bar").get_by_role("link", name="Unsent: 1").click()
    page.get_by_role("button", name="Show as codes and text").hover()
    page.mouse.down()
    save(other, "Refused")
    expect(page).to_have_title("(2 unsent) Run")
    page.mouse.up()
    text = page.get_by_role("textbox", name="The records as text")
    expect(text).to_be_visible()
    records = decoded(text.input_value())["records"]
    assert [record["delivery"] for record in records] == [run.delivery] * 2
