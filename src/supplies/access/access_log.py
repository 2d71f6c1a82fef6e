"""The access log: a line for each read of personal data, each sign-in and each refused request.

A line contains the user, the time, the route and the code of the person whose data was read. A line
contains no names of people, because other people can read the log. A line is kept for at least six
months.

Source: Cybersecurity Law of China, art. 21.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from supplies.access.access_context import NO_LIMIT, AccessContext
from supplies.domain.entries import format_timestamp
from supplies.errors import InvalidField, Sentence


class AccessLogLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the access log.

    Attributes:
        who, role, credential: The caller, the caller's role and credential; None for an unknown
            caller.
        route: The path of the request, with the names of its parameters in place of their values.
        subject: The code of the person or document in the path; None if the path contains no code.
        outcome: What the caller did: `looked` at data, `registered` or `changed` a record, `made`
            or `revoked` a link, `signed-in`, or was `refused`.
        address: The caller's network address.
        detail: The link that was made or revoked; the user who made the link with which the caller
            came; or the names of the changed fields. None in other lines.
    """

    seq: int
    at: str
    who: str | None
    role: str | None
    credential: str | None
    method: str
    route: str
    subject: str | None
    outcome: str
    address: str | None
    detail: str | msgspec.UnsetType = msgspec.UNSET


def add_line(
    access: AccessContext,
    *,
    method: str,
    route: str,
    outcome: str,
    who: str | None = None,
    role: str | None = None,
    credential: str | None = None,
    subject: str | None = None,
    address: str | None = None,
    detail: str | None = None,
) -> None:
    """Add a line to the log. The parameters are described in `AccessLogLine`."""
    access.seals.add_line(
        at=access.now,
        who=who,
        role=role,
        credential=credential,
        method=method,
        route=route,
        subject=subject,
        outcome=outcome,
        address=address,
        detail=detail,
    )


def erase_lines(access: AccessContext, *, before: datetime) -> int:
    """Erase the lines from before a time. Return the number of erased lines.

    The numbers of the other lines do not change.
    """
    return access.seals.erase_lines(format_timestamp(before.astimezone(UTC)))


def list_lines(
    access: AccessContext,
    *,
    before: int | None = None,
    limit: int,
    who: str | None = None,
    subject: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[AccessLogLine]:
    """List lines, newest first.

    Args:
        access: The access tables of the station.
        before: Return only lines with a smaller number than this. If None, the list begins with the
            newest line.
        limit: The maximum number of lines to return.
        who: Return only lines of this caller. If None, lines of all callers are returned.
        subject: Return only lines about this code. If None, lines about all codes are returned.
        since: Return only lines from this time on. If None, the oldest lines are returned too.
        until: Return only lines before this time. If None, the newest lines are returned too.

    Raises:
        InvalidField: `who` or `subject` is neither in a line of the log nor a code in the books.
    """
    filters = {
        name: value for name, value in (("who", who), ("subject", subject)) if value is not None
    }
    for name, value in filters.items():
        if not _is_known(access, name, value):
            raise InvalidField.at(
                f"/{name}",
                Sentence(
                    "there is nothing with the code {value} in these books", value=repr(value[:64])
                ),
            )
    where = "".join(f" AND {name} = :{name}" for name in filters)
    for name, sign, moment in (("since", ">=", since), ("until", "<", until)):
        if moment is not None:
            where += f" AND at {sign} :{name}"
            filters[name] = format_timestamp(moment.astimezone(UTC))
    columns = AccessLogLine.__struct_fields__
    rows = access.all(
        f"SELECT {', '.join(columns)} FROM access_log "
        f"WHERE station = :station AND seq < :before{where} ORDER BY seq DESC LIMIT :limit",
        before=NO_LIMIT if before is None else before,
        limit=limit,
        **filters,
    )
    return [_line(dict(zip(columns, row, strict=True))) for row in rows]


def _is_known(access: AccessContext, column: str, code: str) -> bool:
    """Return whether a code occurs in a column of the log, or exists in the books.

    In the books, it may be the code of a record, a user or a document.
    """
    lists = {
        "access_log": column,
        "users": "code",
        "donors": "code",
        "recipients": "code",
        "items": "code",
        "locations": "code",
        "teams": "code",
        "communities": "code",
        "campaigns": "code",
        "entries": "document",
    }
    return any(
        access.one(
            f"SELECT 1 FROM {table} WHERE station = :station AND {name} = :code LIMIT 1", code=code
        )
        for table, name in lists.items()
    )


def _line(row: dict[str, Any]) -> AccessLogLine:
    if row["detail"] is None:
        del row["detail"]
    return msgspec.convert(row, AccessLogLine)
