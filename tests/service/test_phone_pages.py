"""What the desk sees of phones: on the page of a delivery, when it closes one, and today."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from httpx import Response
from msgspec.structs import replace
from support.phones import TeamPhone, rescue_lines, unsent_record
from support.rest_client import ADDRESS, RestClient
from support.service_fixture import Service

from supplies.ledger.ledger import Ledger

KEY = "k" * 22


class Desk:
    """A recorder's browser."""

    def __init__(self, rest: RestClient, service: Service, role: str = "recorder") -> None:
        self.rest = rest
        self._headers = {
            "Cookie": f"supplies_session={service.sessions[role]}",
            "Origin": ADDRESS,
            "Accept-Language": "en",
        }

    def see(self, path: str) -> str:
        answer = self.rest.client.get(path, headers=self._headers)
        assert answer.status_code == 200, answer.text
        return answer.text

    def send(self, path: str, **fields: Any) -> Response:
        return self.rest.client.post(
            path,
            data={"key": KEY, "do": "save", **fields},
            headers=self._headers,
            follow_redirects=False,
        )


def report_unsent(phone: TeamPhone, unsent: int, oldest: str | None = None) -> None:
    body = {"unsent": unsent, "version": "3", "oldest_unsent_at": oldest}
    assert phone.post("/api/run/status", body).status_code == 201


def reported(rest: RestClient, delivery: str) -> TeamPhone:
    """Return a phone that has reported the only stop of a delivery."""
    phone = TeamPhone.of_team(rest, label="Kai's phone")
    phone.report(delivery, {"outcome": "handed_over"})
    return phone


def test_the_page_of_a_delivery_shows_its_phones_and_conflicts_live(
    rest: RestClient, service: Service, open_delivery: str
) -> None:
    phone = reported(rest, open_delivery)
    phone.send(open_delivery, {"outcome": "refused"})
    report_unsent(phone, 2)
    desk, path = Desk(rest, service), f"/deliveries/{open_delivery}"
    for shown in (desk.see(path), desk.see(f"{path}/live")):
        for words in ("1 of 1 stops", "2 records are not sent yet", "Kai&#39;s phone"):
            assert words in shown
    assert "Not sent when last seen" in desk.see("/phones")
    assert 'href="/teams/T-1"' in desk.see(path)
    assert 'href="/teams/T-1/links"' in desk.see(path)
    assert "/links" not in Desk(rest, service, "auditor").see(path)
    recipient = rest.get("/api/recipients/R-1")["name"]
    assert recipient not in desk.see(f"{path}/live")
    assert "Kai" not in Desk(rest, service, "auditor").see(f"{path}/live")


def test_a_conflict_of_a_moved_stop_is_shown_on_the_phones_and_pages_of_both_deliveries(
    rest: RestClient, service: Service
) -> None:
    rest.give(20)
    stays, moves = rest.allocation(4), rest.allocation(4)
    delivery = rest.delivery(stays, moves)
    ahead = {"allocation": moves, "outcome": "handed_over", "happened_at": "2020-02-28T10:00:00Z"}
    assert TeamPhone.of_team(rest).send(delivery, ahead).status_code == 202
    moved = {"allocations": [moves], "team": "T-2"}
    other = rest.post(f"/api/deliveries/{delivery}/move-stops", moved)["delivery"]["id"]
    (run,) = TeamPhone.of_team(rest, "T-2").get("/api/run").json()["runs"]
    assert [stop["conflict"]["reported"]["outcome"] for stop in run["stops"]] == ["handed_over"]
    for name in (delivery, other):
        assert "a report contradicts the books" in Desk(rest, service).see(f"/deliveries/{name}")
        assert 'data-conflicts-now=""' not in Desk(rest, service).see(f"/deliveries/{name}/live")


