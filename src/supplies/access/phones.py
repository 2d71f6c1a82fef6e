"""The phones of delivery teams.

A phone joins with a link for a team or with the code on a run sheet, and gets a secret of its own.
So the station can list each phone, and revoke a lost phone without affecting the others. Only the
SHA-256 of the secret is stored.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from supplies.access import credentials, run_codes
from supplies.access.access_context import NO_LIMIT, AccessContext
from supplies.access.credentials import (
    USE_RECORDED_EVERY,
    Authenticated,
    Caller,
    digest,
    is_use_due,
    parse_secret,
)
from supplies.domain.entries import format_timestamp
from supplies.domain.fields import Label
from supplies.domain.validation import check_fields
from supplies.errors import NotFound, Sentence

LIFETIME = timedelta(days=30)
"""How long a phone has access after it last joined."""

OVERDUE_AFTER = timedelta(hours=12)
"""How long a phone may keep a record unsent before the station is asked to look for the phone."""

CALLER_PREFIX = "phone."
"""Entries and the access log name a phone by this prefix followed by the phone's id."""


class Phone(msgspec.Struct, frozen=True, kw_only=True):
    """A phone of a team, without its secret.

    Attributes:
        number: Number of the phone in its team, from 1, in the order of joining. The phone shows
            the number too, so that people can tell apart phones of one model. None if the phone
            joined before phones had numbers.
        joined_by: The link (`link.3f2a…`) or the delivery with whose code the phone joined.
        last_seen: The last request, to the minute; None if there was none yet.
        unsent: Number of records that the phone has not sent yet, as it reported; None if it never
            reported.
        oldest_unsent_at: The time of the oldest unsent record, by the phone's clock; None if there
            is none.
        version: The version of the program on the phone; None if unknown.
        clock_offset_seconds: Seconds by which the station's clock was ahead of the phone's; None if
            unknown.
    """

    id: str
    team: str
    number: int | None
    label: str
    joined_by: str
    made_at: str
    expires_at: str
    last_seen: str | None
    unsent: int | None
    oldest_unsent_at: str | None
    version: str | None
    clock_offset_seconds: int | None
    revoked_at: str | None

    @property
    def title(self) -> str:
        """The label of the phone, and its number if it has one."""
        return self.label if self.number is None else f"{self.label} #{self.number}"


class Invitation(NamedTuple):
    """A valid link, or a valid code on a run sheet, with which phones may join a team."""

    team: str
    joined_by: str


class _Named(msgspec.Struct, frozen=True):
    label: Label
    version: Label | None = None


def station_of(secret: str) -> str | None:
    """Return the station in the secret of a link, or in the code on a run sheet.

    Return None if the text is neither of them.
    """
    return credentials.station_of(secret) or run_codes.station_of(secret)


def find_invitation(access: AccessContext, secret: str) -> Invitation | None:
    """Return the invitation in the secret of a link, or in the code on a run sheet.

    Return None if the link or code is not valid.
    """
    delivery = run_codes.delivery_of(access, secret)
    if delivery is not None:
        return Invitation(delivery.team, delivery.delivery)
    found = credentials.authenticate(access, secret, ("link",))
    if found is None or found.caller.team is None:
        return None
    return Invitation(found.caller.team, found.caller.code)


def join(
    access: AccessContext,
    invitation: Invitation,
    *,
    label: str,
    version: str | None = None,
    present_secret: str = "",
) -> tuple[Phone, str]:
    """Add a phone to a team. Return it with its secret, which cannot be shown later.

    If the phone has joined this team before and was not revoked, it keeps its id and its secret,
    and its lifetime begins anew. So records that the phone sends a second time are recognized.

    Args:
        present_secret: The secret that the phone already has; "" if it has none.

    Raises:
        InvalidField: the label or the version is too long or has control characters.
    """
    named = check_fields(_Named(label, version))
    expires_at = access.time_after(LIFETIME)
    present = _find(access, present_secret)
    if present is not None and present.team == invitation.team and present.revoked_at is None:
        access.update(
            "phones",
            "expires_at = :expires_at",
            "id = :id",
            expires_at=expires_at,
            id=present.id,
        )
        return get(access, present.id), present_secret
    phone_id, random = secrets.token_hex(8), secrets.token_urlsafe(32)
    access.insert(
        "phones",
        id=phone_id,
        team=invitation.team,
        number=count(access, invitation.team) + 1,
        secret=digest(random),
        label=named.label,
        joined_by=invitation.joined_by,
        made_at=access.now,
        made_after=access.books.last_entry().seq,
        expires_at=expires_at,
        version=named.version,
    )
    return get(access, phone_id), f"supplies.{access.station}.{phone_id}.{random}"


