"""Pages on which plans are changed: collections, moved stops and undone dispatches."""

from __future__ import annotations

from support.page_client import sign_in_as
from support.rest_client import RestClient
from support.service_fixture import Service


def test_plans_are_changed_on_pages(rest: RestClient, service: Service) -> None:
    rest.give(20)
    names = [rest.allocation(5) for _ in range(3)]
    delivery = rest.delivery(*names[:2])
    browser = sign_in_as(rest.client, service, "recorder")

    def send(path: str, key: str, **fields: str) -> str:
        typed = {"key": key * 20, "do": "save", **fields}
        answer = browser.send(path, **typed)
        assert answer.status_code == 303, answer.text
        return str(answer.headers["location"])

    page = browser.open(f"/deliveries/{delivery}")
    assert "Move stops to another team" in page
    assert "The team did not start" in page
    moved = {"/allocations/0": names[1], "/team": "T-2"}
    other = send(f"/deliveries/{delivery}/move-stops", "m", **moved)
    assert other != f"/deliveries/{delivery}"
    assert "moved to delivery" in browser.open(f"/deliveries/{delivery}")
    send(f"/deliveries/{delivery}/undo", "u", **{"/reason": "no car"})
    assert "not taken along" in browser.open(f"/deliveries/{delivery}")
    lines = {"/lines/0/line": "1", "/lines/0/quantity": "4", "/received_by": "family"}
    assert "The household fetches the goods" in browser.open(f"/allocations/{names[2]}")
    send(f"/allocations/{names[2]}/collect", "c", **lines)
    page = browser.open(f"/allocations/{names[2]}")
    assert "Goods collected at the counter" in page
    assert "<dd>received in part</dd>" in page
    send(f"/allocations/{names[2]}/collect", "d", **{**lines, "/lines/0/quantity": "1"})
    assert "<dd>received</dd>" in browser.open(f"/allocations/{names[2]}")
    fetched = browser.open("/recipients/R-1")
    assert fetched.count("waiting for a team") == 1  # the stop whose dispatch was undone


def test_the_history_of_a_delivery_names_the_stop_and_what_happened(
    rest: RestClient, service: Service
) -> None:
    rest.give(10)
    stop = rest.allocation(4)
    delivery = rest.delivery(stop)
    report = {
        "allocation": stop,
        "outcome": "not_at_home",
        "happened_at": f"{service.clock().isoformat()}",
        "time_window": "after six",
        "code": "000000",
    }
    rest.post(f"/api/deliveries/{delivery}/outcomes", report)
    other = {"allocation": stop, "outcome": "handed_over"}
    assert rest.send(f"/api/deliveries/{delivery}/outcomes", other).status_code == 202
    rest.give(5)
    rest.allocation(5)
    name = rest.get("/api/recipients/R-1")["name"]
    browser = sign_in_as(rest.client, service, "coordinator")
    page = browser.open(f"/deliveries/{delivery}")
    assert f"Delivery outcome · 1. {name} · not at home" in page
    assert "Correct this" in page
    assert f"Conflict · 1. {name}" in page
    assert "At home: after six" in browser.open("/deliveries/new")


def test_an_undone_delivery_is_shown_as_undone(rest: RestClient, service: Service) -> None:
    rest.give(10)
    delivery = rest.delivery(rest.allocation(4))
    rest.post(f"/api/deliveries/{delivery}/undo", {"reason": "no car"})
    name = rest.get("/api/recipients/R-1")["name"]
    page = sign_in_as(rest.client, service, "recorder").open(f"/deliveries/{delivery}")
    assert "<p>undone ·" in page
    assert f"Dispatch undone · 1. {name}" in page
    assert "0 of 0 stops" not in page
    assert 'class="button quiet" href="/deliveries/' in page


def test_an_error_names_the_item_in_the_language_of_the_page(
    rest: RestClient, service: Service
) -> None:
    rest.give(10)
    delivery = rest.delivery(rest.allocation(4))
    rest.allocation(3)
    rest.client.patch("/api/items/mask", json={"name_en": "Face mask"}).raise_for_status()
    browser = sign_in_as(rest.client, service, "recorder")
    refused = browser.send(f"/deliveries/{delivery}/close", key="c" * 20, do="save")
    assert "Face mask 4 pieces of" in refused.text
    team = {"/team": "Night drivers", "key": "d" * 20, "do": "save"}
    refused = browser.send("/deliveries/new", **team)
    assert "choose from the list, or register it" in refused.text
