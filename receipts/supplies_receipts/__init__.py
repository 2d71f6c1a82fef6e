"""The papers of the ledger, as PDF: each a pure function of one struct of `supplies.documents`.

The same paper gives the same bytes under one version of the program. Importing this package is
cheap: reportlab and the fonts are loaded with the first paper drawn.
"""

from __future__ import annotations

from collections.abc import Sequence

from supplies.documents import DeliverySlip, ReceiptPaper, ReceiptRecord, StationReportPaper
from supplies.proof import PublicKeys

__all__ = [
    "check_receipt",
    "delivery_slips",
    "donation_receipt",
    "proven_receipt",
    "station_report",
]


def donation_receipt(paper: ReceiptPaper) -> bytes:
    """捐赠物资接收凭证, the page alone. What no font has raises `fonts.GlyphMissing`."""
    from supplies_receipts import receipt

    return receipt.donation_receipt(paper)


def proven_receipt(record: ReceiptRecord) -> bytes:
    """捐赠物资接收凭证, for the donor: the page with its signed record attached inside."""
    from supplies_receipts import proven

    return proven.proven_receipt(record)


def check_receipt(pdf: bytes, keys: PublicKeys | None) -> ReceiptRecord:
    """The record of a genuine receipt; any other file raises `supplies.proof.NotGenuine`.

    keys: the station's public keys; None leaves open whose receipt it is.
    """
    from supplies_receipts import proven

    return proven.check_receipt(pdf, keys)


def delivery_slips(slips: Sequence[DeliverySlip]) -> bytes:
    """配送单 for a team's round: one page of an 80 mm roll a stop, in the order given."""
    from supplies_receipts import slip

    return slip.delivery_slips(slips)


def station_report(paper: StationReportPaper) -> bytes:
    """工作报告: a station's work over a period. Goods that do not add up raise `BooksBroken`."""
    from supplies_receipts import report

    return report.station_report(paper)
