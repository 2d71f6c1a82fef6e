"""Register, find, change and retire records of the catalogue in a browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect
from support.browser import WIDTH_AND_LANGUAGE, OpenPage, fits, serious_faults

TABLES = ("donors", "recipients", "items", "locations", "teams", "communities", "campaigns")


def field(page: Page, pointer: str) -> Locator:
    """A field of a form, by its JSON pointer."""
    return page.locator(f'form.command [name="{pointer}"]')


def save(page: Page, name: str = "Save") -> None:
    """Press a button of the form."""
    page.get_by_role("button", name=name, exact=True).click()


@pytest.mark.parametrize(("width", "language"), WIDTH_AND_LANGUAGE)
def test_axe_finds_no_serious_fault_in_catalogue_pages(
    open_page: OpenPage, width: int, language: str
) -> None:
    cards = ("/donors/D-1", "/recipients/R-1", "/items/mask", "/locations/store", "/teams/T-1")
    lists = [path for table in TABLES for path in (f"/{table}", f"/{table}/new")]
    page = open_page("/catalogue", width=width, language=language)
    for path in ("/catalogue", *lists, *cards, "/items/mask/change"):
        page.goto(open_page.site.address + path)
        assert serious_faults(page) == [], path
        assert fits(page), path


@pytest.mark.parametrize("javascript", [True, False])
def test_an_item_is_registered_found_changed_and_retired(
    open_page: OpenPage, javascript: bool
) -> None:
    name = f"Blanket {javascript}"
    page = open_page("/items/new", javascript=javascript)
    code = field(page, "/code").input_value()
    assert code.startswith("I-")
    field(page, "/name").fill(name)
    field(page, "/packs/0/pack").fill("box")
    field(page, "/packs/0/size").fill("20")
    field(page, "/aliases/0").fill("cover")
    field(page, "/needs_expiry").check()
    save(page)
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    expect(page.get_by_text("box of 20 pieces")).to_be_visible()

    page.get_by_role("link", name="Change").click()
    expect(field(page, "/packs/0/size")).to_have_value("20")
    expect(field(page, "/needs_expiry")).to_be_checked()
    field(page, "/minimum").fill("5")
    field(page, "/packs/0/pack").fill("")
    field(page, "/packs/0/size").fill("")
    save(page)
    expect(page.get_by_text("5 pieces")).to_be_visible()
    expect(page.get_by_text("box of 20 pieces")).to_have_count(0)

    page.locator("summary", has_text="Retire").click()
    save(page, "Retire")
    expect(page.get_by_role("heading", level=1)).to_contain_text("retired")
    for path, found in ((f"/items?q={code}", 0), (f"/items?q={code}&retired=yes", 1)):
        page.goto(open_page.site.address + path)
        expect(page.get_by_role("link", name=name)).to_have_count(found)


def test_a_new_donor_who_looks_like_another_is_told_before_saving(open_page: OpenPage) -> None:
    open_page.expect_status(422)
    page = open_page("/donors/new")
    field(page, "/name").fill("Somebody")
    field(page, "/phone").fill("138 0013 8000")
    save(page)
    expect(page.get_by_text("The same in both: Telephone.")).to_contain_text("广州某企业")
    save(page, "Record it all the same")
    expect(page.get_by_role("heading", level=1)).to_have_text("Somebody")


def test_a_wrong_field_is_named_and_nothing_typed_is_lost(open_page: OpenPage) -> None:
    open_page.expect_status(422)
    page = open_page("/recipients/new")
    field(page, "/persons").fill("many")
    field(page, "/address").fill("Room 4")
    field(page, "/age_bands/0/ages").fill("0-6")
    field(page, "/age_bands/0/persons").fill("two")
    save(page)
    for pointer in ("/name", "/persons", "/age_bands/0/persons"):
        expect(field(page, pointer)).to_have_attribute("aria-invalid", "true")
    expect(field(page, "/address")).to_have_value("Room 4")
    field(page, "/name").fill("Family Zhao")
    field(page, "/persons").fill("3")
    field(page, "/age_bands/0/persons").fill("2")
    save(page)
    expect(page.get_by_text("0–6 years: 2")).to_be_visible()


def test_a_change_of_what_somebody_else_changed_meanwhile_is_refused(open_page: OpenPage) -> None:
    open_page.expect_status(409)
    first, second = (open_page("/teams/T-2/change") for _ in range(2))
    for page, name in ((first, "Team A"), (second, "Team B")):
        field(page, "/name").fill(name)
        save(page)
    expect(first.get_by_role("heading", level=1)).to_have_text("Team A")
    expect(second.get_by_text("was changed meanwhile")).to_be_visible()
    expect(field(second, "/name")).to_have_value("Team B")


def test_an_auditor_sees_codes_of_people_and_changes_nothing(open_page: OpenPage) -> None:
    page = open_page("/donors", role="auditor")
    expect(page.get_by_role("link", name="D-1")).to_be_visible()
    expect(page.get_by_role("searchbox")).to_have_count(0)
    page.get_by_role("link", name="D-1").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("D-1")
    expect(page.get_by_text("广州某企业")).to_have_count(0)
    expect(page.get_by_role("link", name="Change")).to_have_count(0)


def test_the_statement_of_a_donor_needs_no_days(open_page: OpenPage) -> None:
    page = open_page("/donations/new?donor=D-2")
    field(page, "/location").select_option("store")
    field(page, "/handled_by").fill("Wu")
    field(page, "/lines/0/item").fill("rice")
    field(page, "/lines/0/quantity").fill("6")
    save(page)
    page.get_by_role("link", name="李某").click()
    expect(page.get_by_role("heading", name="Donor statement")).to_be_visible()
    for days in ("", "from=&to=", "from=2020-01-01&to="):
        paper = page.request.get(f"{open_page.site.address}/donors/D-2/statement?{days}")
        assert paper.headers["content-type"] == "application/pdf", days
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    assert "rice" in download.value.path().read_text()
    before = page.request.get(
        f"{open_page.site.address}/donors/D-2/statement?form=csv&as_of=2020-01-01"
    )
    assert "rice" not in before.text()
    wrong = page.request.get(f"{open_page.site.address}/donors/D-2/statement?from=soon")
    assert wrong.status == 422


def test_the_fields_of_a_line_stand_beside_each_other_on_a_phone(open_page: OpenPage) -> None:
    page = open_page("/items/new", width=360)
    line = page.get_by_role("group", name="Line 1").filter(
        has=page.locator("[name='/packs/0/pack']")
    )
    fields = [field(page, f"/packs/0/{name}").bounding_box() for name in ("pack", "size")]
    remove = line.get_by_role("button").bounding_box()
    assert remove
    left, right = (box for box in fields if box)
    assert left["y"] == right["y"]
    assert left["x"] + left["width"] < right["x"] < right["x"] + right["width"] < remove["x"]
