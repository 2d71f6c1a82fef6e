"""Names under which the service answers, and proxies whose word it takes for who calls.

What a proxy says (`X-Forwarded-For`, `X-Forwarded-Proto`) is believed of the addresses that the
settings name, and of nobody else: else anyone could choose the address that their tries are counted
under. Who calls and by which scheme then stands in the request itself, for all that ask.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast
from urllib.parse import urlsplit

from granian.utils.proxies import wrap_asgi_with_proxy_headers
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.types import ASGIApp

from supplies_service.loopback import is_loopback
from supplies_service.problems import Malformed

ANYWHERE = frozenset({"0.0.0.0", "::", ""})  # noqa: S104  # names that nobody calls by
"""What a service listens on that is the name of no machine."""


def behind(app: ASGIApp, proxies: Sequence[str]) -> ASGIApp:
    """The application, told who calls by the proxies at these addresses and networks."""
    if not proxies:
        return app
    return cast(ASGIApp, wrap_asgi_with_proxy_headers(app, trusted_hosts=list(proxies)))


def answers_to(*names: str, station: str) -> frozenset[str]:
    """All names that are ours beside loopback's. station: the address that papers lead to."""
    ours = {name.lower() for name in names} | {urlsplit(station).hostname or ""}
    return frozenset(ours - ANYWHERE)


async def known_host(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Refuse names that are not ours. Async: Litestar would send it through a thread otherwise.

    A page elsewhere whose name was made to point here must not read the books through a browser.
    """
    host = connection.url.hostname or ""
    ours: Iterable[str] = connection.app.state.hosts
    if not is_loopback(host) and host not in ours:
        raise Malformed(
            "the service does not answer to this name; whoever runs it can add it to SUPPLIES_HOSTS"
        )
