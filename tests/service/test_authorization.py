"""Authorization: which role may use which route, and what it sees."""

from __future__ import annotations

import pytest
from litestar.routes import HTTPRoute
from litestar.testing import TestClient
from support.rest_client import ADDRESS, RestClient, problem
from support.service_fixture import Service

ROLES = {
    "C": "coordinator",
    "R": "recorder",
    "T": "courier",
    "A": "auditor",
    "D": "donor",
}

EVERYBODY = "-"

TABLE = """
GET    -     /api/health
GET    -     /api/verify/{number}
GET    -     /api/witness
GET    CRA   /api/metrics
GET    -     /v
GET    -     /v/{number}
GET    -     /assets/{name}
POST   -     /language
GET    -     /sign-in
POST   -     /sign-in
POST   -     /sign-in/code
POST   -     /sign-in/passkey
POST   -     /sign-in/passkey/challenge
POST   -     /sign-out
POST   -     /tour/{user}
GET    -     /invitation/{secret}
POST   -     /invitation/{secret}
GET    -     /my/lost
GET    -     /my/{secret}
GET    -     /run/join/{secret}
POST   -     /run/join/{secret}
GET    -     /run
GET    -     /run/{delivery}/{allocation}
GET    -     /run/sw.js
GET    -     /run/manifest.webmanifest
GET    T     /run/paper
GET    CR    /phones
POST   CR    /phones/{phone}/revoke
GET    CR    /phones/rescue
POST   CR    /phones/rescue
GET    CRA   /deliveries/{delivery}/live
GET    CRTA  /
GET    CRA   /reports
GET    CRA   /reports/figures/{figure}
GET    CRA   /reports/tables/{report}
GET    CA    /exports
GET    CA    /exports/{kind}
GET    CRA   /reports/station/{form}
GET    CRA   /reports/disclosure/{form}
GET    CR    /reports/receipts/pdf
GET    C     /organisation
GET    C     /organisation/items/{item}
GET    C     /organisation/report
GET    CR    /find/{kind}
GET    CR    /scan
POST   CR    /scan
GET    CRA   /needs
GET    CR    /needs/new
POST   CR    /needs/new
GET    CRA   /needs/{need}
POST   CR    /needs/{need}/end
GET    CRA   /allocations
GET    CR    /allocations/proposal
POST   CR    /allocations/proposal
GET    CR    /allocations/new
POST   CR    /allocations/new
GET    CRA   /allocations/{allocation}
GET    CR    /allocations/{allocation}/slip/pdf
POST   CR    /allocations/{allocation}/release
GET    CRA   /stock
GET    CRA   /stock/items/{item}
GET    CRA   /stock/movements
GET    CRA   /stock/recall
POST   CR    /stock/recall
GET    CRA   /stock/counts
POST   CR    /stock/counts
GET    CRA   /stock/counts/{sheet}
POST   CR    /stock/counts/{sheet}
GET    CR    /stock/counts/{sheet}/pdf
POST   C     /stock/counts/{sheet}/settle
GET    CRA   /stock/out/{noun}
GET    CRA   /stock/out/{noun}/{document}
POST   CR    /stock/out/{noun}/{document}
GET    CR    /stock/new/{kind}
POST   CR    /stock/new/{kind}
GET    CRA   /shipments
GET    CR    /shipments/new
POST   CR    /shipments/new
GET    CR    /shipments/receive
POST   CR    /shipments/receive
GET    CRA   /shipments/{shipment}
POST   CR    /shipments/{shipment}/acknowledge
GET    CRA   /pledges
GET    CR    /pledges/new
POST   CR    /pledges/new
GET    CRA   /pledges/{pledge}
POST   CR    /pledges/{pledge}/claims
POST   CR    /pledges/{pledge}/cancel
POST   CR    /pledges/{pledge}/lapse
GET    CRA   /deliveries
GET    CR    /deliveries/new
POST   CR    /deliveries/new
GET    CRA   /deliveries/{delivery}
GET    CR    /deliveries/{delivery}/run-sheet/pdf
GET    CR    /deliveries/{delivery}/slips/pdf
GET    CR    /deliveries/{delivery}/photos/{entry}
POST   CR    /deliveries/{delivery}/outcomes
POST   C     /deliveries/{delivery}/confirmation
POST   CR    /deliveries/{delivery}/reassign
POST   CR    /allocations/{allocation}/collect
POST   CR    /deliveries/{delivery}/undo
POST   CR    /deliveries/{delivery}/move-stops
POST   CR    /deliveries/{delivery}/close
GET    CRA   /donations
GET    CR    /donations/new
POST   CR    /donations/new
GET    CRA   /donations/{donation}
GET    CR    /donations/{donation}/correct
POST   CR    /donations/{donation}/correct
POST   CR    /donations/{donation}/reverse
GET    CR    /receipts/{number}/pdf
GET    CRA   /entries
GET    CRA   /entries/conflicts
GET    CRA   /entries/{entry}
GET    C     /entries/{entry}/correct
POST   C     /entries/{entry}/correct
POST   C     /entries/{entry}/reverse
POST   C     /entries/{entry}/resolve
GET    CRA   /catalogue
GET    CR    /donors/{code}/statement
GET    CRA   /donors
GET    CR    /donors/new
POST   CR    /donors/new
GET    CRA   /donors/{code}
GET    CR    /donors/{code}/change
POST   CR    /donors/{code}/change
POST   CR    /donors/{code}/retire
GET    CRA   /recipients
GET    CR    /recipients/new
POST   CR    /recipients/new
GET    CRA   /recipients/{code}
GET    CR    /recipients/{code}/change
POST   CR    /recipients/{code}/change
POST   CR    /recipients/{code}/retire
GET    CRA   /items
GET    CR    /items/new
POST   CR    /items/new
GET    CRA   /items/{code}
GET    CR    /items/{code}/change
POST   CR    /items/{code}/change
POST   CR    /items/{code}/retire
GET    CRA   /locations
GET    CR    /locations/new
POST   CR    /locations/new
GET    CRA   /locations/{code}
GET    CR    /locations/{code}/change
POST   CR    /locations/{code}/change
POST   CR    /locations/{code}/retire
GET    CRA   /teams
GET    CR    /teams/new
POST   CR    /teams/new
GET    CRA   /teams/{code}
GET    CR    /teams/{code}/change
POST   CR    /teams/{code}/change
POST   CR    /teams/{code}/retire
GET    CRA   /communities
GET    CR    /communities/new
POST   CR    /communities/new
GET    CRA   /communities/{code}
GET    CR    /communities/{code}/change
POST   CR    /communities/{code}/change
POST   CR    /communities/{code}/retire
GET    CRA   /campaigns
GET    CR    /campaigns/new
POST   CR    /campaigns/new
GET    CRA   /campaigns/{code}
GET    CR    /campaigns/{code}/change
POST   CR    /campaigns/{code}/change
POST   CR    /campaigns/{code}/retire
GET    CR    /donors/{code}/links
POST   CR    /donors/{code}/links
POST   CR    /donors/{code}/links/{link}/end
GET    CR    /teams/{code}/links
POST   CR    /teams/{code}/links
POST   CR    /teams/{code}/links/{link}/end
GET    C     /admin
GET    C     /admin/users
POST   C     /admin/users
GET    C     /admin/users/{user}
POST   C     /admin/users/{user}
POST   C     /admin/users/{user}/sign-out
POST   C     /admin/users/{user}/remove-second-factor
POST   C     /admin/users/{user}/disable
POST   C     /admin/users/{user}/enable
POST   C     /admin/users/{user}/role
GET    C     /admin/tokens
POST   C     /admin/tokens
POST   C     /admin/tokens/{token}/revoke
GET    C     /admin/links
GET    C     /admin/station
POST   C     /admin/station
POST   C     /admin/station/preview
GET    C     /start
GET    C     /start/station
POST   C     /start/station
GET    C     /start/place
POST   C     /start/place
GET    C     /start/items
POST   C     /start/items
GET    C     /start/users
GET    C     /admin/books
POST   C     /admin/books/verify
POST   C     /admin/books/backup
GET    C     /admin/periods
POST   C     /admin/periods/close
POST   C     /admin/periods/reopen
GET    C     /admin/access-log
GET    C     /admin/forgetting
GET    CRA   /catalogue/look-alikes
GET    C     /admin/import
POST   C     /admin/import
GET    C     /items/{code}/merge
POST   C     /items/{code}/merge
GET    C     /donors/{code}/merge
POST   C     /donors/{code}/merge
GET    C     /recipients/{code}/merge
POST   C     /recipients/{code}/merge
GET    C     /donors/{code}/forget
POST   C     /donors/{code}/forget
GET    C     /recipients/{code}/forget
POST   C     /recipients/{code}/forget
GET    CR    /donors/{code}/requests
POST   CR    /donors/{code}/requests/{request_id}/answer
GET    CRTA  /account
POST   CRTA  /account/tokens
POST   CRTA  /account/tokens/{token}/revoke
POST   CRTA  /account/password
POST   CRTA  /account/sessions/{session}/end
GET    CRTA  /account/one-time-codes
POST   CRTA  /account/one-time-codes
POST   CRTA  /account/one-time-codes/confirm
POST   CRTA  /account/one-time-codes/remove
GET    CRTA  /account/passkeys
POST   CRTA  /account/passkeys
POST   CRTA  /account/passkeys/challenge
POST   CRTA  /account/passkeys/{passkey}/remove
GET    D     /my
GET    D     /my/receipts/{number}
GET    D     /my/statement
POST   D     /my/requests
GET    CRA   /api/items
POST   CR    /api/items
GET    CRA   /api/items/{code}
PATCH  CR    /api/items/{code}
GET    CRA   /api/barcodes
GET    CRA   /api/locations
POST   CR    /api/locations
GET    CRA   /api/locations/{code}
PATCH  CR    /api/locations/{code}
GET    CRA   /api/communities
POST   CR    /api/communities
GET    CRA   /api/communities/{code}
PATCH  CR    /api/communities/{code}
GET    CRA   /api/campaigns
POST   CR    /api/campaigns
GET    CRA   /api/campaigns/{code}
PATCH  CR    /api/campaigns/{code}
GET    CRA   /api/teams
POST   CR    /api/teams
GET    CRA   /api/teams/{code}
PATCH  CR    /api/teams/{code}
GET    CR    /api/teams/{code}/link
POST   CR    /api/teams/{code}/link
DELETE CR    /api/teams/{code}/link
DELETE CR    /api/teams/{code}/link/{link}
DELETE CR    /api/teams/{code}/link/{link}/phones
GET    CRA   /api/donors
POST   CR    /api/donors
GET    CRA   /api/donors/{code}
PATCH  CR    /api/donors/{code}
POST   C     /api/donors/{donor}/forget
GET    CR    /api/donors/{code}/link
POST   CR    /api/donors/{code}/link
DELETE CR    /api/donors/{code}/link
DELETE CR    /api/donors/{code}/link/{link}
GET    CR    /api/donors/{donor}/requests
POST   D     /api/donors/{donor}/requests
GET    CR    /api/donors/{donor}/requests/{request_id}
POST   CR    /api/donors/{donor}/requests/{request_id}/answer
GET    CRD   /api/donors/{donor}/statement
GET    CRD   /api/donors/{donor}/statement/pdf
GET    CRD   /api/donors/{donor}/statement/{form}
GET    CRA   /api/recipients
POST   CR    /api/recipients
GET    CRA   /api/recipients/{code}
PATCH  CR    /api/recipients/{code}
POST   C     /api/recipients/{recipient}/forget
GET    CRA   /api/needs
POST   CR    /api/needs
GET    CRA   /api/needs/{need}
POST   CR    /api/needs/{need}/end
GET    CRAD  /api/pledges
POST   CR    /api/pledges
GET    CRAD  /api/pledges/{pledge}
POST   CR    /api/pledges/{pledge}/claims
POST   CR    /api/pledges/{pledge}/cancel
POST   CR    /api/pledges/{pledge}/claims
POST   CR    /api/pledges/{pledge}/lapse
GET    CRA   /api/donations
POST   CR    /api/donations
GET    CRA   /api/donations/{donation}
POST   CR    /api/donations/{donation}/correct
POST   CR    /api/donations/{donation}/reverse
GET    CRAD  /api/receipts
POST   CR    /api/receipts
GET    CR    /api/receipts/batch/pdf
GET    CRAD  /api/receipts/{number}
GET    CRD   /api/receipts/{number}/pdf
GET    CR    /api/receipts/{number}/copies/{copy}/pdf
POST   CR    /api/receipts/{number}/reprint
POST   C     /api/receipts/{number}/void
POST   C     /api/receipts/{number}/replace
GET    CRA   /api/allocations
POST   CR    /api/allocations
GET    CR    /api/allocations/proposal
GET    CRA   /api/allocations/{allocation}
GET    CR    /api/allocations/{allocation}/slip/pdf
POST   CR    /api/allocations/{allocation}/release
GET    CRAT  /api/deliveries
POST   CR    /api/deliveries
GET    CRAT  /api/deliveries/{delivery}
GET    CRT   /api/deliveries/{delivery}/slips/pdf
GET    CRT   /api/deliveries/{delivery}/run-sheet
GET    CRT   /api/deliveries/{delivery}/run-sheet/pdf
POST   CRT   /api/deliveries/{delivery}/outcomes
POST   CRT   /api/deliveries/{delivery}/stops/{allocation}/photo
POST   C     /api/deliveries/{delivery}/stops/{allocation}/confirmation
GET    CR    /api/deliveries/{delivery}/codes
GET    CR    /api/deliveries/{delivery}/photos/{entry}
GET    CR    /api/deliveries/{delivery}/signatures/{entry}
POST   CR    /api/deliveries/{delivery}/close
POST   CR    /api/deliveries/{delivery}/reassign
GET    T     /api/run
POST   T     /api/run/status
POST   T     /api/run/hand-outs
GET    CR    /api/phones
POST   -     /api/phones
POST   CR    /api/phones/rescue
GET    CR    /api/phones/{phone}
DELETE CR    /api/phones/{phone}
POST   CR    /api/allocations/{allocation}/collect
POST   CR    /api/deliveries/{delivery}/undo
POST   CR    /api/deliveries/{delivery}/move-stops
GET    CRA   /api/stock
GET    CRA   /api/stock/movements
POST   CR    /api/stock/openings
POST   CR    /api/stock/arrivals
POST   CR    /api/stock/moves
POST   CR    /api/stock/quarantines
POST   CR    /api/stock/count-sheets
POST   CR    /api/stock/count-sheets/{sheet}/count
POST   CR    /api/stock/issues
POST   CR    /api/stock/issues/{issue}/return
POST   CR    /api/stock/write-offs
POST   CR    /api/stock/found
POST   CR    /api/stock/take-backs
POST   CR    /api/stock/returns
POST   CR    /api/stock/loans
POST   CR    /api/stock/loans/{loan}/return
POST   CR    /api/stock/hand-outs
POST   CR    /api/stock/conversions
POST   C     /api/stock/lots/{lot}/describe
POST   C     /api/stock/settlements
GET    CRA   /api/stock/openings
GET    CRA   /api/stock/openings/{document}
GET    CRA   /api/stock/arrivals
GET    CRA   /api/stock/arrivals/{document}
GET    CRA   /api/stock/moves
GET    CRA   /api/stock/moves/{document}
GET    CRA   /api/stock/issues
GET    CRA   /api/stock/issues/{document}
GET    CRA   /api/stock/loans
GET    CRA   /api/stock/loans/{document}
GET    CRA   /api/stock/write-offs
GET    CRA   /api/stock/write-offs/{document}
GET    CRA   /api/stock/found
GET    CRA   /api/stock/found/{document}
GET    CRA   /api/stock/take-backs
GET    CRA   /api/stock/take-backs/{document}
GET    CRA   /api/stock/returns
GET    CRA   /api/stock/returns/{document}
GET    CRA   /api/stock/hand-outs
GET    CRA   /api/stock/hand-outs/{document}
GET    CRA   /api/stock/conversions
GET    CRA   /api/stock/conversions/{document}
GET    CRA   /api/stock/settlements
GET    CRA   /api/stock/settlements/{document}
GET    CRA   /api/stock/count-sheets
GET    CRA   /api/stock/count-sheets/{sheet}
GET    CR    /api/stock/count-sheets/{sheet}/pdf
GET    CRA   /api/shipments
POST   CR    /api/shipments
GET    CRA   /api/shipments/{shipment}
POST   CR    /api/shipments/{shipment}/receive
POST   CR    /api/shipments/{shipment}/acknowledge
GET    CRA   /api/lots/{lot}/trace
GET    CRA   /api/merges
POST   C     /api/merges
GET    CRA   /api/entries
GET    CRA   /api/entries/{entry}
POST   C     /api/entries/{entry}/forget
POST   C     /api/entries/{entry}/reverse
POST   C     /api/entries/{entry}/correct
GET    CRA   /api/entries/conflicts
POST   C     /api/entries/conflicts/{conflict}/resolve
GET    CRA   /api/activities
POST   CR    /api/activities
GET    CRA   /api/activities/{activity}
GET    CRA   /api/periods
POST   C     /api/periods/close
POST   C     /api/periods/reopen
GET    CRA   /api/reports/station
GET    CRA   /api/reports/station/pdf
GET    CRA   /api/reports/disclosure
GET    CRA   /api/reports/disclosure/pdf
GET    CRA   /api/reports/stock
GET    CRA   /api/reports/alerts
GET    CRA   /api/reports/alerts/feed
GET    CRA   /api/reports/look-alikes
GET    CRA   /api/reports/cover
GET    CRA   /api/reports/derivation
GET    CRA   /api/reports/losses
GET    CRA   /api/reports/pledges-by-donor
GET    CRA   /api/reports/donor-values
GET    CRA   /api/reports/campaigns
GET    CRA   /api/reports/waiting
GET    CRA   /api/reports/teams
GET    CRA   /api/reports/household
GET    CRA   /api/reports/recall
GET    CRA   /api/reports/movements
GET    CRA   /api/reports/station/{form}
GET    CRA   /api/reports/disclosure/{form}
GET    CRA   /api/reports/pledges
GET    CRA   /api/reports/needs
GET    CRA   /api/reports/deliveries
GET    CRA   /api/reports/pledges/{form}
GET    CRA   /api/reports/needs/{form}
GET    CRA   /api/reports/deliveries/{form}
GET    CRA   /api/reports/stock/{form}
GET    CRA   /api/reports/cover/{form}
GET    CRA   /api/reports/derivation/{form}
GET    CRA   /api/reports/movements/{form}
GET    CRA   /api/reports/losses/{form}
GET    CRA   /api/reports/pledges-by-donor/{form}
GET    CRA   /api/reports/donor-values/{form}
GET    CRA   /api/reports/campaigns/{form}
GET    CRA   /api/reports/waiting/{form}
GET    CRA   /api/reports/teams/{form}
GET    CRA   /api/reports/household/{form}
GET    CRA   /api/reports/recall/{form}
GET    CRA   /api/reports/alerts/{form}
GET    CA    /api/exports/{kind}
GET    CRA   /api/station
GET    CRA   /api/station/units
PATCH  C     /api/station
GET    C     /api/organisation/stations
GET    C     /api/organisation/stock
GET    C     /api/organisation/stock/{item}
GET    C     /api/organisation/needs
GET    C     /api/organisation/needs/{item}
GET    C     /api/organisation/report
GET    C     /api/organisation/report/pdf
GET    C     /api/organisation/report/{form}
GET    C     /api/reports/organisation-stock
GET    C     /api/reports/organisation-stock/{form}
GET    C     /api/reports/organisation-needs
GET    C     /api/reports/organisation-needs/{form}
GET    C     /api/users
POST   C     /api/users
GET    C     /api/users/{user}
POST   C     /api/users/{user}/invitation
POST   C     /api/users/{user}/disable
POST   C     /api/users/{user}/enable
POST   C     /api/users/{user}/role
GET    C     /api/tokens
POST   C     /api/tokens
GET    C     /api/tokens/{token}
DELETE C     /api/tokens/{token}
GET    CRA   /api/sessions
DELETE CRA   /api/sessions/{session}
GET    C     /api/access-log
"""
"""The roles of each route, written by hand and not taken from the program."""

