"""Administer a station in a browser: users, tokens and links."""

from __future__ import annotations

from io import BytesIO

import pypdf
import pytest
from playwright.sync_api import Locator, Page, expect
from support.browser import WIDTH_AND_LANGUAGE, OpenPage, fits, serious_faults

from supplies.access import donor_requests
from supplies.access.access_context import AccessContext
from supplies.ledger.ledger import Ledger

PAGES = ("/admin", "/admin/users", "/admin/users/u_1", "/admin/tokens", "/admin/links",
         "/donors/D-1/links", "/teams/T-1/links")  # fmt: skip


def save(page: Page, title: str) -> None:
    page.get_by_role("button", name=title, exact=True).click()


@pytest.mark.parametrize(("width", "language"), WIDTH_AND_LANGUAGE)
def test_axe_finds_no_serious_fault_on_the_pages_of_administration(
    open_page: OpenPage, width: int, language: str
) -> None:
    page = open_page("/admin", role="coordinator", width=width, language=language)
    for path in PAGES:
        page.goto(open_page.site.address + path)
        assert serious_faults(page) == [], path
        assert fits(page), path


@pytest.mark.parametrize("javascript", [True, False])
def test_a_user_is_added_invited_again_and_disabled(open_page: OpenPage, javascript: bool) -> None:
    login = "wang" if javascript else "zhao"
    page = open_page("/", role="coordinator", javascript=javascript)
    page.get_by_role("link", name="Administration").click()
    page.get_by_role("link", name="Users").click()
    page.get_by_label("Login").fill(login)
    page.get_by_label("Role").select_option("auditor")
    save(page, "Add and invite")
    address = page.get_by_label("Give this address to the person").input_value()
    assert address.startswith(f"{open_page.site.address}/invitation/supplies.lx.")
    if javascript:
        expect(page.get_by_role("button", name="Copy")).to_be_visible()

    save(page, "Make a new invitation")
    shown = page.get_by_label("Give this address to the person")
    expect(shown).not_to_have_value(address)
    newer = shown.input_value()
    open_page.expect_status(404)
    invited = open_page(address.removeprefix(open_page.site.address), role=None)
    expect(invited.get_by_text("This invitation was already used")).to_be_visible()
    invited.goto(newer)
    invited.get_by_label("Password", exact=False).first.fill("seven red bicycles")
    invited.get_by_label("The same password again").fill("seven red bicycles")
    invited.locator("main form button").click()
    expect(invited.get_by_role("link", name=login)).to_be_visible()

    page.goto(page.url)  # not a reload, which would send the form again
    expect(page.get_by_role("table", name="Sessions").get_by_role("row")).to_have_count(2)
    save(page, "End all sessions")
    expect(page.get_by_text("Nobody is signed in with this login.")).to_be_visible()
    invited.reload()
    expect(invited.get_by_role("heading", name="Sign in")).to_be_visible()

    page.get_by_text("Disable this user").click()
    save(page, "Disable")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{login} disabled")


