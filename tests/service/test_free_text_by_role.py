"""Free text by role: staff read it; auditors and donors see only that there is some."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from support.canaries import erasable_fields, structs_of
from support.rest_client import RestClient
from support.service_fixture import Service

from supplies.ledger.rules import RULES
from supplies.views.pagination import View
from supplies.views.pseudonyms import REPLACED_FIELDS

WITHHELD = "–"


def as_role(rest: RestClient, service: Service, role: str, path: str) -> Any:
    token = {"Authorization": f"Bearer {service.tokens[role]}"}
    answer = rest.client.get(path, headers=token)
    assert answer.status_code == 200, answer.text
    assert "canary" not in answer.text, path
    return answer.json()


def test_an_auditor_sees_that_a_text_exists_but_not_its_content(
    rest: RestClient, service: Service
) -> None:
    need = rest.need(4, note="canary")
    rest.post(f"/api/needs/{need}/end", {"reason": "moved", "note": "canary"})
    line = {"item": "mask", "quantity": 9, "value": {"minor": 1, "currency": "CNY"}}
    line["value"]["evidence"] = "canary"  # type: ignore[index]  # a nested object
    donated = rest.post(
        "/api/donations",
        rest.donation() | {"handled_by": "canary", "wish": "canary", "lines": [line]},
    )
    allocation = rest.allocation(4)
    delivery = rest.post(
        "/api/deliveries", {"team": "T-1", "allocations": [allocation], "note": "canary"}
    )["delivery"]["id"]
    outcome = {"allocation": allocation, "outcome": "handed_over", "note": "canary"}
    rest.post(f"/api/deliveries/{delivery}/outcomes", outcome)
    contradicted = outcome | {"outcome": "not_at_home", "time_window": "canary"}
    rest.send(f"/api/deliveries/{delivery}/outcomes", contradicted)

    (conflict,) = as_role(rest, service, "auditor", "/api/entries/conflicts")["items"]
    assert (conflict["note"], conflict["time_window"]) == (WITHHELD, WITHHELD)
    found = as_role(rest, service, "auditor", f"/api/needs/{need}")
    assert found["note"] == WITHHELD
    assert found["remarks"][0]["texts"] == [{"field": "note", "text": WITHHELD}]
    donation = as_role(rest, service, "auditor", f"/api/donations/{donated['donation']['id']}")
    assert (donation["handled_by"], donation["wish"], donation["note"]) == (
        WITHHELD,
        WITHHELD,
        None,
    )
    assert donation["lines"][0]["value"] == {"minor": 1, "currency": "CNY", "evidence": WITHHELD}
    shown = as_role(rest, service, "auditor", f"/api/deliveries/{delivery}")
    assert (shown["note"], shown["stops"][0]["note"]) == (WITHHELD, WITHHELD)
    entries = as_role(rest, service, "auditor", "/api/entries")["items"]
    assert {"field": "wish", "text": WITHHELD} in entries[2]["texts"]
    for path in ("needs", "donations", "allocations", "deliveries", "receipts", "activities"):
        as_role(rest, service, "auditor", f"/api/{path}")

    assert rest.get(f"/api/deliveries/{delivery}")["stops"][0]["note"] == "canary"
    assert rest.get("/api/entries/1")["texts"] == [{"field": "note", "text": "canary"}]


def test_notes_of_write_offs_and_counts_are_withheld_from_auditors(
    rest: RestClient, service: Service
) -> None:
    rest.give(10)
    line = {"item": "mask", "quantity": 2}
    rest.post(
        "/api/stock/write-offs",
        {"reason": "damaged", "location": "store", "lines": [line], "note": "canary"},
    )
    sheet = rest.post("/api/stock/count-sheets", {"location": "store", "note": "canary"})
    path = f"/api/stock/count-sheets/{sheet['entry']['document']}"
    counted = rest.post(
        f"{path}/count", {"lines": [{"item": "mask", "counted": 7}], "note": "canary"}
    )
    assert list(counted) == ["entry", "sheet"]
    (shown,) = counted["sheet"]["lines"]
    assert (shown["expected"], shown["counted"], shown["difference"]) == (8, 7, -1)
    assert rest.get(path) == counted["sheet"]
    assert rest.get("/api/stock/count-sheets")["items"] == [counted["sheet"]]
    assert rest.get("/api/stock/write-offs")["items"][0]["note"] == "canary"

    (listed,) = as_role(rest, service, "auditor", "/api/stock/write-offs")["items"]
    assert listed["note"] == WITHHELD
    seen = as_role(rest, service, "auditor", path)
    assert (seen["note"], seen["count_note"]) == (WITHHELD, WITHHELD)


def test_a_donor_does_not_see_notes_of_the_staff_on_their_pledge(
    rest: RestClient, service: Service
) -> None:
    pledge = rest.post(
        "/api/pledges",
        {"donor": "D-1", "note": "canary", "lines": [{"item": "mask", "quantity": 5}]},
    )["pledge"]["id"]
    rest.post(f"/api/pledges/{pledge}/cancel", {"reason": "canary"})
    found = as_role(rest, service, "donor", f"/api/pledges/{pledge}")
    assert found["note"] == WITHHELD
    assert found["remarks"][0]["texts"] == [{"field": "reason", "text": WITHHELD}]
    as_role(rest, service, "donor", "/api/pledges")


def test_a_courier_reads_what_was_reported_on_their_delivery(
    rest: RestClient, service: Service
) -> None:
    rest.give(20)
    allocation = rest.allocation(4)
    delivery = rest.delivery(allocation)
    outcome = {"allocation": allocation, "outcome": "handed_over", "note": "at the gate"}
    rest.post(f"/api/deliveries/{delivery}/outcomes", outcome)
    shown = as_role(rest, service, "courier", f"/api/deliveries/{delivery}")
    assert shown["stops"][0]["note"] == "at the gate"


def test_an_auditor_reads_conflicts_and_shipments_without_their_texts(
    rest: RestClient, service: Service
) -> None:
    rest.give(20)
    allocation = rest.allocation(4)
    delivery = rest.delivery(allocation)
    outcome = {"allocation": allocation, "outcome": "handed_over", "note": "canary"}
    rest.post(f"/api/deliveries/{delivery}/outcomes", outcome)
    other = {**outcome, "outcome": "refused", "time_window": "canary"}
    reported = rest.send(f"/api/deliveries/{delivery}/outcomes", other)
    conflict = reported.json()["entry"]["seq"]
    (listed,) = as_role(rest, service, "auditor", "/api/entries/conflicts")["items"]
    assert (listed["seq"], listed["note"]) == (conflict, WITHHELD)
    cookie = {"Cookie": f"supplies_session={service.sessions['auditor']}"}
    for path in ("/entries/conflicts", f"/entries/{conflict}"):
        page = rest.client.get(path, headers={**cookie, "Accept": "text/html"})
        assert page.status_code == 200
        assert "canary" not in page.text
    assert rest.get("/api/entries/conflicts")["items"][0]["note"] == "canary"
    decision = {"by": "correct", "reason": "canary"}
    decided = rest.post(f"/api/entries/conflicts/{conflict}/resolve", decision)["entry"]["seq"]
    page = rest.client.get(f"/entries/{decided}", headers={**cookie, "Accept": "text/html"})
    assert page.status_code == 200
    assert "canary" not in page.text
    (done,) = as_role(rest, service, "auditor", "/api/entries/conflicts?open=false")["items"]
    assert done["resolved_because"] == WITHHELD

    sending = {"to": "hb", "location": "store", "lines": [{"item": "mask", "quantity": 1}]}
    sent = rest.post("/api/shipments", {**sending, "note": "canary"})["shipment"]["id"]
    assert as_role(rest, service, "auditor", f"/api/shipments/{sent}")["note"] == WITHHELD
    assert as_role(rest, service, "auditor", "/api/shipments")["items"][0]["note"] == WITHHELD


def test_an_auditor_sees_which_codes_look_alike_but_not_why_by_value(
    rest: RestClient, service: Service
) -> None:
    for name in ("canary", "Canary"):
        rest.post("/api/recipients", {"name": name, "phone": "13900000000"})
    found = as_role(rest, service, "auditor", "/api/reports/look-alikes?kind=recipients")
    (group,) = found["items"]
    assert "name" in group["same"]
    assert {one["name"] for one in group["records"]} == {None}
    assert {one["phone"] for one in group["records"]} == {None}


def test_every_view_with_free_text_is_in_the_table_of_replaced_fields() -> None:
    texts = {
        name
        for command in RULES
        for struct in structs_of(command)
        for name in erasable_fields(struct)
    }
    left_out = [
        (view.__name__, name)
        for view in subclasses(View)
        if view.__module__.startswith("supplies.views")
        for name in view.__struct_fields__
        if name in texts or name.endswith(("_note", "_because"))
        if name not in REPLACED_FIELDS.get(view, {})
    ]
    # The reason of a loss is the key of its account, such as `expired`.
    assert left_out == [("LossLine", "reason")]


def subclasses(kind: type[View]) -> Iterator[type[View]]:
    """Yield all subclasses of a class."""
    for each in kind.__subclasses__():
        yield each
        yield from subclasses(each)
