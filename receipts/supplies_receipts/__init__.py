"""The papers of the ledger, as PDF: each a pure function of one struct of `supplies.documents`.

The same paper gives the same bytes under one version of the program. Importing this package is
cheap: reportlab and the fonts are loaded with the first paper drawn.
"""

from __future__ import annotations

from collections.abc import Sequence

from supplies.documents import DeliverySlip, ReceiptPaper, StationReportPaper

__all__ = ["delivery_slips", "donation_receipt", "station_report"]


def donation_receipt(paper: ReceiptPaper) -> bytes:
    """捐赠物资接收凭证, for the donor. A character that no font has raises `fonts.GlyphMissing`."""
    from supplies_receipts import receipt

    return receipt.donation_receipt(paper)


def delivery_slips(slips: Sequence[DeliverySlip]) -> bytes:
    """配送单 for a team's round: one page of an 80 mm roll a stop, in the order given."""
    from supplies_receipts import slip

    return slip.delivery_slips(slips)


def station_report(paper: StationReportPaper) -> bytes:
    """工作报告: a station's work over a period. Goods that do not add up raise `BooksBroken`."""
    from supplies_receipts import report

    return report.station_report(paper)
