"""`supplies user …`: users, their passwords and their tokens."""

from __future__ import annotations

import getpass
import sys
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click

from supplies.access.roles import USER_ROLES, UserRole
from supplies.cli.arguments import WholeNumber, books_options, json_option
from supplies.cli.click_extensions import Group
from supplies.errors import InvalidField

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from supplies.access.credentials import Credential
    from supplies.access.users import User
    from supplies.domain.catalogue_records import Station

_login_argument = click.argument("login", metavar="LOGIN")


@click.group(cls=Group)
def user() -> None:
    """Add users, change their access, set passwords, issue tokens.

    Anybody who can write to the database may run these commands.
    """


@user.command()
@_login_argument
@books_options
@click.option(
    "--role",
    type=click.Choice(USER_ROLES),
    required=True,
    help="What the user may do. coordinator: everything. recorder: the daily work. courier: only "
    "the deliveries of a team. auditor: read everything, with codes instead of names.",
)
@click.option(
    "--team",
    metavar="CODE",
    help="Required for a courier: the team whose deliveries the courier carries.",
)
@click.option(
    "--password-from-stdin",
    is_flag=True,
    help="Read the password from standard input instead of printing a one-time address.",
)
def add(
    database: str,
    station: str | None,
    login: str,
    role: UserRole,
    team: str | None,
    password_from_stdin: bool,
) -> None:
    """Add a user who signs in with the name LOGIN.

    The command prints a URL at which the user sets a password, and the time until which the URL
    works, once. With --password-from-stdin, the password is set at once instead.
    """
    from supplies.access import users
    from supplies.access.access_context import AccessContext
    from supplies.access.bootstrap import COMMAND_LINE_AUTHOR
    from supplies.cli.opening import open_ledger

    with open_ledger(database, station) as ledger:
        new = users.NewUser(login=login, role=role, team=team)
        password = _read_password(login) if password_from_stdin else None
        invited = None
        with ledger.admin_transaction() as books:
            access = AccessContext(books, ledger.clock())
            added = users.add(access, new, by=COMMAND_LINE_AUTHOR)
            if password is None:
                invited = users.invite(access, added, by=COMMAND_LINE_AUTHOR)
            else:
                users.set_password(access, added.code, password)
            this_station = books.station
    print(f"{added.login} is a {added.role}; entries name them {added.code}.")
    if invited is not None:
        _print_invitation(this_station, *invited)


def _print_invitation(station: Station, invitation: Credential, path: str) -> None:
    from supplies.cli.opening import local_time

    end = local_time(invitation.expires_at, station)
    print(f"They set their password at this address, once, until {end}:")
    # In books made before hosts were checked, a host may end with a slash.
    print(f"  {station.host.rstrip('/')}{path}")
    print(
        "It begins with the station's `host`. If the service has another address, put "
        "/invitation/… after that one."
    )


@user.command("list")
@books_options
@json_option
def list_users(database: str, station: str | None, as_json: bool) -> None:
    """Print all users, their roles, and whether they can sign in."""
    from supplies.access import users
    from supplies.access.access_context import AccessContext
    from supplies.cli.opening import open_ledger
    from supplies.cli.tables import print_columns, print_json
    from supplies.ledger.clock import zone_of

    with open_ledger(database, station) as ledger, ledger.reading() as books:
        found = users.list_users(AccessContext(books, ledger.clock()))
        zone = zone_of(books.station)
    if as_json:
        print_json(found)
        return
    print_columns(
        {
            "code": lambda one: one.code,
            "login": lambda one: one.login,
            "role": lambda one: one.role,
            "team": lambda one: one.team,
            "can sign in": lambda one: _can_sign_in(one, zone),
        },
        found,
    )


def _can_sign_in(user: User, zone: ZoneInfo) -> str:
    if user.disabled_at is not None:
        return f"no, disabled on {_day(user.disabled_at, zone)}"
    return "yes" if user.has_password else "no password yet"


@user.command()
@_login_argument
@books_options
def password(database: str, station: str | None, login: str) -> None:
    """Set a new password for the user LOGIN. The old password is not needed.

    The password is asked for on the terminal, or read from standard input if that is not a
    terminal. All sessions and tokens of the user end.
    """
    from supplies.access import users
    from supplies.access.access_context import AccessContext
    from supplies.cli.opening import open_ledger

    with open_ledger(database, station) as ledger:
        with ledger.reading() as books:
            found = users.get_by_login(AccessContext(books, ledger.clock()), login)
        if found.disabled_at is not None:
            raise InvalidField(
                f"{found.login} is disabled; enable them with `supplies user enable`"
            )
        interactive = sys.stdin.isatty()
        new = _ask_password(found.login) if interactive else _read_password(found.login)
        with ledger.admin_transaction() as books:
            users.set_password(
                AccessContext(books, ledger.clock()), found.code, new, revoke_tokens=True
            )
    print(f"{found.login} signs in with the new password; their sessions and tokens have ended.")


@user.command("remove-second-factor")
@_login_argument
@books_options
def remove_second_factor(database: str, station: str | None, login: str) -> None:
    """Turn off the one-time codes of the user LOGIN, and remove all passkeys.

    Then the password alone signs in. Use it if the user lost the phone and the recovery codes.
    """
    from supplies.access import second_factors, users
    from supplies.access.access_context import AccessContext
    from supplies.cli.opening import open_ledger

    with open_ledger(database, station) as ledger, ledger.admin_transaction() as books:
        access = AccessContext(books, ledger.clock())
        found = users.get_by_login(access, login)
        second_factors.remove(access, found.code)
    print(f"{found.login} signs in with the password alone until they turn on codes again.")


