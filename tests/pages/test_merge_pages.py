"""The list of records that may be registered twice, and the page that merges their codes."""

from __future__ import annotations

from playwright.sync_api import expect
from support.browser import OpenPage, fits, serious_faults


def test_two_codes_of_a_household_are_merged_and_divided_again(open_page: OpenPage) -> None:
    open_page.expect_status(422)
    page = open_page("/recipients/new", role="coordinator", javascript=False)
    for code in ("M-1", "M-2"):
        page.goto(f"{open_page.site.address}/recipients/new")
        page.locator('[name="/name"]').fill("钱家两次")
        page.locator('[name="/code"]').fill(code)
        page.get_by_role("button", name="Save", exact=True).click()
        if code == "M-2":
            page.get_by_role("button", name="Record it all the same").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("钱家两次")
    page.goto(f"{open_page.site.address}/catalogue/look-alikes")
    page.get_by_role("link", name="Merge M-2 into M-1").click()
    table = page.get_by_role("table")
    expect(table).to_contain_text("M-2 is retired")
    page.get_by_role("link", name="Keep M-2 instead").click()
    expect(table).to_contain_text("M-1 is retired")
    page.get_by_role("link", name="Keep M-1 instead").click()
    page.get_by_label("Why both are one").fill("same door")
    page.get_by_role("button", name="Merge codes").click()
    expect(page).to_have_url(f"{open_page.site.address}/recipients/M-1")
    page.get_by_role("definition").get_by_role("link", name="M-2", exact=True).click()
    expect(page.get_by_text("Merged into")).to_be_visible()
    page.get_by_role("link", name="entry ").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Codes merged")
    page.locator("summary", has_text="Reverse this entry").click()
    page.get_by_label("Why it is reversed").fill("two brothers")
    page.get_by_role("button", name="Reverse the entry").click()
    page.goto(f"{open_page.site.address}/recipients/M-2")
    expect(page.get_by_text("Merged into")).to_have_count(0)


def test_a_wrong_code_is_explained_at_its_field(open_page: OpenPage) -> None:
    open_page.expect_status(422)
    page = open_page("/donors/D-1/merge?into=D-1", role="coordinator", width=360, language="zh")
    assert (serious_faults(page), fits(page)) == ([], True)
    page.locator('[name="/reason"]').fill("r")
    page.locator('button[value="save"]').click()
    expect(page.locator("#field-donor-error")).to_contain_text("请填写 D-1 以外的编号")
    page.goto(f"{open_page.site.address}/catalogue/look-alikes?kind=items")
    assert (serious_faults(page), fits(page)) == ([], True)
