"""Who is let in to what: every route, every role, nobody; tokens, links, and the access log."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from litestar.routes import HTTPRoute
from litestar.testing import TestClient
from support.rest_client import ADDRESS, Rest, problem, signed_in
from support.service_fixture import Service

from supplies.access import access_log as log
from supplies.access.access_context import Gate

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
GET    CRA   /api/metrics
GET    -     /v/{number}
GET    -     /style.css
GET    -     /sign-in
POST   -     /sign-in
POST   -     /sign-out
GET    -     /invitation/{shown}
POST   -     /invitation/{shown}
GET    -     /my/lost
GET    -     /my/{shown}
GET    CRTA  /
GET    CRA   /report
POST   CRTA  /tokens
POST   CRTA  /tokens/{token}/revoke
POST   CRTA  /password
GET    D     /my
GET    D     /my/receipts/{number}
GET    D     /my/statement
POST   D     /my/requests
GET    CRA   /api/items
POST   CR    /api/items
GET    CRA   /api/items/{code}
PATCH  CR    /api/items/{code}
GET    CRA   /api/locations
POST   CR    /api/locations
GET    CRA   /api/locations/{code}
PATCH  CR    /api/locations/{code}
GET    CRA   /api/teams
POST   CR    /api/teams
GET    CRA   /api/teams/{code}
PATCH  CR    /api/teams/{code}
GET    CR    /api/teams/{code}/link
POST   CR    /api/teams/{code}/link
DELETE CR    /api/teams/{code}/link
DELETE CR    /api/teams/{code}/link/{link}
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
POST   CR    /api/pledges/{pledge}/cancel
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
GET    CR    /api/allocations
POST   CR    /api/allocations
GET    CR    /api/allocations/proposal
GET    CR    /api/allocations/{allocation}
POST   CR    /api/allocations/{allocation}/release
GET    CRAT  /api/deliveries
POST   CR    /api/deliveries
GET    CRAT  /api/deliveries/{delivery}
GET    CRT   /api/deliveries/{delivery}/slips/pdf
GET    CRT   /api/deliveries/{delivery}/run-sheet
GET    CRT   /api/deliveries/{delivery}/run-sheet/pdf
POST   CRT   /api/deliveries/{delivery}/outcomes
POST   CR    /api/deliveries/{delivery}/close
POST   CR    /api/deliveries/{delivery}/reassign
GET    CRA   /api/stock
POST   CR    /api/stock/openings
POST   CR    /api/stock/arrivals
POST   CR    /api/stock/moves
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
POST   C     /api/stock/settlements
GET    CR    /api/shipments
POST   CR    /api/shipments
GET    CR    /api/shipments/{shipment}
POST   CR    /api/shipments/{shipment}/receive
POST   CR    /api/shipments/{shipment}/acknowledge
GET    CRA   /api/lots/{lot}/trace
GET    CRA   /api/entries
GET    CRA   /api/entries/{entry}
POST   C     /api/entries/{entry}/reverse
POST   C     /api/entries/{entry}/correct
GET    C     /api/entries/conflicts
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
GET    CRA   /api/station
PATCH  C     /api/station
GET    C     /api/organisation/stations
GET    C     /api/organisation/stock
GET    C     /api/organisation/stock/{item}
GET    C     /api/organisation/needs
GET    C     /api/organisation/needs/{item}
GET    C     /api/organisation/report
GET    C     /api/organisation/report/pdf
GET    C     /api/users
POST   C     /api/users
GET    C     /api/users/{user}
POST   C     /api/users/{user}/invitation
POST   C     /api/users/{user}/disable
GET    C     /api/tokens
POST   C     /api/tokens
GET    C     /api/tokens/{token}
DELETE C     /api/tokens/{token}
GET    C     /api/access-log
"""
"""Whom each route serves, as it was agreed; not read from the program."""

ROUTES = [tuple(line.split()) for line in TABLE.strip().splitlines()]

NAMED = {"donor": "D-1", "team": "T-1"}
"""What stands in an address for a name, where anything else would be another's."""


def filled(path: str) -> str:
    """A path with something in the place of its names, that is in no books."""
    for name in [part[1:-1] for part in path.split("/") if part.startswith("{")]:
        path = path.replace(f"{{{name}}}", NAMED.get(name, "1"))
    return path


