"""The papers of the ledger, as PDF: each a pure function of one struct.

The structs are in `supplies.papers`, one module per paper. The same paper
gives the same bytes under one version of the program. Importing this package is cheap: reportlab
and the fonts are loaded with the first paper drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from supplies.papers.disclosure import DisclosurePaper
from supplies.papers.donor_statement import DonorStatementPaper
from supplies.papers.receipt import ReceiptPaper, ReceiptRecord
from supplies.papers.run_sheet import RunSheet
from supplies.papers.slip import DeliverySlip
from supplies.papers.station_report import OrganisationReportPaper, StationReportPaper
from supplies.signing.receipt_signatures import PublicKeys

__all__ = [
    "check_receipt",
    "delivery_slips",
    "disclosure_sheet",
    "donation_receipt",
    "donation_receipts",
    "donor_statement",
    "organisation_report",
    "proven_receipt",
    "round_sheet",
    "station_report",
]


def donation_receipt(paper: ReceiptPaper) -> bytes:
    """捐赠物资接收凭证, the page alone. What no font has raises `fonts.GlyphMissing`."""
    from supplies_receipts.papers import receipt

    return receipt.donation_receipt(paper)


def donation_receipts(
    papers: Sequence[ReceiptPaper], told: Callable[[int], None] = lambda _: None
) -> bytes:
    """Many receipts as one document. told: called with the number drawn so far."""
    from supplies_receipts.papers import receipt_batch

    return receipt_batch.donation_receipts(papers, told)


def proven_receipt(record: ReceiptRecord) -> bytes:
    """捐赠物资接收凭证, for the donor: the page with its signed record attached inside."""
    from supplies_receipts import signed_receipt as proven

    return proven.proven_receipt(record)


def check_receipt(pdf: bytes, keys: PublicKeys | None) -> ReceiptRecord:
    """Return the record of a genuine receipt.

    keys: the station's public keys; None leaves open whose receipt it is.
    """
    from supplies_receipts import signed_receipt as proven

    return proven.check_receipt(pdf, keys)


def delivery_slips(
    slips: Sequence[DeliverySlip],
    paper: Literal["roll", "a5"] = "roll",
    told: Callable[[int], None] = lambda _: None,
) -> bytes:
    """配送单 for a team's round, in the order given: a page of an 80 mm roll a stop, or A5.

    told: called with the number drawn so far.
    """
    if paper == "a5":
        from supplies_receipts.papers import slip_a5

        return slip_a5.delivery_slips_a5(slips, told)
    from supplies_receipts.papers import slip

    return slip.delivery_slips(slips, told)


def round_sheet(sheet: RunSheet) -> bytes:
    """出车单: a team's round on A4, what to load and where to go, signed at each step."""
    from supplies_receipts.papers import run_sheet

    return run_sheet.run_sheet(sheet)


def donor_statement(paper: DonorStatementPaper) -> bytes:
    """捐赠物资去向报告, for the donor. Gifts that are not all found again raise `BooksBroken`."""
    from supplies_receipts.papers import donor_statement as statement

    return statement.donor_statement(paper)


def disclosure_sheet(paper: DisclosurePaper) -> bytes:
    """捐赠物资收支公示: what came from whom, as each consented, and where it went."""
    from supplies_receipts.papers import disclosure

    return disclosure.disclosure(paper)


def station_report(paper: StationReportPaper) -> bytes:
    """工作报告: a station's work over a period. Goods that do not add up raise `BooksBroken`."""
    from supplies_receipts.papers import station_report as report

    return report.station_report(paper)


def organisation_report(paper: OrganisationReportPaper) -> bytes:
    """联合工作报告: the work of all stations of an organisation; refuses as `station_report`."""
    from supplies_receipts.papers import station_report as report

    return report.organisation_report(paper)
