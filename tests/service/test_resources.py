"""Each resource by its methods: request, response and the books afterwards."""

from __future__ import annotations

from typing import Any

import pytest
from support.rest_client import RestClient, problem

NOUNS = [
    ("items", {"code": "gloves", "name": "手套", "packs": {"box": 100}}, {"category": "ppe"}),
    ("locations", {"code": "gate", "name": "Gate 1"}, {"quarantine": True}),
    ("communities", {"code": "north", "name": "北村"}, {"name_en": "North"}),
    ("campaigns", {"code": "C-9", "name": "省级资助"}, {"note": "grant 2020-17"}),
    ("teams", {"code": "T-9", "name": "九队"}, {"name": "新九队"}),
    ("donors", {"code": "D-9", "name": "某人"}, {"phone": "13800138000"}),
    ("recipients", {"code": "R-9", "name": "某户"}, {"access": "knock slowly"}),
    ("recipients", {"code": "hosp-1", "name": "第一医院"}, {"kind": "institution"}),
]


@pytest.mark.parametrize(("many", "body", "change"), NOUNS)
def test_catalogue_records_are_registered_read_and_amended(
    rest: RestClient, many: str, body: dict[str, Any], change: dict[str, Any]
) -> None:
    path = f"/api/{many}/{body['code']}"
    answer = rest.send(f"/api/{many}", body)
    assert answer.headers["location"] == path
    (registered,) = answer.json().values()
    assert registered == rest.get(path)
    assert body.items() <= registered.items()
    amended = rest.client.patch(path, json=change)
    assert amended.status_code == 200, amended.text
    assert amended.json() == {**registered, **change} == rest.get(path)


def test_amending_a_code_an_unknown_record_or_a_used_unit_is_refused(rest: RestClient) -> None:
    rest.give()
    for body, pointer in (
        ({"code": "m"}, "/code"),
        ({"colour": "red"}, "/colour"),
        ({"unit": "box"}, "/unit"),
        ({"name": None}, "/name"),
    ):
        answer = rest.client.patch("/api/items/mask", json=body)
        assert answer.status_code == 422, answer.text
        assert answer.json()["errors"][0]["pointer"] == pointer
    assert rest.client.patch("/api/items/none", json={}).status_code == 404


def test_the_station_is_read_and_amended(rest: RestClient) -> None:
    assert rest.get("/api/station")["code"] == "lx"
    answer = rest.client.patch("/api/station", json={"address": "龙穴街"})
    assert answer.json()["address"] == rest.get("/api/station")["address"] == "龙穴街"
    answer = rest.client.patch("/api/station", json={"host": "supplies.example.org"})
    assert answer.json()["host"] == rest.get("/api/station")["host"]
    assert answer.json()["host"] == "https://supplies.example.org"
    wrong = rest.client.patch("/api/station", json={"host": "not a host"})
    assert problem(wrong, 422, "invalid-field")["errors"][0]["pointer"] == "/host"


def test_a_need_is_noted_and_ended(rest: RestClient) -> None:
    body = {"recipient": "R-1", "item": "mask", "quantity": 2, "pack": "ten", "urgency": "high"}
    recorded = rest.post("/api/needs", body)
    assert list(recorded) == ["entry", "need"]
    assert (recorded["need"]["asked"], recorded["need"]["status"]) == (20, "open")
    assert recorded["entry"]["transfers"][0]["quantity"] == 20
    path = f"/api/needs/{recorded['need']['id']}"
    assert rest.get(path) == recorded["need"]
    ended = rest.post(f"{path}/end", {"reason": "helped_elsewhere"})
    assert list(ended) == ["entry", "need"]
    assert (ended["need"]["status"], ended["need"]["ended"]) == ("ended", 20)


