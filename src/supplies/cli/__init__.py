"""The command line: `supplies COMMAND …`, built on click.

Each module contains related commands and their options. `supplies --help` imports none of these
modules, so that it is fast. Importing a module imports only what the options need. What a command
needs is imported when the command runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from supplies.cli.click_extensions import LazyGroup, print_any_text

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS = {
    "init": ("init:init", "Create the books of a station."),
    "demo": ("demo:demo", "Create demonstration books, and write their papers as PDF."),
    "serve": ("serve:serve", "Run the web service for people and programs until Ctrl-C."),
    "catalogue": ("catalogue:catalogue", "Register, change and find items, people and places."),
    "import": ("import_rows:import_file", "Record the rows of a spreadsheet."),
    "export": ("export:export", "Write the books in the formats of other programs."),
    "record": ("record:record", "Record commands that are given as JSON."),
    "list": ("lists:list_group", "Print a list, such as donations, needs, stock or donors."),
    "show": ("show:show", "Print one document or record, or the trace of a lot."),
    "api": ("api:api", "Send a request of the REST API, without a running service."),
    "report": ("reports:report", "Print lists of stock, pledges and needs, and other reports."),
    "quarantine": (
        "quarantine:quarantine",
        "Move all unallocated goods of a batch to a quarantine.",
    ),
    "entry": ("entry:entry", "Print one entry of the books, with its notes and reasons."),
    "reverse": ("reverse:reverse", "Undo the command that recorded an entry."),
    "receipt": ("papers:receipt", "Write a receipt, or all receipts of a period, as PDF."),
    "receipt check": ("receipt_check:receipt_check", "Check whether a receipt is genuine."),
    "slips": ("papers:slips", "Write the slips of a delivery as PDF."),
    "run-sheet": ("papers:run_sheet", "Write the run sheet of a delivery as PDF."),
    "count-sheet": ("papers:count_sheet", "Write the count sheet of a location as PDF."),
    "verify": ("verify:verify", "Recompute the books from their entries and compare each row."),
    "backup": ("backup:backup", "Copy the books while they are in use, and verify the copy."),
    "restore": ("backup:restore", "Create books from a backup, and verify them."),
    "copy": ("copy:copy", "Copy all books into a new database, and verify the copy."),
    "database": ("database:database", "Grant access to a PostgreSQL database."),
    "forget": ("forget:forget", "Erase personal data, of people or in the text of an entry."),
    "station": ("station:station", "Add stations, change their settings, manage their keys."),
    "user": ("users:user", "Add users, change their access, set passwords, issue tokens."),
}
"""The commands by name. A value contains the module and function, and the line in `--help`."""


@click.group(
    cls=LazyGroup,
    lazy_commands=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="supplies", message="%(prog)s %(version)s")
def supplies() -> None:
    """A ledger for donated goods: from a pledge to the delivery at the recipient's door."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status.

    The status is 0 on success, 1 if the command is refused or finds a difference, 2 for wrong usage
    and 130 after Ctrl-C.

    Args:
        argv: The arguments after `supplies`. None means the arguments of this process.
    """
    print_any_text()
    try:
        return int(supplies.main(argv, prog_name="supplies", standalone_mode=False) or 0)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        return 130
