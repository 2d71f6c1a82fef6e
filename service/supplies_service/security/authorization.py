"""Authorization: whether the caller's role may use a route.

Each route names its roles in `opt`, by the letters of the API's table (`roles="CRA"`). The
application does not start with a route that names none.
"""

from __future__ import annotations

from collections.abc import Iterable

from litestar.handlers import BaseRouteHandler, HTTPRouteHandler

from supplies.access.credentials import Caller
from supplies.access.roles import LETTERS
from supplies_service.problems import Forbidden
from supplies_service.security.audit import log_refusal
from supplies_service.security.loopback import is_loopback
from supplies_service.stations import Connection

PUBLIC = "-"
"""The `roles` of a route that serves everybody, without authentication."""


def serves_anonymous(connection: Connection, handler: BaseRouteHandler) -> bool:
    """Return whether this request needs no caller.

    It needs none on a public route, and on a route with `here` in its `opt` when the request comes
    directly from this machine.
    """
    if handler.opt.get("roles") == PUBLIC:
        return True
    return bool(handler.opt.get("here", False)) and _is_direct_from_loopback(connection)


async def check_role(connection: Connection, handler: BaseRouteHandler, caller: Caller) -> None:
    """Refuse a caller whose role the route does not serve, and log the refusal.

    Raises:
        Forbidden: the route does not serve the caller's role.
    """
    roles = {LETTERS[letter] for letter in handler.opt.get("roles", "")}
    if caller.role not in roles:
        await log_refusal(connection, caller)
        served = " and ".join(sorted(roles)) or "nobody"
        raise Forbidden(f"the role {caller.role} may not use this route; it serves {served}")


def require_roles(handlers: Iterable[HTTPRouteHandler]) -> None:
    """Check that every route names the roles it serves.

    Raises:
        LookupError: a route names no roles, or an unknown letter.
    """
    for handler in handlers:
        roles = handler.opt.get("roles")
        if roles is None or (roles != PUBLIC and not set(roles) <= set(LETTERS)):
            raise LookupError(f"the route {handler.paths} names no valid `roles`: {roles!r}")


def _is_direct_from_loopback(connection: Connection) -> bool:
    """Return whether a program on this machine sent the request, not a proxy for another."""
    forwarded = any(name in connection.headers for name in ("forwarded", "x-forwarded-for"))
    return not forwarded and is_loopback(connection.client.host if connection.client else "")
