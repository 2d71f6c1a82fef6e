"""The first sign-in: there is no default password, so the service prints a one-time URL."""

from __future__ import annotations

from datetime import timedelta

from supplies.access import credentials, users
from supplies.access.access_context import Gate

LOGIN = "coordinator"

BY = "machine"
"""The author recorded for users added on the command line."""


def way_in(gate: Gate) -> str | None:
    """Return the path where the first coordinator sets a password; None if one can sign in.

    Each asking makes a new one, and ends those told before.
    """
    if users.anybody(gate):
        return None
    waiting = [
        user for user in users.listed(gate) if user.role == "coordinator" and not user.disabled_at
    ]
    user = waiting[0] if waiting else users.add(gate, _first(gate), by=BY)
    return invitation(gate, user, lasting=timedelta(days=1))


def invitation(gate: Gate, user: users.User, lasting: timedelta | None = None) -> str:
    """Return a one-time path where a user sets a password; it replaces an earlier one."""
    credentials.revoke_all(gate, kinds=("invitation",), holder=user.code)
    _, shown = credentials.issue(
        gate, kind="invitation", role=user.role, by=BY, holder=user.code, lasting=lasting
    )
    return f"/invitation/{shown}"


def _first(gate: Gate) -> users.NewUser:
    taken = {user.login for user in users.listed(gate)}
    names = (LOGIN, *(f"{LOGIN}-{number}" for number in range(2, len(taken) + 3)))
    free = next(name for name in names if name not in taken)
    return users.NewUser(login=free, role="coordinator")