def test_closing_a_delivery_warns_of_a_phone_with_unsent_records(
    rest: RestClient, service: Service, open_delivery: str
) -> None:
    report_unsent(reported(rest, open_delivery), 1)
    desk, path = Desk(rest, service), f"/deliveries/{open_delivery}/close"
    asked = desk.send(path)
    assert asked.status_code == 422
    assert "has records that it has not sent yet" in asked.text
    assert rest.get(f"/api/deliveries/{open_delivery}")["status"] == "out"
    (warned,) = rest.post(f"/api/deliveries/{open_delivery}/close")["warnings"]
    assert warned["warning"] == "phone-unsent"


def test_closing_after_the_warning_was_confirmed_closes_the_delivery(
    rest: RestClient, service: Service, open_delivery: str
) -> None:
    phone = reported(rest, open_delivery)
    report_unsent(phone, 1)
    sure = {"confirmed": f"phone-unsent:{phone.shown['id']}"}
    answer = Desk(rest, service).send(f"/deliveries/{open_delivery}/close", **sure)
    assert answer.status_code == 303
    assert rest.get(f"/api/deliveries/{open_delivery}")["status"] == "closed"


def test_closing_does_not_warn_of_phones_that_sent_everything(
    rest: RestClient, service: Service, open_delivery: str
) -> None:
    phone = reported(rest, open_delivery)
    report_unsent(phone, 0)
    lost = TeamPhone.of_team(rest, label="lost")
    report_unsent(lost, 4)
    rest.client.delete(f"/api/phones/{lost.shown['id']}")
    assert "warnings" not in rest.post(f"/api/deliveries/{open_delivery}/close")


def test_closing_warns_of_a_phone_that_was_not_seen_since_the_dispatch(
    rest: RestClient, service: Service
) -> None:
    silent = TeamPhone.of_team(rest, label="silent")
    silent.get("/api/run")
    service.clock.advance(1)
    rest.give(4)
    delivery = rest.delivery(rest.allocation(4))
    stop = rest.get(f"/api/deliveries/{delivery}")["stops"][0]["allocation"]
    body = {"allocation": stop, "outcome": "handed_over"}
    rest.post(f"/api/deliveries/{delivery}/outcomes", body)
    (warned,) = rest.post(f"/api/deliveries/{delivery}/close")["warnings"]
    assert (warned["warning"], warned["about"]) == ("phone-silent", silent.shown["id"])


def test_closing_a_delivery_warns_of_an_undecided_conflict(
    rest: RestClient, service: Service, open_delivery: str
) -> None:
    phone = reported(rest, open_delivery)
    phone.send(open_delivery, {"outcome": "refused"})
    report_unsent(phone, 0)
    stop = rest.get(f"/api/deliveries/{open_delivery}")["stops"][0]["allocation"]
    desk, path = Desk(rest, service), f"/deliveries/{open_delivery}/close"
    asked = desk.send(path)
    assert asked.status_code == 422
    assert "contradicts the books, and nobody has decided yet" in asked.text
    assert rest.get(f"/api/deliveries/{open_delivery}")["status"] == "out"
    (warned,) = rest.post(f"/api/deliveries/{open_delivery}/close")["warnings"]
    assert (warned["warning"], warned["about"]) == ("conflict-open", stop)
    assert "this report says refused" in warned["detail"]