def test_a_pledge_is_made_cancelled_in_part_and_lapses(rest: RestClient) -> None:
    need = rest.need(6)
    line = {"item": "mask", "quantity": 50, "claims": [{"need": need, "quantity": 6}]}
    recorded = rest.post("/api/pledges", {"donor": "D-1", "due_on": "2020-02-12", "lines": [line]})
    path = f"/api/pledges/{recorded['pledge']['id']}"
    assert rest.get(path) == recorded["pledge"]
    assert rest.get(f"/api/needs/{need}")["status"] == "claimed"
    part = {"reason": "less came", "lines": [{"line": 1, "quantity": 20}]}
    cancelled = rest.post(f"{path}/cancel", part)["pledge"]["lines"][0]
    assert (cancelled["outstanding"], cancelled["cancelled"]) == (30, 20)
    lapsed = rest.post(f"{path}/lapse", {"reason": "nothing came"})["pledge"]
    assert (lapsed["status"], lapsed["lines"][0]["lapsed"]) == ("lapsed", 30)
    assert rest.get(f"/api/needs/{need}")["status"] == "open"


def test_ending_a_need_says_what_happens_to_its_goods(rest: RestClient) -> None:
    need, other = rest.need(6), rest.need(9)
    rest.give(20)
    line = {"item": "mask", "quantity": 6, "need": need}
    body = {"recipient": "R-1", "location": "store", "lines": [line]}
    rest.post("/api/stock/hand-outs", body)
    allocation = rest.allocation(9)
    ended = rest.post(f"/api/needs/{other}/end", {"reason": "moved"})
    (warning,) = ended["warnings"]
    assert (warning["warning"], warning["about"]) == ("goods-set-aside", allocation)
    assert warning["detail"] == (
        f"9 × 口罩 in allocation {allocation} are still for R-1: deliver them, or release them"
    )
    (handed_over,) = rest.post(f"/api/needs/{need}/end", {"reason": "moved"})["warnings"]
    assert (handed_over["warning"], handed_over["about"]) == ("goods-handed-over", need)
    third = rest.need(5)
    allocation = rest.allocation(5)
    recorded = rest.post(f"/api/needs/{third}/end", {"reason": "moved", "goods": "release"})
    assert "warnings" not in recorded
    assert rest.get(f"/api/allocations/{allocation}")["status"] == "released"


def test_an_open_pledge_claims_a_need_noted_later_and_drops_the_claim(rest: RestClient) -> None:
    line = {"item": "mask", "quantity": 50}
    pledge = rest.post("/api/pledges", {"donor": "D-1", "lines": [line]})["pledge"]["id"]
    need = rest.need(6)
    path = f"/api/pledges/{pledge}/claims"
    claim = {"need": need, "quantity": 6}
    response = rest.post(path, {"claims": [claim]})
    assert response["entry"]["kind"] == "needs_claimed"
    assert response["pledge"]["lines"][0]["claims"] == [claim]
    assert rest.get(f"/api/needs/{need}")["status"] == "claimed"
    dropped = rest.post(path, {"drop": [claim]})["pledge"]["lines"][0]
    assert (dropped["claims"], dropped["outstanding"]) == ([], 50)
    assert rest.get(f"/api/needs/{need}")["status"] == "open"
    refused = problem(rest.send(path, {}), 422, "invalid-field")
    assert refused["errors"][0]["pointer"] == "/claims"


def test_a_donation_returns_its_receipt_and_is_corrected_and_reversed(
    rest: RestClient,
) -> None:
    recorded = rest.give(12)
    assert list(recorded) == ["entry", "donation", "receipt", "allocations", "warnings"]
    donation, number = recorded["donation"]["id"], recorded["receipt"]["number"]
    assert recorded["receipt"] == rest.get(f"/api/receipts/{number}")
    assert recorded["receipt"]["document"]["lines"][0]["in_words"] == "壹拾贰"

    body = {"reason": "12 was typed where 21 came", "command": rest.donation(21)}
    corrected = rest.post(f"/api/donations/{donation}/correct", body)
    assert corrected["donation"]["lines"][0]["quantity"] == 21
    assert corrected["receipt"]["replaces"] == [number]
    assert rest.get(f"/api/receipts/{number}")["status"] == "void"
    typed = {"reason": "so", "command": {**rest.donation(21), "type": "HandOut"}}
    rest.refused(f"/api/donations/{donation}/correct", typed, 422, "invalid-field")

    reversed_ = rest.post(f"/api/donations/{donation}/reverse", {"reason": "it was a loan"})
    assert reversed_["donation"]["lines"] == []
    assert reversed_["receipt"]["status"] == "void"
    assert rest.get("/api/stock")["items"] == []


