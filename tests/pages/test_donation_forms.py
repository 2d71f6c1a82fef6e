"""The form of a donation, as a browser without scripts sends it."""

from __future__ import annotations

import html
import re

import pytest
from httpx import Response
from litestar.testing import TestClient
from support.page_client import PASSWORD, Browser, invite, key_of, sign_in_as, value_of
from support.rest_client import RestClient
from support.service_fixture import Service

LINE = {"/lines/0/item": "mask", "/lines/0/quantity": "12"}
FILLED = {"/donor": "D-1", "/location": "store", "/handled_by": "陈某", **LINE}


@pytest.fixture
def recorder(anonymous_client: TestClient, service: Service) -> Browser:
    """A recorder's browser."""
    return sign_in_as(anonymous_client, service, "recorder")


def save(recorder: Browser, fields: dict[str, str], *, do: str = "save", **more: str) -> Response:
    key = more.pop("key", None) or key_of(recorder.open("/donations/new"))
    return recorder.send("/donations/new", **fields, key=key, do=do, **more)


def donations(recorder: Browser) -> int:
    return recorder.open("/donations").count('<th scope="row">')


def test_a_form_that_is_sent_twice_is_recorded_once(recorder: Browser) -> None:
    key = key_of(recorder.open("/donations/new"))
    first, second = (save(recorder, FILLED, key=key) for _ in range(2))
    assert first.status_code == second.status_code == 303
    assert first.headers["location"] == second.headers["location"] == "/donations/d_1"
    assert donations(recorder) == 1


def test_a_form_sent_again_with_other_content_leads_to_what_was_recorded(
    recorder: Browser,
) -> None:
    key = key_of(recorder.open("/donations/new"))
    save(recorder, FILLED, key=key)
    answer = save(recorder, FILLED | {"/lines/0/quantity": "13"}, key=key)
    assert answer.status_code == 409
    assert 'href="/donations/d_1"' in answer.text
    assert value_of(answer.text, "/lines/0/quantity") == "13"
    assert donations(recorder) == 1


def test_the_warnings_about_a_donation_name_the_line_and_the_item(
    rest: RestClient, service: Service
) -> None:
    rest.client.patch("/api/items/mask", json={"needs_batch": True})
    pledge = {"donor": "D-1", "lines": [{"item": "soap", "quantity": 2}]}
    promised = rest.post("/api/pledges", pledge)["pledge"]["id"]
    recorder = sign_in_as(rest.client, service, "recorder")
    soap = {"/lines/0/item": "soap", "/lines/0/quantity": "5", "/lines/0/pledge": promised}
    fields = FILLED | soap | {"/lines/1/item": "mask", "/lines/1/quantity": "3"}
    warned = html.unescape(save(recorder, fields).text)
    assert "Line 2, mask: The batch is missing" in warned
    assert f"Line 1, hand sanitiser: This is more than pledge {promised} promised" in warned


def test_what_was_typed_is_shown_again_with_the_errors_at_their_fields(recorder: Browser) -> None:
    typed = {"/donor": "D-1", "/location": "store", "/lines/0/item": "mask"}
    answer = save(recorder, typed | {"/lines/0/quantity": "few", "/lines/3/quantity": "2"})
    assert answer.status_code == 422
    assert value_of(answer.text, "/lines/0/quantity") == "few"
    assert value_of(answer.text, "/donor") == "广州某企业 · D-1"
    wrong = re.findall(r'name="([^"]+)"[^>]*aria-invalid="true"', answer.text)
    assert wrong == ["/handled_by", "/lines/0/quantity", "/lines/3/item"]
    assert "Line 2, item" in answer.text
    assert donations(recorder) == 0


def test_a_likely_duplicate_is_confirmed_before_it_is_recorded(recorder: Browser) -> None:
    save(recorder, FILLED)
    answer = save(recorder, FILLED)
    assert answer.status_code == 422
    assert donations(recorder) == 1
    confirmed = re.findall(r'name="confirmed" value="([^"]+)"', answer.text)
    assert confirmed == ["likely-duplicate:d_1"]
    done = save(recorder, FILLED, key=key_of(answer.text), confirmed=confirmed[0])
    assert done.status_code == 303
    assert donations(recorder) == 2