ROUTES = [tuple(line.split()) for line in TABLE.strip().splitlines()]

NAMED = {"donor": "D-1", "team": "T-1"}
"""Values of path parameters that must belong to the caller."""


def filled(path: str) -> str:
    """Return a path whose parameters are filled with codes that the books do not contain."""
    for name in [part[1:-1] for part in path.split("/") if part.startswith("{")]:
        path = path.replace(f"{{{name}}}", NAMED.get(name, "1"))
    return path


def test_the_table_of_this_module_lists_every_route(service: Service) -> None:
    routes = {
        (method, route.path_format)
        for route in service.app.routes
        if isinstance(route, HTTPRoute) and not route.path_format.startswith("/schema")
        for method in route.route_handler_map
        if method != "OPTIONS"
    }
    assert {(method, path) for method, _, path in ROUTES} == routes


def credential_of(service: Service, letter: str, path: str) -> dict[str, str]:
    """Return the credential of a role: a token for the API, a cookie for a page."""
    if letter == "nobody":
        return {}
    role = ROLES[letter]
    if path.startswith(("/api", "/run")):
        return {"Authorization": f"Bearer {service.tokens[role]}"}
    name = "supplies_donor" if path.startswith("/my") else "supplies_session"
    return {"Cookie": f"{name}={service.sessions.get(role, service.tokens[role])}"}