def test_the_table_names_every_route_and_no_other(service: Service) -> None:
    there = {
        (method, route.path_format)
        for route in service.app.routes
        if isinstance(route, HTTPRoute) and not route.path_format.startswith("/schema")
        for method in route.route_handler_map
        if method != "OPTIONS"
    }
    assert {(method, path) for method, _, path in ROUTES} == there


def shown_by(service: Service, letter: str, path: str) -> dict[str, str]:
    """What somebody of a role sends along: a token to the API, a cookie to a page."""
    if letter == "nobody":
        return {}
    role = ROLES[letter]
    if path.startswith("/api"):
        return {"Authorization": f"Bearer {service.tokens[role]}"}
    name = "supplies_donor" if path.startswith("/my") else "supplies_session"
    return {"Cookie": f"{name}={service.sessions.get(role, service.tokens[role])}"}


@pytest.mark.parametrize("letter", [*ROLES, "nobody"])
def test_each_route_serves_its_roles_and_nobody_else(
    strangers: TestClient, service: Service, letter: str
) -> None:
    wrong = []
    # Signing out comes last: it ends the session that the other requests use.
    for method, serves, path in sorted(ROUTES, key=lambda route: route[2] == "/sign-out"):
        with strangers.app.state.stations.home.ledger.admin_transaction() as books:
            books.store.run("DELETE FROM attempts")  # or strangers would be told to wait
        page = not path.startswith("/api")
        answer = strangers.request(
            method,
            filled(path),
            headers=shown_by(service, letter, path) | ({"Origin": ADDRESS} if page else {}),
            json=None if page else {},
            follow_redirects=False,
        )
        status = answer.status_code
        if path != "/sign-out" and answer.headers.get("location") in ("/sign-in", "/my/lost"):
            status = 401
        if serves == EVERYBODY or letter in serves:
            right = status not in (401, 403) and status < 500
        else:
            refused = (401, 403) if page else (401,) if letter == "nobody" else (403,)
            right = status in refused
        if not right:
            wrong.append((method, path, answer.status_code, answer.text[:200]))
    assert not wrong


# --- what is shown at the gate --------------------------------------------------------------------


@pytest.mark.parametrize(
    "shown",
    [
        "",
        "Bearer ",
        "Bearer supplies",
        "Bearer supplies.0000000000000000." + "A" * 43,
        "Basic Y29vcmRpbmF0b3I6eA==",
    ],
)
def test_what_is_no_token_lets_nobody_in(strangers: TestClient, shown: str) -> None:
    answer = strangers.get("/api/stock", headers={"Authorization": shown})
    problem(answer, 401, "unauthenticated")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_session_cookie_lets_nobody_in_to_the_api(
    strangers: TestClient, service: Service
) -> None:
    cookie = {"Cookie": f"supplies_session={service.sessions['coordinator']}"}
    problem(strangers.get("/api/stock", headers=cookie), 401, "unauthenticated")
    assert strangers.get("/", headers=cookie).status_code == 200


def test_a_session_is_no_token(strangers: TestClient, service: Service) -> None:
    signed_in(strangers, service.sessions["coordinator"])
    problem(strangers.get("/api/stock"), 401, "unauthenticated")


def make_token(rest: Rest, **more: Any) -> Any:
    body = {"user": "u_2", "label": "counting app", **more}
    return rest.post("/api/tokens", body)


def test_a_token_is_told_once_and_holds_until_it_is_revoked(
    rest: Rest, strangers: TestClient
) -> None:
    made = make_token(rest)
    assert made["token"]["role"] == "recorder"
    listed = rest.client.get("/api/tokens")
    assert made["secret"] not in listed.text
    app = {"Authorization": f"Bearer {made['secret']}"}
    assert strangers.get("/api/stock", headers=app).status_code == 200
    used = rest.get(f"/api/tokens/{made['token']['id']}")["used_at"]
    assert used == "2020-02-10T04:00:00.000000Z"
    ended = rest.client.delete(f"/api/tokens/{made['token']['id']}")
    assert ended.json()["revoked_at"] == used
    problem(strangers.get("/api/stock", headers=app), 401, "unauthenticated")


def test_a_repeat_is_answered_without_the_secret_and_makes_no_second_token(rest: Rest) -> None:
    body = {"user": "u_2", "label": "counting app"}
    made = rest.post("/api/tokens", body, key="one")
    again = rest.post("/api/tokens", body, key="one")
    assert again["token"]["id"] == made["token"]["id"]
    assert (made["secret"] is None, again["secret"]) == (False, None)


