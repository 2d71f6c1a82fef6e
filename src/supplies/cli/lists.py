"""`supplies list …`: the lists of the REST API, on the command line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from supplies.cli.answers import Answer, answer_options
from supplies.cli.arguments import DAY, books_options
from supplies.cli.click_extensions import Command, Group

_OPTIONS = {
    "status": click.option("--status", metavar="STATUS", help="As in the column `status`."),
    "donor": click.option("--donor", metavar="CODE", help="Code of the donor."),
    "recipient": click.option("--recipient", metavar="CODE", help="Code of the recipient."),
    "item": click.option("--item", metavar="CODE", help="Code of the item."),
    "needed_item": click.option("--item", metavar="CODE", required=True, help="Code of the item."),
    "location": click.option("--location", metavar="CODE", help="Code of the location."),
    "team": click.option("--team", metavar="CODE", help="Code of the team."),
    "community": click.option("--community", metavar="CODE", help="Code of the community."),
    "campaign": click.option("--campaign", metavar="CODE", help="Code of the campaign."),
    "urgency": click.option("--urgency", metavar="URGENCY", help="low, normal or high."),
    "kind": click.option("--kind", metavar="KIND", help="As in the column `kind`."),
    "document": click.option("--document", metavar="ID", help="Id of the document, as in d_12."),
    "way": click.option("--way", metavar="WAY", help="out, in or awaited."),
    "as_of": click.option("--as-of", type=DAY, help="At the end of this day. Default: now."),
    "at_seq": click.option("--at-seq", type=int, metavar="ENTRY", help="Just after this entry."),
    "first": click.option("--from", "first", type=DAY, help="First day, as in 2020-02-03."),
    "last": click.option("--to", "last", type=DAY, help="Last day, included."),
    "account": click.option(
        "--account",
        metavar="ACCOUNT",
        required=True,
        help="An account, as in stock:store-a. For balances also a kind of account, as in stock:",
    ),
    "lot": click.option("--lot", metavar="LOT", help="Id of the lot."),
    "find": click.option(
        "--find", metavar="WORDS", help="Only records with these words in code, names or address."
    ),
    "in_use": click.option("--in-use", is_flag=True, help="Leave out retired records."),
    "all_of_them": click.option("--all", "all_of_them", is_flag=True, help="Resolved ones too."),
}
"""The command-line option for each filter of a list."""

_RECORDS = ("find", "in_use")

_LISTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "donations": ("Donations.", ("donor",)),
    "needs": ("Needs.", ("status", "recipient", "item", "urgency", "community")),
    "pledges": ("Pledges.", ("donor", "status", "campaign")),
    "allocations": ("Goods set aside for recipients.", ("recipient", "status")),
    "deliveries": ("Deliveries with their stops.", ("team", "status")),
    "stock": ("Stock by location, item and lot.", ("location", "item", "as_of", "at_seq")),
    "balances": ("Balances of an account or of a kind of account.", ("account",)),
    "movements": (
        "Movements of an item in an account, the last first.",
        ("account", "needed_item", "lot"),
    ),
    "openings": ("Opening stock.", ()),
    "arrivals": ("Goods bought, made or borrowed.", ()),
    "moves": ("Moves between locations.", ()),
    "issues": ("Goods that the station uses itself.", ()),
    "loans": ("Goods lent.", ()),
    "write-offs": ("Goods written off.", ()),
    "found": ("Goods found again.", ()),
    "take-backs": ("Goods taken back from recipients.", ()),
    "returns": ("Goods given back to donors.", ()),
    "hand-outs": ("Goods handed out.", ()),
    "conversions": ("Goods repacked.", ()),
    "settlements": ("Differences settled.", ()),
    "count-sheets": ("Stock counts.", ()),
    "shipments": ("Shipments between stations.", ("way",)),
    "receipts": ("Receipts.", ("donor", "first", "last")),
    "activities": ("Activities.", ("kind",)),
    "entries": ("Entries of the ledger with their transfers.", ("kind", "document")),
    "conflicts": ("Conflicts that are not resolved.", ("all_of_them",)),
    "donors": ("Donors.", _RECORDS),
    "recipients": ("Households, groups and institutions.", _RECORDS),
    "items": ("Items.", _RECORDS),
    "locations": ("Locations.", _RECORDS),
    "teams": ("Teams.", _RECORDS),
    "communities": ("Communities.", _RECORDS),
    "campaigns": ("Campaigns and grants.", _RECORDS),
    "merges": ("Codes merged into others.", ()),
}
"""For each list in `supplies.exports.lists`, its line in `--help` and its filters."""

ALIASES = {"households": "recipients", "places": "locations"}


class ListGroup(Group):
    """The command group `list`. Some of its commands have a second name, such as `households`."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command that prints the list with this name or second name."""
        return super().get_command(ctx, ALIASES.get(cmd_name, cmd_name))


@click.group("list", cls=ListGroup)
def list_group() -> None:
    """Print a list, such as donations, needs, stock or donors.

    The lists and their filters are those of the REST API. A document with lines has a row for each
    line. "households" is another name for "recipients", and "places" for "locations".
    """


def _add_list(name: str, summary: str, filters: tuple[str, ...]) -> None:
    @answer_options
    def command(database: str, station: str | None, **chosen: Any) -> Answer:
        from supplies.cli.opening import open_ledger

        # The books stay open until the answer is printed, because it is read page by page.
        ledger = click.get_current_context().with_resource(open_ledger(database, station))
        books = click.get_current_context().with_resource(ledger.reading())
        filters = {
            key: value for key, value in chosen.items() if value is not None and value is not False
        }
        return _answer(books, name, filters)

    decorated: Any = books_options(command)
    for option in reversed(filters):
        decorated = _OPTIONS[option](decorated)
    list_group.add_command(click.command(name, cls=Command, help=summary)(decorated))


def _answer(books: Any, name: str, filters: dict[str, Any]) -> Answer:
    from supplies.exports.flat_tables import flat_table
    from supplies.exports.lists import LISTS, read_list

    rows = read_list(books, name, **filters)
    return Answer(_json_parts(rows), lambda: [flat_table(name, LISTS[name].kind, rows)])


def _json_parts(rows: Iterator[Any]) -> Iterator[bytes]:
    """Yield a list as JSON, part by part, in the format of a page of the REST API."""
    import msgspec

    encode = msgspec.json.Encoder().encode
    yield b'{"items":['
    for number, row in enumerate(rows):
        yield b"," + encode(row) if number else encode(row)
    yield b'],"next":null}'


for _name, (_summary, _filters) in _LISTS.items():
    _add_list(_name, _summary, _filters)
