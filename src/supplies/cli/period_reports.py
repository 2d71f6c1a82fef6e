"""The reports of `supplies report` whose result has one list, such as cover and losses."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from supplies.cli.answers import Answer, answer_options
from supplies.cli.arguments import DAY, books_options
from supplies.cli.click_extensions import Command

if TYPE_CHECKING:
    from datetime import date

    from supplies.books.reader import Books

Build = Callable[..., Any]
"""A function that takes the books, the period, the station's day and the options of a report."""

_DAYS = (
    click.option(
        "--from",
        "first",
        type=DAY,
        help="First day, as in 2020-02-03. Default: the earliest day with an entry.",
    ),
    click.option("--to", "last", type=DAY, help="Last day, included. Default: the latest day."),
)

_item_option = click.option("--item", metavar="CODE", help="Report only this item.")


def _cover(books: Books, today: date, *, days: int, item: str | None) -> Any:
    from supplies.views.stock_cover import report_stock_cover

    return report_stock_cover(books, today, rate_days=days, item=item)


def _pledges(books: Books, first: date, last: date, today: date) -> Any:
    from supplies.views.donor_reports import report_pledges_by_donor

    return report_pledges_by_donor(books, first, last, today)


def _values(books: Books, first: date, last: date, today: date) -> Any:
    from supplies.views.donor_reports import report_donor_values

    return report_donor_values(books, first, last)


def _waiting(books: Books, first: date, last: date, today: date) -> Any:
    from supplies.views.need_reports import report_needs

    return report_needs(books, first, last, today)


def _teams(books: Books, first: date, last: date, today: date, *, team: str | None) -> Any:
    from supplies.views.team_report import report_teams

    return report_teams(books, first, last, team=team)


def _derivation(books: Books, first: date, last: date, today: date, *, item: str | None) -> Any:
    from supplies.views.stock_derivation import derive_stock

    return derive_stock(books, first, last, item=item)


def _losses(books: Books, first: date, last: date, today: date) -> Any:
    from supplies.views.stock_derivation import report_losses

    return report_losses(books, first, last)


def _household(books: Books, first: date, last: date, today: date, *, recipient: str) -> Any:
    from supplies.views.household_history import get_household_history

    return get_household_history(books, recipient, first, last)


def _report(
    name: str, summary: str, build: Build, *options: Any, has_period: bool = True
) -> click.Command:
    """Return the command that prints a report."""

    @answer_options
    def command(
        database: str,
        station: str | None,
        first: date | None = None,
        last: date | None = None,
        **chosen: Any,
    ) -> Answer:
        from supplies.cli.opening import open_ledger
        from supplies.views.periods import get_period_of_entries

        with open_ledger(database, station) as ledger, ledger.reading() as books:
            today = ledger.today()
            if not has_period:
                return _answer(name, build(books, today, **chosen))
            if first is None or last is None:
                earliest, latest = get_period_of_entries(books)
                first, last = first or earliest, last or latest
            return _answer(name, build(books, first, last, today, **chosen))

    decorated: Any = command
    for option in reversed((*(_DAYS if has_period else ()), *options)):
        decorated = option(decorated)
    return click.command(name, cls=Command, help=summary)(books_options(decorated))


def _answer(name: str, result: Any) -> Answer:
    import msgspec

    from supplies.exports.flat_tables import tables_of

    def tables() -> list[Any]:
        # The first table has only the period.
        *_, items = tables_of(result)
        return [items._replace(name=name)]

    return Answer([msgspec.json.encode(result)], tables)


PERIOD_REPORTS = (
    _report(
        "cover",
        "Print the stock with lots and expiry, and for how many days it lasts.",
        _cover,
        click.option(
            "--days",
            type=click.IntRange(1, 3650),
            default=28,
            show_default=True,
            help="Over how many days up to today the rate is measured.",
        ),
        _item_option,
        has_period=False,
    ),
    _report(
        "derivation",
        "Print why the stock is what it is: all that came in and went out, step by step.",
        _derivation,
        _item_option,
    ),
    _report("losses", "Print what was lost, by cause.", _losses),
    _report("pledges-by-donor", "Print which pledges are open, late or kept.", _pledges),
    _report("donor-values", "Print the values that donors gave in each year.", _values),
    _report(
        "waiting",
        "Print needs by item, community and urgency, and for how long households wait.",
        _waiting,
    ),
    _report(
        "teams",
        "Print deliveries by team, with their stops and goods.",
        _teams,
        click.option("--team", metavar="CODE", help="Report only this team."),
    ),
    _report(
        "household",
        "Print what a household asked for and received.",
        _household,
        click.option("--recipient", metavar="CODE", required=True, help="Code of the recipient."),
    ),
)
"""The commands that print these reports, in the order of `supplies report --help`."""
