"""Query parameters: each route refuses a nonsense value, and names the parameter."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pytest
from httpx import Response
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from supplies_service.routes.parameters import query_parameters
from support.rest_client import RestClient, problem
from support.service_fixture import Service

NONSENSE = "zz-nonsense"

RIGHT = {
    "from": "2020-02-01",
    "to": "2020-02-10",
    "kind": "donors",
    "item": "mask",
    "batch": "B7",
    "c": "ABCD1234",
    "code": "123",
    "account": "stock:store",
    "lot": "l_1",
    "recipient": "R-1",
}
"""Values of the parameters that a route requires beside the one that is tested."""

CATALOGUE = ("items", "locations", "teams", "communities", "campaigns", "donors", "recipients")

ANY_TEXT = {
    # Searched words. A list of people or goods without the word is empty.
    *((f"{root}/{plural}", "q") for root in ("", "/api") for plural in CATALOGUE),
    ("/find/{kind}", "q"),
    # Any text is a barcode. If no item has it, the answer offers to add it to one.
    ("/scan", "code"),
    # A cursor that is a code: the list continues after it, whether it exists or not.
    *((f"{root}/{plural}", "after") for root in ("", "/api") for plural in CATALOGUE),
    ("/api/organisation/stations", "after"),
    ("/api/organisation/stock/{item}", "after"),
    ("/api/organisation/needs/{item}", "after"),
    # Fields of a form that are filled in. They are checked when the form is sent.
    *((f"/{plural}/new", "name") for plural in CATALOGUE),
    ("/needs/new", "recipient"),
    ("/pledges/new", "donor"),
    ("/donations/new", "donor"),
    ("/allocations/new", "recipient"),
    *(("/stock/new/{kind}", name) for name in ("item", "lot", "location")),
    *(("/shipments/new", name) for name in ("item", "location", "station")),
    ("/admin/tokens", "user"),
    ("/stock/recall", "batch"),
    ("/sign-in", "station"),
    # The address to go to after signing in: one of another site is replaced by the first page.
    ("/sign-in", "next"),
    # The form that checks a receipt, filled in.
    ("/v", "number"),
    ("/v", "c"),
    # "yes" shows a message.
    ("/admin/station", "saved"),
}
"""Parameters that take any text, by path and name."""

NOT_FOUND = {
    ("/shipments/receive", "shipment"),
    ("/api/barcodes", "code"),
    ("/api/reports/recall", "item"),
    ("/api/reports/recall", "batch"),
    ("/api/reports/household", "recipient"),
    ("/api/reports/recall/{form}", "item"),
    ("/api/reports/recall/{form}", "batch"),
    ("/api/reports/household/{form}", "recipient"),
    ("/api/verify/{number}", "c"),
    ("/v/{number}", "c"),
    ("/needs/new", "saved"),
    ("/donations/new", "saved"),
    *((f"/{plural}/new", "saved") for plural in CATALOGUE),
}
"""Parameters that name the one object to show, which does not exist."""


class Parameter(NamedTuple):
    """A query parameter of a route that reads."""

    path: str
    name: str
    required: tuple[str, ...]


def parameters(service: Service) -> Iterator[Parameter]:
    """Yield every query parameter of every route."""
    for route in service.app.routes:
        if not isinstance(route, HTTPRoute) or route.path_format.startswith("/schema"):
            continue
        for handler in route.route_handlers:
            assert isinstance(handler, HTTPRouteHandler)
            declared = query_parameters(handler)
            required = tuple(name for name, one in declared.items() if one.is_required)
            for name in declared:
                yield Parameter(route.path_format, name, required)


@pytest.fixture
def objects(rest: RestClient, open_delivery: str) -> dict[str, str]:
    """Values of path parameters that are in the books."""
    given = rest.give(20)
    sheet = rest.post("/api/stock/count-sheets", {"location": "store"})["entry"]["document"]
    return {
        "number": given["receipt"]["number"],
        "donation": given["donation"]["id"],
        "delivery": open_delivery,
        "donor": "D-1",
        "item": "mask",
        "sheet": sheet,
        "report": "derivation",
        "form": "csv",
    }


CODES = {
    "teams": "T-1",
    "recipients": "R-1",
    "items": "mask",
    "locations": "store",
    "communities": "north",
    "campaigns": "C-1",
}


def address(path: str, objects: dict[str, str]) -> str:
    """Return a path whose parameters are filled with objects that exist."""
    kind = "items" if path.startswith("/find") else "csv" if "/exports" in path else "move"
    code = next((code for plural, code in CODES.items() if plural in path), "D-1")
    for name, value in {**objects, "kind": kind, "code": code}.items():
        path = path.replace(f"{{{name}}}", value)
    return path


def test_each_query_parameter_refuses_a_nonsense_value_by_name(
    rest: RestClient, service: Service, objects: dict[str, str]
) -> None:
    rest.post("/api/communities", {"code": CODES["communities"], "name": "北村"})
    session = {"Cookie": f"supplies_session={service.sessions['coordinator']}"}
    link = {"Cookie": f"supplies_donor={service.tokens['donor']}"}
    wrong = []
    for path, name, required in parameters(service):
        query = {one: RIGHT[one] for one in required} | {name: NONSENSE}
        page = not path.startswith("/api")
        cookie = link if path.startswith("/my/") else session
        answer = rest.client.get(
            address(path, objects),
            params=query,
            headers=cookie | {"Accept": "text/html"} if page else {},
            follow_redirects=False,
        )
        if not is_right(path, name, answer):
            wrong.append((path, name, answer.status_code, answer.text[:300]))
    assert not wrong


def is_right(path: str, name: str, answer: Response) -> bool:
    """Return whether a nonsense value of a parameter was answered as it should be."""
    if (path, name) in ANY_TEXT:
        return answer.status_code == 200
    if (path, name) in NOT_FOUND:
        return answer.status_code == 404
    if not path.startswith("/api"):
        return answer.status_code == 422
    if answer.status_code != 422 or NONSENSE not in answer.text:
        return False
    (fault,) = problem(answer, 422, "invalid-field")["errors"]
    return fault["pointer"] == f"/{name}" and "the choices" not in fault["detail"]


def test_needs_are_filtered_by_a_community_that_is_not_registered(rest: RestClient) -> None:
    need = rest.need()
    assert [one["id"] for one in rest.get("/api/needs", community="longxue")["items"]] == [need]
    refused = problem(rest.client.get("/api/needs?community=zz"), 422, "invalid-field")
    assert refused["detail"] == "unknown community 'zz'; see the list of communities"
    rest.post("/api/communities", {"code": "zz", "name": "北村"})
    assert rest.get("/api/needs", community="zz")["items"] == []


def test_a_refused_parameter_names_the_choices_and_the_value(rest: RestClient) -> None:
    for query, detail in (
        (
            "/api/reports/look-alikes?kind=zz",
            "/kind is 'zz', which is not one of donors, items, recipients",
        ),
        ("/api/stock?limit=zz", "/limit must be a whole number, not 'zz'"),
        ("/api/stock?limit=501", "/limit must be a whole number of at most 500, not '501'"),
        ("/api/items?retired=zz", "/retired must be true or false, not 'zz'"),
        ("/api/receipts?from=zz", "/from must be a day that exists, as in 2020-02-05, not 'zz'"),
        ("/api/activities?kind=zz", "'zz' is not in these books"),
    ):
        assert problem(rest.client.get(query), 422, "invalid-field")["detail"] == detail


def test_the_access_log_is_filtered_by_whoever_is_in_the_books(rest: RestClient) -> None:
    for query in ({"who": "u_3"}, {"subject": "T-1"}, {"subject": "R-1"}):
        assert rest.get("/api/access-log", **query)["items"] == []
    answer = rest.client.get("/api/access-log?subject=zz")
    assert "'zz'" in problem(answer, 422, "invalid-field")["detail"]
