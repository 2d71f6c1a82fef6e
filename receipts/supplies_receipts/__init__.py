"""The papers of the ledger, as PDF. Each paper is drawn from one struct and nothing else.

The structs are in `supplies.papers`, one module per paper. Within one version of the program, the
same struct always gives the same bytes. The functions of this package are defined in `all_papers`.
"""

from __future__ import annotations

from supplies_receipts.all_papers import (
    check_receipt,
    draw_collection_slip,
    draw_count_sheet,
    draw_delivery_slips,
    draw_donor_statement,
    draw_organisation_report,
    draw_public_disclosure,
    draw_receipt,
    draw_receipts,
    draw_report,
    draw_run_sheet,
    draw_signed_receipt,
    draw_station_report,
)

__all__ = [
    "check_receipt",
    "draw_collection_slip",
    "draw_count_sheet",
    "draw_delivery_slips",
    "draw_donor_statement",
    "draw_organisation_report",
    "draw_public_disclosure",
    "draw_receipt",
    "draw_receipts",
    "draw_report",
    "draw_run_sheet",
    "draw_signed_receipt",
    "draw_station_report",
]