@pytest.mark.parametrize("letter", [*ROLES, "nobody"])
def test_each_route_serves_only_its_roles(
    anonymous_client: TestClient, service: Service, letter: str
) -> None:
    wrong = []
    # Signing out comes last: it ends the session that the other requests use.
    for method, serves, path in sorted(ROUTES, key=lambda route: route[2] == "/sign-out"):
        with anonymous_client.app.state.stations.default.ledger.admin_transaction() as books:
            books.store.run("DELETE FROM attempts")  # otherwise the rate limit is reached
        page = not path.startswith("/api")
        answer = anonymous_client.request(
            method,
            filled(path),
            headers=credential_of(service, letter, path) | ({"Origin": ADDRESS} if page else {}),
            json=None if page else {},
            follow_redirects=False,
        )
        status = answer.status_code
        to_sign_in = answer.headers.get("location", "").startswith(("/sign-in", "/my/lost"))
        if path != "/sign-out" and to_sign_in:
            status = 401
        if serves == EVERYBODY or letter in serves:
            right = status not in (401, 403) and status < 500
        else:
            refused = (401, 403) if page else (401,) if letter == "nobody" else (403,)
            right = status in refused
        if not right:
            wrong.append((method, path, answer.status_code, answer.text[:200]))
    assert not wrong