def test_moving_the_last_open_stop_says_first_that_this_closes_the_delivery(
    rest: RestClient, service: Service
) -> None:
    rest.give(20)
    stops = [rest.allocation(4) for _ in range(3)]
    delivery = rest.delivery(*stops)
    phone = TeamPhone.of_team(rest)
    for outcome in ("handed_over", "refused"):
        phone.send(delivery, {"allocation": stops[0], "outcome": outcome})
    report_unsent(phone, 0)
    first = {"allocations": [stops[1]], "team": "T-2"}
    assert "warnings" not in rest.post(f"/api/deliveries/{delivery}/move-stops", first)
    desk, path = Desk(rest, service), f"/deliveries/{delivery}/move-stops"
    last = {"/allocations/0": stops[2], "/team": "T-2"}
    asked = desk.send(path, **last)
    assert asked.status_code == 422
    assert "These are the last open stops. This closes the delivery of" in asked.text
    assert "nobody has decided yet" in asked.text
    assert rest.get(f"/api/deliveries/{delivery}")["status"] == "out"
    sure = [f"closes-delivery:{delivery}", f"conflict-open:{stops[0]}"]
    assert desk.send(path, **last, confirmed=sure).status_code == 303
    assert rest.get(f"/api/deliveries/{delivery}")["status"] == "closed"
    page = desk.see(f"/deliveries/{delivery}")
    assert "this closed the delivery" in page
    assert '<p class="warning"><strong>1. ' in page


def test_undoing_the_last_open_stop_warns_that_this_closes_a_delivery_with_other_stops(
    rest: RestClient,
) -> None:
    rest.give(20)
    stops = [rest.allocation(4) for _ in range(2)]
    delivery = rest.delivery(*stops)
    done = {"allocation": stops[0], "outcome": "handed_over"}
    rest.post(f"/api/deliveries/{delivery}/outcomes", done)
    undone = rest.post(f"/api/deliveries/{delivery}/undo", {"reason": "no car"})
    (warned,) = undone["warnings"]
    assert (warned["warning"], warned["about"]) == ("closes-delivery", delivery)


def counter_with_unsent(rest: RestClient) -> TeamPhone:
    """Return a phone that has not sent its hand-outs at the counter of its team."""
    rest.client.patch("/api/teams/T-1", json={"counter": "annex"}).raise_for_status()
    phone = TeamPhone.of_team(rest)
    report_unsent(phone, 2)
    report_unsent(TeamPhone.of_team(rest, "T-2"), 1)  # a team without a counter
    return phone


def test_closing_a_period_warns_of_phones_with_unsent_hand_outs(
    rest: RestClient, service: Service
) -> None:
    phone = counter_with_unsent(rest)
    service.clock.advance(2)
    through = str(service.clock.day - timedelta(days=1))
    desk = Desk(rest, service, "coordinator")
    asked = desk.send("/admin/periods/close", **{"/through": through})
    assert asked.status_code == 422
    assert asked.text.count("has records that it has not sent yet") == 1
    (warned,) = rest.post("/api/periods/close", {"through": through})["warnings"]
    assert (warned["warning"], warned["about"]) == ("phone-unsent", phone.shown["id"])


def test_changing_the_counter_of_a_team_warns_of_its_phones_with_unsent_hand_outs(
    rest: RestClient, service: Service
) -> None:
    phone = counter_with_unsent(rest)
    desk, path = Desk(rest, service), "/teams/T-1/change"
    found = re.search(r'name="seen" value="(\w+)"', desk.see(path))
    assert found is not None
    fields = {"seen": found[1], "/name": rest.get("/api/teams/T-1")["name"]}
    same = desk.send(path, **{**fields, "/counter": "annex", "key": "s" * 22})
    assert same.status_code == 303, same.text
    asked = desk.send(path, **fields)
    assert asked.status_code == 422
    assert "has records that it has not sent yet" in asked.text
    assert rest.get("/api/teams/T-1")["counter"] == "annex"
    sure = {"confirmed": f"phone-unsent:{phone.shown['id']}"}
    assert desk.send(path, **fields, **sure).status_code == 303
    assert rest.get("/api/teams/T-1")["counter"] is None


def test_a_changed_counter_over_rest_warns_of_phones_with_unsent_hand_outs(
    rest: RestClient,
) -> None:
    phone = counter_with_unsent(rest)
    renamed = rest.client.patch("/api/teams/T-1", json={"name": "Team A"}).json()
    assert "warnings" not in renamed
    changed = rest.client.patch("/api/teams/T-1", json={"counter": None}).json()
    (warned,) = changed["warnings"]
    assert (warned["warning"], warned["about"]) == ("phone-unsent", phone.shown["id"])
    assert (changed["name"], changed["counter"]) == ("Team A", None)


