"""One function for each paper that can be drawn. Add a new paper here.

A function imports the module that draws its paper only when the function is called. So importing
this module is fast: reportlab and the fonts are loaded when the first paper is drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from supplies.papers.collection_slip import CollectionSlip
from supplies.papers.count_sheet import CountSheetPaper
from supplies.papers.disclosure import DisclosurePaper
from supplies.papers.donor_statement import DonorStatementPaper
from supplies.papers.receipt import ReceiptPaper, ReceiptRecord
from supplies.papers.report import ReportPaper
from supplies.papers.run_sheet import RunSheet
from supplies.papers.slip import DeliverySlip
from supplies.papers.station_report import OrganisationReportPaper, StationReportPaper
from supplies.signing.receipt_signatures import PublicKeys


def draw_receipt(paper: ReceiptPaper) -> bytes:
    """Draw a donation receipt (捐赠物资接收凭证), without attaching its signed record."""
    from supplies_receipts.papers import receipt

    return receipt.draw_receipt(paper)


def draw_receipts(
    papers: Sequence[ReceiptPaper], on_progress: Callable[[int], None] = lambda _: None
) -> bytes:
    """Draw many donation receipts as one PDF.

    Args:
        on_progress: Called with the number of receipts drawn so far.
    """
    from supplies_receipts.papers import receipt_batch

    return receipt_batch.draw_receipts(papers, on_progress)


def draw_signed_receipt(record: ReceiptRecord) -> bytes:
    """Draw a donation receipt with its signed record attached, as a donor receives it."""
    from supplies_receipts import signed_receipt

    return signed_receipt.draw_signed_receipt(record)


def check_receipt(pdf: bytes, keys: PublicKeys | None) -> ReceiptRecord:
    """Check that a receipt is genuine, and return its record.

    Args:
        keys: The station's public keys, by id. If None, a signature by any key is accepted. Anybody
            can make such a signature, so also look the receipt up in the books.

    Raises:
        NotGenuine: the file is not a receipt, was altered, or was signed with another key.
    """
    from supplies_receipts import signed_receipt

    return signed_receipt.check_receipt(pdf, keys)


def draw_delivery_slips(
    slips: Sequence[DeliverySlip],
    paper: Literal["roll", "a5"] = "roll",
    on_progress: Callable[[int], None] = lambda _: None,
) -> bytes:
    """Draw the delivery slips (配送单) of a delivery, in the order given.

    Args:
        paper: The paper of the printer: a roll of 80 mm, with one page for each stop, or A5
            landscape.
        on_progress: Called with the number of slips drawn so far.
    """
    if paper == "a5":
        from supplies_receipts.papers import slip_a5

        return slip_a5.draw_delivery_slips_a5(slips, on_progress)
    from supplies_receipts.papers import slip

    return slip.draw_delivery_slips(slips, on_progress)


def draw_collection_slip(slip: CollectionSlip) -> bytes:
    """Draw the collection slip (领取单) of an allocation on A5 landscape."""
    from supplies_receipts.papers import collection_slip

    return collection_slip.draw_collection_slip(slip)


def draw_run_sheet(sheet: RunSheet, join: str | None = None) -> bytes:
    """Draw the run sheet (出车单) of a delivery on A4: what to load, the stops, and signatures.

    Args:
        join: The URL with which phones join the team. It is printed as a QR code.
    """
    from supplies_receipts.papers import run_sheet

    return run_sheet.draw_run_sheet(sheet, join)


def draw_count_sheet(paper: CountSheetPaper) -> bytes:
    """Draw the count sheet (盘点表) of a location on A4, with space to write the quantities."""
    from supplies_receipts.papers import count_sheet

    return count_sheet.draw_count_sheet(paper)


def draw_donor_statement(paper: DonorStatementPaper) -> bytes:
    """Draw a donor statement (捐赠物资去向报告): where the goods of one donor went.

    Raises:
        BooksBroken: the quantities at all places do not add up to what was received or made by
            repacking.
    """
    from supplies_receipts.papers import donor_statement as statement

    return statement.draw_donor_statement(paper)


def draw_public_disclosure(paper: DisclosurePaper) -> bytes:
    """Draw the public disclosure (捐赠物资收支公示). Donors are named as far as they agree."""
    from supplies_receipts.papers import disclosure

    return disclosure.draw_public_disclosure(paper)


def draw_report(paper: ReportPaper) -> bytes:
    """Draw a report that consists of tables, such as losses by cause."""
    from supplies_receipts.papers import report

    return report.draw_report(paper)


def draw_station_report(paper: StationReportPaper) -> bytes:
    """Draw the report (工作报告) of a station's work in a period.

    Raises:
        BooksBroken: the quantities of an item do not add up.
    """
    from supplies_receipts.papers import station_report as report

    return report.draw_station_report(paper)


def draw_organisation_report(paper: OrganisationReportPaper) -> bytes:
    """Draw the report (联合工作报告) of all stations of an organisation.

    Raises:
        BooksBroken: the quantities of an item do not add up.
    """
    from supplies_receipts.papers import station_report as report

    return report.draw_organisation_report(paper)
