"""People of the demo, as whom a visitor signs in without a password.

Only `supplies demo` adds them, and the database refuses them once a station has entries. So the
books of a real station have none.
"""

from __future__ import annotations

from supplies.access import users
from supplies.access.access_context import AccessContext
from supplies.access.roles import USER_ROLES


def add(access: AccessContext, *, team: str, by: str) -> list[users.User]:
    """Add a person for each role, with the role as login. They have no passwords.

    Args:
        access: The tables of a station that has no entries yet.
        team: The code of the courier's team.
        by: The code of the author.

    Raises:
        AlreadyDone: a login is in use.
        NotFound: the team is unknown.
        StoreError: the station has entries.
    """
    people = []
    for role in USER_ROLES:
        new = users.NewUser(login=role, role=role, team=team if role == "courier" else None)
        person = users.add(access, new, by=by)
        access.insert("demo_people", code=person.code)
        people.append(person)
    return people


def list_people(access: AccessContext) -> list[users.User]:
    """List the people of the demo who are not disabled; none if these are not its books."""
    codes = {
        code for (code,) in access.all("SELECT code FROM demo_people WHERE station = :station")
    }
    if not codes:
        return []
    return [
        user for user in users.list_users(access) if user.code in codes and not user.disabled_at
    ]
