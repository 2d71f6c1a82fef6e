"""`supplies report … --organisation`: the same over all stations of an organisation."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from supplies.books.reader import Books
from supplies.cli.papers import report_written
from supplies.cli.tables import as_json, listed, work
from supplies.cli.words import period, progress
from supplies.ledger.ledger import Ledger
from supplies.stations.organisation import stations
from supplies.views.organisation_report import (
    needs_by_item,
    organisation_report,
    organisation_report_paper,
    part_of_report,
    stock_by_item,
)
from supplies.views.pagination import Page

_LISTS: Mapping[str, Callable[..., Page[Any]]] = {"stock": stock_by_item, "needs": needs_by_item}

OVER_ALL = ("station", *_LISTS)
"""Reports that there are over all stations."""


def over_all_stations(arguments: argparse.Namespace, ledger: Ledger) -> int:
    """Print a report over the organisation that the ledger's station heads."""
    with ledger.reading() as books:
        if arguments.what == "station":
            return _work(arguments, books, ledger.clock())
        shape = _LISTS[arguments.what](books, limit=None)
    if arguments.json:
        return as_json(shape)
    listed(shape.items)
    return 0


def _work(arguments: argparse.Namespace, books: Books, now: datetime) -> int:
    first, last = period(arguments)
    codes = [line.code for line in stations(books)]
    parts = []
    with progress("Reading stations", len(codes)) as told:
        for number, code in enumerate(codes, 1):
            parts.append(part_of_report(books.of(code), first, last))
            told(number)
    if arguments.output is not None:
        from supplies_receipts import draw_organisation_report

        paper = organisation_report_paper(books, first, last, parts, printed_at=now)
        return report_written(
            arguments.output, "organisation's report", draw_organisation_report(paper)
        )
    shape = organisation_report(books.station_code, first, last, parts)
    if arguments.json:
        return as_json(shape)
    work(shape)
    listed(shape.stations)
    return 0
