"""Command-line options that several commands share, and the types of their values."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, TypeVar

import click

from supplies.errors import InvalidField

_Function = TypeVar("_Function", bound=Callable[..., Any])


class Day(click.ParamType[date]):
    """A parameter type for a date in ISO 8601 format."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Return the date. An invalid date is reported as a usage error."""
        from supplies.domain.days import check_day

        if isinstance(value, date):
            return value
        try:
            day = date.fromisoformat(value)
            check_day(day, "the day")
        except ValueError:
            self.fail(f"{value!r} is not a day: write it as 2020-02-03", param, ctx)
        except InvalidField as error:
            self.fail(str(error), param, ctx)
        return day


DAY = Day()


class WholeNumber(click.ParamType[int]):
    """A parameter type for a whole number from 1 to `most`."""

    name = "number"

    def __init__(self, most: int) -> None:
        self.most = most

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number. Anything else is reported as a usage error."""
        text = str(value)
        number = int(text) if text.isascii() and text.isdecimal() and len(text) <= 19 else 0
        if not 1 <= number <= self.most:
            limit = "" if self.most == _MOST_ENTRIES else f" to {self.most}"
            self.fail(f"{value!r} is not a whole number from 1{limit}", param, ctx)
        return number


_MOST_ENTRIES = 2**63 - 1

ENTRY_NUMBER = WholeNumber(_MOST_ENTRIES)
"""Parameter type for the number of an entry."""

LOCAL_HOST = "http://127.0.0.1:8000"
"""The default of `Station.host`.

The value is repeated here, because importing the class `Station` is slow.
"""

database_option = click.option(
    "--database",
    metavar="FILE|URL",
    envvar="SUPPLIES_DATABASE",
    default="supplies.db",
    show_default=True,
    show_envvar=True,
    help="The database with the books: a SQLite file, or postgresql://…",
)

station_option = click.option(
    "--station",
    metavar="CODE",
    envvar="SUPPLIES_STATION",
    show_envvar=True,
    help="Code of the station. Needed only if the database has several stations.",
)

_stations_option = click.option(
    "--station",
    metavar="CODE",
    envvar="SUPPLIES_STATION",
    show_envvar=True,
    help="Code of the only station to use. Default: all stations of the database.",
)

_ignored_station_option = click.option(
    "--station",
    metavar="CODE",
    expose_value=False,
    help="Has no effect: this command works on the whole database.",
)


def books_options(function: _Function) -> _Function:
    """Add `--database` and `--station` to a command that works on one station."""
    return database_option(station_option(function))


def all_books_options(function: _Function) -> _Function:
    """Add `--database` and `--station` to a command that works on all stations.

    With `--station`, the command works on that station only.
    """
    return database_option(_stations_option(function))


def whole_database_options(function: _Function) -> _Function:
    """Add `--database` and `--station` to a command that works on the whole database.

    `--station` is accepted, but has no effect.
    """
    return database_option(_ignored_station_option(function))


json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")

_force_option = click.option("--force", is_flag=True, help="Replace the output file if it exists.")


def output_options(
    help_text: str, *names: str, required: bool = False
) -> Callable[[_Function], _Function]:
    """Return a decorator that adds `--output` and `--force` to a command that writes a file.

    Args:
        names: Further names of the option `--output`.
    """
    output = click.option(
        "-o", "--output", *names, "output", metavar="FILE", required=required, help=help_text
    )
    return lambda function: output(_force_option(function))


paper_options = output_options("Write the PDF to this file.", required=True)

report_paper_options = output_options("Write the report as PDF to this file.", "--pdf")


def period_options(function: _Function) -> _Function:
    """Add `--from` and `--to`: the first and the last day of a period."""
    first = click.option(
        "--from", "first", type=DAY, help="First day of the period, as in 2020-02-03."
    )
    last = click.option("--to", "last", type=DAY, help="Last day of the period, included.")
    return first(last(function))


def report_period_options(function: _Function) -> _Function:
    """Add `--from` and `--to`. Their defaults are the first and the last day with an entry."""
    first = click.option(
        "--from",
        "first",
        type=DAY,
        help="First day, as in 2020-02-03. Default: the earliest day with an entry.",
    )
    last = click.option(
        "--to", "last", type=DAY, help="Last day, included. Default: the latest day with an entry."
    )
    return first(last(function))


def check_period(first: date | None, last: date | None) -> tuple[date, date]:
    """Check that both days of a period are given, and return them.

    Raises:
        InvalidField: one of them is None.
    """
    if first is None or last is None:
        raise InvalidField("a period needs both days: --from 2020-02-03 --to 2020-02-13")
    return first, last


def station_details_options(function: _Function) -> _Function:
    """Add the options that describe a new station."""
    for option in reversed(
        (
            click.option(
                "--name", required=True, help="Name of the station, printed on its papers."
            ),
            click.option("--name-en", help="English name of the station."),
            click.option(
                "--host",
                default=LOCAL_HOST,
                show_default=True,
                help="Address that the QR codes of receipts lead to, as in https://example.org.",
            ),
            click.option(
                "--zone",
                default="Asia/Shanghai",
                show_default=True,
                help="Time zone, as in Asia/Shanghai.",
            ),
            click.option(
                "--series",
                default="JZ",
                show_default=True,
                help="Prefix of the numbers of its receipts.",
            ),
        )
    ):
        function = option(function)
    return function
