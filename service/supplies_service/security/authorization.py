"""Authorization: which roles may use which route.

Each route names its roles: `opt=allow_roles("coordinator", "recorder")`. If a route names no roles,
the application does not start.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, get_args

from litestar.handlers import BaseRouteHandler, HTTPRouteHandler

from supplies.access.credentials import Caller
from supplies.access.roles import Role
from supplies.domain.network_addresses import is_loopback
from supplies_service.problems import Forbidden
from supplies_service.security.audit import log_refusal
from supplies_service.stations import Connection

PUBLIC = "public"
"""The `roles` of a route that needs no authentication."""


def allow_roles(
    role: Role, *roles: Role, personal: bool = False, cacheable: bool = False
) -> dict[str, Any]:
    """Return the `opt` of a route that these roles may use.

    Args:
        personal: Whether the response contains personal data, so that each access to it is logged.
        cacheable: Whether the response may be sent again to an equal request until something is
            written. Such a response must not depend on the time, nor contain personal data.
    """
    assert not (personal and cacheable), "each access to personal data must be logged"
    return {"roles": (role, *roles), "personal": personal, "cacheable": cacheable}


def allow_anyone() -> dict[str, Any]:
    """Return the `opt` of a public route."""
    return {"roles": PUBLIC, "personal": False}


def serves_anonymous(connection: Connection, handler: BaseRouteHandler) -> bool:
    """Return whether a request is accepted without an authenticated caller.

    This is true for public routes, and for a route with `loopback` in its `opt`, if the request
    comes directly from this machine.
    """
    if handler.opt.get("roles") == PUBLIC:
        return True
    return bool(handler.opt.get("loopback", False)) and is_directly_from_loopback(connection)


async def check_role(connection: Connection, handler: BaseRouteHandler, caller: Caller) -> None:
    """Refuse a caller whose role may not use the route, and log the refusal.

    Raises:
        Forbidden: the caller's role may not use the route.
    """
    roles = handler.opt.get("roles", ())
    if caller.role not in roles:
        await log_refusal(connection, caller)
        served = " and ".join(sorted(roles)) or "nobody"
        raise Forbidden(f"the role {caller.role} may not use this route; it serves {served}")


def require_roles(handlers: Iterable[HTTPRouteHandler]) -> None:
    """Check that every route names its roles.

    Raises:
        LookupError: a route names no role, or an unknown one.
    """
    for handler in handlers:
        roles = handler.opt.get("roles")
        if not roles or (roles != PUBLIC and not set(roles) <= set(get_args(Role))):
            raise LookupError(f"the route {handler.paths} names no valid `roles`: {roles!r}")


def is_directly_from_loopback(connection: Connection) -> bool:
    """Return whether a request comes from this machine without passing through a proxy."""
    forwarded = any(name in connection.headers for name in ("forwarded", "x-forwarded-for"))
    return not forwarded and is_loopback(connection.client.host if connection.client else "")
