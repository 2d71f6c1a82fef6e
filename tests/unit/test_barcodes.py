"""What a scanned barcode says."""

from __future__ import annotations

from datetime import date

import pytest
from msgspec import UNSET

from supplies.domain.barcodes import ScannedCode, parse_barcode
from supplies.errors import InvalidField

NUMBER = "6901234567892"
FULL = ScannedCode(barcode=NUMBER, batch="B7", expires_on=date(2027, 5, 31))


@pytest.mark.parametrize(
    "code",
    [
        "01069012345678921727053110B7",
        "010690123456789210B7\x1d17270531",
        "010690123456789210B7␝17270531",
        "]d201069012345678921727053110B7",
        "]C101069012345678921727053110B7",
        "\x1d01069012345678921727053110B7\r\n",
        "(01)06901234567892(17)270531(10)B7",
        "https://id.gs1.org/01/06901234567892/10/B7?17=270531",
    ],
)  # fmt: skip
def test_a_gs1_code_contains_item_batch_and_expiry_however_it_is_written(code: str) -> None:
    assert parse_barcode(code) == FULL


def test_a_gs1_code_without_a_day_gives_the_month_of_expiry() -> None:
    scanned = parse_barcode("010690123456789217270200")
    assert (scanned.expires_on, scanned.expires_month) == (date(2027, 2, 28), "2027-02")
    assert parse_barcode(f"01{NUMBER:0>14}").expires_month is UNSET


def test_the_best_before_date_is_used_if_there_is_no_expiry() -> None:
    assert parse_barcode("010690123456789215270531").expires_on == date(2027, 5, 31)
    both = parse_barcode("01069012345678921526053117270531")
    assert both.expires_on == date(2027, 5, 31)


@pytest.mark.parametrize(
    ("code", "barcode"),
    [
        (NUMBER, NUMBER),
        (f"0{NUMBER}", NUMBER),
        ("012345678905", "012345678905"),
        ("0012345678905", "012345678905"),
        ("36901234567893", "36901234567893"),
        ("12345670", "12345670"),
    ],
)
def test_an_item_number_has_one_form_however_many_zeros_precede_it(code: str, barcode: str) -> None:
    assert parse_barcode(code) == ScannedCode(barcode=barcode)


@pytest.mark.parametrize(
    "code", ["B7-ABC", "10ABC", "口罩", "6901234567891", "(01)abc", "http://[", "]", "0106901"]
)
def test_any_other_text_is_a_barcode_as_it_is(code: str) -> None:
    assert parse_barcode(code) == ScannedCode(barcode=code)


@pytest.mark.parametrize("code", ["", " \t", "\u200b", "␝", "9" * 2001])
def test_a_blank_or_endless_barcode_is_refused(code: str) -> None:
    with pytest.raises(InvalidField, match="1 to 2000 characters"):
        parse_barcode(code)
