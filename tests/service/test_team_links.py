"""Links of teams: a courier sees and reports only the team's open deliveries."""

from __future__ import annotations

from litestar.testing import TestClient
from support.rest_client import RestClient, problem
from support.service_fixture import Service


def as_courier(rest: RestClient, service: Service) -> dict[str, str]:
    return {"Authorization": f"Bearer {service.tokens['courier']}"}


def test_a_courier_sees_and_reports_the_teams_open_deliveries(
    rest: RestClient, service: Service, open_delivery: str
) -> None:
    courier = as_courier(rest, service)
    listed = rest.client.get("/api/deliveries", headers=courier).json()["items"]
    assert [one["id"] for one in listed] == [open_delivery]
    sheet = rest.client.get(f"/api/deliveries/{open_delivery}/run-sheet", headers=courier).json()
    assert sheet["stops"][0]["recipient"] == "R-1"
    slips = rest.client.get(f"/api/deliveries/{open_delivery}/slips/pdf", headers=courier)
    assert slips.content.startswith(b"%PDF")
    stop = listed[0]["stops"][0]["allocation"]
    done = rest.client.post(
        f"/api/deliveries/{open_delivery}/outcomes",
        json={"allocation": stop, "outcome": "handed_over"},
        headers=courier,
    )
    assert done.status_code == 201
    assert done.json()["entry"]["recorded_by"].startswith("link.")


def test_a_courier_cannot_see_a_closed_delivery(
    rest: RestClient, service: Service, open_delivery: str
) -> None:
    courier = as_courier(rest, service)
    stop = rest.get(f"/api/deliveries/{open_delivery}")["stops"][0]["allocation"]
    rest.post(
        f"/api/deliveries/{open_delivery}/outcomes", {"allocation": stop, "outcome": "handed_over"}
    )
    rest.post(f"/api/deliveries/{open_delivery}/close")
    assert rest.client.get("/api/deliveries", headers=courier).json()["items"] == []
    for path in ("", "/slips/pdf", "/run-sheet", "/run-sheet/pdf"):
        answer = rest.client.get(f"/api/deliveries/{open_delivery}{path}", headers=courier)
        problem(answer, 403, "forbidden")


def test_a_courier_cannot_see_deliveries_of_another_team(
    rest: RestClient, service: Service, open_delivery: str
) -> None:
    rest.post(f"/api/deliveries/{open_delivery}/reassign", {"team": "T-2"})
    courier = as_courier(rest, service)
    problem(rest.client.get(f"/api/deliveries/{open_delivery}", headers=courier), 403, "forbidden")
    for query in ("team=T-2", "status=closed"):
        answer = rest.client.get(f"/api/deliveries?{query}", headers=courier)
        problem(answer, 403, "forbidden")


def test_revoking_a_teams_links_takes_effect_at_once(
    rest: RestClient, service: Service, open_delivery: str
) -> None:
    made = rest.post("/api/teams/T-1/link", {"label": "Kai's telephone"})
    telephone = {"Authorization": f"Bearer {made['secret']}"}
    assert rest.client.get(f"/api/deliveries/{open_delivery}", headers=telephone).status_code == 200
    ended = rest.client.delete("/api/teams/T-1/link").json()
    assert ended["revoked"] == 2
    problem(
        rest.client.get(f"/api/deliveries/{open_delivery}", headers=telephone),
        401,
        "unauthenticated",
    )


def test_a_team_link_does_not_open_the_home_page(
    anonymous_client: TestClient, service: Service
) -> None:
    link = {"Cookie": f"supplies_session={service.tokens['courier']}"}
    answer = anonymous_client.get("/", headers=link, follow_redirects=False)
    assert answer.headers["location"] == "/sign-in"


def test_repeating_an_outcome_after_closing_gives_the_same_response(
    rest: RestClient, service: Service, open_delivery: str
) -> None:
    courier = as_courier(rest, service) | {"Idempotency-Key": "door-1"}
    stop = rest.get(f"/api/deliveries/{open_delivery}")["stops"][0]["allocation"]
    path, body = (
        f"/api/deliveries/{open_delivery}/outcomes",
        {"allocation": stop, "outcome": "handed_over"},
    )
    first = rest.client.post(path, json=body, headers=courier)
    rest.post(f"/api/deliveries/{open_delivery}/close")
    again = rest.client.post(path, json=body, headers=courier)
    assert (again.status_code, again.content) == (201, first.content)
