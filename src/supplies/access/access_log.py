"""The access log: a line for each read of personal data and each refused attempt.

It names who, when, which route and about which code, never a name: it is itself to be read. Logs
of access are to be kept at least six months (Cybersecurity Law of China, art. 21).
"""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from supplies.access.access_context import Gate
from supplies.domain.entries import format_timestamp
from supplies.errors import InvalidField


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the access log. who, role, credential: None if nobody was signed in.

    route: as it is written in the API's table, with the names of what varies. subject: the code in
    the address; None where a list was asked for. outcome: looked, refused or signed-in.
    address: the network's.
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


def write(
    gate: Gate,
    *,
    method: str,
    route: str,
    outcome: str,
    who: str | None = None,
    role: str | None = None,
    credential: str | None = None,
    subject: str | None = None,
    address: str | None = None,
) -> None:
    """Add a line to the access log."""
    gate.insert(
        "access_log",
        seq=gate.next("access_log"),
        at=gate.now,
        who=who,
        role=role,
        credential=credential,
        method=method,
        route=route,
        subject=subject,
        outcome=outcome,
        address=address,
    )


def erase(gate: Gate, *, before: datetime) -> int:
    """Erase the lines before a time; return how many. The others keep their numbers."""
    return gate.run(
        "DELETE FROM access_log WHERE station = :station AND at < :before",
        before=format_timestamp(before.astimezone(UTC)),
    )


def read(
    gate: Gate,
    *,
    before: int | None = None,
    limit: int,
    who: str | None = None,
    subject: str | None = None,
) -> list[Look]:
    """List lines, newest first. before: older than this one. who, subject: filters."""
    asked = {
        name: value for name, value in (("who", who), ("subject", subject)) if value is not None
    }
    where = "".join(f" AND {name} = :{name}" for name in asked)
    rows = gate.all(
        f"SELECT {', '.join(Look.__struct_fields__)} FROM access_log "
        f"WHERE station = :station AND seq < :before{where} ORDER BY seq DESC LIMIT :limit",
        before=2**62 if before is None else before,
        limit=limit,
        **asked,
    )
    return [
        msgspec.convert(dict(zip(Look.__struct_fields__, row, strict=True)), Look) for row in rows
    ]


def position(after: str | None) -> int | None:
    """Parse a page cursor: the number of the last line of the page before."""
    if after is None:
        return None
    if not (after.isascii() and after.isdigit() and len(after) <= 18):
        raise InvalidField.at("/after", f"{after[:64]!r} is no place in this list; use its `next`")
    return int(after)