@user.command()
@_login_argument
@books_options
def disable(database: str, station: str | None, login: str) -> None:
    """Disable the user LOGIN: no more signing in, and all sessions and tokens end."""
    from supplies.access import users
    from supplies.access.access_context import AccessContext
    from supplies.cli.opening import open_ledger

    with open_ledger(database, station) as ledger, ledger.admin_transaction() as books:
        access = AccessContext(books, ledger.clock())
        disabled = users.disable(access, users.get_by_login(access, login).code)
    print(f"{disabled.login} can no longer sign in; their sessions and tokens have ended.")


@user.command()
@_login_argument
@books_options
def enable(database: str, station: str | None, login: str) -> None:
    """Let the disabled user LOGIN sign in again.

    The command prints a URL at which the user sets a new password, and the time until which the URL
    works, once.
    """
    from supplies.access import users
    from supplies.access.access_context import AccessContext
    from supplies.access.bootstrap import COMMAND_LINE_AUTHOR
    from supplies.cli.opening import open_ledger

    with open_ledger(database, station) as ledger, ledger.admin_transaction() as books:
        access = AccessContext(books, ledger.clock())
        found = users.get_by_login(access, login)
        if found.disabled_at is None:
            raise InvalidField(f"{found.login} is not disabled; nothing was changed")
        enabled = users.enable(access, found.code)
        invited = users.invite(access, enabled, by=COMMAND_LINE_AUTHOR)
        this_station = books.station
    print(f"{enabled.login} can sign in again, with the role {enabled.role}.")
    _print_invitation(this_station, *invited)


@user.command()
@_login_argument
@books_options
@click.option("--role", type=click.Choice(USER_ROLES), required=True, help="The new role.")
@click.option(
    "--team",
    metavar="CODE",
    help="Required for a courier: the team whose deliveries the courier carries.",
)
def role(database: str, station: str | None, login: str, role: UserRole, team: str | None) -> None:
    """Give the user LOGIN another role. All sessions and tokens of the user end.

    The entries that the user recorded stay as they are.
    """
    from supplies.access import users
    from supplies.access.access_context import AccessContext
    from supplies.cli.opening import open_ledger

    new = users.NewRole(role=role, team=team)
    with open_ledger(database, station) as ledger, ledger.admin_transaction() as books:
        access = AccessContext(books, ledger.clock())
        before = users.get_by_login(access, login)
        changed = users.change_role(access, before.code, new)
    if changed == before:
        print(f"{changed.login} already has the role {changed.role}; nothing was changed.")
    else:
        print(f"{changed.login} has the role {changed.role} now; their sessions and tokens ended.")


@user.command()
@_login_argument
@books_options
@click.option(
    "--role",
    type=click.Choice(USER_ROLES),
    help="Role of the token; it may do no more than the user. Default: the user's role.",
)
@click.option(
    "--label",
    metavar="TEXT",
    help="Name of the program that will use the token, for the list of tokens.",
)
@click.option(
    "--days",
    type=WholeNumber(730),
    metavar="N",
    help="Days until the token expires, 1 to 730. [default: 90]",
)
def token(
    database: str,
    station: str | None,
    login: str,
    role: UserRole | None,
    label: str | None,
    days: int | None,
) -> None:
    """Issue a token, with which a program acts for the user LOGIN.

    The command prints only the token on standard output, and a description on standard error.
    """
    from supplies.access import users
    from supplies.access.access_context import AccessContext
    from supplies.access.bootstrap import COMMAND_LINE_AUTHOR
    from supplies.cli.opening import open_ledger
    from supplies.ledger.clock import zone_of

    with open_ledger(database, station) as ledger, ledger.admin_transaction() as books:
        access = AccessContext(books, ledger.clock())
        holder = users.get_by_login(access, login)
        made, secret = users.issue_token(
            access,
            holder,
            by=COMMAND_LINE_AUTHOR,
            role=role,
            label=label,
            lifetime=None if days is None else timedelta(days=days),
        )
        zone = zone_of(books.station)
    print(
        f"Token for {holder.login} as {made.role}, valid until {_day(made.expires_at, zone)}:",
        file=sys.stderr,
    )
    print(secret)


def _day(timestamp: str, zone: ZoneInfo) -> str:
    """Convert a stored UTC timestamp to the date in the station's time zone."""
    return datetime.fromisoformat(timestamp).astimezone(zone).date().isoformat()


def _read_password(login: str) -> str:
    """Read a password from the first line of standard input. Return its hash."""
    from supplies.access import passwords

    return passwords.hash_password(sys.stdin.readline().rstrip("\r\n"), login)


def _ask_password(login: str) -> str:
    """Ask twice for a password, without showing it. Return its hash.

    Raises:
        InvalidField: the two passwords differ, or the password is too weak.
    """
    from supplies.access import passwords

    first = getpass.getpass(f"New password of {login}: ")
    hashed = passwords.hash_password(first, login)
    if getpass.getpass("Repeat it: ") != first:
        raise InvalidField("the two passwords differ; nothing was changed")
    return hashed
