"""Preview a receipt of a made-up donation, to try out the settings of a station."""

from __future__ import annotations

from datetime import date

import msgspec

from supplies.papers.common import DonorName
from supplies.papers.number_words import chinese_numerals, english_words
from supplies.papers.receipt import Amount, DonationReceipt, Proof, ReceiptLine, ReceiptPaper
from supplies.stations.paper_settings import (
    StationWithSettings,
    letterhead_with_settings,
    prints_values,
    receipt_statement,
    receipt_thanks,
    unit_words,
)

_NO_DIGEST = "0" * 64


def preview_receipt(shown: StationWithSettings, day: date) -> ReceiptPaper:
    """Return a sample receipt as the station would issue it with these settings. Nothing is stored.

    Args:
        shown: The station with the settings to try out.
        day: The date on the receipt.
    """
    number = f"{shown.series}-{day.year}-000000"
    valued = prints_values(shown.papers)
    document = DonationReceipt(
        number=number,
        issued_on=day,
        station=msgspec.structs.replace(
            letterhead_with_settings(shown, shown.papers), units=msgspec.UNSET
        ),
        donor=DonorName(code=None, name="样例", name_en="Sample", phone="138****0000"),
        donations=["d_0"],
        received_on=day,
        received_until=day,
        location="样例",
        handled_by="样例",
        wish=None,
        lines=[
            _line(shown, "外科口罩", "Surgical mask", "piece", 500, 25000 if valued else None),
            _line(shown, "大米", "Rice", "kg", 120, None),
        ],
        replaces=[],
        statement=receipt_statement(shown.papers, valued=valued),
        thanks=receipt_thanks(shown.papers),
        edition=3,
    )
    proof = Proof(
        seq=0,
        hash=_NO_DIGEST,
        digest=_NO_DIGEST,
        check_code="0000-0000",
        url=f"{shown.host}/v",
    )
    return ReceiptPaper(document=document, proof=proof)


def _line(
    shown: StationWithSettings, name: str, name_en: str, unit: str, quantity: int, fen: int | None
) -> ReceiptLine:
    return ReceiptLine(
        name=name,
        name_en=name_en,
        unit=unit,
        quantity=quantity,
        in_words=chinese_numerals(quantity),
        in_words_en=english_words(quantity),
        batch=None,
        expires_on=None,
        value=None if fen is None else Amount(minor=fen, currency="CNY"),
        unit_words=unit_words(shown.papers).get(unit, msgspec.UNSET),
    )
