"""The first coordinator, and invitations: one-time paths where a user sets a password.

There is no default password.
"""

from __future__ import annotations

from datetime import timedelta

from supplies.access import credentials, users
from supplies.access.access_context import AccessContext

FIRST_LOGIN = "coordinator"
"""The login of the first coordinator; if it is in use, a number is added."""

COMMAND_LINE_AUTHOR = "machine"
"""The code that names the command line as the author of a change."""

_FIRST_LIFETIME = timedelta(days=1)


def first_sign_in_path(access: AccessContext) -> str | None:
    """Return the path where the first coordinator sets a password; None if one can sign in.

    If no coordinator exists, one is added. Each call makes a new path; earlier ones become invalid.
    """
    if users.has_coordinator(access):
        return None
    coordinators = [
        user
        for user in users.list_users(access)
        if user.role == "coordinator" and not user.disabled_at
    ]
    user = coordinators[0] if coordinators else _add_coordinator(access)
    return invitation_path(access, user, lifetime=_FIRST_LIFETIME)


def invitation_path(
    access: AccessContext, user: users.User, lifetime: timedelta | None = None
) -> str:
    """Return a one-time path where a user sets a password; earlier ones become invalid.

    lifetime: None: the default of invitations.
    """
    credentials.revoke_all(access, kinds=("invitation",), holder=user.code)
    _, secret = credentials.issue(
        access,
        kind="invitation",
        role=user.role,
        by=COMMAND_LINE_AUTHOR,
        holder=user.code,
        lifetime=lifetime,
    )
    return f"/invitation/{secret}"


def _add_coordinator(access: AccessContext) -> users.User:
    used = {user.login for user in users.list_users(access)}
    logins = (FIRST_LOGIN, *(f"{FIRST_LOGIN}-{number}" for number in range(2, len(used) + 3)))
    login = next(login for login in logins if login not in used)
    new = users.NewUser(login=login, role="coordinator")
    return users.add(access, new, by=COMMAND_LINE_AUTHOR)
