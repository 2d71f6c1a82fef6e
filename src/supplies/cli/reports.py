"""`supplies report …`: figures from the books, as tables or as JSON in the shape of the API."""

from __future__ import annotations

import argparse
from typing import Any

from supplies.books.reader import Books
from supplies.cli.books import open_ledger
from supplies.cli.organisation import OVER_ALL, over_all_stations
from supplies.cli.papers import report_written
from supplies.cli.tables import as_json, table, work
from supplies.cli.words import day, period
from supplies.domain.accounts import PLACES
from supplies.errors import InvalidField
from supplies.ledger.ledger import Ledger
from supplies.views.donor_statement import donor_statement, donor_statement_paper
from supplies.views.needs import needs
from supplies.views.pledges import pledges
from supplies.views.public_disclosure import disclosure, disclosure_paper
from supplies.views.station_report import station_report, station_report_paper
from supplies.views.stock import stock


def report(arguments: argparse.Namespace) -> int:
    """Print a report, or write the PDF of one over a period."""
    _only_what_it_takes(arguments)
    with open_ledger(arguments) as ledger:
        if arguments.organisation:
            return over_all_stations(arguments, ledger)
        if arguments.what in _PERIODS:
            return _PERIODS[arguments.what](arguments, ledger)
        with ledger.reading() as books:
            shape, columns = _LISTS[arguments.what](arguments, books)
    if arguments.json:
        return as_json(shape)
    table(
        [name for name, _ in columns],
        [[show(row) for _, show in columns] for row in shape.items],
    )
    return 0


_TAKES = {
    "station": ("first", "last", "output"),
    "statement": ("first", "last", "output", "donor"),
    "disclosure": ("first", "last", "output"),
    "stock": ("as_of",),
}
_OPTIONS = {
    "first": "--from",
    "last": "--to",
    "output": "--output",
    "as_of": "--as-of",
    "donor": "--donor",
}


def _only_what_it_takes(arguments: argparse.Namespace) -> None:
    """An option that a report does not take is refused rather than ignored."""
    for name, option in _OPTIONS.items():
        if getattr(arguments, name) is not None and name not in _TAKES.get(arguments.what, ()):
            raise InvalidField(f"the report of {arguments.what} takes no {option}")
    if arguments.organisation:
        if arguments.what not in OVER_ALL:
            raise InvalidField(f"the report of {arguments.what} takes no --organisation")
        if arguments.as_of is not None:
            raise InvalidField("over all stations there is no --as-of")


def _stock(arguments: argparse.Namespace, books: Books) -> Any:
    as_of = None if arguments.as_of is None else day("--as-of", arguments.as_of)
    shape = stock(books, as_of=as_of, limit=None)
    return shape, [
        ("place", lambda row: row.location),
        ("item", lambda row: row.name),
        ("lot", lambda row: row.lot),
        ("expires", lambda row: row.expires_on or ""),
        ("on hand", lambda row: row.on_hand),
        ("free", lambda row: row.free),
        ("set aside", lambda row: row.allocated),
    ]


def _pledges(arguments: argparse.Namespace, books: Books) -> Any:
    return pledges(books, limit=None), [
        ("pledge", lambda row: row.id),
        ("donor", lambda row: row.donor),
        ("due", lambda row: row.due_on or ""),
        ("status", lambda row: row.status),
        (
            "arrived of promised",
            lambda row: ", ".join(f"{x.arrived}/{x.promised} {x.item}" for x in row.lines),
        ),
    ]


def _needs(arguments: argparse.Namespace, books: Books) -> Any:
    return needs(books, limit=None), [
        ("need", lambda row: row.id),
        ("recipient", lambda row: row.recipient),
        ("item", lambda row: row.item),
        ("urgency", lambda row: row.urgency),
        ("asked", lambda row: row.asked),
        ("open", lambda row: row.needed),
        ("claimed", lambda row: row.claimed),
        ("assigned", lambda row: row.assigned),
        ("met", lambda row: row.met),
        ("status", lambda row: row.status),
    ]


_LISTS = {"stock": _stock, "pledges": _pledges, "needs": _needs}


def _station(arguments: argparse.Namespace, ledger: Ledger) -> int:
    first, last = period(arguments)
    with ledger.reading() as books:
        if arguments.output is not None:
            from supplies_receipts import draw_station_report

            paper = station_report_paper(books, first, last, printed_at=ledger.clock())
            return report_written(arguments.output, "station report", draw_station_report(paper))
        shape = station_report(books, first, last)
    if arguments.json:
        return as_json(shape)
    work(shape)
    return 0


def _statement(arguments: argparse.Namespace, ledger: Ledger) -> int:
    first, last = period(arguments)
    if arguments.donor is None:
        raise InvalidField("say whose gifts: --donor D-01")
    with ledger.reading() as books:
        if arguments.output is not None:
            from supplies_receipts import draw_donor_statement

            paper = donor_statement_paper(
                books, arguments.donor, first, last, printed_at=ledger.clock()
            )
            return report_written(arguments.output, "statement", draw_donor_statement(paper))
        shape = donor_statement(books, arguments.donor, first, last)
    if arguments.json:
        return as_json(shape)
    there = {place for line in shape.goods for place in line.places}
    shown = [place for place in PLACES if place in there]
    table(
        ["item", "received", "repacked", *(place.replace("_", " ") for place in shown)],
        [
            [line.item, line.received, line.repacked, *(line.places.get(p, 0) for p in shown)]
            for line in shape.goods
        ],
    )
    table(
        ["month", "community", "reached", "count"],
        [[line.month, line.community or "", line.who, line.count] for line in shape.served],
    )
    return 0


def _disclosure(arguments: argparse.Namespace, ledger: Ledger) -> int:
    first, last = period(arguments)
    with ledger.reading() as books:
        if arguments.output is not None:
            from supplies_receipts import draw_public_disclosure

            paper = disclosure_paper(books, first, last, printed_at=ledger.clock())
            return report_written(arguments.output, "disclosure", draw_public_disclosure(paper))
        shape = disclosure(books, first, last)
    if arguments.json:
        return as_json(shape)
    table(
        ["source", "name", "item", "quantity"],
        [[line.source, line.name or "", line.item, line.quantity] for line in shape.received],
    )
    table(
        ["community", "reached", "item", "quantity", "count"],
        [[x.community or "", x.who, x.item, x.quantity, x.count] for x in shape.handed_over],
    )
    return 0


_PERIODS = {"station": _station, "statement": _statement, "disclosure": _disclosure}
