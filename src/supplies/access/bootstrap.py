"""Create the first coordinator of a station.

No password is set beforehand. The coordinator opens a page whose URL works once, and sets a
password there.
"""

from __future__ import annotations

from typing import NamedTuple

from supplies.access import users
from supplies.access.access_context import AccessContext

FIRST_LOGIN = "coordinator"
"""The login of the first coordinator. If another user has it, a number is added."""

COMMAND_LINE_AUTHOR = "machine"
"""The name that is stored as the author of changes made on the command line."""


class FirstSignIn(NamedTuple):
    """The login of the first coordinator, and the path of the page for setting the password.

    Attributes:
        expires_at: The time until which the path is valid, in UTC.
    """

    login: str
    path: str
    expires_at: str


def first_sign_in(access: AccessContext) -> FirstSignIn | None:
    """Return the login of the first coordinator, and the path of the page for setting the password.

    Return None if a coordinator can already sign in. If there is no coordinator, add one. Each call
    makes a new path. Earlier paths stay valid until they expire, because `supplies user add` may
    have printed one of them. When a password is set, all these paths become invalid.
    """
    if users.has_coordinator(access):
        return None
    coordinators = [
        user
        for user in users.list_users(access)
        if user.role == "coordinator" and not user.disabled_at
    ]
    user = coordinators[0] if coordinators else _add_coordinator(access)
    invitation, path = users.invite(access, user, by=COMMAND_LINE_AUTHOR, keep_earlier=True)
    return FirstSignIn(user.login, path, invitation.expires_at)


def _add_coordinator(access: AccessContext) -> users.User:
    used = {user.login for user in users.list_users(access)}
    logins = (FIRST_LOGIN, *(f"{FIRST_LOGIN}-{number}" for number in range(2, len(used) + 3)))
    login = next(login for login in logins if login not in used)
    new = users.NewUser(login=login, role="coordinator")
    return users.add(access, new, by=COMMAND_LINE_AUTHOR)
