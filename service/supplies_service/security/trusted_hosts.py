"""Host names of the service, and proxies whose forwarded headers are trusted.

`X-Forwarded-For` and `X-Forwarded-Proto` are used only if they come from a proxy named in the
settings. Otherwise, callers could choose the address under which their attempts are counted.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from time import monotonic
from typing import cast
from urllib.parse import SplitResult, urlsplit

from granian.utils.proxies import wrap_asgi_with_proxy_headers
from litestar.datastructures import URL
from litestar.types import ASGIApp, Scope

from supplies.domain.network_addresses import is_loopback, parse_address
from supplies_service.observability.logs import LOGGER
from supplies_service.problems import Malformed

_log = logging.getLogger(LOGGER)

REFRESH_SECONDS = 60.0
"""Minimum number of seconds between two reads of the host names in the books."""


def trust_proxies(app: ASGIApp, proxies: Sequence[str]) -> ASGIApp:
    """Take the caller's address and scheme from the headers that trusted proxies add.

    Args:
        proxies: Addresses and networks of the trusted proxies.
    """
    if not proxies:
        return app
    return cast(ASGIApp, wrap_asgi_with_proxy_headers(app, trusted_hosts=list(proxies)))


class TrustedHosts:
    """The host names under which the service accepts requests, besides loopback names.

    Args:
        names: Host names from the settings.
        read_hosts: Returns the web addresses that the stations print on their papers. It is called
            again if a request has an unknown host name, because stations are added while the
            service runs.
    """

    def __init__(self, *names: str, read_hosts: Callable[[], Iterable[str]]) -> None:
        self._configured = {name.lower() for name in names}
        self._read_hosts = read_hosts
        self._read()

    def __contains__(self, host: str) -> bool:
        """Return whether a host name belongs to this service.

        Args:
            host: The host name in lower case, without a port.
        """
        if host not in self._names and monotonic() - self._read_at > REFRESH_SECONDS:
            self._read()
        return host in self._names

    def _read(self) -> None:
        papers = {_host_name(address) for address in self._read_hosts()}
        self._names = {name for name in self._configured | papers if _names_a_machine(name)}
        self._read_at = monotonic()


def _names_a_machine(name: str) -> bool:
    """Return whether a host name can be the address of a machine.

    This is false for an empty name, and for an address such as `0.0.0.0`. A server can listen on
    such an address, but clients cannot send requests to it.
    """
    address = parse_address(name)
    return bool(name) and not (address is not None and address.is_unspecified)


def _host_name(address: str) -> str:
    """Return the host name in a station's web address, or "" if the address is invalid.

    Old books may contain an invalid address. It must not keep the other stations from working.
    """
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        _log.warning("the host %r of a station cannot be read and is left out", address[:253])
        return ""


@lru_cache(maxsize=256)
def _host_in_header(value: bytes) -> str:
    """Return the host name in a `Host` header, in lower case and without a port."""
    return SplitResult("", value.decode("latin-1"), "", "", "").hostname or ""


def check_host(scope: Scope) -> None:
    """Refuse a request whose `Host` header is not a name of the service, to prevent DNS rebinding.

    Without this check, another site could let its own name point to this machine. A page of that
    site could then read the books through a browser.

    Raises:
        Malformed: the service does not have this host name, or the request does not name exactly
            one host.
    """
    named = [value for name, value in scope["headers"] if name == b"host"]
    if len(named) > 1 or (not named and scope.get("http_version") == "1.1"):
        raise Malformed(f"the request has {len(named)} `Host` headers; send one (RFC 9112, 3.2)")
    if named and named[0]:
        host = _host_in_header(named[0])
    else:
        host = URL.from_scope(scope).hostname or ""
    hosts: TrustedHosts = scope["litestar_app"].state.trusted_hosts
    if not is_loopback(host) and host not in hosts:
        raise Malformed(
            f"the service does not answer to the host name {host[:253]!r}; its administrator "
            "can add the name to SUPPLIES_HOSTS"
        )