def test_receipts_are_combined_reprinted_replaced_and_voided(rest: RestClient) -> None:
    donations = [rest.give()["donation"]["id"] for _ in range(2)]
    recorded = rest.post("/api/receipts", {"donations": donations})
    assert list(recorded) == ["entry", "receipt"]
    receipt = recorded["receipt"]
    assert receipt["donations"] == donations
    assert len(receipt["replaces"]) == 2
    path = f"/api/receipts/{receipt['number']}"
    assert rest.post(f"{path}/reprint")["receipt"]["reprints"] == 1
    newer = rest.post(f"{path}/replace", {"reason": "a field was missing"})["receipt"]
    assert newer["replaces"] == [receipt["number"]]
    path = f"/api/receipts/{newer['number']}"
    void = rest.post(f"{path}/void", {"reason": "lost"})["receipt"]
    assert (void["status"], void["void"]["reason"]) == ("void", "lost")


def test_goods_are_allocated_and_released(rest: RestClient) -> None:
    rest.give(10)
    allocation = rest.allocation(10)
    path = f"/api/allocations/{allocation}"
    part = {"reason": "too many", "lines": [{"line": 1, "quantity": 4}]}
    released = rest.post(f"{path}/release", part)["allocation"]
    assert (released["lines"][0]["allocated"], released["lines"][0]["released"]) == (6, 4)
    rest.post(f"{path}/release", {"reason": "moved away"})
    assert rest.get(path)["status"] == "released"


def test_stops_are_moved_and_a_dispatch_is_undone(rest: RestClient) -> None:
    rest.give(20)
    first, second = rest.allocation(10), rest.allocation(10)
    old = rest.delivery(first, second)
    answer = rest.post(
        f"/api/deliveries/{old}/move-stops", {"allocations": [second], "team": "T-2"}
    )
    new = answer["delivery"]["id"]
    assert new != old
    left = rest.get(f"/api/deliveries/{old}")["stops"]
    assert [stop.get("moved_to") for stop in left] == [None, new]
    undone = rest.post(f"/api/deliveries/{old}/undo", {"reason": "no car"})["delivery"]
    assert (undone["status"], undone["stops"][0]["moved_to"]) == ("closed", None)
    assert rest.get(f"/api/allocations/{first}")["status"] == "allocated"
    report = {"allocation": second, "outcome": "handed_over"}
    late = rest.post(f"/api/deliveries/{old}/outcomes", report)["delivery"]
    assert (late["id"], late["stops"][0]["outcome"]) == (new, "handed_over")


def test_a_part_of_an_allocation_is_sent_out_and_the_rest_collected(rest: RestClient) -> None:
    rest.give(10)
    name = rest.allocation(10)
    parts = [{"allocation": name, "lines": [{"line": 1, "quantity": 4}]}]
    rest.post("/api/deliveries", {"team": "T-1", "allocations": [name], "parts": parts})
    answer = rest.post(f"/api/allocations/{name}/collect", {"received_by": "family"})
    line = answer["allocation"]["lines"][0]
    assert (line["in_transit"], line["received"], line["allocated"]) == (4, 6, 0)


def test_a_delivery_is_reassigned_settled_and_closed(rest: RestClient) -> None:
    rest.give(10)
    allocation = rest.allocation(10)
    path = f"/api/deliveries/{rest.delivery(allocation)}"
    assert rest.post(f"{path}/reassign", {"team": "T-2"})["delivery"]["team"] == "T-2"
    line = {"line": 1, "received": 7, "brought_back": 2, "lost": 1, "to": "stock"}
    outcome = {
        "allocation": allocation,
        "outcome": "partly",
        "happened_at": "2020-02-10T04:00:00Z",
        "lines": [line],
        "received_by": "neighbour",
        "proof": "signature",
        "note": "two boxes were wet",
    }
    stop = rest.post(f"{path}/outcomes", outcome)["delivery"]["stops"][0]
    assert (stop["outcome"], stop["lines"][0]["received"]) == ("partly", 7)
    assert rest.post(f"{path}/close")["delivery"]["status"] == "closed"
    assert rest.get("/api/stock")["items"][0]["free"] == 2


