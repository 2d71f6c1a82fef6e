"""Find out from where a host name or IP address can be opened.

Addresses are recognized in every notation that browsers accept.
"""

from __future__ import annotations

import re
import socket
import unicodedata
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Literal

Reach = Literal["machine", "network", "anywhere"]
"""From where a host can be opened: this machine only, the same network only, or anywhere."""

_NUMBERS = re.compile(r"[0-9a-fx.]+")
"""Regular expression for the characters of IPv4 notations such as `127.1` or `0x7f000001`."""

_LOCAL_NAMES = {"localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback"}
"""Names of the machine itself in the hosts files of common systems."""

_LOCAL_DOMAINS = (".local", ".lan", ".internal", ".home.arpa")
"""Domains whose names can be resolved only within a local network.

Source: RFC 6762, RFC 8375, and the reservation of `.internal` by ICANN.
"""


def parse_address(host: str) -> IPv4Address | IPv6Address | None:
    """Return the IP address in a text, or None if the text is a name instead.

    The notations of the WHATWG URL standard are read: fewer than four parts (`127.1`), hexadecimal
    and octal parts, a final dot, and width variants of digits. An IPv4 address within IPv6
    (`::ffff:127.0.0.1`) is returned as IPv4.

    >>> parse_address("0x7f.1"), parse_address("::ffff:10.0.0.1"), parse_address("example.org")
    (IPv4Address('127.0.0.1'), IPv4Address('10.0.0.1'), None)
    """
    text = _name(unicodedata.normalize("NFKC", host))
    try:
        address = ip_address(text.removeprefix("[").removesuffix("]"))
    except ValueError:
        return _parse_short_form(text)
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _name(host: str) -> str:
    return host.lower().removesuffix(".")


def _parse_short_form(text: str) -> IPv4Address | None:
    if _NUMBERS.fullmatch(text) is None:
        return None
    try:
        return IPv4Address(socket.inet_aton(text))
    except OSError:
        return None


@lru_cache(maxsize=256)
def is_loopback(host: str) -> bool:
    """Return whether a host is always the machine itself, whatever DNS returns.

    The unspecified address `0.0.0.0` does not count: other machines can reach a server that listens
    there, and browsers let other sites send requests to it.
    """
    address = parse_address(host)
    return _name(host) == "localhost" if address is None else address.is_loopback


@lru_cache(maxsize=256)
def reach_of(host: str) -> Reach:
    """Return from where a host can be opened: machine, network or anywhere.

    A name without a dot can be opened only within its network.
    """
    address = parse_address(host)
    if address is not None:
        if address.is_loopback or address.is_unspecified:
            return "machine"
        return "network" if address.is_private or address.is_link_local else "anywhere"
    name = _name(host)
    if name in _LOCAL_NAMES or name.endswith(".localhost"):
        return "machine"
    return "network" if "." not in name or name.endswith(_LOCAL_DOMAINS) else "anywhere"
