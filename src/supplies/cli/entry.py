"""`supplies entry`: print one entry of the books, with its transfers and its free text."""

from __future__ import annotations

import click

from supplies.cli.arguments import ENTRY_NUMBER, books_options, json_option
from supplies.cli.click_extensions import Command


@click.command(cls=Command)
@click.argument("number", metavar="NUMBER", type=ENTRY_NUMBER)
@books_options
@json_option
def entry(database: str, station: str | None, number: int, as_json: bool) -> None:
    """Print one entry of the books, with its notes and reasons.

    NUMBER is the number of the entry, as in 12. With --json the output has the format of the REST
    API.
    """
    from supplies.cli.opening import open_ledger
    from supplies.cli.tables import print_columns, print_json, print_pairs
    from supplies.views.entries import get_entry

    with open_ledger(database, station) as ledger, ledger.reading() as books:
        found = get_entry(books, number)
    if as_json:
        print_json(found)
        return
    fields = ("seq", "kind", "document", "happened_on", "booked_on", "recorded_at", "recorded_by")
    links = ("supersedes", "superseded_by")
    pairs = {name.replace("_", " "): getattr(found, name) for name in (*fields, *links)}
    if found.or_earlier:
        pairs["happened on"] = f"{found.happened_on} or earlier"
    if found.texts is None:
        pairs["texts"] = "erased"
    elif found.texts:
        pairs |= {text.field: text.text for text in found.texts}
    pairs |= {each.warning: each.detail for each in found.warnings or ()}
    for packed in found.stated or ():
        name = f"{packed.field}/{packed.line - 1}"
        pairs[name] = f"{packed.quantity} × {packed.pack} of {packed.size} {packed.item}"
    print_pairs({name: value for name, value in pairs.items() if value is not None})
    if found.transfers:
        print_columns(
            {
                "from": lambda move: move.source,
                "to": lambda move: move.target,
                "item": lambda move: move.item,
                "lot": lambda move: move.lot,
                "quantity": lambda move: move.quantity,
            },
            found.transfers,
        )
