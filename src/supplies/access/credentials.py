"""Credentials: sessions, tokens, links and invitations.

Each credential has a secret, which is shown only once. The secret contains the code of the station,
the id of the credential and 256 random bits. Only the SHA-256 of the random bits is stored. Nobody
can guess so many random bits, so a slower hash is not needed.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

import msgspec

from supplies.access.access_context import NO_LIMIT, AccessContext
from supplies.access.roles import GRANTABLE_ROLES, Role
from supplies.books.merged_codes import codes_of_person
from supplies.domain.fields import Label
from supplies.domain.validation import check_fields
from supplies.errors import NotFound, Sentence

CredentialKind = Literal["session", "token", "link", "invitation"]

CallerKind = CredentialKind | Literal["phone"]
"""The kind of credential that a caller sends with requests.

The module `phones` contains the credentials of phones.
"""

DEFAULT_LIFETIMES: dict[CredentialKind, timedelta] = {
    "session": timedelta(hours=12),
    "token": timedelta(days=90),
    "link": timedelta(days=90),
    "invitation": timedelta(days=3),
}
"""Default lifetime of each kind of credential. A session lasts for a working day."""

MAX_LIFETIME = timedelta(days=730)
"""Maximum lifetime of a credential: two years."""

MAX_CLOCK_DIFFERENCE = timedelta(days=1)
"""How far in the future the start of a session or invitation may be, because clocks differ."""

USE_RECORDED_EVERY = timedelta(minutes=1)
"""Minimum time between two stored uses of a credential.

If every use were stored, every request would need a commit.
"""

_SECRET = re.compile(
    r"supplies\.(?:(?P<station>[A-Za-z0-9][A-Za-z0-9._-]{0,63})\.)?"
    r"(?P<id>[0-9a-f]{16})\.(?P<random>[A-Za-z0-9_-]{43})"
)
"""Regular expression for a secret: the station, the id of the credential, and random characters.