def test_the_page_of_a_teams_links_shows_a_code_to_scan_and_ends_the_phones_with_a_link(
    rest: RestClient, service: Service
) -> None:
    desk = Desk(rest, service)
    made = desk.send("/teams/T-1/links", **{"/label": "the car", "/days": "90"})
    assert "Phones cannot open this address" in made.text
    assert "<svg" not in made.text
    with Ledger.open(str(service.folder / "books.db"), station="lx") as ledger:
        ledger.amend(replace(ledger.books.station, host="https://supplies.example.org"))
    made = desk.send("/teams/T-1/links", **{"/days": "90", "key": "q" * 22})
    found = re.search(r'value="https://supplies.example.org(/run/join/[^"]+)"', made.text)
    assert found is not None
    assert made.text.count("<svg") == 1

    phone = TeamPhone.by_page(rest, found[1])
    page = desk.see("/teams/T-1/links")
    assert "1 phone joined by it and has access" in page
    button = re.search(
        r'action="([^"]+/end)"><input type="hidden" name="key" value="([^"]+)">'
        r'<input type="hidden" name="phones" value="yes"><button[^>]*>End it with its 1 phone<',
        page,
    )
    assert button is not None
    ended = desk.send(button[1], key=button[2], phones="yes")
    assert ended.status_code == 303
    assert phone.get("/api/run").status_code == 401
    assert "phone joined by it" not in desk.see("/teams/T-1/links")


def test_the_page_of_the_phones_says_that_a_link_still_lets_phones_join(
    rest: RestClient, service: Service
) -> None:
    made, desk = rest.post("/api/teams/T-1/link"), Desk(rest, service)
    phone = TeamPhone.by_rest(rest, made["secret"])
    rest.client.delete(f"/api/phones/{phone.shown['id']}")
    assert "Phones can still join by its link" in desk.see("/phones")
    rest.client.delete(f"/api/teams/T-1/link/{made['link']['id']}")
    assert "Phones can still join" not in desk.see("/phones")


def test_phones_that_stayed_when_their_link_ended_are_ended_later(
    rest: RestClient, service: Service
) -> None:
    phone, desk = TeamPhone.of_team(rest), Desk(rest, service)
    rest.client.delete("/api/teams/T-1/link")
    page = desk.see("/teams/T-1/links")
    found = re.search(r'action="([^"]+/end)"', page)
    assert found is not None
    assert "End the access of its 1 phone" in page
    assert desk.send(found[1], phones="yes").status_code == 303
    assert phone.get("/api/run").status_code == 401


def test_today_lists_phones_with_records_unsent_for_more_than_12_hours(
    rest: RestClient, service: Service, open_delivery: str
) -> None:
    desk, now = Desk(rest, service), service.clock()
    phone = TeamPhone.of_team(rest, label="in a drawer")
    report_unsent(phone, 3, (now - timedelta(hours=11)).isoformat())
    assert "in a drawer" not in desk.see("/")
    report_unsent(phone, 2, (now - timedelta(hours=13)).isoformat())
    assert "in a drawer" in desk.see("/")
    assert "in a drawer" not in Desk(rest, service, "auditor").see("/")


def test_records_are_taken_over_on_a_page_and_each_result_is_shown(
    rest: RestClient, service: Service, open_delivery: str
) -> None:
    phone, now = TeamPhone.of_team(rest, label="Kai's phone"), service.clock().isoformat()
    stop = rest.get(f"/api/deliveries/{open_delivery}")["stops"][0]["allocation"]
    records = [
        unsent_record(open_delivery, stop, "k1"),
        unsent_record(open_delivery, "a_77", "k2"),
    ]
    text = "\r\n".join(rescue_lines(phone, now, records))
    desk = Desk(rest, service)
    page = desk.send("/phones/rescue", **{"/text": text})
    assert page.status_code == 200
    assert "booked" in page.text
    assert "has no stop for a_77" in page.text
    again = desk.send("/phones/rescue", **{"/text": text})
    assert "was booked before" in again.text
    wrong = desk.send("/phones/rescue", **{"/text": "hello"})
    assert (wrong.status_code, "not the text of unsent records" in wrong.text) == (422, True)


