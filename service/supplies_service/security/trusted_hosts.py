"""Names under which the service answers, and proxies whose word it takes for who calls.

What a proxy says (`X-Forwarded-For`, `X-Forwarded-Proto`) is believed of the addresses that the
settings name, and of nobody else: else anyone could choose the address that their tries are counted
under. Who calls and by which scheme then stands in the request itself, for all that ask.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from time import monotonic
from typing import Any, cast
from urllib.parse import urlsplit

from granian.utils.proxies import wrap_asgi_with_proxy_headers
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.types import ASGIApp

from supplies_service.problems import Malformed
from supplies_service.security.loopback import is_loopback

ANYWHERE = frozenset({"0.0.0.0", "::", ""})  # noqa: S104  # names that nobody calls by
"""What a service listens on that is the name of no machine."""

ASKED_EVERY = 60.0
"""Seconds between looks into the books for names that nobody knew before."""


def behind(app: ASGIApp, proxies: Sequence[str]) -> ASGIApp:
    """The application, told who calls by the proxies at these addresses and networks."""
    if not proxies:
        return app
    return cast(ASGIApp, wrap_asgi_with_proxy_headers(app, trusted_hosts=list(proxies)))


class Names:
    """The names under which the service answers, beside those of loopback.

    of_papers: asks for the addresses that papers lead to, those of stations added meanwhile too.
    """

    def __init__(self, *names: str, of_papers: Callable[[], Iterable[str]]) -> None:
        self._said = {name.lower() for name in names}
        self._of_papers = of_papers
        self._ask()

    def answers_to(self, host: str) -> bool:
        """Whether this is one of our names; for a strange one the books are asked at times."""
        if host not in self._ours and monotonic() - self._asked_at > ASKED_EVERY:
            self._ask()
        return host in self._ours

    def _ask(self) -> None:
        papers = {urlsplit(address).hostname or "" for address in self._of_papers()}
        self._ours, self._asked_at = (self._said | papers) - ANYWHERE, monotonic()


async def known_host(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Refuse names that are not ours. Async: Litestar would send it through a thread otherwise.

    A page elsewhere whose name was made to point here must not read the books through a browser.
    """
    host = connection.url.hostname or ""
    names: Names = connection.app.state.names
    if not is_loopback(host) and not names.answers_to(host):
        raise Malformed(
            "the service does not answer to this name; whoever runs it can add it to SUPPLIES_HOSTS"
        )