def masks(quantity: int, **more: Any) -> list[dict[str, Any]]:
    return [{"item": "mask", "quantity": quantity, **more}]


def test_all_stock_commands_are_recorded(rest: RestClient) -> None:
    def do(path: str, **body: Any) -> str:
        entry = rest.post(f"/api/stock/{path}", body)["entry"]
        assert entry == rest.get(f"/api/entries/{entry['seq']}")
        return str(entry["document"])

    store: dict[str, Any] = {"location": "store"}
    do("openings", **store, lines=masks(100, batch="B1"))
    do("arrivals", **store, origin="bought", party="S-1", lines=masks(20))
    do("moves", **{"from": "store", "to": "annex"}, lines=masks(10))
    issue = do("issues", **store, purpose="gate-post-1", lines=masks(10))
    do(f"issues/{issue}/return", lines=masks(3))
    do("write-offs", **store, reason="damaged", lines=masks(5))
    do("found", **store, reason="damaged", lines=masks(2))
    do("hand-outs", **store, recipient="G-1", headcount=10, lines=masks(20))
    do("take-backs", **store, recipient="G-1", reason="too many", lines=masks(4))
    loan = do("loans", **store, borrower="school", lines=masks(8))
    do(f"loans/{loan}/return", lines=masks(8))
    do("conversions", **store, consumed=masks(10), produced=[{"item": "soap", "quantity": 1}])
    lot = rest.give(6)["donation"]["lines"][0]["lot"]
    do("returns", **store, reason="not wanted", lines=masks(6, lot=lot))
    sheet = do("count-sheets", **store)
    free = sum(r["free"] for r in rest.get("/api/stock", item="mask", location="store")["items"])
    assert free == 100 + 20 - 10 - 10 + 3 - 5 + 2 - 20 + 4 - 10
    do(f"count-sheets/{sheet}/count", lines=[{"item": "mask", "counted": free - 1}])
    do("settlements", place="store", by="lost", reason="nobody knows", lines=masks(1))
    report = rest.get("/api/reports/station", **{"from": "2020-02-10", "to": "2020-02-10"})
    line = next(line for line in report["goods"] if line["item"] == "mask")
    assert line["on_hand"] == free - 1 + 10


def test_stock_is_shown_as_of_a_day_and_at_an_entry(rest: RestClient) -> None:
    seq = rest.give(12)["entry"]["seq"]
    rest.post("/api/donations", {**rest.donation(5), "happened_on": "2020-02-08"})
    early = rest.get("/api/stock", as_of="2020-02-08")
    assert [row["free"] for row in early["items"]] == [5]
    known = rest.get("/api/stock", at_seq=seq)
    assert [row["free"] for row in known["items"]] == [12]
    assert known["as_of"] == {"date": "2020-02-10", "seq": seq}


def test_a_lot_is_traced_to_its_recipient(rest: RestClient) -> None:
    lot = rest.give(5)["donation"]["lines"][0]["lot"]
    allocation = rest.allocation(5)
    delivery = rest.delivery(allocation)
    body = {"allocation": allocation, "outcome": "handed_over"}
    rest.post(f"/api/deliveries/{delivery}/outcomes", body)
    traced = rest.get(f"/api/lots/{lot}/trace")["lots"][0]
    assert traced["given"] == [{"donor": "D-1", "quantity": 5}]
    assert traced["reached"] == [{"recipient": "R-1", "quantity": 5}]