Older versions of the program made secrets without a station.
"""


class Credential(msgspec.Struct, frozen=True, kw_only=True):
    """A credential without its secret.

    Attributes:
        holder: The code of the user who uses the credential; None for links.
        team, donor: The team or donor that a link was given to; otherwise None.
        used_at: The last use, to the minute, or None if it was never used.
        revoked_at: The time of revocation, or None if it was not revoked.
    """

    id: str
    kind: CredentialKind
    role: Role
    holder: str | None
    team: str | None
    donor: str | None
    label: str | None
    made_at: str
    made_by: str
    expires_at: str
    used_at: str | None
    revoked_at: str | None


class _Labelled(msgspec.Struct, frozen=True):
    label: Label | None


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """An authenticated caller.

    Attributes:
        code: The caller's code in entries and in the access log.
        station: The station whose tables contain the caller's credential.
        user: The code of the user; None for links and phones.
        team: The team whose deliveries the caller may see, if the role is courier.
        donor: The donor whose donations the caller may see, if the role is donor.
        link_made_by: The user who made the link; None for other credentials.
    """

    code: str
    station: str
    role: Role
    credential: str
    kind: CallerKind
    user: str | None = None
    team: str | None = None
    donor: str | None = None
    link_made_by: str | None = None


class Secret(NamedTuple):
    """The parts of a secret. In secrets from older versions, the station is None."""

    station: str | None
    id: str
    random: str


class Authenticated(NamedTuple):
    """The result of a successful authentication.

    Attributes:
        use_is_due: Whether `record_use` must be called.
        same_until: The time until which this result can be cached, if nothing is written to the
            database. Then the credential expires, or its next use must be stored.
    """

    caller: Caller
    use_is_due: bool
    same_until: datetime


_COLUMNS = ", ".join(f"c.{name}" for name in Credential.__struct_fields__)


def issue(
    access: AccessContext,
    *,
    kind: CredentialKind,
    role: Role,
    by: str,
    lifetime: timedelta | None = None,
    holder: str | None = None,
    team: str | None = None,
    donor: str | None = None,
    label: str | None = None,
) -> tuple[Credential, str]:
    """Issue a credential. Return it with its secret, which cannot be shown later.

    Args:
        access: The access tables of the station.
        kind: The kind of credential.
        role: The role that callers with this credential have. A session has the role of its user.
        by: The code of the person who issues the credential.
        lifetime: At most `MAX_LIFETIME`. None means the default of the kind.
        holder: The user; None for a link.
        team: The team that a link is given to.
        donor: The donor that a link is given to.
        label: A name that the holder gives to the credential.

    Raises:
        InvalidField: the label is too long or has control characters.
    """
    credential_id, random = secrets.token_hex(8), secrets.token_urlsafe(32)
    if lifetime is None:
        lifetime = DEFAULT_LIFETIMES[kind]
    credential = Credential(
        id=credential_id,
        kind=kind,
        role=role,
        holder=holder,
        team=team,
        donor=donor,
        label=check_fields(_Labelled(label)).label,
        made_at=access.now,
        made_by=by,
        expires_at=access.time_after(min(lifetime, MAX_LIFETIME)),
        used_at=None,
        revoked_at=None,
    )
    access.insert("credentials", secret=digest(random), **msgspec.structs.asdict(credential))
    return credential, f"supplies.{access.station}.{credential_id}.{random}"


def station_of(secret: str) -> str | None:
    """Return the code of the station in a secret.

    Return None if the secret contains no station, or if the text does not have the form of a
    secret.
    """
    parts = parse_secret(secret)
    return None if parts is None else parts.station


def parse_secret(secret: str) -> Secret | None:
    """Return the parts of a secret, or None if the text does not have the form of a secret."""
    parts = _SECRET.fullmatch(secret)
    return None if parts is None else Secret(*parts.group(*Secret._fields))


def authenticate(
    access: AccessContext, secret: str, kinds: Sequence[CallerKind]
) -> Authenticated | None:
    """Return the caller to whom a secret belongs.

    Return None if the secret is not valid, or if its credential is of a kind that is not in
    `kinds`. A credential is valid until it expires, is revoked, or its user is disabled. A token is
    also invalid if its user may no longer give this role to tokens. A session or an invitation that
    was made in the future, by a wrong clock, is invalid, because it would end too late.
    """
    parts = parse_secret(secret)
    if parts is None or parts.station not in (None, access.station):
        return None
    credential_id = parts.id
    row = access.one(
        "SELECT c.secret, c.kind, c.role, c.holder, c.team, c.donor, c.used_at, c.made_by, "
        "c.expires_at, u.role, u.team, u.disabled_at FROM credentials c "
        "LEFT JOIN users u ON u.station = c.station AND u.code = c.holder "
        "WHERE c.station = :station AND c.id = :id AND c.revoked_at IS NULL "
        "AND c.expires_at > :now "
        "AND (c.made_at <= :soon OR c.kind NOT IN ('session', 'invitation'))",
        id=credential_id,
        now=access.now,
        soon=access.time_after(MAX_CLOCK_DIFFERENCE),
    )
    if row is None or not hmac.compare_digest(bytes(row[0]), digest(parts.random)):
        return None
    _, kind, role, holder, team, donor, used_at, made_by, expires_at, *of_user = row
    users_role, users_team, disabled_at = of_user
    if kind not in kinds or disabled_at is not None:
        return None
    if holder is not None:
        team = users_team
        if kind == "session":
            role = users_role
        elif kind == "token" and role not in GRANTABLE_ROLES[users_role]:
            return None
    caller = Caller(
        code=holder or f"link.{credential_id}",
        station=access.station,
        role=role,
        credential=credential_id,
        kind=kind,
        user=holder,
        team=team,
        donor=donor,
        link_made_by=made_by if kind == "link" else None,
    )
    same_until = datetime.fromisoformat(expires_at)
    if used_at is not None:
        same_until = min(same_until, datetime.fromisoformat(used_at) + USE_RECORDED_EVERY)
    return Authenticated(caller, is_use_due(access, used_at), same_until)


def is_use_due(access: AccessContext, used_at: str | None) -> bool:
    """Return whether a use must be stored: none was stored in the last minute.

    If the last stored use is in the future, because a clock was wrong, the use must be stored too.
    """
    if used_at is None:
        return True
    return abs(access.time_since(used_at)) > USE_RECORDED_EVERY


def record_use(access: AccessContext, credential_id: str) -> None:
    """Store the current time as the last use of a credential."""
    access.run(
        "UPDATE credentials SET used_at = :now WHERE station = :station AND id = :id",
        now=access.now,
        id=credential_id,
    )


def get(access: AccessContext, credential_id: str) -> Credential:
    """Return the credential with this id.

    Raises:
        NotFound: the id is unknown.
    """
    found = _select(access, "AND c.id = :id", id=credential_id)
    if not found:
        raise NotFound(Sentence("unknown token or link; see the list of tokens"))
    return found[0]


def exists(access: AccessContext, credential_id: str) -> bool:
    """Return whether there is a credential with this id."""
    return bool(_select(access, "AND c.id = :id", id=credential_id))


def list_credentials(
    access: AccessContext,
    *,
    kinds: Sequence[CredentialKind],
    holder: str | None = None,
    team: str | None = None,
    donor: str | None = None,
    after: str | None = None,
    limit: int = NO_LIMIT,
) -> list[Credential]:
    """List credentials of these kinds, newest first. Expired and revoked ones are included.

    Args:
        access: The access tables of the station.
        kinds: The kinds of credentials to return.
        holder: Return only credentials of this user. If None, those of all users are returned.
        team: Return only links for this team. If None, links for all teams are returned.
        donor: Return only links for this donor, including links for codes that were merged with the
            donor's. If None, links for all donors are returned.
        after: The id of the last credential on the previous page. If None, the first page is
            returned.
        limit: The maximum number of credentials to return.
    """
    where = f" AND c.kind IN ({', '.join(repr(str(kind)) for kind in kinds)})"
    where += "".join(
        f" AND c.{name} = :{name}"
        for name, value in (("holder", holder), ("team", team))
        if value is not None
    )
    donors = [] if donor is None else codes_of_person(access.books, "donor", donor)
    names = {f"donor{index}": code for index, code in enumerate(donors)}
    if names:
        where += f" AND c.donor IN ({', '.join(f':{name}' for name in names)})"
    if after is not None:
        where += (
            " AND (c.made_at, c.id) < (SELECT made_at, id FROM credentials "
            "WHERE station = :station AND id = :after)"
        )
    return _select(access, where, limit=limit, holder=holder, team=team, after=after, **names)


def revoke(access: AccessContext, credential_id: str) -> Credential:
    """Revoke a credential. If it is revoked already, nothing happens.

    Raises:
        NotFound: the id is unknown.
    """
    access.update(
        "credentials",
        "revoked_at = :now",
        "id = :id AND revoked_at IS NULL",
        now=access.now,
        id=credential_id,
    )
    return get(access, credential_id)


def revoke_all(
    access: AccessContext,
    *,
    kinds: Sequence[CredentialKind],
    holder: str | None = None,
    team: str | None = None,
    donor: str | None = None,
) -> int:
    """Revoke all credentials of these kinds that belong to a user, team or donor.

    Return the number of revoked credentials.
    """
    found = list_credentials(access, kinds=kinds, holder=holder, team=team, donor=donor)
    valid = [credential for credential in found if credential.revoked_at is None]
    for credential in valid:
        revoke(access, credential.id)
    return len(valid)


def _select(
    access: AccessContext, where: str, *, limit: int = 1, **params: str | None
) -> list[Credential]:
    rows = access.all(
        f"SELECT {_COLUMNS} FROM credentials c WHERE c.station = :station {where} "
        "ORDER BY c.made_at DESC, c.id DESC LIMIT :limit",
        limit=limit,
        **{name: value for name, value in params.items() if value is not None},
    )
    return [_from_row(row) for row in rows]


def _from_row(row: Sequence[object]) -> Credential:
    fields = dict(zip(Credential.__struct_fields__, row, strict=True))
    return msgspec.convert(fields, Credential)


def digest(random: str) -> bytes:
    """Return the hash of the random part of a secret, as it is stored."""
    return hashlib.sha256(random.encode()).digest()
