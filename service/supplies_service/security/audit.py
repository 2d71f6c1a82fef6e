"""Add lines to the access log: refused requests, and reads of personal data.

A line is durable before the response is sent. It contains codes and the template of the route, but
no text that a caller sent.
"""

from __future__ import annotations

import re
from typing import Any

from litestar.handlers import BaseRouteHandler

from supplies.access import access_log, credentials, phones, rate_limits
from supplies.access.access_context import AccessContext
from supplies.access.credentials import Caller
from supplies_service.security.rate_limit_checks import check_rate_limit, client_address
from supplies_service.stations import Connection, StationService, current_station

_ROLES_SHOWN_NAMES = ("coordinator", "recorder")
"""Roles of staff who see names of people. This module logs when they read personal data.

Auditors see no names. Reads by couriers and donors are logged by `ownership`.
"""

_NOT_CODES = frozenset({"kind", "noun", "figure", "report"})
"""Path parameters that name a kind of page and not a record."""

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


async def log_refusal(connection: Connection, caller: Caller | None) -> None:
    """Add a refused request to the access log.

    Args:
        caller: The caller, or None if unknown.
    """
    line = access_line(connection, caller, "refused")
    await current_station(connection).admin_write(
        lambda access: access_log.add_line(access, **line)
    )


async def log_anonymous_refusal(connection: Connection) -> None:
    """Add a refused request of an unknown caller to the access log.

    The number of such lines is limited, so that attackers cannot fill the disk.

    Raises:
        RateLimited: too many requests from this network address were refused. This refusal is not
            logged.
    """
    address = client_address(connection)
    await check_rate_limit(connection, rate_limits.REFUSED_REQUESTS, address)
    await log_refusal(connection, None)


async def log_access(connection: Connection, caller: Caller, subject: str | None = None) -> None:
    """Log that the caller reads personal data.

    Args:
        connection: The request.
        caller: The caller.
        subject: The code of the person. If None, the code in the path is used.
    """
    line = access_line(connection, caller, "looked", subject)
    await current_station(connection).admin_write(
        lambda access: access_log.add_line(access, **line)
    )


async def record_use(
    connection: Connection,
    handler: BaseRouteHandler,
    caller: Caller,
    caller_station: StationService,
) -> None:
    """Store when the caller's credential was used. If staff read personal data, log the read.

    Args:
        connection: The authenticated request. The read is logged at the station of the request.
        handler: The handler of the route. Its `opt` says whether the response has personal data.
        caller: The authenticated caller.
        caller_station: The caller's own station, where the credential is stored.
    """
    reads_names = handler.opt.get("personal", False) and caller.role in _ROLES_SHOWN_NAMES
    use_is_due = bool(connection.scope.get("auth"))
    if not (reads_names or use_is_due):
        return
    line, read = access_line(connection, caller, "looked"), current_station(connection)

    def write(access: AccessContext) -> None:
        if use_is_due and access.station == caller_station.code:
            record = phones.record_use if caller.kind == "phone" else credentials.record_use
            record(access, caller.credential)
        if reads_names and access.station == read.code:
            access_log.add_line(access, **line)

    for service in {caller_station.code: caller_station, read.code: read}.values():
        await service.admin_write(write)


def access_line(
    connection: Connection,
    caller: Caller | None,
    outcome: str,
    subject: str | None = None,
    *,
    detail: str | None = None,
) -> dict[str, Any]:
    """Return the fields of a line of the access log, as arguments for `access_log.add_line`.

    Args:
        connection: The request.
        caller: The caller; None if unknown.
        outcome: What the caller did, as in `AccessLogLine`.
        subject: The code of the person whose data was read. If None, the first path parameter
            outside `_NOT_CODES` is used. A value that does not look like a code is left out.
        detail: As in `AccessLogLine`. If None, and if the caller used a link, it is the user who
            made the link.
    """
    if subject is None:
        codes = (code for name, code in connection.path_params.items() if name not in _NOT_CODES)
        subject = next(codes, None)
    if not (isinstance(subject, str) and _CODE.fullmatch(subject)):
        subject = None
    if detail is None and caller is not None and caller.link_made_by is not None:
        detail = f"link made by {caller.link_made_by}"
    return {
        "method": str(connection.scope.get("method", "")),
        "route": str(connection.scope.get("path_template", "")),
        # Secrets of links and invitations look like codes, but must not be logged.
        "subject": None if subject is None or subject.startswith("supplies.") else subject,
        "outcome": outcome,
        "who": None if caller is None else _caller_code(connection, caller),
        "role": None if caller is None else caller.role,
        "credential": None if caller is None else caller.credential,
        "address": client_address(connection),
        "detail": detail,
    }


def _caller_code(connection: Connection, caller: Caller) -> str:
    """Return the caller's code for the access log of the request's station.

    If the caller belongs to another station, that station's code comes before the caller's code.
    """
    station = current_station(connection).code
    return caller.code if caller.station == station else f"{caller.station}/{caller.code}"
