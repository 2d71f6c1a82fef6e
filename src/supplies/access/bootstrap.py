"""The first way in: no default password exists, so the machine itself tells a one-time address."""

from __future__ import annotations

from datetime import timedelta

from supplies.access import credentials, users
from supplies.access.access_context import Gate

LOGIN = "coordinator"

BY = "machine"
"""Who let somebody in from the machine's own command line."""


def way_in(gate: Gate) -> str | None:
    """The path at which the first coordinator sets a password; None once one can sign in.

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
    """The path at which a user sets a password, once; a former one leads nowhere then."""
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