def test_the_metrics_are_for_this_machine_or_a_token(rest: Rest, strangers: TestClient) -> None:
    del strangers.headers["Authorization"]
    forwarded = {"X-Forwarded-For": "203.0.113.9"}
    problem(strangers.get("/api/metrics", headers=forwarded), 401, "unauthenticated")


def test_a_token_expires(rest: Rest, service: Service) -> None:
    app = {"Authorization": f"Bearer {make_token(rest, days=3)['secret']}"}
    service.clock.advance(2)
    assert rest.client.get("/api/stock", headers=app).status_code == 200
    service.clock.advance(1)
    problem(rest.client.get("/api/stock", headers=app), 401, "unauthenticated")


def test_a_token_is_never_more_than_its_user(rest: Rest) -> None:
    told = rest.refused(
        "/api/tokens", {"user": "u_2", "label": "x", "role": "coordinator"}, 422, "invalid-field"
    )
    assert told["errors"][0]["pointer"] == "/role"
    assert make_token(rest, role="auditor")["token"]["role"] == "auditor"


def test_who_is_disabled_is_out_with_all_their_tokens(rest: Rest, service: Service) -> None:
    recorder = {"Authorization": f"Bearer {service.tokens['recorder']}"}
    assert rest.client.get("/api/stock", headers=recorder).status_code == 200
    rest.post("/api/users/u_2/disable")
    problem(rest.client.get("/api/stock", headers=recorder), 401, "unauthenticated")
    told = rest.refused("/api/tokens", {"user": "u_2", "label": "x"}, 422, "invalid-field")
    assert told["errors"][0]["pointer"] == "/user"


def test_entries_name_who_recorded_them(rest: Rest, service: Service) -> None:
    signed_in(rest.client, service.tokens["recorder"])
    made = rest.post("/api/needs", {"recipient": "R-1", "item": "mask", "quantity": 1})
    assert made["entry"]["recorded_by"] == "u_2"


def test_users_and_tokens_come_in_pages(rest: Rest) -> None:
    for number in range(9):
        rest.post("/api/users", {"login": f"person-{number}", "role": "auditor"})
        make_token(rest)
    for path, name in (("/api/users", "code"), ("/api/tokens", "id")):
        whole = [one[name] for one in rest.get(path)["items"]]
        paged, after = [], None
        while True:
            query = {"limit": 5} | ({"after": after} if after else {})
            page = rest.get(path, **query)
            paged += [one[name] for one in page["items"]]
            after = page["next"]
            if after is None:
                break
        assert paged == whole
        assert len(set(whole)) == len(whole) > 9


def test_a_login_is_one_persons(rest: Rest) -> None:
    rest.post("/api/users", {"login": "kai", "role": "courier", "team": "T-1"})
    told = rest.refused("/api/users", {"login": "KAI", "role": "auditor"}, 409, "already-done")
    assert told["errors"][0]["pointer"] == "/login"
    told = rest.refused("/api/users", {"login": "lin", "role": "courier"}, 422, "invalid-field")
    assert told["errors"][0]["pointer"] == "/team"


# --- couriers -------------------------------------------------------------------------------------


@pytest.fixture
def out(rest: Rest) -> str:
    """A delivery that T-1 carries."""
    rest.give(20)
    return rest.delivery(rest.allocation(4))


def as_courier(rest: Rest, service: Service) -> dict[str, str]:
    return {"Authorization": f"Bearer {service.tokens['courier']}"}


def test_a_courier_sees_the_doors_of_the_own_open_deliveries_and_reports_there(
    rest: Rest, service: Service, out: str
) -> None:
    courier = as_courier(rest, service)
    listed = rest.client.get("/api/deliveries", headers=courier).json()["items"]
    assert [one["id"] for one in listed] == [out]
    sheet = rest.client.get(f"/api/deliveries/{out}/run-sheet", headers=courier).json()
    assert sheet["stops"][0]["recipient"] == "R-1"
    slips = rest.client.get(f"/api/deliveries/{out}/slips/pdf", headers=courier)
    assert slips.content.startswith(b"%PDF")
    stop = listed[0]["stops"][0]["allocation"]
    done = rest.client.post(
        f"/api/deliveries/{out}/outcomes",
        json={"allocation": stop, "outcome": "handed_over"},
        headers=courier,
    )
    assert done.status_code == 201
    assert done.json()["entry"]["recorded_by"].startswith("link.")


