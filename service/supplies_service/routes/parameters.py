"""Query parameters that lists share, and the check that refuses unknown ones."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from typing import Annotated, Any, get_args

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.params import QueryParameter

from supplies.domain.days import check_day
from supplies.errors import Fault, InvalidField, NotFound
from supplies.views.pagination import DEFAULT_LIMIT, MAX_LIMIT
from supplies_service.security.station_selection import STATION_PARAMETER, accepts_station

__all__ = [
    "DEFAULT_LIMIT",
    "After",
    "First",
    "FirstOrNone",
    "Last",
    "LastOrNone",
    "Limit",
    "check_parameters",
]

Limit = Annotated[
    int, QueryParameter(ge=1, le=MAX_LIMIT, description="the largest number of items on the page")
]
First = Annotated[date, QueryParameter(name="from", description="the first day, inclusive")]
Last = Annotated[date, QueryParameter(name="to", description="the last day, inclusive")]
FirstOrNone = Annotated[
    date | None, QueryParameter(name="from", description="the first day, inclusive")
]
LastOrNone = Annotated[
    date | None, QueryParameter(name="to", description="the last day, inclusive")
]
After = Annotated[str | None, QueryParameter(description="the value `next` of the previous page")]


async def check_parameters(
    connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
) -> None:
    """Check that a handler declares every query parameter of a request.

    Otherwise a misspelt filter would be ignored, and everything would be listed.

    Raises:
        InvalidField: a parameter is unknown, given twice, contains a NUL character, is not UTF-8,
            or is a day before the earliest possible one.
        NotFound: a path parameter contains a NUL character.
    """
    if any("\0" in str(value) for value in connection.path_params.values()):
        raise NotFound("there is nothing at this address; see the lists")
    if not connection.query_params:
        return
    declared = {
        name: parameter.kwarg_definition
        for name, parameter in handler.parsed_fn_signature.parameters.items()
    }
    known = [
        mark.name or name for name, mark in declared.items() if isinstance(mark, QueryParameter)
    ]
    if accepts_station(handler):
        known.append(STATION_PARAMETER)
    faults = [
        Fault(f"/{name[:64]}", f"{name[:64]} contains a NUL character, or is not UTF-8")
        for name, value in connection.query_params.multi_items()
        if "\0" in name + value or "\ufffd" in name + value
    ]
    if faults:
        raise InvalidField(faults[0].detail, faults)
    faults = [
        Fault(f"/{name[:64]}", f"there is no parameter {name[:64]} here")
        for name in dict.fromkeys(connection.query_params)
        if name not in known
    ]
    if faults:
        takes = ", ".join(known) or "none"
        raise InvalidField(f"{faults[0].detail} (parameters: {takes})", faults)
    faults = [
        Fault(f"/{name}", f"{name} is given twice; give it once")
        for name in dict.fromkeys(connection.query_params)
        if len(connection.query_params.getall(name)) > 1
    ]
    if faults:
        raise InvalidField(faults[0].detail, faults)
    for name, parameter in handler.parsed_fn_signature.parameters.items():
        if date in (parameter.annotation, *get_args(parameter.annotation)):
            mark = declared[name]
            query_name = (mark.name if isinstance(mark, QueryParameter) else None) or name
            _check_query_day(query_name, connection.query_params.get(query_name))


def _check_query_day(name: str, value: str | None) -> None:
    """Check that a day in a query is not too early. A text that is not a day is refused later."""
    if value is not None:
        with suppress(ValueError):
            check_day(date.fromisoformat(value), f"/{name}")
