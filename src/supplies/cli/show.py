"""`supplies show`: print one document or one record of the catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from supplies.cli.answers import Answer, answer_options, print_tables
from supplies.cli.arguments import books_options
from supplies.cli.click_extensions import Command

if TYPE_CHECKING:
    from supplies.exports.tables import Table


class Noun(click.ParamType[str]):
    """Parameter type: the name of a list of records with codes or ids, such as `donations`."""

    name = "noun"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name of a list, with an alias replaced by the name.

        An unknown name is a usage error, which lists all names.
        """
        from supplies.cli.lists import ALIASES
        from supplies.exports.lists import SHOWN

        noun = ALIASES.get(str(value), str(value))
        if noun not in SHOWN:
            self.fail(f"{value!r} is not one of: {', '.join(SHOWN)}", param, ctx)
        return noun


@click.command("show", cls=Command)
@click.argument("noun", metavar="NOUN", type=Noun())
@click.argument("code", metavar="CODE")
@books_options
@answer_options
def show(database: str, station: str | None, noun: str, code: str) -> Answer:
    """Print one document or record, or the trace of a lot.

    NOUN is the name of a list, such as donations, needs, items or receipts. CODE is the code, id or
    number of an element of the list, as in d_12 or JZ-2020-000001. With the noun lots, print where
    the goods of a lot came from, and where they are. With --json the output has the format of the
    REST API.
    """
    import msgspec

    from supplies.cli.opening import open_ledger
    from supplies.exports.flat_tables import flat_table
    from supplies.exports.lists import SHOWN

    with open_ledger(database, station) as ledger, ledger.reading() as books:
        found = SHOWN[noun](books, code)

    def tables() -> list[Table]:
        return [flat_table(noun, type(found), [found])]

    return Answer(
        [msgspec.json.encode(found)], tables, lambda: print_tables(tables(), longest=None)
    )
