"""Query parameters that lists share, and a check that refuses unknown parameters."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import date
from typing import Annotated, Any, NamedTuple, get_args

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.params import QueryParameter
from litestar.typing import FieldDefinition

from supplies.domain.days import check_day
from supplies.errors import Fault, InvalidField, NotFound, Sentence
from supplies.views.pagination import DEFAULT_LIMIT, MAX_LIMIT
from supplies_service.handler_cache import cached_by_handler
from supplies_service.security.station_selection import STATION_PARAMETER, accepts_station

__all__ = [
    "DEFAULT_LIMIT",
    "After",
    "AsOf",
    "First",
    "FirstOrNone",
    "Last",
    "LastOrNone",
    "Limit",
    "check_parameters",
    "query_parameters",
    "with_parameters",
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
AsOf = Annotated[
    date | None,
    QueryParameter(description="leave out what is booked after this day; default: now"),
]
After = Annotated[str | None, QueryParameter(description="the value `next` of the previous page")]


class _Declared(NamedTuple):
    """The query parameters that a handler declares.

    Attributes:
        names: The names of all parameters.
        days: The names of the parameters that contain a day.
    """

    names: tuple[str, ...]
    days: tuple[str, ...]


async def check_parameters(
    connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
) -> None:
    """Check that the handler declares every query parameter of a request.

    Without this check, a misspelt filter would be ignored, and everything would be listed.

    Raises:
        InvalidField: a parameter is unknown or given twice; it contains a NUL character; it is not
            UTF-8; or it is a day before the earliest possible one.
        NotFound: a path parameter contains a NUL character.
    """
    if any("\0" in str(value) for value in connection.path_params.values()):
        raise NotFound(Sentence("there is nothing at this address; see the lists"))
    given = connection.query_params
    if not given:
        return
    pairs, names, declared = list(given.multi_items()), dict.fromkeys(given), _declared(handler)
    _refuse(
        Fault(
            f"/{name[:64]}",
            Sentence("{name} contains a NUL character, or is not UTF-8", name=name[:64]),
        )
        for name, value in pairs
        if "\0" in name + value or "\ufffd" in name + value
    )
    _refuse(
        (
            Fault(f"/{name[:64]}", Sentence("unknown parameter {name}", name=name[:64]))
            for name in names
            if name not in declared.names
        ),
        declared.names,
    )
    if len(pairs) > len(names):
        _refuse(
            Fault(f"/{name}", Sentence("{name} is given twice; give it once", name=name))
            for name in names
            if len(given.getall(name)) > 1
        )
    for name in declared.days:
        _check_query_day(name, given.get(name))


def query_parameters(handler: BaseRouteHandler) -> dict[str, FieldDefinition]:
    """Return Litestar's definitions of a handler's query parameters, by their names in queries."""
    return {
        parameter.kwarg_definition.name or own_name: parameter
        for own_name, parameter in handler.parsed_fn_signature.parameters.items()
        if isinstance(parameter.kwarg_definition, QueryParameter)
    }


@cached_by_handler
def _declared(handler: BaseRouteHandler) -> _Declared:
    """Return the names of the query parameters that a handler declares."""
    declared = query_parameters(handler)
    names = list(declared)
    days = [
        name
        for name, parameter in declared.items()
        if date in (parameter.annotation, *get_args(parameter.annotation))
    ]
    if accepts_station(handler):
        names.append(STATION_PARAMETER)
    return _Declared(tuple(names), tuple(days))


def _refuse(faults: Iterable[Fault], known: Iterable[str] | None = None) -> None:
    """Raise one error about all faults. If there are no faults, do nothing.

    Args:
        faults: The faults.
        known: The names of the possible parameters, which the message then lists.

    Raises:
        InvalidField: there is a fault; the message is that of the first fault.
    """
    found = list(faults)
    if found:
        detail = found[0].detail
        raise InvalidField(detail if known is None else with_parameters(detail, known), found)


def with_parameters(detail: str, names: Iterable[str]) -> Sentence:
    """Return the message of an error, followed by the names of the possible parameters."""
    known = ", ".join(names)
    if not known:
        return Sentence("{detail} (parameters: none)", detail=detail)
    return Sentence("{detail} (parameters: {known})", detail=detail, known=known)


def _check_query_day(name: str, value: str | None) -> None:
    """Check that a day in a query is not too early.

    If the text is not a day, do nothing: decoding refuses it later.
    """
    if value is not None:
        with suppress(ValueError):
            check_day(date.fromisoformat(value), f"/{name}")