def test_entries_of_phones_are_shown_with_their_labels(
    rest: RestClient, service: Service, open_delivery: str
) -> None:
    reported(rest, open_delivery)
    assert "Kai&#39;s phone" in Desk(rest, service).see("/entries")


# --- phones of one model, and what a rescue text says ---------------------------------------------


def test_phones_of_one_name_are_told_apart_by_a_number_that_both_sides_show(
    rest: RestClient, service: Service, open_delivery: str
) -> None:
    first, second = (TeamPhone.of_team(rest, label="Redmi 9A") for _ in range(2))
    other_team = TeamPhone.of_team(rest, "T-2", label="Redmi 9A")
    rest.client.delete(f"/api/phones/{first.shown['id']}")
    third = TeamPhone.of_team(rest, label="Redmi 9A")
    numbers = [phone.shown["number"] for phone in (first, second, other_team, third)]
    assert numbers == [1, 2, 1, 3]
    assert third.get("/api/run").json()["phone_number"] == 3
    third.report(open_delivery, {"outcome": "handed_over"})
    desk = Desk(rest, service)
    for path in ("/phones", "/entries", f"/deliveries/{open_delivery}/live"):
        assert "Redmi 9A #3" in desk.see(path), path


def test_a_counter_that_is_closed_names_its_team_and_how_many_phones_it_has(
    rest: RestClient, service: Service
) -> None:
    phone = counter_with_unsent(rest)
    TeamPhone.of_team(rest)
    for change in ({"quarantine": True}, {"retired": True}):
        answer = rest.client.patch("/api/locations/annex", json=change).json()
        closed, unsent = answer["warnings"]
        assert (closed["warning"], closed["about"]) == ("counter-closed", "T-1")
        assert "2 phones" in closed["detail"]
        assert (unsent["warning"], unsent["about"]) == ("phone-unsent", phone.shown["id"])
    opened = rest.client.patch("/api/locations/annex", json={"quarantine": False}).json()
    assert "warnings" not in opened


def test_the_page_of_a_location_asks_before_it_closes_a_counter(
    rest: RestClient, service: Service
) -> None:
    counter_with_unsent(rest)
    desk = Desk(rest, service, "coordinator")
    page = desk.see("/locations/annex/change")
    seen = re.findall(r'name="seen" value="([^"]+)"', page)[0]
    name = rest.get("/api/locations/annex")["name"]
    fields = {"/name": name, "/quarantine": "true", "seen": seen}
    asked = desk.send("/locations/annex/change", **fields)
    assert asked.status_code == 422
    assert "which has 1 phone" in asked.text
    assert not rest.get("/api/locations/annex")["quarantine"]


def test_the_records_of_a_text_are_shown_in_words_before_they_are_taken_over(
    rest: RestClient, service: Service, open_delivery: str
) -> None:
    phone, now = TeamPhone.of_team(rest, label="Kai"), service.clock().isoformat()
    stop = rest.get(f"/api/deliveries/{open_delivery}")["stops"][0]
    record = unsent_record(open_delivery, stop["allocation"], "k1", happened_at=now, code="000000")
    text = "\n".join(rescue_lines(phone, now, [record]))
    desk = Desk(rest, service)
    shown = desk.send("/phones/rescue", **{"/text": text, "do": "show"}).text
    household = rest.get(f"/api/recipients/{stop['recipient']}")["name"]
    at_the_station = service.clock().astimezone(ZoneInfo("Asia/Shanghai"))
    for words in ("Kai #1", household, "handed over", f"{at_the_station:%Y-%m-%d %H:%M}"):
        assert words in shown, words
    assert "4 pieces received" in shown
    assert "not recorded yet" in shown
    assert rest.get(f"/api/deliveries/{open_delivery}")["stops"][0]["outcome"] is None
    done = desk.send("/phones/rescue", **{"/text": text}).text
    assert household in done
    assert "the code did not match" in done
    today = desk.see("/")
    assert "Stops where the code was wrong" in today
    assert household in today