def test_a_courier_sees_nothing_of_a_delivery_once_it_is_closed(
    rest: Rest, service: Service, out: str
) -> None:
    courier = as_courier(rest, service)
    stop = rest.get(f"/api/deliveries/{out}")["stops"][0]["allocation"]
    rest.post(f"/api/deliveries/{out}/outcomes", {"allocation": stop, "outcome": "handed_over"})
    rest.post(f"/api/deliveries/{out}/close")
    assert rest.client.get("/api/deliveries", headers=courier).json()["items"] == []
    for path in ("", "/slips/pdf", "/run-sheet", "/run-sheet/pdf"):
        answer = rest.client.get(f"/api/deliveries/{out}{path}", headers=courier)
        problem(answer, 403, "forbidden")


def test_a_courier_sees_nothing_of_another_team(rest: Rest, service: Service, out: str) -> None:
    rest.post(f"/api/deliveries/{out}/reassign", {"team": "T-2"})
    courier = as_courier(rest, service)
    problem(rest.client.get(f"/api/deliveries/{out}", headers=courier), 403, "forbidden")
    for query in ("team=T-2", "status=closed"):
        answer = rest.client.get(f"/api/deliveries?{query}", headers=courier)
        problem(answer, 403, "forbidden")


def test_a_lost_telephones_link_is_ended_at_once(rest: Rest, service: Service, out: str) -> None:
    made = rest.post("/api/teams/T-1/link", {"label": "Kai's telephone"})
    telephone = {"Authorization": f"Bearer {made['secret']}"}
    assert rest.client.get(f"/api/deliveries/{out}", headers=telephone).status_code == 200
    ended = rest.client.delete("/api/teams/T-1/link").json()
    assert ended["revoked"] == 2
    problem(rest.client.get(f"/api/deliveries/{out}", headers=telephone), 401, "unauthenticated")


def test_a_teams_link_opens_no_page_of_the_staff(strangers: TestClient, service: Service) -> None:
    link = {"Cookie": f"supplies_session={service.tokens['courier']}"}
    answer = strangers.get("/", headers=link, follow_redirects=False)
    assert answer.headers["location"] == "/sign-in"


def test_an_outcome_is_repeated_after_the_delivery_was_closed(
    rest: Rest, service: Service, out: str
) -> None:
    courier = as_courier(rest, service) | {"Idempotency-Key": "door-1"}
    stop = rest.get(f"/api/deliveries/{out}")["stops"][0]["allocation"]
    path, body = f"/api/deliveries/{out}/outcomes", {"allocation": stop, "outcome": "handed_over"}
    first = rest.client.post(path, json=body, headers=courier)
    rest.post(f"/api/deliveries/{out}/close")
    again = rest.client.post(path, json=body, headers=courier)
    assert (again.status_code, again.content) == (201, first.content)


# --- donors ---------------------------------------------------------------------------------------


@pytest.fixture
def donor(service: Service) -> dict[str, str]:
    return {"Authorization": f"Bearer {service.tokens['donor']}"}


def gifts_of_two(rest: Rest) -> tuple[str, str]:
    """A receipt of D-1, and one of D-2."""
    mine = rest.give()["receipt"]["number"]
    body = {**rest.donation(), "donor": "D-2"}
    return mine, rest.post("/api/donations", body)["receipt"]["number"]


def test_a_donor_sees_the_own_papers_and_nobody_elses(rest: Rest, donor: dict[str, str]) -> None:
    mine, others = gifts_of_two(rest)
    listed = rest.client.get("/api/receipts", headers=donor).json()["items"]
    assert [one["number"] for one in listed] == [mine]
    assert rest.client.get(f"/api/receipts/{mine}/pdf", headers=donor).content[:4] == b"%PDF"
    problem(rest.client.get(f"/api/receipts/{others}", headers=donor), 403, "forbidden")
    problem(rest.client.get(f"/api/receipts/{others}/pdf", headers=donor), 403, "forbidden")
    problem(rest.client.get("/api/receipts?donor=D-2", headers=donor), 403, "forbidden")
    days = "from=2020-02-01&to=2020-02-10"
    own = rest.client.get(f"/api/donors/D-1/statement?{days}", headers=donor)
    assert own.status_code == 200
    other = rest.client.get(f"/api/donors/D-2/statement?{days}", headers=donor)
    problem(other, 403, "forbidden")