def test_a_new_donor_is_registered_with_the_donation_or_not_at_all(recorder: Browser) -> None:
    typed = FILLED | {"/donor": "何邻居"}
    answer = save(recorder, typed)
    assert "not registered" in answer.text
    answer = save(recorder, typed, do="new:/donor", key=key_of(answer.text))
    assert value_of(answer.text, "/new_donor/name") == "何邻居"
    assert value_of(answer.text, "/donor") == ""
    new = typed | {"/donor": "", "/new_donor/name": "何邻居", "/new_donor/phone": "13800000003"}
    refused = save(recorder, new | {"/lines/0/pack": "crate"}, key=key_of(answer.text))
    assert refused.status_code == 422
    assert "何邻居" not in recorder.open("/find/donors?q=何邻居")
    done = save(recorder, new, key=key_of(refused.text))
    assert "何邻居" in recorder.open(done.headers["location"])
    assert "何邻居 · D-3" in recorder.open("/find/donors?q=13800000003")


def test_a_new_donor_who_looks_like_another_is_confirmed_first(recorder: Browser) -> None:
    typed = FILLED | {
        "/donor": "",
        "/new_donor/name": "李先生",
        "/new_donor/phone": "138 0013 8000",
    }
    answer = save(recorder, typed)
    assert answer.status_code == 422
    assert 'name="confirmed" value="look-alike:D-1"' in answer.text
    assert "广州某企业 is registered already" in answer.text
    done = save(recorder, typed, key=key_of(answer.text), confirmed="look-alike:D-1")
    assert done.status_code == 303


def test_several_donors_of_a_name_are_offered_to_choose_from(recorder: Browser) -> None:
    answer = save(recorder, FILLED | {"/donor": "D-"})
    assert 'value="choose:/donor=D-2"' in answer.text
    chosen = save(recorder, FILLED | {"/donor": "D-"}, do="choose:/donor=D-2")
    assert value_of(chosen.text, "/donor") == "李某 · D-2"


def test_lines_are_added_and_removed_without_scripts(recorder: Browser) -> None:
    added = save(recorder, FILLED, do="add:/lines")
    assert 'name="/lines/1/item"' in added.text
    removed = save(recorder, FILLED | {"/lines/1/item": "soap"}, do="remove:/lines/0")
    assert value_of(removed.text, "/lines/1/item") == "hand sanitiser · soap"
    assert 'name="/lines/0/item"' not in removed.text


def test_place_and_person_of_the_last_donation_are_remembered(recorder: Browser) -> None:
    assert value_of(recorder.open("/donations/new"), "/handled_by") == ""
    done = save(recorder, FILLED, do="save-next")
    assert done.headers["location"] == "/donations/new?saved=d_1"
    page = recorder.open(done.headers["location"])
    assert value_of(page, "/handled_by") == "陈某"
    assert '<option value="store" selected>' in page
    assert "JZ-2020-000001" in page


def test_the_goods_of_the_last_donation_are_filled_in(recorder: Browser) -> None:
    save(recorder, FILLED | {"/lines/0/pack": "box", "/lines/0/batch": "B1"})
    page = save(recorder, {"/donor": "广州某企业"}, do="same-as-last").text
    assert value_of(page, "/lines/0/quantity") == "12"
    assert '<option value="box" selected>' in page
    assert value_of(page, "/lines/0/batch") == ""
    page = save(recorder, {"/donor": "D-2"}, do="same-as-last").text
    assert value_of(page, "/lines/0/item") == ""


@pytest.mark.parametrize("donor", ["D-2", "nobody", ""])
def test_typed_goods_stay_if_there_is_no_last_donation(recorder: Browser, donor: str) -> None:
    page = save(recorder, FILLED | {"/donor": donor}, do="same-as-last").text
    assert "No earlier donation was found, so the goods stay as they are." in page
    assert value_of(page, "/lines/0/quantity") == FILLED["/lines/0/quantity"]


def test_a_receipt_may_be_printed_in_a_frame_of_its_page_only(recorder: Browser) -> None:
    done = save(recorder, FILLED, do="save-print")
    assert done.headers["location"] == "/donations/d_1?print=receipt"
    assert "print" in recorder.open("/donations/d_1?print=receipt")
    paper = recorder.client.get("/receipts/JZ-2020-000001/pdf")
    assert paper.content.startswith(b"%PDF")
    assert "frame-ancestors 'self'" in paper.headers["content-security-policy"]
    assert paper.headers["x-frame-options"] == "SAMEORIGIN"


