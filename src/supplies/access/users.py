"""Users of a station, each with a password and a role."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, NamedTuple

import msgspec
from msgspec import Meta

from supplies.access import credentials
from supplies.access.access_context import NO_LIMIT, AccessContext
from supplies.access.credentials import Credential
from supplies.access.logins import check_login, login_key, login_lookalike
from supplies.access.roles import GRANTABLE_ROLES, UserRole
from supplies.domain.fields import Code
from supplies.domain.normalization import NORMALIZED
from supplies.domain.validation import check_fields
from supplies.errors import (
    AgainstBooks,
    AlreadyDone,
    Fault,
    InvalidField,
    NotFound,
    Sentence,
    template,
)

Login = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=64,
        pattern=r"^[^\s\x00-\x1f\x7f\ud800-\udfff]+$(?!\n)",
        description="what a person types to sign in: no spaces",
        extra=NORMALIZED,
    ),
]


class LastCoordinator(AgainstBooks):
    """Raised if a change of a user is refused because no coordinator could sign in afterwards."""

    slug = "already-done"
    title = template("The last coordinator must stay")


class NewUser(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The data of a user to be added.

    Attributes:
        team: The team of a courier; None for other roles.
    """

    login: Login
    role: UserRole
    team: Code | None = None


class NewRole(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The new role of a user.

    Attributes:
        team: The team of a courier; None for other roles.
    """

    role: UserRole
    team: Code | None = None


class User(msgspec.Struct, frozen=True, kw_only=True):
    """A user.

    Attributes:
        code: The code by which entries name the user. It never changes.
        disabled_at: When the user was disabled; None if the user is not disabled.
    """

    code: str
    login: str
    role: UserRole
    team: str | None
    has_password: bool
    made_at: str
    disabled_at: str | None


_COLUMNS = "code, login, role, team, password IS NOT NULL, made_at, disabled_at"


class StoredPassword(NamedTuple):
    """The code of a user, and the hash of the user's password.

    The hash is None if the user has not set a password yet.
    """

    user: str
    password_hash: str | None


def add(access: AccessContext, new: NewUser, *, by: str) -> User:
    """Add a user. The user then sets a password with an invitation.

    Raises:
        AlreadyDone: the login is in use, or looks like a login that is in use.
        InvalidField: a field is invalid, a courier has no team, or another role has one.
        NotFound: the team is unknown.
    """
    new = check_fields(new)
    login = check_login(new.login)
    _check_team(access, new.role, new.team)
    for _, used in _logins(access):
        if login_key(used) == login_key(login):
            sentence = Sentence("this login is in use; choose another")
            raise AlreadyDone(sentence, [Fault("/login", sentence)])
        if login_lookalike(used) == login_lookalike(login):
            sentence = Sentence(
                "this login looks like {used}, which is in use; choose another", used=used
            )
            raise AlreadyDone(sentence, [Fault("/login", sentence)])
    number = access.one("SELECT count(*) + 1 FROM users WHERE station = :station")
    code = f"u_{1 if number is None else number[0]}"
    access.insert(
        "users",
        code=code,
        login=login,
        role=new.role,
        team=new.team,
        made_at=access.now,
        made_by=by,
    )
    return get(access, code)


def get(access: AccessContext, code: str) -> User:
    """Return the user with this code.

    Raises:
        NotFound: the code is unknown.
    """
    row = access.one(
        f"SELECT {_COLUMNS} FROM users WHERE station = :station AND code = :code", code=code
    )
    if row is None:
        raise NotFound(Sentence("unknown user {code}; see the list of users", code=code))
    return _from_row(row)


def get_by_login(access: AccessContext, login: str) -> User:
    """Return the user with this login. Case, width and encoding of the login do not matter.

    Raises:
        NotFound: the login is unknown.
    """
    code = _find_code(access, login)
    if code is None:
        raise NotFound("no user has this login; `supplies user list` prints all users")
    return get(access, code)


def find_password(access: AccessContext, login: str) -> StoredPassword | None:
    """Return the code and the password hash of the user with this login.

    Return None if the user does not exist, or if the user is disabled.
    """
    code = _find_code(access, login)
    return None if code is None else find_password_of(access, code)


def find_password_of(access: AccessContext, code: str) -> StoredPassword | None:
    """Return the code and the password hash of the user with this code.

    Return None if the user does not exist, or if the user is disabled.
    """
    row = access.one(
        "SELECT code, password FROM users "
        "WHERE station = :station AND code = :code AND disabled_at IS NULL",
        code=code,
    )
    return None if row is None else StoredPassword(row[0], row[1])


def _logins(access: AccessContext) -> list[tuple[str, str]]:
    rows = access.all("SELECT code, login FROM users WHERE station = :station")
    return [(code, login) for code, login in rows]


def _find_code(access: AccessContext, login: str) -> str | None:
    """Return the code of the user with this login, or None if the user does not exist.

    Logins from older versions may differ only in case or encoding. If several logins match, the one
    that is exactly equal is preferred.
    """
    users = _logins(access)
    exact = [code for code, used in users if used == login]
    key = login_key(login)
    found = exact or [code for code, used in users if login_key(used) == key]
    return found[0] if len(found) == 1 else None


def list_users(
    access: AccessContext, *, after: str | None = None, limit: int = NO_LIMIT
) -> list[User]:
    """List users in the order in which they were added. Disabled users are included.

    Args:
        after: The code of the last user on the previous page. If None, the first page is returned.
    """
    rows = access.all(
        f"SELECT {_COLUMNS} FROM users WHERE station = :station "
        "AND (length(code), code) > (length(:after), :after) "
        "ORDER BY length(code), code LIMIT :limit",
        after=after or "",
        limit=limit,
    )
    return [_from_row(row) for row in rows]


def has_coordinator(access: AccessContext) -> bool:
    """Return whether the station has a coordinator who can sign in."""
    return _count_coordinators(access) > 0


def set_password(
    access: AccessContext, code: str, password_hash: str, *, revoke_tokens: bool = False
) -> User:
    """Set the password of a user. The user's sessions and invitations end.

    Args:
        access: The access tables of the station.
        code: The user's code.
        password_hash: The result of `passwords.hash_password`.
        revoke_tokens: Whether the user's tokens end too. Set it if somebody else may know the old
            password.

    Raises:
        NotFound: the code is unknown.
    """
    get(access, code)
    access.update(
        "users",
        "password = :password_hash",
        "code = :code",
        password_hash=password_hash,
        code=code,
    )
    credentials.revoke_all(access, holder=code, kinds=("session", "invitation"))
    if revoke_tokens:
        credentials.revoke_all(access, holder=code, kinds=("token",))
    return get(access, code)


def invite(
    access: AccessContext,
    user: User,
    *,
    by: str,
    keep_earlier: bool = False,
) -> tuple[Credential, str]:
    """Invite a user to set a password.

    The user's earlier invitations end, unless `keep_earlier` is set.

    Args:
        access: The access tables of the station.
        user: The user.
        by: The code of the person who invites.
        keep_earlier: Whether earlier invitations stay valid until they expire or the user sets a
            password.

    Returns:
        The invitation, and the one-time path where the user sets the password.
    """
    if not keep_earlier:
        credentials.revoke_all(access, kinds=("invitation",), holder=user.code)
    invitation, secret = credentials.issue(
        access, kind="invitation", role=user.role, by=by, holder=user.code
    )
    return invitation, f"/invitation/{secret}"


def issue_token(
    access: AccessContext,
    user: User,
    *,
    by: str,
    role: UserRole | None = None,
    label: str | None = None,
    lifetime: timedelta | None = None,
) -> tuple[Credential, str]:
    """Issue a token, with which a program acts for a user. Return the token with its secret.

    Args:
        access: The access tables of the station.
        user: The user.
        by: The code of the person who issues the token.
        role: A role that the user may give to a token. None means the user's own role.
        label: What the token is used for, in words.
        lifetime: How long the token is valid. None means the default for tokens.

    Raises:
        InvalidField: the user is disabled, or may not grant the role.
    """
    role = role or user.role
    if user.disabled_at is not None:
        raise InvalidField.at(
            "/user", Sentence("{login} is disabled; name another user", login=user.login)
        )
    if role not in GRANTABLE_ROLES[user.role]:
        allowed = " or ".join(GRANTABLE_ROLES[user.role])
        sentence = Sentence(
            "a token of a {holder} can be {allowed}, not {role}",
            holder=user.role,
            allowed=allowed,
            role=role,
        )
        raise InvalidField.at("/role", sentence)
    return credentials.issue(
        access, kind="token", role=role, by=by, holder=user.code, label=label, lifetime=lifetime
    )


def disable(access: AccessContext, code: str) -> User:
    """Disable a user. The user's sessions, tokens and invitations end at once.

    Raises:
        NotFound: the code is unknown.
        LastCoordinator: no other coordinator can sign in.
    """
    user = get(access, code)
    if user.disabled_at is not None:
        return user
    _check_not_last_coordinator(access, user)
    access.update(
        "users",
        "disabled_at = :now, password = NULL",
        "code = :code",
        now=access.now,
        code=code,
    )
    credentials.revoke_all(access, holder=code, kinds=("session", "invitation", "token"))
    return get(access, code)


def enable(access: AccessContext, code: str) -> User:
    """Enable a disabled user.

    To sign in, the user needs a new invitation, and sets a new password with it.

    Raises:
        NotFound: the code is unknown.
    """
    get(access, code)
    access.update("users", "disabled_at = NULL", "code = :code", code=code)
    return get(access, code)


def change_role(access: AccessContext, code: str, new: NewRole) -> User:
    """Give a user another role. The user's sessions, tokens and invitations end at once.

    The entries that the user recorded stay as they are. If the role is the same, nothing ends.

    Raises:
        NotFound: the code or the team is unknown.
        InvalidField: a field is invalid, a courier has no team, or another role has one.
        LastCoordinator: no other coordinator can sign in.
    """
    user, new = get(access, code), check_fields(new)
    _check_team(access, new.role, new.team)
    if (new.role, new.team) == (user.role, user.team):
        return user
    if new.role != "coordinator":
        _check_not_last_coordinator(access, user)
    access.update(
        "users",
        "role = :role, team = :team",
        "code = :code",
        role=new.role,
        team=new.team,
        code=code,
    )
    credentials.revoke_all(access, holder=code, kinds=("session", "invitation", "token"))
    return get(access, code)


def _check_team(access: AccessContext, role: UserRole, team: str | None) -> None:
    if (role == "courier") != (team is not None):
        raise InvalidField.at(
            "/team",
            Sentence("a courier needs a team, whose deliveries they carry; other roles have none"),
        )
    if team is not None:
        access.books.team(team, "/team")


def _check_not_last_coordinator(access: AccessContext, user: User) -> None:
    if user.role != "coordinator" or not user.has_password or user.disabled_at is not None:
        return
    if _count_coordinators(access) == 1:
        raise LastCoordinator(
            Sentence("this is the last coordinator who can sign in; add another coordinator first")
        )


def end_sessions(access: AccessContext, code: str) -> int:
    """End all sessions of a user, for example after a phone was lost.

    Return the number of sessions that ended.

    Raises:
        NotFound: the code is unknown.
    """
    get(access, code)
    return credentials.revoke_all(access, holder=code, kinds=("session",))


def _count_coordinators(access: AccessContext) -> int:
    row = access.one(
        "SELECT count(*) FROM users WHERE station = :station AND role = 'coordinator' "
        "AND password IS NOT NULL AND disabled_at IS NULL"
    )
    return 0 if row is None else int(row[0])


def _from_row(row: Any) -> User:
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
