"""Host names and addresses: which machines can open them."""

from __future__ import annotations

import pytest

from supplies.domain.network_addresses import is_loopback, reach_of
from supplies.stations.public_address import is_local_address

LOOPBACK = (
    "127.0.0.1",
    "127.8.9.1",
    "127.1",
    "127.0.1",
    "0x7f.1",
    "0x7f000001",
    "0177.1",
    "2130706433",
    "017700000001",
    "127.0.0.1.",
    "１２７.0.0.1",
    "::1",
    "0:0:0:0:0:0:0:1",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "localhost",
    "localhost.",
    "LocalHost",
)

UNSPECIFIED = ("0.0.0.0", "0", "0x0", "0.0", "::", "::ffff:0.0.0.0")

ELSEWHERE = (
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "127.0.0.1 x",
    "256.1.1.1",
    "8.8.8.8",
    "2606:4700::1111",
    "example.org",
    "dead.beef",
)

IN_ONE_NETWORK = (
    "10.0.0.5",
    "192.168.1.5",
    "172.16.0.9",
    "0xc0a80105",
    "::ffff:192.168.1.5",
    "169.254.7.7",
    "fe80::1",
    "fe80::1%eth0",
    "fd00::1",
    "station",
    "station.local",
    "station.lan",
    "station.home.arpa",
)


@pytest.mark.parametrize("host", LOOPBACK)
def test_every_notation_of_loopback_is_recognised(host: str) -> None:
    assert is_loopback(host)
    assert reach_of(host) == "machine"


@pytest.mark.parametrize(
    "host", [*UNSPECIFIED, "a.localhost", "a.localhost.", "localhost.localdomain", "ip6-localhost"]
)
def test_an_address_of_this_machine_need_not_be_loopback(host: str) -> None:
    assert not is_loopback(host)
    assert reach_of(host) == "machine"


@pytest.mark.parametrize("host", ELSEWHERE)
def test_other_addresses_can_be_opened_from_anywhere(host: str) -> None:
    assert not is_loopback(host)
    assert reach_of(host) == "anywhere"


@pytest.mark.parametrize("host", IN_ONE_NETWORK)
def test_private_addresses_can_be_opened_in_one_network(host: str) -> None:
    assert not is_loopback(host)
    assert reach_of(host) == "network"


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("http://0.0.0.0:8000", True),
        ("http://[::]", True),
        ("https://127.1:8443", True),
        ("http://2130706433", True),
        ("http://[::ffff:127.0.0.1]:8000", True),
        ("http://localhost.:8000", True),
        ("http://0x7f.1", True),
        ("http://192.168.1.5:8000", False),
        ("https://supplies.example.org", False),
        ("http://[:]", False),
    ],
)
def test_an_address_on_receipts_is_judged_in_any_notation(url: str, local: bool) -> None:
    assert is_local_address(url) is local
