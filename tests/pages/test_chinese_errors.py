"""Errors on Chinese pages are in Chinese, and without addresses, roles or field paths."""

from __future__ import annotations

import pytest
from supplies_service.pages.languages import translate_sentence
from support.ledger_fixture import StationLedger
from support.page_client import sign_in_as
from support.rest_client import ADDRESS, RestClient
from support.service_fixture import Service

from supplies.domain.commands import HandOut, RecipientLine, RecordDonation
from supplies.domain.validation import convert
from supplies.errors import InvalidField, Sentence

CHINESE = {"Accept-Language": "zh", "Accept": "text/html", "Origin": ADDRESS}


def test_a_wrong_address_and_a_forbidden_page_are_explained_in_chinese(
    rest: RestClient, service: Service
) -> None:
    client = sign_in_as(rest.client, service, "recorder").client
    missing = client.get("/nothing-here", headers=CHINESE)
    assert missing.status_code == 404
    assert "此网址下没有内容" in missing.text
    assert "openapi" not in missing.text
    report = client.get("/reports/tables/given", headers=CHINESE)
    assert "没有报表" in report.text
    forbidden = client.get("/admin", headers=CHINESE)
    assert forbidden.status_code == 403
    assert "may not use this route" not in forbidden.text
    assert "您登录的角色是" in forbidden.text


def test_an_unknown_code_and_a_wrong_method_are_explained_in_chinese(
    rest: RestClient, service: Service
) -> None:
    client = sign_in_as(rest.client, service, "recorder").client
    for path, words in (
        ("/recipients/R-999", "受助人中没有 R-999"),
        ("/locations/x", "存放地点中没有 x"),
    ):
        assert words in client.get(path, headers=CHINESE).text
    assert "此网址 /v 不支持 POST；请用 GET, OPTIONS" in client.post("/v", headers=CHINESE).text


def test_a_wrong_password_and_a_token_without_purpose_are_refused_in_chinese(
    rest: RestClient, service: Service
) -> None:
    client = sign_in_as(rest.client, service, "recorder").client
    wrong = client.post("/account/one-time-codes", data={"password": "x"}, headers=CHINESE)
    assert "当前密码不正确" in wrong.text
    token = {"label": " ", "role": "recorder", "days": "9"}
    blank = client.post("/account/tokens", data=token, headers=CHINESE)
    assert blank.status_code == 422
    assert "请填写令牌的用途" in blank.text


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/reports?as_of=0022-02-05", "请写出完整年份"),
        ("/reports/figures/received?after=x", "整数"),
        ("/reports/receipts/pdf?from=2019-01-01&to=2019-01-01", "这些日期没有开具有效凭证"),
    ],
)
def test_a_wrong_filter_is_explained_in_chinese(
    rest: RestClient, service: Service, path: str, words: str
) -> None:
    client = sign_in_as(rest.client, service, "coordinator").client
    answer = client.get(path, headers=CHINESE)
    assert answer.status_code == 422
    assert words in answer.text
    assert 'lang="en">/' not in answer.text


def test_a_wrong_month_is_named_with_its_path_only_outside_of_forms() -> None:
    line = {"item": "mask", "quantity": 1, "expires_on": "2027-13"}
    try:
        convert(RecordDonation, {"lines": [line]})
    except InvalidField as error:
        fault = next(each for each in error.faults if each.pointer == "/lines/0/expires_on")
    assert fault.detail.startswith("/lines/0/expires_on is 2027-13, which is not a month")
    assert fault.rule == "is 2027-13, which is not a month; write it as in 2027-05"


def test_a_chinese_name_stands_in_a_chinese_sentence_without_spaces() -> None:
    template = "unknown allocation {name}; see the list of allocations"
    assert translate_sentence(Sentence(template, name="住户 1"), "zh").startswith(
        "找不到预留住户 1；"
    )
    assert translate_sentence(Sentence(template, name="a_9"), "zh").startswith("找不到预留 a_9；")


def test_the_kind_of_a_recipient_in_an_error_is_in_chinese(station: StationLedger) -> None:
    hand_out = HandOut(
        recipient="R-1",
        location="store",
        lines=[RecipientLine(item="mask", quantity=1)],
        headcount=3,
    )
    with pytest.raises(InvalidField) as raised:
        station(hand_out)
    text = translate_sentence(raised.value.detail, "zh")
    assert text.startswith("受助人R-1不是集体，而是住户：请不要填写人数")