def authenticate(access: AccessContext, secret: str) -> Authenticated | None:
    """Return the phone to which a secret belongs, as the caller of a request.

    Return None if the secret is invalid, or if the phone was revoked or has expired.
    """
    phone = _find(access, secret)
    if phone is None or phone.revoked_at is not None or phone.expires_at <= access.now:
        return None
    caller = Caller(
        code=CALLER_PREFIX + phone.id,
        station=access.station,
        role="courier",
        credential=phone.id,
        kind="phone",
        team=phone.team,
    )
    seen = phone.last_seen
    same_until = datetime.fromisoformat(phone.expires_at)
    if seen is not None:
        same_until = min(same_until, datetime.fromisoformat(seen) + USE_RECORDED_EVERY)
    return Authenticated(caller, is_use_due(access, seen), same_until)


def record_use(access: AccessContext, phone_id: str) -> None:
    """Store the current time as the time of the phone's last request."""
    access.run(
        "UPDATE phones SET used_at = :now WHERE station = :station AND id = :id",
        now=access.now,
        id=phone_id,
    )


def record_status(
    access: AccessContext,
    phone_id: str,
    *,
    unsent: int,
    oldest_unsent_at: datetime | None,
    version: str,
    clock_offset: timedelta | None,
) -> None:
    """Store what a phone reports about itself.

    Args:
        clock_offset: How far the station's clock is ahead of the phone's. If None, the stored value
            is kept.
    """
    offset = None if clock_offset is None else round(clock_offset.total_seconds())
    access.run(
        "UPDATE phones SET unsent = :unsent, oldest_unsent_at = :oldest, reported_at = :now, "
        "version = :version, used_at = :now, "
        "clock_offset_seconds = coalesce(:offset, clock_offset_seconds) "
        "WHERE station = :station AND id = :id",
        unsent=unsent,
        oldest=None if oldest_unsent_at is None else format_timestamp(oldest_unsent_at),
        now=access.now,
        version=version,
        offset=offset,
        id=phone_id,
    )


def status_is_due(access: AccessContext, phone_id: str, unsent: int) -> bool:
    """Return whether the status that a phone reports must be stored.

    The result is True if the number of unsent records has changed, or if a minute has passed since
    the last stored report.
    """
    row = access.one(
        "SELECT unsent, reported_at FROM phones WHERE station = :station AND id = :id", id=phone_id
    )
    return row is not None and (row[0] != unsent or is_use_due(access, row[1]))


def get(access: AccessContext, phone_id: str) -> Phone:
    """Return the phone with this id.

    Raises:
        NotFound: the id is unknown.
    """
    found = _select(access, "AND id = :id", id=phone_id)
    if not found:
        raise NotFound(Sentence("unknown phone; see the list of phones"))
    return found[0]


def joined_by(access: AccessContext, team: str) -> dict[str, list[Phone]]:
    """Return the phones of a team that have access, grouped by how they joined.

    The key is the link or the delivery with which the phones joined. Expired and revoked phones are
    left out.
    """
    phones: dict[str, list[Phone]] = {}
    for phone in list_active(access, team):
        phones.setdefault(phone.joined_by, []).append(phone)
    return phones


def list_active(access: AccessContext, team: str) -> list[Phone]:
    """List the phones of a team that have access, newest first."""
    return _select(
        access,
        "AND team = :team AND revoked_at IS NULL AND expires_at > :now",
        limit=NO_LIMIT,
        team=team,
        now=access.now,
    )


def exists(access: AccessContext, phone_id: str) -> bool:
    """Return whether there is a phone with this id."""
    return bool(_select(access, "AND id = :id", id=phone_id))


def count(access: AccessContext, team: str) -> int:
    """Return how many phones have joined a team, including expired and revoked ones."""
    row = access.one(
        "SELECT count(*) FROM phones WHERE station = :station AND team = :team", team=team
    )
    return 0 if row is None else int(row[0])


def list_phones(
    access: AccessContext,
    *,
    team: str | None = None,
    after: str | None = None,
    limit: int = NO_LIMIT,
) -> list[Phone]:
    """List phones, newest first. Expired and revoked ones are included.

    Args:
        team: Return only phones of this team. If None, those of all teams are returned.
        after: The id of the last phone on the previous page. If None, the first page is returned.
        limit: The maximum number of phones to return.
    """
    where = "" if team is None else " AND team = :team"
    if after is not None:
        where += (
            " AND (made_at, id) < (SELECT made_at, id FROM phones "
            "WHERE station = :station AND id = :after)"
        )
    return _select(access, where, limit=limit, team=team, after=after)


def revoke(access: AccessContext, phone_id: str) -> Phone:
    """Revoke a phone. If it is revoked already, nothing happens.

    Raises:
        NotFound: the id is unknown.
    """
    access.update(
        "phones",
        "revoked_at = :now",
        "id = :id AND revoked_at IS NULL",
        now=access.now,
        id=phone_id,
    )
    return get(access, phone_id)