def test_an_auditor_sees_codes_instead_of_names(
    rest: RestClient, service: Service, open_delivery: str
) -> None:
    auditor = {"Authorization": f"Bearer {service.tokens['auditor']}"}
    body = rest.donation() | {"checked_by": "林某", "agreement": "with Wang", "wish": "给林某"}
    number = rest.post("/api/donations", body)["receipt"]["number"]
    rest.post("/api/activities", {"kind": "visit", "count": 1, "who": "陈某"})
    names = (
        "广州某企业",
        "李某",
        "王某",
        "张某",
        "13800138000",
        "陈某",
        "新来居民",
        "林某",
        "Wang",
    )
    found = {
        "code": "D-1",
        "number": number,
        "entry": "1",
        "donation": "d_1",
        "delivery": open_delivery,
    }
    found |= {"lot": "l_1", "activity": "y_6"}
    read = 0
    for method, serves, path in ROUTES:
        if method != "GET" or "A" not in serves or not path.startswith("/api"):
            continue
        for name, value in (
            ("{code}", "D-1"),
            ("{number}", number),
            ("{entry}", "1"),
            ("{donation}", "d_1"),
            ("{delivery}", open_delivery),
            ("{lot}", "l_1"),
            ("{activity}", "y_6"),
        ):
            path = path.replace(name, value)
        path = path.replace("/recipients/D-1", "/recipients/R-1")
        query = "?from=2020-02-01&to=2020-02-10" if "/station" in path or "/disc" in path else ""
        answer = rest.client.get(path + (query if "reports" in path else ""), headers=auditor)
        read += answer.status_code == 200
        for name in names:
            assert name not in answer.text, (path, name)
    assert read >= 20
    problem(rest.client.get("/api/donors?q=李某", headers=auditor), 403, "forbidden")


def test_a_recorder_may_reverse_only_donations_recorded_today(
    rest: RestClient, service: Service
) -> None:
    recorder = {"Authorization": f"Bearer {service.tokens['recorder']}"}
    first, second = rest.give()["donation"]["id"], rest.give()["donation"]["id"]
    keyed = recorder | {"Idempotency-Key": "late in the evening"}
    path, why = f"/api/donations/{first}/reverse", {"reason": "twice"}
    today = rest.client.post(path, json=why, headers=keyed)
    assert today.status_code == 201
    service.clock.advance(1)
    assert rest.client.post(path, json=why, headers=keyed).content == today.content
    answer = rest.client.post(
        f"/api/donations/{second}/reverse", json={"reason": "twice"}, headers=recorder
    )
    problem(answer, 403, "forbidden")
    rest.post(f"/api/donations/{second}/reverse", {"reason": "twice"})
