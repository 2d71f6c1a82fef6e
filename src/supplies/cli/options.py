"""Each command of the command line: its name, what runs it, what it does, and its options."""

from __future__ import annotations

import argparse
import os

DEFAULT_DATABASE = "supplies.db"

_DATABASE_HELP = (
    "the books: a file or postgresql://… "
    "(default: $SUPPLIES_DATABASE, else supplies.db in this directory)"
)


def of_books(parser: argparse.ArgumentParser, name: str) -> None:
    """What the command `name` takes to find its books."""
    parser.add_argument(
        "--database",
        metavar="FILE|URL",
        default=os.environ.get("SUPPLIES_DATABASE", DEFAULT_DATABASE),
        help=_DATABASE_HELP,
    )
    if name not in _OF_NO_STATION:
        otherwise = "each there is" if name in _OF_EACH_STATION else "the only one there is"
        parser.add_argument(
            "--station",
            metavar="CODE",
            default=os.environ.get("SUPPLIES_STATION"),
            help=f"which station's books (default: $SUPPLIES_STATION, else {otherwise})",
        )


def _shown(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON in the shape of the API")


def _init(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--name", required=True, help="the station's name, as papers print it")
    parser.add_argument("--name-en", help="its English name")
    parser.add_argument("--zone", default="Asia/Shanghai", help="its time zone (IANA name)")
    parser.add_argument("--series", default="JZ", help="prefix of its receipt numbers")


def _demo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--papers", metavar="DIRECTORY", help="where papers go (beside the file)")


def _serve(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "Each setting has a variable, SUPPLIES_HOST and so on: see docs/configuration.md."
    )
    parser.add_argument(
        "--host", help="where to listen; loopback only, until somebody can sign in (127.0.0.1)"
    )
    parser.add_argument("--port", type=int, help="(8000)")
    parser.add_argument("--workers", type=int, metavar="N", help="processes that answer (1)")


_REPORTS = ["stock", "pledges", "needs", "station", "statement", "disclosure"]


def _report(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=_REPORTS)
    period = "(station, statement, disclosure)"
    parser.add_argument("--from", dest="first", metavar="DAY", help=f"first day {period}")
    parser.add_argument("--to", dest="last", metavar="DAY", help=f"last day {period}")
    parser.add_argument("--donor", metavar="CODE", help="whose gifts (statement)")
    parser.add_argument(
        "--organisation",
        action="store_true",
        help="over all stations of the organisation that this one heads (stock, needs, station)",
    )
    parser.add_argument("--as-of", metavar="DAY", help="as it stood at the end of a day (stock)")
    _shown(parser)
    parser.add_argument("-o", "--output", metavar="FILE", help=f"write its PDF {period}")


def _receipt(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "To check a receipt that somebody holds: supplies receipt check --help"
    parser.add_argument("number", nargs="?", help="as in JZ-2020-000001; or give --from and --to")
    parser.add_argument("--from", dest="first", metavar="DAY", help="all issued from this day on")
    parser.add_argument("--to", dest="last", metavar="DAY", help="up to and with this day")
    parser.add_argument("-o", "--output", metavar="FILE", required=True, help="where the PDF goes")


def _run_sheet(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("delivery", metavar="DELIVERY", help="as in dl_12")
    parser.add_argument("-o", "--output", metavar="FILE", required=True, help="where the PDF goes")


def _slips(parser: argparse.ArgumentParser) -> None:
    _run_sheet(parser)
    parser.add_argument(
        "--paper", choices=["roll", "a5"], default="roll", help="80 mm roll (the default) or A5"
    )


def _verify(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--receipt", metavar="FILE", help="and whether this paper is in the books")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def _backup(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="where the copy goes; it must not exist yet")
    parser.add_argument(
        "--with-keys", action="store_true", help="and the station's keys, beside it as FILE's .key"
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def _restore(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="the backup")
    parser.add_argument("to", metavar="TO", nargs="?", help="new books (default: --database)")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def _receipt_check(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="the receipt's PDF")
    parser.add_argument(
        "--key",
        metavar="FILE",
        required=True,
        help="the station's public keys, as it gave them out",
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def _station_add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("code", metavar="CODE", help="its code: letters and digits, as in lx")
    _init(parser)
    parser.add_argument("--under", metavar="CODE", help="the station that heads its organisation")


def _forget_due(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--yes", action="store_true", help="forget them, and not only list them")
    parser.add_argument("--json", action="store_true", help="print the list as JSON")


def _forget_as_in(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("books", metavar="BOOKS", help="books in which they were forgotten")
    parser.add_argument("--yes", action="store_true", help="forget them, and not only list them")


def _station_set(parser: argparse.ArgumentParser) -> None:
    for name, says in _STATION_SETTINGS.items():
        parser.add_argument(f"--{name}", metavar="TEXT", help=says)
    parser.add_argument("--languages", choices=["zh+en", "zh", "en"], help="of its papers")
    parser.add_argument(
        "--values", choices=["never", "evidenced"], help="print values that have evidence, or none"
    )
    parser.add_argument(
        "--under",
        metavar="CODE",
        help="the station that heads its organisation; its coordinators may look into these books",
    )
    for name, says in _KEPT_DAYS.items():
        parser.add_argument(f"--{name}", metavar="DAYS", type=int, help=says)
    parser.add_argument("--logo", metavar="FILE", help="a small PNG for the receipt's head")
    parser.add_argument(
        "--no",
        metavar="NAME",
        action="append",
        default=[],
        choices=[
            "name-en",
            "credit-code",
            "address",
            "phone",
            "statement",
            "statement-en",
            "logo",
            "under",
            *_KEPT_DAYS,
        ],
        help="take this setting away, as in --no logo",
    )


_KEPT_DAYS = {
    "keep-recipients": "days after the last entry about a household until it is to be forgotten",
    "keep-donors": "the same of donors who are people",
    "keep-access-log": "days that lines of the access log are kept, 183 at least",
}

_STATION_SETTINGS = {
    "name": "its name, as papers print it",
    "name-en": "its English name",
    "credit-code": "its 统一社会信用代码",
    "address": "where it is",
    "phone": "its telephone",
    "host": "where the QR code of a receipt leads, as in https://example.org",
    "zone": "its time zone (IANA name)",
    "series": "prefix of its receipt numbers from now on",
    "jurisdiction": "whose law words the statement, as cn",
    "statement": "the statement on receipts in its own words, in Chinese",
    "statement-en": "the same in English",
}


def _key_public(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-o", "--output", metavar="FILE", help="where they go (default: printed)")


def _login(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("login", metavar="LOGIN", help="what they sign in with")


def _user_add(parser: argparse.ArgumentParser) -> None:
    _login(parser)
    parser.add_argument("--role", choices=_ROLES, required=True)
    parser.add_argument("--team", metavar="CODE", help="whose deliveries a courier carries")
    parser.add_argument(
        "--password-from-stdin", action="store_true", help="set it now, not by a one-time address"
    )


def _user_token(parser: argparse.ArgumentParser) -> None:
    _login(parser)
    parser.add_argument("--role", choices=_ROLES, help="no more than the user's own (the default)")
    parser.add_argument("--label", metavar="TEXT", help="which program it is for")
    parser.add_argument("--days", type=int, metavar="N", help="how long it lasts (default: 90)")


def _copy(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="SOURCE", help="the books: a file or postgresql://…")
    parser.add_argument("target", metavar="TARGET", help="a new file, or an empty database")
    parser.add_argument("--json", action="store_true", help="print what was copied as JSON")


def _database_grant(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("role", metavar="ROLE", help="a role of the server that owns no tables")


_ROLES = ["coordinator", "recorder", "courier", "auditor"]


def _no_options(parser: argparse.ArgumentParser) -> None:
    pass


COMMANDS = {
    "init": ("books:init", "make the books of a station", _init),
    "demo": ("demo:demo", "book the demonstration scene into a new file", _demo),
    "serve": ("serving:serve", "serve the books over HTTP", _serve),
    "report": ("reports:report", "print stock, pledges, needs, or what a period came to", _report),
    "receipt": ("papers:receipt", "print a receipt, or all of a period, as PDF", _receipt),
    "receipt check": ("proof:receipt_check", "say whether a receipt is genuine", _receipt_check),
    "slips": ("papers:slips", "print all slips of a delivery, as PDF", _slips),
    "run-sheet": ("papers:round_sheet", "print a delivery's run sheet, as PDF", _run_sheet),
    "verify": ("books:verify", "recompute the books and compare", _verify),
    "backup": ("backup:backup", "copy the books while they are in use, and verify it", _backup),
    "restore": ("backup:restore", "make books out of a backup", _restore),
    "copy": ("moving:copy", "copy all books into a new database, of either kind", _copy),
    "database grant": (
        "database:grant_role",
        "let a role of the server record in the books, and alter nothing",
        _database_grant,
    ),
    "forget due": ("forget:forget_due", "list or forget people whose time is over", _forget_due),
    "forget as-in": (
        "forget:forget_as_in",
        "after restoring: forget again whoever was forgotten in other books",
        _forget_as_in,
    ),
    "station add": ("station:station_add", "add a station to the database", _station_add),
    "station list": ("station:station_list", "print the database's stations", _shown),
    "station show": ("station:station_show", "print the station's settings", _shown),
    "station set": ("station:station_set", "change the station's settings", _station_set),
    "station key new": ("proof:key_new", "make a further key to sign receipts with", _no_options),
    "station key public": ("proof:key_public", "print the station's public keys", _key_public),
    "user add": ("users:user_add", "let a person in", _user_add),
    "user list": ("users:user_list", "print who may come in", _shown),
    "user password": ("users:user_password", "set a password anew, if forgotten too", _login),
    "user disable": ("users:user_disable", "let a person in no longer", _login),
    "user token": ("users:user_token", "make a token for a program", _user_token),
}
"""Each command: what runs it, what it does, and its options. A name may be several words."""

_OF_NO_STATION = {"station add", "station list", "database grant"}
"""Commands that are not about a station's books."""

_OF_EACH_STATION = {"serve", "verify", "forget due", "forget as-in"}
"""Commands that are about all stations where none is named."""

WITHOUT_BOOKS = {"receipt check", "copy"}
"""Commands that need no books, or name theirs themselves."""