def phones_of_delivery(access: AccessContext, delivery: str) -> list[Phone]:
    """List the phones of all teams that have or had a delivery, newest first.

    Revoked phones and phones that never sent a request are left out.
    """
    return _select(
        access,
        "AND revoked_at IS NULL AND used_at IS NOT NULL AND team IN "
        "(SELECT d.team FROM deliveries d WHERE d.station = :station AND d.delivery = :delivery)",
        limit=NO_LIMIT,
        delivery=delivery,
    )


def silent_phones(access: AccessContext, delivery: str) -> list[Phone]:
    """List the phones that may have unsent records about a delivery.

    These are phones that reported unsent records, and phones that sent no request after the
    delivery was dispatched.
    """
    dispatched = access.one(
        "SELECT recorded_at FROM entries WHERE station = :station AND document = :delivery "
        "AND kind = 'dispatched'",
        delivery=delivery,
    )
    # The last use is stored at most once a minute.
    since = "" if dispatched is None else _minute_before(str(dispatched[0]))
    return [
        phone
        for phone in phones_of_delivery(access, delivery)
        if phone.unsent or (phone.expires_at > access.now and str(phone.last_seen) < since)
    ]


def unsent_at_counters(access: AccessContext, team: str | None = None) -> list[Phone]:
    """List the phones whose unsent records may be hand-outs at a counter.

    Args:
        team: Return only phones of this team, even if it has no counter now. If None, the phones of
            all teams that have a counter are returned.
    """
    of_team = "= :team"
    if team is None:
        of_team = "IN (SELECT code FROM teams WHERE station = :station AND counter IS NOT NULL)"
    where = f"AND unsent > 0 AND revoked_at IS NULL AND team {of_team}"
    return _select(access, where, limit=NO_LIMIT, team=team)


def list_overdue(access: AccessContext) -> list[Phone]:
    """List the phones that have kept a record unsent for longer than `OVERDUE_AFTER`."""
    waiting = _select(access, "AND unsent > 0 AND revoked_at IS NULL", limit=NO_LIMIT)
    return [phone for phone in waiting if _is_overdue(access, phone)]


def _is_overdue(access: AccessContext, phone: Phone) -> bool:
    if phone.oldest_unsent_at is None:
        return False
    try:
        offset = timedelta(seconds=phone.clock_offset_seconds or 0)
        since = format_timestamp(datetime.fromisoformat(phone.oldest_unsent_at) + offset)
    except OverflowError:
        # The phone's clock is so wrong that the age is unknown. Somebody should look at the phone.
        return True
    return since < access.time_after(-OVERDUE_AFTER)


def _minute_before(timestamp: str) -> str:
    return format_timestamp(datetime.fromisoformat(timestamp) - USE_RECORDED_EVERY)


def ended_deliveries(access: AccessContext, phone_id: str, team: str) -> list[str]:
    """Return the deliveries that ended for a team after a phone of the team joined.

    A delivery ends for a team when it is closed or given to another team.
    """
    rows = access.all(
        "SELECT x.delivery FROM phones p CROSS JOIN delivery_ends x WHERE p.station = :station "
        "AND p.id = :id AND x.station = p.station AND x.seq > p.made_after AND EXISTS "
        "(SELECT 1 FROM deliveries d WHERE d.station = x.station AND d.delivery = x.delivery "
        "AND d.team = :team) "
        "UNION SELECT n.delivery FROM phones p CROSS JOIN deliveries n WHERE p.station = :station "
        "AND p.id = :id AND n.station = p.station AND n.seq > p.made_after AND n.team <> :team "
        "AND EXISTS (SELECT 1 FROM deliveries d WHERE d.station = n.station "
        "AND d.delivery = n.delivery AND d.team = :team AND d.seq < n.seq) ORDER BY 1",
        id=phone_id,
        team=team,
    )
    return [str(row[0]) for row in rows]


_COLUMNS = ", ".join(Phone.__struct_fields__).replace("last_seen", "used_at")


def _find(access: AccessContext, secret: str) -> Phone | None:
    """Return the phone to which a secret belongs, even if it was revoked or has expired."""
    parts = parse_secret(secret)
    if parts is None or parts.station != access.station:
        return None
    row = access.one(
        f"SELECT secret, {_COLUMNS} FROM phones WHERE station = :station AND id = :id", id=parts.id
    )
    if row is None or not hmac.compare_digest(bytes(row[0]), digest(parts.random)):
        return None
    return _from_row(row[1:])


def _select(
    access: AccessContext, where: str, *, limit: int = 1, **params: str | None
) -> list[Phone]:
    rows = access.all(
        f"SELECT {_COLUMNS} FROM phones WHERE station = :station {where} "
        "ORDER BY made_at DESC, id DESC LIMIT :limit",
        limit=limit,
        **{name: value for name, value in params.items() if value is not None},
    )
    return [_from_row(row) for row in rows]


def _from_row(row: Sequence[object]) -> Phone:
    return msgspec.convert(dict(zip(Phone.__struct_fields__, row, strict=True)), Phone)
