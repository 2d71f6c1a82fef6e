"""Check a receipt in a browser: by its QR code, and by number and check code."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from playwright.sync_api import expect
from support.browser import WIDTH_AND_LANGUAGE, OpenPage, Site, fits, serious_faults

from supplies.domain import commands as c
from supplies.ledger.ledger import Ledger
from supplies.signing.station_keys import StationKeys
from supplies.views.receipt_papers import issued_receipt
from supplies.views.receipts import get_receipt, list_receipts


class Printed(NamedTuple):
    """A receipt as its paper shows it."""

    number: str
    code: str

    @property
    def address(self) -> str:
        return f"/v/{self.number}?c={self.code}"


@pytest.fixture
def printed(site: Site) -> list[Printed]:
    """A receipt that was replaced, and the one that replaces it."""
    line = c.DonationLine(item="mask", quantity=12)
    keys = StationKeys.for_database(str(site.database))
    with Ledger.open(str(site.database), station="lx") as ledger:
        gift = c.RecordDonation(donor="D-2", location="store", handled_by="陈某", lines=[line])
        ledger.record(gift, by="u_1")
        old = list_receipts(ledger.books, limit=None).items[-1]
        ledger.record(c.ReplaceReceipt(number=old.number, reason="faded"), by="u_1")
        newer = get_receipt(ledger.books, old.number).replaced_by
        return [
            Printed(number, keys.check_code(issued_receipt(ledger.books, found)))
            for number in (old.number, str(newer))
            for found in [get_receipt(ledger.books, number)]
        ]


@pytest.mark.parametrize(("width", "language"), WIDTH_AND_LANGUAGE)
def test_axe_finds_no_serious_fault_and_pages_fit(
    open_page: OpenPage, printed: list[Printed], width: int, language: str
) -> None:
    old, newer = printed
    open_page.expect_status(404)
    for path in ("/v", old.address, newer.address, f"/v/{newer.number}?c=00000000"):
        page = open_page(path, role=None, width=width, language=language)
        assert serious_faults(page) == [], path
        assert fits(page), path


@pytest.mark.parametrize("javascript", [True, False])
def test_a_donor_reads_the_page_behind_the_qr_code_and_changes_the_language(
    open_page: OpenPage, printed: list[Printed], javascript: bool
) -> None:
    old, newer = printed
    page = open_page(newer.address, role=None, javascript=javascript)
    expect(page.get_by_text("This receipt is valid.")).to_be_visible()
    expect(page.get_by_text("12 pieces")).to_be_visible()
    page.get_by_role("button", name="中文").click()
    expect(page.get_by_text("此凭证有效。")).to_be_visible()
    page.goto(page.url.replace(f"{newer.number}?c={newer.code}", f"{old.number}?c={old.code}"))
    expect(page.get_by_text(f"此凭证已作废，由凭证 {newer.number} 取代。")).to_be_visible()


def test_number_and_check_code_are_typed_into_the_form(
    open_page: OpenPage, printed: list[Printed]
) -> None:
    _, newer = printed
    open_page.expect_status(404)
    page = open_page("/sign-in", role=None, width=360)
    page.get_by_role("link", name="Check a receipt").click()
    page.get_by_label("Number of the receipt").fill(newer.number)
    page.get_by_label("Check code").fill("00000000")
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_role("alert")).to_contain_text("There is no receipt with this number")
    expect(page.get_by_label("Number of the receipt")).to_have_value(newer.number)
    page.get_by_label("Check code").fill(newer.code.lower())
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_text("This receipt is valid.")).to_be_visible()


@pytest.mark.parametrize(
    ("printed_as", "typed_as"), [("JZ-", "jz"), ("JZ-", "No. JZ\u2013"), ("-", " \u2014 ")]
)
def test_the_number_may_be_typed_without_its_dashes_and_capitals(
    open_page: OpenPage, printed: list[Printed], printed_as: str, typed_as: str
) -> None:
    _, newer = printed
    page = open_page("/v", role=None)
    page.get_by_label("Number of the receipt").fill(newer.number.replace(printed_as, typed_as))
    page.get_by_label("Check code").fill(newer.code)
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_text("This receipt is valid.")).to_be_visible()
