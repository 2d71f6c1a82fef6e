"""Reports of phones that had no network: late, repeated, by wrong clocks, or taken over as text."""

from __future__ import annotations

import random
import re
import sqlite3
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from support.phones import TeamPhone, rescue_lines, unsent_record
from support.rest_client import RestClient, problem
from support.service_fixture import Service

HANDED_OVER = {"outcome": "handed_over"}
NOT_AT_HOME = {"outcome": "not_at_home"}


def shown(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def stop_of(rest: RestClient, delivery: str, at: int = 0) -> dict[str, Any]:
    stop: dict[str, Any] = rest.get(f"/api/deliveries/{delivery}")["stops"][at]
    return stop


def received(rest: RestClient, delivery: str) -> int:
    return sum(line["received"] for line in stop_of(rest, delivery)["lines"])


# --- late --------------------------------------------------------------------------------------


def test_an_outcome_after_the_delivery_went_to_another_team_is_booked(
    rest: RestClient, open_delivery: str
) -> None:
    phone = TeamPhone.of_team(rest)
    rest.post(f"/api/deliveries/{open_delivery}/reassign", {"team": "T-2"})
    answer = phone.report(open_delivery, HANDED_OVER)
    assert answer["entry"]["recorded_by"] == f"phone.{phone.shown['id']}"
    assert received(rest, open_delivery) == 4


def test_an_outcome_after_closing_agrees_or_is_a_conflict(
    rest: RestClient, open_delivery: str
) -> None:
    phone = TeamPhone.of_team(rest)
    stop = stop_of(rest, open_delivery)["allocation"]
    path = f"/api/deliveries/{open_delivery}"
    rest.post(f"{path}/outcomes", HANDED_OVER | {"allocation": stop, "received_by": "self"})
    rest.post(f"{path}/close")
    agreed = phone.report(open_delivery, HANDED_OVER | {"received_by": "neighbour"})
    assert agreed["repeated"] is True
    assert phone.send(open_delivery, NOT_AT_HOME).status_code == 202
    assert received(rest, open_delivery) == 4


def test_the_answer_to_a_late_outcome_shows_only_the_reported_stop(rest: RestClient) -> None:
    rest.give(20)
    body = {"team": "T-1", "allocations": [rest.allocation(1), rest.allocation(2)], "note": "van"}
    delivery = rest.post("/api/deliveries", body)["delivery"]["id"]
    phone = TeamPhone.of_team(rest)
    rest.post(f"/api/deliveries/{delivery}/reassign", {"team": "T-2"})
    second = stop_of(rest, delivery, 1)["allocation"]
    answer = phone.report(delivery, HANDED_OVER | {"allocation": second})["delivery"]
    assert [stop["allocation"] for stop in answer["stops"]] == [second]
    assert (answer["note"], answer["remarks"]) == (None, [])


def test_a_team_reports_nothing_about_deliveries_that_it_never_had(
    rest: RestClient, open_delivery: str
) -> None:
    stranger = TeamPhone.of_team(rest, "T-2")
    problem(stranger.send(open_delivery, HANDED_OVER), 403, "forbidden")
    assert received(rest, open_delivery) == 0


def test_a_phone_gets_the_reason_of_a_refusal_in_its_language_and_a_program_in_english(
    rest: RestClient, open_delivery: str
) -> None:
    stranger, program = TeamPhone.of_team(rest, "T-2"), rest.post("/api/teams/T-2/link")["secret"]
    (stop,) = rest.get(f"/api/deliveries/{open_delivery}")["stops"]
    path, body = f"/api/deliveries/{open_delivery}/outcomes", {**HANDED_OVER}
    body["allocation"] = stop["allocation"]
    chinese = {"Accept-Language": "zh"}
    refused = stranger.post(path, body, headers=chinese)
    assert refused.headers["content-language"] == "zh-Hans"
    assert problem(refused, 403, "forbidden")["detail"] == "您只能报告本队现有或曾有的配送的结果"
    link = {**chinese, "Authorization": f"Bearer {program}"}
    refused = rest.client.post(path, json=body, headers=link)
    assert refused.headers["content-language"] == "en"
    assert problem(refused, 403, "forbidden")["detail"].startswith("you may report outcomes only")


def test_a_phone_gets_every_refusal_in_its_language(rest: RestClient, open_delivery: str) -> None:
    phone = TeamPhone.of_team(rest)
    (stop,) = rest.get(f"/api/deliveries/{open_delivery}")["stops"]
    path = f"/api/deliveries/{open_delivery}/outcomes"
    body = HANDED_OVER | {"allocation": stop["allocation"]}
    chinese = {"Accept-Language": "zh", "Idempotency-Key": "tap-1"}
    assert phone.post(path, body, headers=chinese).status_code == 201
    other = phone.post(path, body | {"note": "changed"}, headers=chinese)
    assert "tap-1" in problem(other, 409, "idempotency-conflict")["detail"]
    chinese["Idempotency-Key"] = "tap-2"
    wrong = phone.post(path, body | {"outcome": "eaten", "lines": 1}, headers=chinese)
    nothing = phone.post("/api/deliveries/v_99/outcomes", body, headers=chinese)
    for answer in (other, wrong, nothing):
        assert answer.headers["content-language"] == "zh-Hans"
        found = answer.json()
        for text in (found["detail"], *(each["detail"] for each in found["errors"])):
            assert re.search("[一-鿿]", text), text
    assert [each["pointer"] for each in wrong.json()["errors"]] == ["/outcome", "/lines"]


def test_an_answer_that_was_lost_after_the_commit_is_given_again(
    rest: RestClient, open_delivery: str
) -> None:
    phone = TeamPhone.of_team(rest)
    sent = {"key": "tap-1", "sent_at": "2020-02-05T01:00:00Z"}
    body = HANDED_OVER | {"happened_at": "2020-02-05T00:59:00Z"}
    first = phone.report(open_delivery, body, **sent)
    rest.post(f"/api/deliveries/{open_delivery}/close")
    again = phone.report(open_delivery, body, key="tap-1", sent_at="2020-02-05T02:30:00Z")
    assert again == first
    assert received(rest, open_delivery) == 4


def test_two_phones_that_report_the_same_goods_agree_whoever_received_them(
    rest: RestClient, open_delivery: str
) -> None:
    first, second = TeamPhone.of_team(rest), TeamPhone.of_team(rest)
    one = first.report(open_delivery, HANDED_OVER | {"received_by": "self"})
    two = second.report(
        open_delivery, HANDED_OVER | {"received_by": "neighbour", "note": "no lift"}
    )
    assert (two["entry"]["seq"], two["repeated"]) == (one["entry"]["seq"], True)
    assert rest.get("/api/entries/conflicts")["items"] == []


def test_two_phones_that_disagree_are_both_shown_on_the_phone_and_at_the_desk(
    rest: RestClient, open_delivery: str
) -> None:
    first = TeamPhone.of_team(rest, label="first")
    second = TeamPhone.of_team(rest, label="second")
    first.report(open_delivery, HANDED_OVER)
    assert second.send(open_delivery, NOT_AT_HOME).status_code == 202
    (stop,) = first.get("/api/run").json()["runs"][0]["stops"]
    conflict = stop["conflict"]
    sides = conflict["recorded"], conflict["reported"]
    assert [(side["outcome"], side["phone"]) for side in sides] == [
        ("handed_over", "first #1"),
        ("not_at_home", "second #2"),
    ]
    (at_desk,) = rest.get("/api/entries/conflicts")["items"]
    assert at_desk["seq"] == conflict["entry"]


# --- clocks ------------------------------------------------------------------------------------


@pytest.mark.parametrize("off", [timedelta(days=1), -timedelta(days=1)])
def test_a_clock_that_is_a_day_off_is_corrected_and_kept(
    rest: RestClient, service: Service, open_delivery: str, off: timedelta
) -> None:
    phone, now = TeamPhone.of_team(rest), service.clock()
    taps = shown(now + off - timedelta(seconds=30))
    answer = phone.report(
        open_delivery, HANDED_OVER | {"happened_at": taps}, sent_at=shown(now + off)
    )
    (warned,) = answer["warnings"]
    assert warned["warning"] == "clock-differs"
    stop = stop_of(rest, open_delivery)
    corrected = datetime.fromisoformat(stop["happened_at"])
    assert abs(corrected - (now - timedelta(seconds=30))) < timedelta(seconds=1)
    assert stop["happened_on"] == rest.get("/api/entries/1")["happened_on"]


def test_a_clock_that_is_right_causes_no_warning(
    rest: RestClient, service: Service, open_delivery: str
) -> None:
    phone, now = TeamPhone.of_team(rest), shown(service.clock())
    answer = phone.report(open_delivery, HANDED_OVER | {"happened_at": now}, sent_at=now)
    assert "warnings" not in answer


@pytest.mark.parametrize(
    ("ago", "because"),
    [
        (timedelta(days=400), "more than 60 days ago"),
        (timedelta(days=3), "before the goods"),
        (-timedelta(days=1), "but it is only"),
    ],
)
def test_an_impossible_time_is_a_conflict_and_books_nothing_today(
    rest: RestClient, service: Service, open_delivery: str, ago: timedelta, because: str
) -> None:
    phone, now = TeamPhone.of_team(rest), service.clock()
    answer = phone.send(
        open_delivery, HANDED_OVER | {"happened_at": shown(now - ago)}, sent_at=shown(now)
    )
    assert answer.status_code == 202
    assert because in answer.json()["conflict"]["because"]
    assert received(rest, open_delivery) == 0


def test_a_phone_may_not_state_what_its_clock_showed_itself(
    rest: RestClient, service: Service, open_delivery: str
) -> None:
    now = shown(service.clock())
    body = HANDED_OVER | {"happened_at": now, "phone_time": now}
    answer = TeamPhone.of_team(rest).send(open_delivery, body, sent_at=now)
    assert problem(answer, 422, "invalid-field")["errors"][0]["pointer"] == "/phone_time"


@pytest.mark.parametrize("sent_at", ["yesterday", "2020-02-05T08:00:00"])
def test_a_sent_at_that_is_no_time_is_refused(
    rest: RestClient, open_delivery: str, sent_at: str
) -> None:
    answer = TeamPhone.of_team(rest).send(open_delivery, HANDED_OVER, sent_at=sent_at)
    problem(answer, 422, "invalid-field")


# --- taken over at the desk ----------------------------------------------------------------------


def rescued(rest: RestClient, text: str) -> list[tuple[str, str]]:
    records = rest.send("/api/phones/rescue", {"text": text}).json()["records"]
    return [(one["key"], one["result"]) for one in records]


def test_records_of_a_lost_phone_are_taken_over_once(
    rest: RestClient, service: Service, open_delivery: str
) -> None:
    phone, now = TeamPhone.of_team(rest), shown(service.clock())
    stop = stop_of(rest, open_delivery)["allocation"]
    records = [
        unsent_record(open_delivery, stop, "k1", happened_at=now),
        unsent_record(open_delivery, stop, "k2", "not_at_home"),
        unsent_record(open_delivery, "a_99", "k3"),
        unsent_record("v_99", stop, "k4"),
    ]
    lines = rescue_lines(phone, now, records, size=40) * 2
    random.Random(7).shuffle(lines)
    rest.client.delete(f"/api/phones/{phone.shown['id']}")
    expected = [("k1", "booked"), ("k2", "conflict"), ("k3", "refused"), ("k4", "refused")]
    assert rescued(rest, "\r\n".join(lines)) == expected
    assert rescued(rest, " ".join(lines))[0] == ("k1", "already_booked")
    assert received(rest, open_delivery) == 4
    assert len(rest.get("/api/entries/conflicts")["items"]) == 1


def test_a_record_that_was_taken_over_gets_the_same_answer_when_the_phone_sends_it(
    rest: RestClient, service: Service, open_delivery: str
) -> None:
    phone, now = TeamPhone.of_team(rest), shown(service.clock())
    stop = stop_of(rest, open_delivery)["allocation"]
    record = unsent_record(open_delivery, stop, "k1", happened_at=now)
    assert rescued(rest, rescue_lines(phone, now, [record])[0]) == [("k1", "booked")]
    answer = phone.report(
        open_delivery,
        HANDED_OVER | {"allocation": stop, "happened_at": now},
        key="k1",
        sent_at=now,
    )
    assert answer["entry"]["recorded_by"] == f"phone.{phone.shown['id']}"
    assert "repeated" not in answer


def test_a_record_gets_the_same_answer_though_its_phone_joined_again_with_a_new_id(
    rest: RestClient, service: Service, open_delivery: str
) -> None:
    TeamPhone.of_team(rest).report(open_delivery, HANDED_OVER)
    lost = TeamPhone.of_team(rest)
    rest.client.delete(f"/api/phones/{lost.shown['id']}").raise_for_status()
    stop = stop_of(rest, open_delivery)["allocation"]
    record = unsent_record(open_delivery, stop, "tap-1", "refused")
    text = "\n".join(rescue_lines(lost, shown(service.clock()), [record]))
    (rescued,) = rest.send("/api/phones/rescue", {"text": text}).json()["records"]
    decision = {"by": "keep", "reason": "asked the household"}
    rest.post(f"/api/entries/conflicts/{rescued['entry']}/resolve", decision)
    found = TeamPhone.of_team(rest, present_secret=lost.secret)
    again = found.send(open_delivery, {"outcome": "refused"}, key="tap-1")
    assert (again.status_code, again.json()["entry"]["seq"]) == (202, rescued["entry"])
    assert rest.get("/api/entries/conflicts")["items"] == []


def test_a_response_that_an_earlier_version_stored_under_the_phone_itself_is_found(
    rest: RestClient, service: Service, open_delivery: str
) -> None:
    TeamPhone.of_team(rest).report(open_delivery, HANDED_OVER)
    phone, now = TeamPhone.of_team(rest), shown(service.clock())
    stop = stop_of(rest, open_delivery)["allocation"]
    record = unsent_record(open_delivery, stop, "k1", "refused")
    first = phone.send(open_delivery, {"outcome": "refused"}, key="k1", sent_at=now)
    conflict = first.json()["entry"]["seq"]
    decision = {"by": "keep", "reason": "asked the household"}
    rest.post(f"/api/entries/conflicts/{conflict}/resolve", decision)
    with sqlite3.connect(service.folder / "books.db") as books:
        former = (f"phone.{phone.shown['id']}",)
        books.execute("UPDATE answers SET caller = ? WHERE caller = 'phones'", former)
    again = phone.send(open_delivery, {"outcome": "refused"}, key="k1", sent_at=now)
    assert (again.status_code, again.content) == (202, first.content)
    text = rescue_lines(phone, now, [record])[0]
    (taken,) = rest.send("/api/phones/rescue", {"text": text}).json()["records"]
    assert taken["entry"] == conflict
    assert rest.get("/api/entries/conflicts")["items"] == []


def test_a_record_that_the_phone_had_sent_is_not_booked_again(
    rest: RestClient, service: Service, open_delivery: str
) -> None:
    phone, now = TeamPhone.of_team(rest), shown(service.clock())
    stop = stop_of(rest, open_delivery)["allocation"]
    phone.report(open_delivery, HANDED_OVER | {"allocation": stop}, key="k1", sent_at=now)
    record = unsent_record(open_delivery, stop, "k1")
    assert rescued(rest, rescue_lines(phone, now, [record])[0]) == [("k1", "already_booked")]


def test_an_old_text_does_not_move_the_times_of_its_records(
    rest: RestClient, service: Service, open_delivery: str
) -> None:
    phone, written = TeamPhone.of_team(rest), service.clock()
    stop = stop_of(rest, open_delivery)["allocation"]
    record = unsent_record(open_delivery, stop, "k1", happened_at=shown(written))
    line = rescue_lines(phone, shown(written), [record])[0]
    service.clock.advance(2)
    assert rescued(rest, line) == [("k1", "booked")]
    day = written.astimezone(UTC) + timedelta(hours=8)
    assert stop_of(rest, open_delivery)["happened_on"] == day.date().isoformat()


@pytest.mark.parametrize("spoil", ["no lines", "a part is missing", "two texts", "cut off"])
def test_a_text_that_is_not_whole_is_refused_and_records_nothing(
    rest: RestClient, service: Service, open_delivery: str, spoil: str
) -> None:
    phone, now = TeamPhone.of_team(rest), shown(service.clock())
    stop = stop_of(rest, open_delivery)["allocation"]
    lines = rescue_lines(phone, now, [unsent_record(open_delivery, stop, "k1")], size=60)
    other = rescue_lines(phone, now, [unsent_record(open_delivery, stop, "k2")], size=60)
    texts = {
        "no lines": "supplies-run",
        "a part is missing": "\n".join(lines[1:]),
        "two texts": "\n".join([*lines, other[-1]]),
        "cut off": "\n".join([*lines[:-1], lines[-1][:-8]]),
    }
    answer = rest.send("/api/phones/rescue", {"text": texts[spoil]})
    problem(answer, 422, "invalid-field")
    assert received(rest, open_delivery) == 0


def test_a_late_conflict_has_the_day_of_the_tap(
    rest: RestClient, service: Service, open_delivery: str
) -> None:
    first, second = TeamPhone.of_team(rest), TeamPhone.of_team(rest)
    tapped = service.clock()
    first.report(open_delivery, HANDED_OVER)
    service.clock.advance(2)
    body = NOT_AT_HOME | {"happened_at": shown(tapped)}
    answer = second.send(open_delivery, body, sent_at=shown(service.clock()))
    assert answer.status_code == 202
    assert answer.json()["conflict"]["happened_on"] == rest.get("/api/entries/1")["happened_on"]


ENDS_OF_THE_CALENDAR = ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z")


@pytest.mark.parametrize("sent_at", [None, "now", *ENDS_OF_THE_CALENDAR])
@pytest.mark.parametrize("happened_at", ENDS_OF_THE_CALENDAR)
def test_a_moment_at_the_end_of_the_calendar_is_a_conflict(
    rest: RestClient, service: Service, open_delivery: str, happened_at: str, sent_at: str | None
) -> None:
    phone, now = TeamPhone.of_team(rest), shown(service.clock())
    body = HANDED_OVER | {"happened_at": happened_at}
    answer = phone.send(open_delivery, body, sent_at=now if sent_at == "now" else sent_at)
    # A clock that is wrong by the same at the tap and when sending is corrected.
    assert answer.status_code == (201 if sent_at == happened_at else 202), answer.text


@pytest.mark.parametrize("sent_at", ENDS_OF_THE_CALENDAR)
def test_a_phone_with_an_absurd_clock_is_listed_and_stops_no_page(
    rest: RestClient, service: Service, sent_at: str
) -> None:
    status = {"unsent": 4, "oldest_unsent_at": shown(service.clock()), "version": "1"}
    TeamPhone.of_team(rest).post("/api/run/status", status, headers={"Sent-At": sent_at})
    cookie = {"Cookie": f"supplies_session={service.sessions['coordinator']}"}
    for page in ("/", "/phones"):
        answer = rest.client.get(page, headers={**cookie, "Accept": "text/html"})
        assert answer.status_code == 200


def test_several_texts_of_one_phone_are_taken_over_together(
    rest: RestClient, service: Service, open_delivery: str
) -> None:
    phone, now = TeamPhone.of_team(rest), shown(service.clock())
    stop = stop_of(rest, open_delivery)["allocation"]
    first = unsent_record(open_delivery, stop, "k1")
    longer = [first, unsent_record(open_delivery, "a_99", "k2")]
    lines = [
        *rescue_lines(phone, now, longer, size=60),
        *rescue_lines(phone, now, [first], size=9000),
    ]
    assert {key for key, _ in rescued(rest, "\n".join(lines))} == {"k1", "k2"}


def test_a_record_that_cannot_be_read_does_not_stop_the_others(
    rest: RestClient, service: Service, open_delivery: str
) -> None:
    phone, now = TeamPhone.of_team(rest), shown(service.clock())
    stop = stop_of(rest, open_delivery)["allocation"]
    nested = {**unsent_record(open_delivery, stop, "k1"), "body": "[" * 100_000}
    absurd = unsent_record(open_delivery, stop, "k2", happened_at=ENDS_OF_THE_CALENDAR[1])
    good = unsent_record(open_delivery, stop, "k3", happened_at=now)
    (line,) = rescue_lines(phone, now, [nested, absurd, good], size=9000)
    assert rescued(rest, line) == [("k1", "refused"), ("k2", "conflict"), ("k3", "booked")]


def test_a_difference_of_clocks_that_puts_a_text_into_the_future_is_not_used(
    rest: RestClient, service: Service, open_delivery: str
) -> None:
    phone, now = TeamPhone.of_team(rest), service.clock()
    a_day_behind = {"Sent-At": shown(now - timedelta(days=1))}
    phone.post("/api/run/status", {"unsent": 1, "version": "1"}, headers=a_day_behind)
    stop = stop_of(rest, open_delivery)["allocation"]
    record = unsent_record(open_delivery, stop, "k1", happened_at=shown(now))
    assert rescued(rest, rescue_lines(phone, shown(now), [record])[0]) == [("k1", "booked")]


def test_a_clock_that_was_set_right_after_the_last_contact_is_not_corrected(
    rest: RestClient, service: Service, open_delivery: str
) -> None:
    phone, now = TeamPhone.of_team(rest), service.clock()
    a_day_ahead = {"Sent-At": shown(now + timedelta(days=1))}
    phone.post("/api/run/status", {"unsent": 1, "version": "1"}, headers=a_day_ahead)
    stop = stop_of(rest, open_delivery)["allocation"]
    record = unsent_record(open_delivery, stop, "k1", happened_at=shown(now))
    assert rescued(rest, rescue_lines(phone, shown(now), [record])[0]) == [("k1", "booked")]
    assert stop_of(rest, open_delivery)["happened_at"] == shown(now).replace("Z", "000Z")


def test_an_odd_key_is_refused_in_a_sentence_that_names_it(
    rest: RestClient, service: Service, open_delivery: str
) -> None:
    phone, now = TeamPhone.of_team(rest), shown(service.clock())
    stop = stop_of(rest, open_delivery)["allocation"]
    keys = ["", "钥匙", "k" * 201]
    records = [unsent_record(open_delivery, stop, key) for key in keys]
    records.append(unsent_record(open_delivery, stop, "k1", mood="good"))
    (line,) = rescue_lines(phone, now, records, size=9000)
    done = rest.send("/api/phones/rescue", {"text": line}).json()["records"]
    assert [one["result"] for one in done] == ["refused"] * 4
    for one, named in zip(done, ["''", "'钥匙'", "'kkkk", "mood"], strict=True):
        assert named in one["because"]


def test_a_late_conflict_keeps_no_signature_of_a_forgotten_household(
    rest: RestClient, open_delivery: str
) -> None:
    phone = TeamPhone.of_team(rest)
    stop = stop_of(rest, open_delivery)
    phone.report(open_delivery, HANDED_OVER)
    rest.post(f"/api/deliveries/{open_delivery}/close", {})
    rest.post(f"/api/recipients/{stop['recipient']}/forget", {})
    answer = phone.send(open_delivery, NOT_AT_HOME | {"signature": [[[1, 1], [2, 2]]]})
    assert answer.status_code == 202
    entry = answer.json()["entry"]["seq"]
    signature = rest.client.get(f"/api/deliveries/{open_delivery}/signatures/{entry}")
    assert signature.status_code == 404