def test_a_donors_looks_leave_lines(rest: Rest, donor: dict[str, str]) -> None:
    mine, _ = gifts_of_two(rest)
    rest.client.get(f"/api/receipts/{mine}", headers=donor)
    who, outcome, route, subject = lines(rest)[0]
    assert who.startswith("link.")
    assert (outcome, route, subject) == ("looked", "/api/receipts/{number}", mine)


def test_a_donor_sees_the_own_pledges_and_nobody_elses(rest: Rest, donor: dict[str, str]) -> None:
    line = {"item": "mask", "quantity": 5}
    mine = rest.post("/api/pledges", {"donor": "D-1", "lines": [line]})["pledge"]["id"]
    other = rest.post("/api/pledges", {"donor": "D-2", "lines": [line]})["pledge"]["id"]
    listed = rest.client.get("/api/pledges", headers=donor).json()["items"]
    assert [one["id"] for one in listed] == [mine]
    assert rest.client.get(f"/api/pledges/{mine}", headers=donor).status_code == 200
    problem(rest.client.get(f"/api/pledges/{other}", headers=donor), 403, "forbidden")


def test_no_donor_is_taken_for_those_nobody_knows(rest: Rest) -> None:
    rest.post("/api/donors", {"code": "None", "name": "某"})
    shown = {"Authorization": f"Bearer {rest.post('/api/donors/None/link', {})['secret']}"}
    anonymous = {**rest.donation(), "donor": None}
    number = rest.post("/api/donations", anonymous)["receipt"]["number"]
    problem(rest.client.get(f"/api/receipts/{number}", headers=shown), 403, "forbidden")


def test_a_donors_link_expires_and_is_revoked(rest: Rest, service: Service) -> None:
    made = rest.post("/api/donors/D-1/link", {"days": 2})
    shown = {"Authorization": f"Bearer {made['secret']}"}
    assert made["address"] == f"/my/{made['secret']}"
    assert rest.client.get("/api/receipts", headers=shown).status_code == 200
    service.clock.advance(2)
    problem(rest.client.get("/api/receipts", headers=shown), 401, "unauthenticated")
    again = rest.post("/api/donors/D-1/link", {})
    rest.client.delete("/api/donors/D-1/link")
    shown = {"Authorization": f"Bearer {again['secret']}"}
    problem(rest.client.get("/api/receipts", headers=shown), 401, "unauthenticated")


def test_a_donor_asks_about_the_own_name_and_is_answered(rest: Rest, donor: dict[str, str]) -> None:
    wish = "请写作：广州某某有限公司"
    body = {"kind": "correct", "wish": wish}
    asked = rest.client.post("/api/donors/D-1/requests", json=body, headers=donor)
    assert asked.status_code == 201
    other = rest.client.post("/api/donors/D-2/requests", json=body, headers=donor)
    problem(other, 403, "forbidden")
    listed = rest.get("/api/donors/D-1/requests")["items"]
    assert [(one["wish"], one["answer"]) for one in listed] == [(wish, None)]
    path = f"/api/donors/D-1/requests/{listed[0]['id']}"
    assert rest.post(f"{path}/answer", {"answer": "done"})["wish"] is None
    assert rest.get(path)["answered_by"] == "u_1"
    rest.refused(f"{path}/answer", {"answer": "done"}, 409, "already-done")


def test_what_a_forgotten_donor_asked_and_held_is_gone(
    rest: Rest, service: Service, donor: dict[str, str]
) -> None:
    wish = "我不想再被提起"
    rest.client.post(
        "/api/donors/D-1/requests", json={"kind": "forget", "wish": wish}, headers=donor
    )
    rest.post("/api/donors/D-1/forget")
    assert rest.get("/api/donors/D-1/requests")["items"][0]["wish"] is None
    problem(rest.client.get("/api/receipts", headers=donor), 401, "unauthenticated")
    for file in service.folder.glob("books.db*"):
        assert wish.encode() not in file.read_bytes()


# --- auditors and recorders -----------------------------------------------------------------------


def test_an_auditor_sees_codes_and_no_name(rest: Rest, service: Service, out: str) -> None:
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
    found = {"code": "D-1", "number": number, "entry": "1", "donation": "d_1", "delivery": out}
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
            ("{delivery}", out),
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