def test_a_correction_opens_as_stated_and_is_refused_if_somebody_was_faster(
    recorder: Browser,
) -> None:
    line = {"/lines/0/batch": "B1", "/lines/0/expires_on": "2027-05", "/lines/0/pack": "ten"}
    save(recorder, FILLED | line | {"/wish": "for the school", "/lines/0/for": "王某"})
    page = recorder.open("/donations/d_1/correct")
    assert value_of(page, "/command/lines/0/expires_on") == "2027-05"
    assert value_of(page, "/command/lines/0/for") == "王某 · R-1"
    fields = dict(re.findall(r'name="(/[^"]+)"[^>]*? value="([^"]*)"', page))
    fields |= {"/command/location": "store", "/command/lines/0/pack": "ten"}
    fields |= {"/command/wish": "for the school", "/command/lines/0/quantity": "14"}
    fields = {name: text for name, text in fields.items() if "__line__" not in name}

    def correct(reason: str) -> Response:
        key = key_of(recorder.open("/donations/d_1/correct"))
        return recorder.send(
            "/donations/d_1/correct", **fields, key=key, do="save", **{"/reason": reason}
        )

    assert correct("miscounted").headers["location"] == "/donations/d_1"
    assert "14 × ten of 10 pieces" in recorder.open("/donations/d_1")
    late = correct("also miscounted")
    assert late.status_code == 409
    assert "also miscounted" in late.text


def test_a_form_about_another_document_cannot_be_sent_to_a_donation(recorder: Browser) -> None:
    for quantity in ("1", "2"):
        save(recorder, FILLED | {"/lines/0/quantity": quantity})
    answer = recorder.send(
        "/donations/d_1/reverse",
        **{"/entry": "3", "/reason": "wrong", "key": "0123456789abcdef", "do": "save"},
    )
    assert answer.status_code == 404
    assert "reversed" not in recorder.open("/donations")


def test_an_auditor_reads_codes_and_cannot_record(recorder: Browser, service: Service) -> None:
    save(recorder, FILLED | {"/note": "called Mr Wang"})
    auditor = sign_in_as(recorder.client, service, "auditor")
    page = auditor.open("/donations/d_1")
    assert "D-1" in page
    for secret in ("广州某企业", "陈某", "Mr Wang"):
        assert secret not in page + auditor.open("/donations")
    auditor.open("/donations/new", status=403)
    assert 'href="/donations/new' not in page + auditor.open("/donations")


def test_what_was_typed_survives_the_end_of_the_session(recorder: Browser) -> None:
    key = key_of(recorder.open("/donations/new"))
    recorder.client.cookies.clear()
    answer = save(recorder, FILLED, key=key)
    assert answer.status_code == 401
    assert "nothing was recorded yet" in answer.text
    kept = html.unescape(str(re.findall(r'name="typed" value="([^"]+)"', answer.text)[0]))
    invite(recorder, "recorder")
    recorder.client.cookies.clear()
    signed_in = recorder.send(
        "/sign-in", login="recorder", password=PASSWORD, next="/donations/new", typed=kept
    )
    assert signed_in.status_code == 200
    assert "set-cookie" in signed_in.headers
    fields = re.findall(r'name="([^"]+)" value="([^"]*)"', signed_in.text.partition("<main")[2])
    back = {name: html.unescape(value) for name, value in fields}
    assert back.pop("do") == "resume"
    form = recorder.send("/donations/new", do="resume", **back)
    assert form.status_code == 200
    assert "Nothing was recorded yet" in form.text
    assert value_of(form.text, "/lines/0/quantity") == "12"
    assert donations(recorder) == 0
    assert save(recorder, FILLED, key=key_of(form.text)).status_code == 303


def test_the_list_pages_backwards_from_the_newest(rest: RestClient, service: Service) -> None:
    for quantity in range(1, 54):
        rest.give(quantity)
    browser = sign_in_as(rest.client, service, "recorder")
    first = browser.open("/donations")
    assert first.count('<th scope="row">') == 50
    following = re.search(r'rel="next" href="([^"]+)"', first)
    assert following
    second = browser.open(html.unescape(following[1]))
    assert second.count('<th scope="row">') == 3
    assert "mask 1 piece" in second
    assert browser.open("/donations?donor=D-2").count('<th scope="row">') == 0


def test_a_past_month_is_refused_at_the_field_where_it_was_typed(recorder: Browser) -> None:
    answer = save(recorder, FILLED | {"/lines/0/expires_on": "2020-01"})
    assert "2020-01 is before the goods arrived" in html.unescape(answer.text)
    field = re.search(r'<input[^>]*name="/lines/0/expires_on"[^>]*>', answer.text)
    assert field
    assert 'aria-invalid="true"' in field[0]