def test_the_address_of_an_invitation_is_shown_once(open_page: OpenPage) -> None:
    page = open_page("/admin/users", role="coordinator")
    page.get_by_label("Login").fill("once")
    save(page, "Add and invite")
    expect(page.get_by_label("Give this address to the person")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("once")
    expect(page.get_by_label("Give this address to the person")).to_have_count(0)
    expect(page).to_have_url(f"{open_page.site.address}/admin/users/" + page.url.rpartition("/")[2])


def test_a_wrong_user_is_refused_at_its_field(open_page: OpenPage) -> None:
    open_page.expect_status(422)
    open_page.expect_status(409)
    page = open_page("/admin/users", role="coordinator", language="zh")
    page.get_by_label("登录名").fill("courier-2")
    page.get_by_label("角色").select_option("courier")
    save(page, "添加并邀请")
    expect(page.locator("#field-team-error")).to_have_text("配送员须填写所属配送队；其他角色不填")
    page.get_by_label("登录名").fill("Recorder")
    page.get_by_label("角色").select_option("auditor")
    save(page, "添加并邀请")
    expect(page.locator("#field-login-error")).to_contain_text("此登录名已被使用")


@pytest.mark.parametrize("javascript", [True, False])
def test_a_token_is_made_and_revoked(open_page: OpenPage, javascript: bool) -> None:
    purpose = f"kiosk {javascript}"
    page = open_page("/admin/tokens", role="coordinator", javascript=javascript)
    page.get_by_label("Purpose").fill(purpose)
    page.get_by_label("Role").select_option("auditor")
    save(page, "Make a token")
    secret = page.get_by_label("This token is shown only once:").input_value()
    stock, signed = f"{open_page.site.address}/api/stock", {"Authorization": f"Bearer {secret}"}
    assert page.request.get(stock, headers=signed).ok
    save(page, f"Revoke: {purpose}")
    row = page.get_by_role("row").filter(has_text=purpose)
    expect(row).to_contain_text("revoked")
    assert page.request.get(stock, headers=signed).status == 401


@pytest.mark.parametrize("javascript", [True, False])
def test_a_recorder_makes_a_link_for_a_donor_and_ends_it(
    open_page: OpenPage, javascript: bool
) -> None:
    purpose = f"letter {javascript}"
    page = open_page("/donors/D-1", javascript=javascript)
    page.get_by_role("link", name="Links").click()
    page.get_by_label("Purpose").fill(purpose)
    save(page, "Make a link")
    address = page.get_by_label("Give this link to the donor:").input_value()
    donor = open_page(address.removeprefix(open_page.site.address), role=None)
    expect(donor.get_by_role("heading", level=1)).to_be_visible()
    every = open_page("/admin/links", role="coordinator")
    expect(every.get_by_role("row").filter(has_text=purpose)).to_contain_text("valid")
    save(page, f"End: {purpose}")
    expect(page.get_by_role("row").filter(has_text=purpose)).to_contain_text("ended")


def test_a_team_gets_an_address_with_which_its_phones_join(open_page: OpenPage) -> None:
    page = open_page("/teams/T-1/links")
    save(page, "Make a link")
    address = page.get_by_label("The address of the link").input_value()
    phone = open_page(address.removeprefix(open_page.site.address), role=None)
    label = "phone of the link"
    phone.get_by_label("Name of this phone").fill(label)
    phone.get_by_role("button", name="Deliver with this phone").click()
    phone.wait_for_url("**/run")
    listed = open_page("/phones?team=T-1")
    row = listed.get_by_role("row").filter(has_text=label)
    row.get_by_role("button", name="End its access").click()
    expect(row).to_contain_text("ended")


@pytest.mark.parametrize("path", ["/admin", "/admin/users", "/admin/tokens", "/admin/links"])
def test_a_recorder_is_refused_the_administration(open_page: OpenPage, path: str) -> None:
    open_page.expect_status(403)
    page = open_page(path)
    expect(page.get_by_role("link", name="Administration")).to_have_count(0)


def field(page: Page, pointer: str) -> Locator:
    """A field of the form, by its JSON pointer."""
    return page.locator(f'form.command [name="{pointer}"]')


@pytest.mark.parametrize("javascript", [True, False])
def test_the_settings_of_the_station_are_changed(open_page: OpenPage, javascript: bool) -> None:
    telephone = "020-8400 0000" if javascript else "020-8400 1111"
    page = open_page("/admin/station", role="coordinator", javascript=javascript)
    name = field(page, "/name").input_value()
    field(page, "/phone").fill(telephone)
    field(page, "/papers/units/0/code").fill("sack")
    field(page, "/papers/units/0/zh").fill("麻袋")
    field(page, "/papers/units/0/en").fill("sack")
    field(page, "/papers/units/0/en_many").fill("sacks")
    save(page, "Save")
    expect(page.get_by_text("The settings were saved.")).to_be_visible()
    expect(field(page, "/phone")).to_have_value(telephone)
    expect(field(page, "/name")).to_have_value(name)
    expect(field(page, "/papers/units/0/zh")).to_have_value("麻袋")
    save(page, "Remove line 1: Your own words for units")
    save(page, "Save")
    expect(field(page, "/papers/units/0/code")).to_have_value("")


def test_wrong_settings_are_refused_at_their_fields(open_page: OpenPage) -> None:
    open_page.expect_status(422)
    page = open_page("/admin/station", role="coordinator", language="zh")
    field(page, "/zone").fill("Mars/Base")
    save(page, "保存")
    expect(page.locator("#field-zone-error")).to_contain_text("Mars/Base 不是时区")
    field(page, "/zone").fill("Asia/Shanghai")
    field(page, "/papers/statement").fill("谢谢")
    save(page, "保存")
    expect(page.locator("#field-papers-statement-error")).to_contain_text("两种语言")


def test_settings_that_somebody_else_changed_meanwhile_are_not_overwritten(
    open_page: OpenPage,
) -> None:
    open_page.expect_status(409)
    page, other = (open_page("/admin/station", role="coordinator") for _ in range(2))
    field(other, "/address").fill("1 Other Street")
    save(other, "Save")
    field(page, "/address").fill("2 My Street")
    save(page, "Save")
    expect(page.get_by_role("alert")).to_contain_text("changed the settings meanwhile")
    expect(field(page, "/address")).to_have_value("2 My Street")


def test_the_preview_shows_the_settings_as_typed_and_stores_nothing(open_page: OpenPage) -> None:
    page = open_page("/admin/station", role="coordinator")
    field(page, "/papers/statement").fill("感谢您的爱心")
    field(page, "/papers/statement_en").fill("Thank you for your kindness")
    typed = page.locator("form.command").evaluate("form => Object.fromEntries(new FormData(form))")
    answer = page.request.post(
        f"{open_page.site.address}/admin/station/preview",
        form={**typed, "do": "preview"},
        headers={"Origin": open_page.site.address},
    )
    assert answer.ok
    text = pypdf.PdfReader(BytesIO(answer.body())).pages[0].extract_text()
    assert "Thank you for your kindness" in " ".join(text.split())
    page.reload()
    expect(field(page, "/papers/statement")).to_have_value("")


def test_periods_are_closed_and_reopened_with_a_reason(open_page: OpenPage) -> None:
    page = open_page("/admin/periods", role="coordinator")
    expect(page.get_by_text("Every day is open.")).to_be_visible()
    field(page, "/through").fill("2019-12-31")
    save(page, "Close the period")
    expect(page.get_by_text("2019-12-31 are closed")).to_be_visible()
    page.get_by_text("Reopen days").click()
    field(page, "/from").fill("2019-01-01")
    field(page, "/reason").fill("a gift was forgotten")
    save(page, "Reopen")
    expect(page.get_by_text("2018-12-31 are closed")).to_be_visible()
    expect(page.get_by_text("a gift was forgotten")).to_be_visible()


def test_the_access_log_is_filtered_by_person_record_and_day(open_page: OpenPage) -> None:
    open_page("/donors/D-1")
    page = open_page("/admin/access-log", role="coordinator")
    page.get_by_label("Login or link").fill("recorder")
    page.get_by_label("Code of the record").fill("D-1")
    page.get_by_role("button", name="Show").click()
    rows = page.get_by_role("table").get_by_role("row")
    expect(rows.nth(1)).to_contain_text("recorder")
    expect(rows.nth(1)).to_contain_text("D-1")
    page.get_by_label("To").fill("2019-12-31")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("No lines for these filters.")).to_be_visible()


