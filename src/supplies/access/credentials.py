"""Credentials: sessions, tokens, links and invitations.

Each is a random secret that is told once, behind the code of its station. Kept is its SHA-256: it
has 256 bits of chance, so nothing slower is needed, and whoever reads the database comes in
nowhere with what stands there.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Literal

import msgspec

from supplies.access.access_context import EVERYTHING, Gate
from supplies.access.roles import MAY_GRANT, Role
from supplies.errors import NotFound

Kind = Literal["session", "token", "link", "invitation"]

LASTING: dict[Kind, timedelta] = {
    "session": timedelta(hours=12),
    "token": timedelta(days=90),
    "link": timedelta(days=90),
    "invitation": timedelta(days=3),
}
"""Default lifetime of each kind: a session lasts a working day."""

LONGEST = timedelta(days=730)
"""Longest lifetime: two years."""

_USED_AGAIN = timedelta(minutes=1)
"""How often the last use is recorded: otherwise each request would be a commit."""

_SHOWN = re.compile(
    r"supplies\.(?:([A-Za-z0-9][A-Za-z0-9._-]{0,63})\.)?([0-9a-f]{16})\.([A-Za-z0-9_-]{43})"
)
"""Station, id and secret. Older credentials have no station."""


class Credential(msgspec.Struct, frozen=True, kw_only=True):
    """A credential without its secret.

    holder: the user whose it is. team, donor: whom a link is for. used_at: the last use, to the
    minute; None: never. revoked_at: None while it holds.
    """

    id: str
    kind: Kind
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


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """An authenticated caller. who: the code in entries and in the access log.

    station: whose they are. user: their code; None for links. team: whose deliveries a courier
    carries. donor: whose gifts.
    """

    who: str
    station: str
    role: Role
    credential: str
    kind: Kind
    user: str | None = None
    team: str | None = None
    donor: str | None = None


_COLUMNS = ", ".join(f"c.{name}" for name in Credential.__struct_fields__)


def issue(
    gate: Gate,
    *,
    kind: Kind,
    role: Role,
    by: str,
    lasting: timedelta | None = None,
    holder: str | None = None,
    team: str | None = None,
    donor: str | None = None,
    label: str | None = None,
) -> tuple[Credential, str]:
    """Issue a credential; return it with its secret, which is never shown again."""
    name, secret = secrets.token_hex(8), secrets.token_urlsafe(32)
    made = Credential(
        id=name,
        kind=kind,
        role=role,
        holder=holder,
        team=team,
        donor=donor,
        label=label,
        made_at=gate.now,
        made_by=by,
        expires_at=gate.later(min(lasting or LASTING[kind], LONGEST)),
        used_at=None,
        revoked_at=None,
    )
    gate.insert("credentials", secret=_digest(secret), **msgspec.structs.asdict(made))
    return made, f"supplies.{gate.station}.{name}.{secret}"


def station_of(shown: str) -> str | None:
    """Return the station that a presented credential names, or None."""
    parts = _SHOWN.fullmatch(shown)
    return None if parts is None else parts[1]


def admit(gate: Gate, shown: str, kinds: Sequence[Kind]) -> tuple[Caller, bool] | None:
    """Authenticate a credential; return the caller and whether to record its use, or None.

    It lets in while it has neither expired nor been revoked, while its user may come in, and as
    no more than that user is now.
    """
    parts = _SHOWN.fullmatch(shown)
    if parts is None or parts[1] not in (None, gate.station):
        return None
    row = gate.one(
        "SELECT c.secret, c.kind, c.role, c.holder, c.team, c.donor, c.used_at, "
        "u.role, u.team, u.disabled_at FROM credentials c "
        "LEFT JOIN users u ON u.station = c.station AND u.code = c.holder "
        "WHERE c.station = :station AND c.id = :id AND c.revoked_at IS NULL "
        "AND c.expires_at > :now",
        id=parts[2],
        now=gate.now,
    )
    if row is None or not hmac.compare_digest(bytes(row[0]), _digest(parts[3])):
        return None
    _, kind, role, holder, team, donor, used_at, users_role, users_team, disabled_at = row
    if kind not in kinds or disabled_at is not None:
        return None
    if holder is not None:
        team = users_team
        if kind == "session":
            role = users_role
        elif kind == "token" and role not in MAY_GRANT[users_role]:
            return None
    caller = Caller(
        who=holder or f"link.{parts[2]}",
        station=gate.station,
        role=role,
        credential=parts[2],
        kind=kind,
        user=holder,
        team=team,
        donor=donor,
    )
    return caller, used_at is None or used_at < gate.later(-_USED_AGAIN)


def used(gate: Gate, name: str) -> None:
    """Record that the credential was used now."""
    gate.run(
        "UPDATE credentials SET used_at = :now WHERE station = :station AND id = :id",
        now=gate.now,
        id=name,
    )


def get(gate: Gate, name: str) -> Credential:
    """Return the credential with this id."""
    found = _selected(gate, "AND c.id = :id", id=name)
    if not found:
        raise NotFound("there is no such token or link; see the list of tokens")
    return found[0]


def known(gate: Gate, name: str) -> bool:
    """Return whether a credential with this id exists."""
    return bool(_selected(gate, "AND c.id = :id", id=name))


def listed(
    gate: Gate,
    *,
    kinds: Sequence[Kind],
    holder: str | None = None,
    team: str | None = None,
    donor: str | None = None,
    after: str | None = None,
    limit: int = EVERYTHING,
) -> list[Credential]:
    """List credentials of these kinds, newest first. holder, team, donor: filters.

    after: the id behind which to go on.
    """
    where = f" AND c.kind IN ({', '.join(repr(str(kind)) for kind in kinds)})"
    where += "".join(
        f" AND c.{name} = :{name}"
        for name, value in (("holder", holder), ("team", team), ("donor", donor))
        if value is not None
    )
    if after is not None:
        where += (
            " AND (c.made_at, c.id) < (SELECT made_at, id FROM credentials "
            "WHERE station = :station AND id = :after)"
        )
    return _selected(gate, where, limit=limit, holder=holder, team=team, donor=donor, after=after)


def revoke(gate: Gate, name: str) -> Credential:
    """Revoke a credential."""
    gate.run(
        "UPDATE credentials SET revoked_at = :now "
        "WHERE station = :station AND id = :id AND revoked_at IS NULL",
        now=gate.now,
        id=name,
    )
    return get(gate, name)


def revoke_all(
    gate: Gate,
    *,
    kinds: Sequence[Kind],
    holder: str | None = None,
    team: str | None = None,
    donor: str | None = None,
) -> int:
    """Revoke all of a holder's credentials of these kinds; return how many."""
    held = listed(gate, kinds=kinds, holder=holder, team=team, donor=donor)
    still = [one for one in held if one.revoked_at is None]
    for one in still:
        revoke(gate, one.id)
    return len(still)


def _selected(gate: Gate, where: str, *, limit: int = 1, **params: str | None) -> list[Credential]:
    rows = gate.all(
        f"SELECT {_COLUMNS} FROM credentials c WHERE c.station = :station {where} "
        "ORDER BY c.made_at DESC, c.id DESC LIMIT :limit",
        limit=limit,
        **{name: value for name, value in params.items() if value is not None},
    )
    return [_credential(row) for row in rows]


def _credential(row: Sequence[object]) -> Credential:
    fields = dict(zip(Credential.__struct_fields__, row, strict=True))
    return msgspec.convert(fields, Credential)


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
