"""Check rate limits by network address, login or donor.

Attempts are counted in the database, so that all processes share one count.
"""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network

from supplies.access import rate_limits
from supplies.errors import Sentence
from supplies_service.problems import RateLimited
from supplies_service.stations import Connection, current_station


async def check_rate_limit(
    connection: Connection, limit: rate_limits.RateLimit, caller: str
) -> None:
    """Count one attempt of a caller. Refuse it if there were too many.

    Args:
        connection: The request. The attempt is counted in the books of its station.
        limit: The number of attempts that are allowed in a time window.
        caller: A network address, a login or a donor. All addresses of one IPv6 network of 64 bits
            count as one caller.

    Raises:
        RateLimited: there were too many attempts, in all processes together.
    """
    caller = _network(caller)
    wait = await current_station(connection).admin_write(
        lambda access: rate_limits.count_attempt(access, limit, caller)
    )
    if wait:
        sentence = Sentence("too many attempts; try again in {seconds} s", seconds=wait)
        raise RateLimited(sentence, retry_after=wait)


def client_address(connection: Connection) -> str:
    """Return the caller's network address, as seen by the server or a trusted proxy."""
    return connection.client.host if connection.client else "unknown"


def _network(caller: str) -> str:
    """Return the IPv4 address, or the first 64 bits of the IPv6 address.

    All callers with the same result are counted together.
    """
    try:
        address = ip_address(caller)
    except ValueError:
        return caller
    if isinstance(address, IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped or ip_network((int(address) >> 64 << 64, 64)))
    return str(address)