@pytest.mark.parametrize("javascript", [True, False])
def test_a_person_is_forgotten_only_after_the_code_was_typed(
    open_page: OpenPage, javascript: bool
) -> None:
    code = "R-gone-1" if javascript else "R-gone-2"
    open_page.expect_status(422)
    page = open_page("/recipients/new", role="coordinator", javascript=javascript)
    field(page, "/name").fill(f"Person who leaves {javascript}")
    field(page, "/code").fill(code)
    save(page, "Save")
    page.get_by_role("link", name="Erase personal data").click()
    field(page, "/code").fill("R-1")
    save(page, "Erase for good")
    expect(page.locator("#field-code-error")).to_contain_text(f"type the code {code}")
    field(page, "/code").fill(code)
    save(page, "Erase for good")
    expect(page.get_by_text("The personal data was erased")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text(code)


def test_a_request_of_a_donor_is_answered(open_page: OpenPage) -> None:
    site = open_page.site
    with (
        Ledger.open(str(site.database), station="lx") as ledger,
        ledger.admin_transaction() as books,
    ):
        new = donor_requests.NewRequest(kind="correct", wish="written with 李, please")
        donor_requests.add(AccessContext(books, ledger.clock()), "D-1", new)
    page = open_page("/donors/D-1")
    page.get_by_role("link", name="Requests").click()
    expect(page.get_by_text("written with 李, please")).to_be_visible()
    save(page, "Answer: done")
    expect(page.get_by_text("written with 李, please")).to_have_count(0)
    expect(page.get_by_text("Done ·")).to_be_visible()
