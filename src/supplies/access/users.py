"""Users of a station, each with a password and a role."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from supplies.access import credentials
from supplies.access.access_context import EVERYTHING, Gate
from supplies.access.roles import UserRole
from supplies.domain.fields import Code
from supplies.domain.validation import check_fields
from supplies.errors import AgainstBooks, AlreadyDone, Fault, InvalidField, NotFound

Login = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=64,
        pattern=r"^[^\s\x00-\x1f\x7f\ud800-\udfff]+$(?!\n)",
        description="what a person types to sign in: no spaces",
    ),
]

LAST_COORDINATOR = (
    "this is the last coordinator who can sign in; make another one first, or nobody could"
)


class LastCoordinator(AgainstBooks):
    """The last coordinator who can sign in cannot be disabled."""

    slug = "already-done"
    title = "Somebody must stay"


class NewUser(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new user. team: the team of a courier; None for other roles."""

    login: Login
    role: UserRole
    team: Code | None = None


class User(msgspec.Struct, frozen=True, kw_only=True):
    """A user. code: their permanent code in entries. disabled_at: None while active.

    has_password: whether they have set one.
    """

    code: str
    login: str
    role: UserRole
    team: str | None
    has_password: bool
    made_at: str
    disabled_at: str | None


_COLUMNS = "code, login, role, team, password IS NOT NULL, made_at, disabled_at"


def _user(row: Any) -> User:
    code, login, role, team, has_password, made_at, disabled_at = row
    return User(
        code=code,
        login=login,
        role=role,
        team=team,
        has_password=bool(has_password),
        made_at=made_at,
        disabled_at=disabled_at,
    )


def add(gate: Gate, new: NewUser, *, by: str) -> User:
    """Add a user, who sets a password through an invitation.

    Raises AlreadyDone for a login in use, InvalidField for a courier without a team.
    """
    new = check_fields(new)
    if (new.role == "courier") != (new.team is not None):
        raise InvalidField.at(
            "/team", "a courier carries a team's deliveries: name the team; others have none"
        )
    if new.team is not None:
        gate.books.team(new.team, "/team")
    if gate.one(
        "SELECT 1 FROM users WHERE station = :station AND lower(login) = lower(:login)",
        login=new.login,
    ):
        sentence = "this login is in use; choose another"
        raise AlreadyDone(sentence, [Fault("/login", sentence)])
    number = gate.one("SELECT count(*) + 1 FROM users WHERE station = :station")
    code = f"u_{1 if number is None else number[0]}"
    gate.insert(
        "users",
        code=code,
        login=new.login,
        role=new.role,
        team=new.team,
        made_at=gate.now,
        made_by=by,
    )
    return get(gate, code)


def get(gate: Gate, code: str) -> User:
    """Return the user with this code."""
    row = gate.one(
        f"SELECT {_COLUMNS} FROM users WHERE station = :station AND code = :code", code=code
    )
    if row is None:
        raise NotFound(f"there is no user {code}; see the list of users")
    return _user(row)


def by_login(gate: Gate, login: str) -> User:
    """Return the user with this login."""
    row = gate.one(
        f"SELECT {_COLUMNS} FROM users WHERE station = :station AND login = :login", login=login
    )
    if row is None:
        raise NotFound("nobody signs in with this login; `supplies user list` names those who do")
    return _user(row)


def password_of(gate: Gate, login: str) -> tuple[str, str | None] | None:
    """Return code and password hash of an active user, or None."""
    row = gate.one(
        "SELECT code, password FROM users "
        "WHERE station = :station AND login = :login AND disabled_at IS NULL",
        login=login,
    )
    return None if row is None else (row[0], row[1])


def listed(gate: Gate, *, after: str | None = None, limit: int = EVERYTHING) -> list[User]:
    """List users in the order added, disabled ones included.

    after: the code behind which to go on.
    """
    rows = gate.all(
        f"SELECT {_COLUMNS} FROM users WHERE station = :station "
        "AND (length(code), code) > (length(:after), :after) "
        "ORDER BY length(code), code LIMIT :limit",
        after=after or "",
        limit=limit,
    )
    return [_user(row) for row in rows]


def anybody(gate: Gate) -> bool:
    """Return whether any coordinator can sign in."""
    return _coordinators(gate) > 0


def set_password(gate: Gate, code: str, kept: str, *, tokens_too: bool = False) -> User:
    """Set a hashed password and end all sessions of the user.

    tokens_too: end the user's tokens as well, where the old one may be known to somebody else.
    """
    get(gate, code)
    gate.run(
        "UPDATE users SET password = :kept WHERE station = :station AND code = :code",
        kept=kept,
        code=code,
    )
    credentials.revoke_all(gate, holder=code, kinds=("session", "invitation"))
    if tokens_too:
        credentials.revoke_all(gate, holder=code, kinds=("token",))
    return get(gate, code)


def disable(gate: Gate, code: str) -> User:
    """Disable a user: sessions and tokens end at once; the code stays in the books."""
    user = get(gate, code)
    if user.disabled_at is not None:
        return user
    if user.role == "coordinator" and user.has_password and _coordinators(gate) == 1:
        raise LastCoordinator(LAST_COORDINATOR)
    gate.run(
        "UPDATE users SET disabled_at = :now, password = NULL "
        "WHERE station = :station AND code = :code",
        now=gate.now,
        code=code,
    )
    credentials.revoke_all(gate, holder=code, kinds=("session", "invitation", "token"))
    return get(gate, code)


def _coordinators(gate: Gate) -> int:
    row = gate.one(
        "SELECT count(*) FROM users WHERE station = :station AND role = 'coordinator' "
        "AND password IS NOT NULL AND disabled_at IS NULL"
    )
    return 0 if row is None else int(row[0])
