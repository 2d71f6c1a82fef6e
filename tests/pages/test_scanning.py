"""Scan barcodes into a form. A scanner is a keyboard that types a code and then Enter."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect
from support.browser import OpenPage, fits, serious_faults

from supplies.domain.catalogue_records import Barcode, Item, Location
from supplies.domain.commands import ArrivalLine, LotLine, OpenCountSheet, OpenStock, WriteOff
from supplies.ledger.ledger import Ledger

BOX, PIECE, UNKNOWN = "6901234567892", "6901234567885", "6909876543211"
BOX_WITH_BATCH = f"010{BOX}17270500" + "10B7"


@pytest.fixture(autouse=True)
def _scanned_items(open_page: OpenPage) -> None:
    """Items that no other test uses."""
    with Ledger.open(str(open_page.site.database), station="lx", create=False) as ledger:
        glove = Item(
            code="glove",
            name="手套",
            name_en="glove",
            packs={"box": 40},
            barcodes=[Barcode(code=BOX, pack="box"), Barcode(code=PIECE)],
        )
        if ledger.books.catalogue.get(Item, "glove") is None:
            ledger.register(
                glove, Item(code="apron", name="围裙", name_en="apron", packs={"six": 6})
            )


def field(page: Page, pointer: str) -> Locator:
    return page.locator(f'form.command [name="{pointer}"]')


def scan(page: Page, code: str) -> None:
    page.keyboard.type(code)
    page.keyboard.press("Enter")


def start(page: Page) -> None:
    page.get_by_role("button", name="Scan barcodes").click()
    expect(page.get_by_label("Barcode", exact=True)).to_be_focused()


def test_each_scan_of_a_code_adds_a_pack_and_never_sends_the_form(open_page: OpenPage) -> None:
    page = open_page("/donations/new")
    start(page)
    scan(page, BOX)
    expect(field(page, "/lines/0/item")).to_have_value("glove")
    expect(field(page, "/lines/0/pack")).to_have_value("box")
    expect(field(page, "/lines/0/quantity")).to_have_value("1")
    for _ in range(2):
        scan(page, BOX)
    expect(field(page, "/lines/0/quantity")).to_have_value("3")
    expect(page.locator(".line.flash")).to_have_count(1)
    scan(page, PIECE)
    expect(field(page, "/lines/1/item")).to_have_value("glove")
    expect(field(page, "/lines/1/pack")).to_have_value("")
    expect(page.get_by_label("Barcode", exact=True)).to_be_focused()
    scan(page, "")
    expect(field(page, "/lines/1/quantity")).to_be_focused()
    assert page.url.endswith("/donations/new")
    assert serious_faults(page) == []


def test_a_gs1_code_fills_in_batch_and_expiry_without_control_characters(
    open_page: OpenPage,
) -> None:
    page = open_page("/donations/new", width=360)
    start(page)
    page.keyboard.type(f"010{BOX}10B7")
    page.keyboard.press("Control+]")  # the separator GS, as a scanner types it
    scan(page, "17270500")
    expect(field(page, "/lines/0/batch")).to_have_value("B7")
    expect(field(page, "/lines/0/expires_on")).to_have_value("2027-05")
    scan(page, BOX_WITH_BATCH)
    expect(field(page, "/lines/0/quantity")).to_have_value("2")
    scan(page, BOX_WITH_BATCH.replace("B7", "B8"))
    expect(field(page, "/lines/1/batch")).to_have_value("B8")
    assert fits(page)


def test_a_code_scanned_into_the_field_of_an_item_is_a_scan(open_page: OpenPage) -> None:
    page = open_page("/stock/new/hand-out")
    field(page, "/lines/0/item").focus()
    scan(page, BOX)
    expect(field(page, "/lines/0/item")).to_have_value("glove")
    scan(page, BOX)
    expect(field(page, "/lines/0/quantity")).to_have_value("2")


def test_an_unknown_code_is_added_to_an_item_in_place(open_page: OpenPage) -> None:
    page = open_page("/donations/new")
    start(page)
    scan(page, UNKNOWN)
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading")).to_contain_text(UNKNOWN)
    assert serious_faults(page) == []
    page.keyboard.type("围裙")
    page.get_by_role("option", name="apron").click()
    dialog.get_by_label("On the pack").select_option("six")
    dialog.get_by_role("button", name="Add the barcode to this item").click()
    expect(dialog).to_have_count(0)
    expect(field(page, "/lines/0/item")).to_have_value("apron")
    expect(field(page, "/lines/0/pack")).to_have_value("six")
    scan(page, UNKNOWN)
    expect(field(page, "/lines/0/quantity")).to_have_value("2")


def test_an_unknown_code_may_be_left_unknown(open_page: OpenPage) -> None:
    open_page.expect_status(422)
    page = open_page("/donations/new", language="zh")
    page.get_by_role("button", name="扫描条码").click()
    scan(page, "11112222")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="把条码加到这种物资").click()
    expect(dialog.get_by_role("alert")).to_be_visible()
    dialog.get_by_role("button", name="取消").click()
    expect(page.locator("#scanned-code")).to_be_focused()
    expect(field(page, "/lines/0/item")).to_have_value("")


def test_scans_count_the_lots_of_a_sheet_and_goods_that_are_not_on_it(open_page: OpenPage) -> None:
    with Ledger.open(str(open_page.site.database), station="lx", create=False) as ledger:
        ledger.register(Location(code="scanned-shelf", name="扫描货架"))
        arrived = ArrivalLine(item="glove", quantity=80, batch="B7")
        ledger.record(OpenStock(location="scanned-shelf", lines=[arrived]), by="u_1")
        sheet = ledger.record(OpenCountSheet(location="scanned-shelf"), by="u_1").document
        taken = LotLine(item="glove", quantity=4)
        ledger.record(WriteOff(reason="damaged", location="scanned-shelf", lines=[taken]), by="u_1")
    page = open_page(f"/stock/counts/{sheet}", width=360)
    expect(page.get_by_role("status").filter(has_text="left")).to_contain_text("4 pieces left")
    start(page)
    scan(page, PIECE)
    scan(page, PIECE)
    expect(field(page, "/lines/0/counted")).to_have_value("2")
    scan(page, BOX_WITH_BATCH.replace("B7", "B8"))
    expect(field(page, "/lines/1/batch")).to_have_value("B8")
    expect(field(page, "/lines/0/counted")).to_have_value("2")
