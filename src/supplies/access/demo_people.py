"""Users of the demonstration: visitors can sign in as one of them without a password.

Only `supplies demo` adds these users. If the station has entries, the database refuses them. So the
books of a real station never have such users.
"""

from __future__ import annotations

from supplies.access import users
from supplies.access.access_context import AccessContext
from supplies.access.roles import USER_ROLES


def add(access: AccessContext, *, team: str, by: str) -> list[users.User]:
    """Add one user for each role, without a password. The login of each is the name of the role.

    Args:
        access: The access tables of a station that has no entries yet.
        team: The code of the courier's team.
        by: The code of the person who adds the users.

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
    """List the demonstration's users who are not disabled. In other books, the list is empty."""
    codes = {
        code for (code,) in access.all("SELECT code FROM demo_people WHERE station = :station")
    }
    if not codes:
        return []
    return [
        user for user in users.list_users(access) if user.code in codes and not user.disabled_at
    ]