def test_an_entry_of_a_need_is_corrected_and_reversed_by_its_number(rest: RestClient) -> None:
    need = rest.post("/api/needs", {"recipient": "R-1", "item": "mask", "quantity": 5})
    path = f"/api/entries/{need['entry']['seq']}"
    command = {"type": "NoteNeed", "recipient": "R-1", "item": "mask", "quantity": 8}
    response = rest.post(f"{path}/correct", {"reason": "8 was meant", "command": command})
    assert response["entry"]["supersedes"] == need["entry"]["seq"]
    assert rest.get(path)["superseded_by"] == response["entry"]["seq"]
    assert rest.get(f"/api/needs/{need['need']['id']}")["asked"] == 8
    reason = {"reason": "noted twice"}
    rest.refused(f"{path}/reverse", reason, 409, "already-done")
    rest.post(f"/api/entries/{response['entry']['seq']}/reverse", reason)
    assert rest.get(f"/api/needs/{need['need']['id']}")["asked"] == 0


def test_activities_are_counted_by_the_report(rest: RestClient) -> None:
    rest.post("/api/activities", {"kind": "visit", "count": 36, "who": "all of us"})
    days = {"from": "2020-02-10", "to": "2020-02-10"}
    assert rest.get("/api/reports/station", **days)["visits"] == 36


def test_recipients_and_donors_are_forgotten(rest: RestClient) -> None:
    for many, code in (("recipients", "R-2"), ("donors", "D-2")):
        recorded = rest.post(f"/api/{many}/{code}/forget")
        assert recorded[many.removesuffix("s")] == rest.get(f"/api/{many}/{code}")
        assert rest.get(f"/api/{many}/{code}")["name"] is None


def test_health_names_the_last_entry(rest: RestClient) -> None:
    seq = rest.give()["receipt"]["entry"]["seq"]
    health = rest.get("/api/health")
    assert (health["status"], health["station"], health["seq"]) == ("ok", "lx", seq)


def test_a_day_may_be_the_latest_possible_one(rest: RestClient) -> None:
    rest.give(20)
    line = {"item": "mask", "quantity": 5}
    body = {"recipient": "R-1", "location": "store", "lines": [line]}
    day = {"happened_on": "2020-02-10", "or_earlier": True}
    response = rest.post("/api/stock/hand-outs", {**body, **day})
    assert response["entry"]["or_earlier"] is True
    response = rest.post("/api/stock/hand-outs", body)
    assert "or_earlier" not in response["entry"]


def test_a_case_is_opened_for_a_pledge(rest: RestClient) -> None:
    rest.post("/api/items", {"code": "mask-case", "name": "口罩（箱，未点数）", "unit": "case"})
    line = {"item": "mask", "quantity": 2000}
    pledge = rest.post("/api/pledges", {"donor": "D-1", "lines": [line]})["pledge"]["id"]
    rest.give(3, item="mask-case")
    body = {
        "location": "store",
        "consumed": [{"item": "mask-case", "quantity": 3}],
        "produced": [{"item": "mask", "quantity": 2480, "pledge": pledge}],
    }
    rest.post("/api/stock/conversions", body)
    assert rest.get(f"/api/pledges/{pledge}")["status"] == "kept"


def test_a_donation_keeps_the_open_pledges_of_its_donor(rest: RestClient) -> None:
    line = {"item": "mask", "quantity": 20}
    promise = {"donor": "D-1", "lines": [line]}
    pledges = [rest.post("/api/pledges", promise)["pledge"]["id"] for _ in range(2)]
    gift = {"donor": "D-1", "location": "store", "handled_by": "x", "keep_pledges": True}
    response = rest.post("/api/donations", {**gift, "lines": [{**line, "quantity": 30}]})
    [fulfilled] = response["donation"]["lines"]
    assert (fulfilled["quantity"], fulfilled["on_pledge"], fulfilled["beside_pledge"]) == (
        30,
        30,
        0,
    )
    lines = [rest.get(f"/api/pledges/{name}")["lines"][0] for name in pledges]
    assert [(one["arrived"], one["outstanding"]) for one in lines] == [(20, 0), (10, 10)]
    path = f"/api/donations/{response['donation']['id']}/correct"
    command = {**gift, "lines": [{**line, "quantity": 15}]}
    rest.post(path, {"reason": "15 came", "command": command})
    lines = [rest.get(f"/api/pledges/{name}")["lines"][0] for name in pledges]
    assert [(one["arrived"], one["outstanding"]) for one in lines] == [(15, 5), (0, 20)]
