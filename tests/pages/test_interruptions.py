"""What goes wrong at a desk: Back, reload, two people on one form, long gifts, input methods."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, Route, expect
from support.browser import OpenPage, Site

from supplies.domain.catalogue_records import Donor
from supplies.ledger.ledger import Ledger

ROLES = {"auditor": "审计员", "recorder": "记账员"}


def register_donor(site: Site, code: str) -> None:
    """Register a donor that no other test uses."""
    with Ledger.open(str(site.database), station="lx", create=False) as ledger:
        ledger.register(Donor(code=code, name=f"Donor {code}"))


def field(page: Page, pointer: str) -> Locator:
    """A field of a form, by its JSON pointer."""
    return page.locator(f'form.command [name="{pointer}"]')


def fill(page: Page, donor: str, quantity: int) -> None:
    field(page, "/donor").fill(donor)
    field(page, "/location").select_option("store")
    field(page, "/handled_by").fill("陈某")
    field(page, "/lines/0/item").fill("mask")
    field(page, "/lines/0/quantity").fill(str(quantity))


def save(page: Page, button: str = "Save") -> None:
    page.get_by_role("button", name=button, exact=True).click()


def donations_of(page: Page, site: Site, donor: str) -> Locator:
    """The rows of the list of a donor's donations."""
    page.goto(f"{site.address}/donations?donor={donor}")
    return page.get_by_role("rowheader")


@pytest.mark.parametrize("javascript", [True, False])
def test_back_and_reload_after_saving_record_nothing_twice(
    open_page: OpenPage, javascript: bool
) -> None:
    open_page.expect_status(422)
    donor = f"D-back-{javascript}".lower()
    register_donor(open_page.site, donor)
    page = open_page("/donations/new", javascript=javascript)
    fill(page, donor, 81)
    save(page)
    expect(page.get_by_role("link", name="Print the receipt")).to_be_visible()
    page.reload()
    page.go_back()
    expect(page.get_by_role("heading", name="Record a donation")).to_be_visible()
    save(page)
    expect(donations_of(page, open_page.site, donor)).to_have_count(1)


def test_a_reload_of_a_refused_form_records_nothing(open_page: OpenPage) -> None:
    open_page.expect_status(422)
    register_donor(open_page.site, "D-reload")
    page = open_page("/donations/new")
    fill(page, "D-reload", 82)
    field(page, "/handled_by").fill("")
    save(page)
    expect(page.get_by_role("alert")).to_be_visible()
    page.reload()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(field(page, "/lines/0/quantity")).to_have_value("82")
    expect(donations_of(page, open_page.site, "D-reload")).to_have_count(0)


def lose(route: Route, *, is_recorded: bool) -> None:
    """Lose a form on its way to the service or, if it is recorded, the answer on its way back."""
    if route.request.method != "POST":
        route.continue_()
        return
    if is_recorded:
        route.fetch(max_redirects=0)
    route.abort("connectionreset")


@pytest.mark.parametrize("is_recorded", [True, False])
def test_a_form_without_an_answer_is_filled_in_again_and_recorded_once(
    open_page: OpenPage, is_recorded: bool
) -> None:
    donor = f"D-lost-{is_recorded}".lower()
    register_donor(open_page.site, donor)
    page = open_page("/donations/new")
    fill(page, donor, 86)
    page.keyboard.press("Shift+Enter")
    field(page, "/lines/1/item").fill("mask")
    field(page, "/lines/1/quantity").fill("3")
    page.route("**/donations/new", lambda route: lose(route, is_recorded=is_recorded))
    with page.expect_event("requestfailed"):
        save(page)
    page.unroute("**/donations/new")
    page.goto(f"{open_page.site.address}/donations/new")
    expect(page.get_by_text("You sent this form, and no answer came")).to_be_visible()
    expect(field(page, "/lines/0/quantity")).to_have_value("86")
    expect(field(page, "/lines/1/quantity")).to_have_value("3")
    save(page)
    expect(page.get_by_role("link", name="Print the receipt")).to_be_visible()
    page.goto(f"{open_page.site.address}/donations/new")
    expect(field(page, "/lines/0/quantity")).to_have_value("")
    expect(donations_of(page, open_page.site, donor)).to_have_count(1)