def test_a_recorder_mends_what_was_recorded_today_and_nothing_older(
    rest: Rest, service: Service
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


# --- the access log -------------------------------------------------------------------------------


def lines(rest: Rest, **query: Any) -> list[tuple[Any, ...]]:
    found = rest.get("/api/access-log", **query)["items"]
    return [(one["who"], one["outcome"], one["route"], one["subject"]) for one in found]


def test_every_look_at_personal_data_leaves_a_line(rest: Rest, service: Service) -> None:
    before = len(lines(rest))
    rest.get("/api/recipients/R-1")
    rest.get("/api/recipients", q="王")
    rest.get("/api/stock")
    recorder = {"Authorization": f"Bearer {service.tokens['recorder']}"}
    rest.client.get("/api/donors/D-1", headers=recorder)
    found = lines(rest)
    assert found[: len(found) - before] == [
        ("u_2", "looked", "/api/donors/{code}", "D-1"),
        ("u_1", "looked", "/api/recipients", None),
        ("u_1", "looked", "/api/recipients/{code}", "R-1"),
    ]
    assert lines(rest, subject="R-1") == [("u_1", "looked", "/api/recipients/{code}", "R-1")]
    assert "王" not in rest.client.get("/api/access-log").text


def test_changing_a_person_shows_them_and_leaves_a_line(rest: Rest) -> None:
    rest.client.patch("/api/recipients/R-1", json={})
    assert lines(rest, subject="R-1") == [("u_1", "looked", "/api/recipients/{code}", "R-1")]


def test_what_is_refused_on_a_page_leaves_a_line_too(rest: Rest) -> None:
    del rest.client.headers["Authorization"]
    for path in ("/my/supplies.0", "/invitation/supplies.0"):
        assert rest.client.get(path).status_code == 404
    forged = {"Cookie": "supplies_session=supplies.0"}
    rest.client.get("/", headers=forged, follow_redirects=False)
    form = {"login": "coordinator", "password": "whatever it may be"}
    for origin in ("https://evil.example", "http://[x"):
        answer = rest.client.post("/sign-in", data=form, headers={"Origin": origin})
        problem(answer, 403, "forbidden")
    ledger = rest.client.app.state.stations.home.ledger
    with ledger.reading() as books:
        found = log.read(Gate(books, ledger.clock()), limit=9)
    assert [(one.route, one.outcome) for one in reversed(found)] == [
        ("/my/{shown}", "refused"),
        ("/invitation/{shown}", "refused"),
        ("/", "refused"),
        ("/sign-in", "refused"),
        ("/sign-in", "refused"),
    ]


def test_every_refused_attempt_leaves_a_line(
    rest: Rest, service: Service, donor: dict[str, str]
) -> None:
    rest.client.get("/api/users", headers=donor)
    rest.client.get("/api/donors/D-2/statement?from=2020-02-01&to=2020-02-02", headers=donor)
    rest.client.get("/api/recipients/R-1", headers={"Authorization": "Bearer nobody"})
    found = [(outcome, route, subject) for _, outcome, route, subject in lines(rest)]
    assert found == [
        ("refused", "/api/recipients/{code}", "R-1"),
        ("refused", "/api/donors/{donor}/statement", "D-2"),
        ("refused", "/api/users", None),
    ]


def test_strangers_who_come_too_often_are_told_to_wait_and_fill_no_log(rest: Rest) -> None:
    nobody = {"Authorization": "Bearer nobody"}
    answers = [rest.client.get("/api/stock", headers=nobody).status_code for _ in range(63)]
    assert answers == [401] * 60 + [429] * 3
    last = rest.client.get("/api/stock", headers=nobody)
    problem(last, 429, "rate-limited")
    assert 1 <= int(last.headers["retry-after"]) <= 60
    assert len(lines(rest)) == 60


def test_papers_are_not_verified_by_guessing(rest: Rest, service: Service) -> None:
    number = rest.give()["receipt"]["number"]
    guesses = [
        rest.client.get(f"/api/verify/{number}?c=0000000{n % 10}").status_code for n in range(31)
    ]
    assert guesses == [404] * 30 + [429]
    service.clock.day += timedelta(days=1)
    assert rest.client.get(f"/api/verify/{number}?c=00000000").status_code == 404
