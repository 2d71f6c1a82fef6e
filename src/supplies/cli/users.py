"""`supplies user …`: who may come in. Whoever may write the database may say so."""

from __future__ import annotations

import argparse
import getpass
import sys
from datetime import timedelta

from supplies.access import credentials, passwords, users
from supplies.access.access_context import Gate
from supplies.access.bootstrap import BY, invitation
from supplies.access.roles import MAY_GRANT, UserRole
from supplies.cli.books import open_ledger
from supplies.cli.tables import as_json, table
from supplies.errors import InvalidField


def user_add(arguments: argparse.Namespace) -> int:
    """Make a user, and say how they set a password."""
    with open_ledger(arguments) as ledger:
        new = users.NewUser(login=arguments.login, role=arguments.role, team=arguments.team)
        kept = _read(arguments.login) if arguments.password_from_stdin else None
        with ledger.administering() as books:
            gate = Gate(books, ledger.clock())
            user = users.add(gate, new, by=BY)
            if kept is not None:
                users.set_password(gate, user.code, kept)
            path = None if kept is not None else invitation(gate, user)
            # Books from before hosts were checked may have one that ends so.
            host = books.station.host.rstrip("/")
        print(f"{user.login} may come in as {user.role}; entries will name them {user.code}.")
        if path is not None:
            print("They set their password at this address, once, within three days:")
            print(f"  {host}{path}")
    return 0


def user_list(arguments: argparse.Namespace) -> int:
    """All users, with what they are."""
    with open_ledger(arguments) as ledger, ledger.reading() as books:
        found = users.listed(Gate(books, ledger.clock()))
    if arguments.json:
        return as_json(found)
    table(
        ["code", "login", "role", "team", "may come in"],
        [[user.code, user.login, user.role, user.team, _may_come_in(user)] for user in found],
    )
    return 0


def _may_come_in(user: users.User) -> str:
    if user.disabled_at is not None:
        return f"no, since {user.disabled_at[:10]}"
    return "yes" if user.has_password else "has set no password yet"


def user_password(arguments: argparse.Namespace) -> int:
    """Set a password anew: the way back in when the last one was forgotten."""
    with open_ledger(arguments) as ledger:
        with ledger.reading() as books:
            user = users.by_login(Gate(books, ledger.clock()), arguments.login)
        if user.disabled_at is not None:
            raise InvalidField(
                f"{user.login} may no longer come in; make a new user with `supplies user add`"
            )
        kept = _ask(user.login) if sys.stdin.isatty() else _read(user.login)
        with ledger.administering() as books:
            users.set_password(Gate(books, ledger.clock()), user.code, kept, tokens_too=True)
    print(f"{user.login} signs in with the new password; their sessions and tokens have ended.")
    return 0


def user_disable(arguments: argparse.Namespace) -> int:
    """Let a person in no longer."""
    with open_ledger(arguments) as ledger, ledger.administering() as books:
        gate = Gate(books, ledger.clock())
        user = users.disable(gate, users.by_login(gate, arguments.login).code)
    print(f"{user.login} may no longer come in; their sessions and tokens have ended.")
    return 0


def user_token(arguments: argparse.Namespace) -> int:
    """Make a token for a program. It alone goes to standard output."""
    with open_ledger(arguments) as ledger, ledger.administering() as books:
        gate = Gate(books, ledger.clock())
        user = users.by_login(gate, arguments.login)
        made, shown = credentials.issue(
            gate,
            kind="token",
            role=_role(user, arguments.role),
            by=BY,
            holder=user.code,
            label=arguments.label,
            lasting=None if arguments.days is None else timedelta(days=arguments.days),
        )
    print(f"For {user.login} as {made.role}, until {made.expires_at[:10]}:", file=sys.stderr)
    print(shown)
    return 0


def _role(user: users.User, asked: UserRole | None) -> UserRole:
    if user.disabled_at is not None:
        raise InvalidField(f"{user.login} may no longer come in; a token would not either")
    role = asked or user.role
    if role not in MAY_GRANT[user.role]:
        raise InvalidField(
            f"a token of a {user.role} can be {' or '.join(MAY_GRANT[user.role])}, not {role}"
        )
    return role


def _read(login: str) -> str:
    """The password on the first line of standard input."""
    return passwords.hashed(sys.stdin.readline().rstrip("\r\n"), login)


def _ask(login: str) -> str:
    """The password typed twice, unseen."""
    first = getpass.getpass(f"New password of {login}: ")
    kept = passwords.hashed(first, login)
    if getpass.getpass("The same again: ") != first:
        raise InvalidField("the two were not the same; nothing was changed")
    return kept