def test_a_new_household_that_is_half_typed_outlives_another_page(open_page: OpenPage) -> None:
    open_page.expect_status(422)
    page = open_page("/needs/new")
    field(page, "/recipient").fill("何家")
    field(page, "/lines/0/item").fill("mask")
    field(page, "/lines/0/quantity").fill("3")
    save(page)
    page.get_by_role("button", name="Register “何家” as a new recipient").click()
    field(page, "/new_recipient/address").fill("翠湖路1号")
    field(page, "/new_recipient/persons").fill("4")
    page.goto(f"{open_page.site.address}/stock")
    page.goto(f"{open_page.site.address}/needs/new")
    expect(page.get_by_text("What you typed before is filled in again.")).to_be_visible()
    expect(field(page, "/new_recipient/name")).to_have_value("何家")
    expect(field(page, "/new_recipient/address")).to_have_value("翠湖路1号")
    save(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Needs of 何家")


def test_the_second_of_two_people_who_correct_one_donation_is_refused(open_page: OpenPage) -> None:
    open_page.expect_status(409)
    register_donor(open_page.site, "D-two")
    page = open_page("/donations/new")
    fill(page, "D-two", 83)
    save(page)
    expect(page.get_by_role("link", name="Print the receipt")).to_be_visible()
    path = page.url.removeprefix(open_page.site.address) + "/correct"
    first, second = (open_page(path, role=role) for role in ("recorder", "coordinator"))
    for each, quantity in ((first, "84"), (second, "85")):
        field(each, "/command/lines/0/quantity").fill(quantity)
        field(each, "/reason").fill("miscounted")
        save(each, "Save the correction")
    expect(first.get_by_text("84 pieces")).to_be_visible()
    expect(second.get_by_role("alert")).to_be_visible()
    expect(field(second, "/command/lines/0/quantity")).to_have_value("85")
    page.reload()
    expect(page.get_by_text("84 pieces")).to_be_visible()


def test_a_donation_of_forty_lines_is_recorded_by_keyboard(open_page: OpenPage) -> None:
    register_donor(open_page.site, "D-forty")
    page = open_page("/donations/new")
    fill(page, "D-forty", 1)
    field(page, "/lines/0/batch").fill("batch 0")
    for line in range(1, 40):
        page.keyboard.press("Shift+Enter")
        expect(field(page, f"/lines/{line}/item")).to_be_focused()
        for name, text in (
            ("item", "mask"),
            ("quantity", str(line + 1)),
            ("batch", f"batch {line}"),
        ):
            field(page, f"/lines/{line}/{name}").fill(text)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("link", name="Print the receipt")).to_be_visible()
    goods = page.get_by_role("region", name="Goods").locator("tbody tr")
    expect(goods).to_have_count(40)
    expect(goods.nth(39)).to_contain_text("batch 39")
    receipt = page.get_by_role("link", name="Print the receipt").get_attribute("href")
    assert page.request.get(f"{open_page.site.address}{receipt}").body().startswith(b"%PDF")


def test_enter_in_an_input_method_neither_chooses_nor_sends(open_page: OpenPage) -> None:
    page = open_page("/donations/new")
    keyboard = page.context.new_cdp_session(page)
    donor = field(page, "/donor")
    donor.focus()
    page.keyboard.type("李")
    expect(page.get_by_role("option", name="李某 · D-2")).to_be_visible()
    composed = {"text": "mou", "selectionStart": 3, "selectionEnd": 3}
    keyboard.send("Input.imeSetComposition", composed)
    page.keyboard.press("Enter")
    expect(donor).to_be_focused()
    expect(donor).to_have_value("李mou")
    donor.fill("李某")
    expect(page.get_by_role("option", name="李某 · D-2")).to_be_visible()
    page.keyboard.press("Enter")
    expect(donor).to_have_value("李某 · D-2")


@pytest.mark.parametrize(("language", "title"), [("zh", "没有权限"), ("en", "Not allowed")])
@pytest.mark.parametrize(
    ("role", "path"),
    [("auditor", "/donations/new"), ("auditor", "/stock/new/move"), ("recorder", "/admin/users")],
)
def test_a_page_for_other_roles_is_refused_in_words(
    open_page: OpenPage, role: str, path: str, language: str, title: str
) -> None:
    open_page.expect_status(403)
    page = open_page(path, role=role, language=language)
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    expect(page.get_by_role("main")).to_contain_text(role if language == "en" else ROLES[role])
    expect(page.locator("form.command")).to_have_count(0)
