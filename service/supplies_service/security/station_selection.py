"""Select the station whose books a request reads.

By default, it is the caller's own station. With `?station=CODE`, a coordinator of the head station
of an organisation may read the books of another station of that organisation.
"""

from __future__ import annotations

from litestar.handlers import BaseRouteHandler, HTTPRouteHandler

from supplies.access.credentials import Caller
from supplies.errors import Sentence
from supplies.stations.organisation import is_head_of
from supplies_service.problems import Forbidden
from supplies_service.security.audit import log_refusal
from supplies_service.stations import (
    Connection,
    StationService,
    current_station,
    served_stations,
    set_current_station,
)

STATION_PARAMETER = "station"
"""Name of the query parameter that selects another station."""

_READ_METHODS = {"GET", "HEAD"}


def accepts_station(handler: BaseRouteHandler) -> bool:
    """Return whether a route accepts `?station=`.

    A route accepts it if coordinators may use the route, and if the route only reads.
    """
    reads = isinstance(handler, HTTPRouteHandler) and handler.http_methods <= _READ_METHODS
    return reads and "coordinator" in handler.opt["roles"] and not handler.opt.get("page", False)


async def select_station(connection: Connection, handler: BaseRouteHandler, caller: Caller) -> None:
    """Select the books of the station that `?station=` names, if the caller may read them.

    Raises:
        Forbidden: the caller is not a coordinator of the head station of the organisation to which
            that station belongs.
    """
    if not accepts_station(handler):
        return
    code = connection.query_params.get(STATION_PARAMETER)
    if code is None or code == caller.station:
        return
    service = _member_station(connection, code) if caller.role == "coordinator" else None
    if service is None:
        await log_refusal(connection, caller)
        raise Forbidden(
            Sentence(
                "you may not read the books of station {code}; only coordinators of the station "
                "at the head of its organisation may",
                code=code[:64],
            )
        )
    set_current_station(connection, service)


def _member_station(connection: Connection, code: str) -> StationService | None:
    """Return the station with this code if it is in the caller's organisation, otherwise None."""
    with current_station(connection).ledger.read_without_transaction() as books:
        return served_stations(connection).find(code) if is_head_of(books, code) else None