def test_the_preview_of_records_states_no_goods_that_a_record_lacks(
    rest: RestClient, service: Service, open_delivery: str
) -> None:
    phone, now = TeamPhone.of_team(rest), service.clock().isoformat()
    stop = rest.get(f"/api/deliveries/{open_delivery}")["stops"][0]
    line = {"line": 1, "received": 1, "brought_back": 3}
    records = [
        unsent_record(open_delivery, stop["allocation"], "k1", "partly"),
        unsent_record(open_delivery, stop["allocation"], "k2", "partly", lines=[line]),
    ]
    text = "\n".join(rescue_lines(phone, now, records))
    rows = Desk(rest, service).send("/phones/rescue", **{"/text": text, "do": "show"}).text
    first, second = (row for row in rows.split("<tr>") if "handed over in part" in row)
    assert "4 pieces loaded, not stated how many were received" in first
    assert "1 piece received, 3 pieces brought back" in second


def test_the_preview_of_records_counts_those_that_are_not_recorded_yet(
    rest: RestClient, service: Service, open_delivery: str
) -> None:
    phone, now = TeamPhone.of_team(rest), service.clock().isoformat()
    stop = rest.get(f"/api/deliveries/{open_delivery}")["stops"][0]["allocation"]
    first = unsent_record(open_delivery, stop, "k1")
    second = unsent_record(open_delivery, stop, "k2", "refused")
    desk = Desk(rest, service)
    desk.send("/phones/rescue", **{"/text": "\n".join(rescue_lines(phone, now, [first]))})
    text = "\n".join(rescue_lines(phone, now, [first, second]))
    shown = desk.send("/phones/rescue", **{"/text": text, "do": "show"}).text
    assert "Records in this text: 2. Not recorded yet: 1." in shown
    assert "was recorded before" in shown


# --- both sides of a conflict ---------------------------------------------------------------------


def box(page: str, heading: str) -> str:
    """Return the text of one side of a conflict."""
    found = re.search(rf"<h3>{heading}</h3>(.*?)</section>", page, re.DOTALL)
    assert found is not None, heading
    return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split())


def test_both_sides_of_a_conflict_are_shown_in_words_before_and_after_the_decision(
    rest: RestClient, service: Service, open_delivery: str
) -> None:
    first, second = TeamPhone.of_team(rest, label="Kai"), TeamPhone.of_team(rest, label="Kai")
    now = service.clock()
    at_the_station = f"{now.astimezone(ZoneInfo('Asia/Shanghai')):%Y-%m-%d %H:%M}"
    shared = {"happened_at": now.isoformat()}
    signed = {"signature": [[[1, 2], [3, 4]]], "code": "000000", "received_by": "neighbour"}
    first.report(open_delivery, {"outcome": "handed_over", "note": "the aunt", **signed, **shared})
    failed = {"outcome": "not_at_home", "why": "not_ready", "time_window": "after 18:00"}
    conflict = second.send(open_delivery, failed | shared).json()["entry"]["seq"]
    desk = Desk(rest, service, "coordinator")
    for heading, by in (("In the books", "keep"), ("In the books before the decision", "correct")):
        page = desk.see(f"/entries/{conflict}")
        reported, recorded = box(page, "As reported"), box(page, heading)
        for words in ("not at home", "4 pieces brought back", "the household was not ready"):
            assert words in reported
        for words in (
            "handed over",
            "4 pieces received",
            "a neighbour",
            "the aunt",
            "the code did not match",
            "Signature",
        ):
            assert words in recorded
        assert ("Kai #2" in reported, "Kai #1" in recorded) == (True, True)
        assert at_the_station in reported
        assert at_the_station in recorded
        assert not any(raw in page for raw in ("handed_over", "not_at_home", "happened_at", "T04:"))
        seen = re.search(r'name="/replaces" value="(\d+)"', page)
        fields = {"/replaces": seen[1]} if seen else {}
        decided = desk.send(
            f"/entries/{conflict}/resolve",
            **{"/by": by, "/reason": f"asked, {by}", "key": by * 4, **fields},
        )
        assert decided.status_code == 303
    page = desk.see(f"/entries/{conflict}")
    decisions = page.partition("What was decided")[2]
    assert decisions.index("asked, keep") < decisions.index("asked, correct")
    assert "the aunt" not in Desk(rest, service, "auditor").see(f"/entries/{conflict}")


def test_of_two_coordinators_at_one_conflict_the_second_sees_the_first_decision_before_changing_it(
    rest: RestClient, service: Service, open_delivery: str
) -> None:
    reported(rest, open_delivery)
    second = TeamPhone.of_team(rest).send(open_delivery, {"outcome": "refused"})
    path = f"/entries/{second.json()['entry']['seq']}"
    desk = Desk(rest, service, "coordinator")
    assert 'name="/replaces"' not in desk.see(path)
    first = {"/by": "correct", "/reason": "asked the household", "key": "a" * 22}
    assert desk.send(f"{path}/resolve", **first).status_code == 303
    late = {"/by": "keep", "/reason": "asked the team", "key": "b" * 22}
    refused = desk.send(f"{path}/resolve", **late)
    assert refused.status_code == 409
    assert "resolved this conflict in the meantime" in refused.text
    assert "asked the household" in refused.text
    assert desk.send(f"{path}/resolve", **first).status_code == 303
    (stop,) = rest.get(f"/api/deliveries/{open_delivery}")["stops"]
    assert stop["outcome"] == "refused"
    seen = re.search(r'name="/replaces" value="(\d+)"', refused.text)
    assert seen is not None
    late["/replaces"] = seen[1]
    assert desk.send(f"{path}/resolve", **late).status_code == 303


def test_a_decision_does_not_offer_goods_that_the_books_lack(
    rest: RestClient, service: Service
) -> None:
    rest.client.patch("/api/teams/T-1", json={"counter": "annex"}).raise_for_status()
    phone = TeamPhone.of_team(rest)
    rest.send("/api/recipients", {"code": "G-1", "name": "新来居民", "kind": "group"})
    lines = [{"item": "mask", "quantity": 3}]
    body = {"location": "annex", "recipient": "G-1", "headcount": 3, "lines": lines}
    answer = phone.post("/api/run/hand-outs", body)
    assert answer.status_code == 202
    path, offer = f"/entries/{answer.json()['entry']['seq']}", 'value="correct"'
    desk = Desk(rest, service, "coordinator")
    assert offer not in desk.see(path)
    goods = {"location": "annex", "lines": [{"item": "mask", "quantity": 3}]}
    rest.send("/api/stock/openings", goods)
    page = desk.see(path)
    assert offer in page
    assert "when it was reported: 0 pieces" in box(page, "In the books")


def test_the_codes_of_the_stops_can_be_copied_and_told_by_telephone(
    rest: RestClient, service: Service, open_delivery: str
) -> None:
    rest.client.patch("/api/recipients/R-1", json={"phone": "138 0013 8000"}).raise_for_status()
    page = Desk(rest, service).see(f"/deliveries/{open_delivery}")
    assert 'href="tel:13800138000"' in page
    assert page.count("data-copy>") == 3
