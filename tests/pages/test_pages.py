"""The pages as a browser sees them: forms, cookies, sessions."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing

import pytest
from litestar.testing import TestClient
from support.page_client import PASSWORD, Browser, administer, invitation_path, invite
from support.rest_client import RestClient
from support.service_fixture import Service

from supplies.access import bootstrap, credentials


@pytest.fixture
def browser(anonymous_client: TestClient) -> Browser:
    return Browser(anonymous_client)


@pytest.fixture
def signed_in(browser: Browser, service: Service) -> Browser:
    """A coordinator's browser."""
    invite(browser, "coordinator")
    return browser


def test_an_invitation_sets_a_password_once_and_signs_in(browser: Browser) -> None:
    path = invite(browser, "coordinator")
    assert "coordinator · coordinator" in browser.open("/account")
    browser.open(path, status=404)
    assert browser.send(path, password=PASSWORD, repeat=PASSWORD).status_code == 404


@pytest.mark.parametrize(
    ("password", "again", "message"),
    [
        ("short", "short", "12 to 200 characters"),
        (PASSWORD, PASSWORD + "!", "not the same"),
        ("coordinator123", "coordinator123", "it contains the login"),
        ("aaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaa", "it has fewer than 5 different characters"),
    ],
)
def test_a_weak_password_is_refused_with_the_reason(
    browser: Browser, password: str, again: str, message: str
) -> None:
    path = invitation_path(browser, "coordinator")
    answer = browser.send(path, password=password, repeat=again)
    assert answer.status_code == 422
    assert message in answer.text
    assert password not in answer.text.replace("coordinator</strong>", "")


def test_users_sign_in_with_login_and_password_and_sign_out(signed_in: Browser) -> None:
    signed_in.send("/sign-out")
    assert signed_in.client.get("/", follow_redirects=False).headers["location"] == "/sign-in"
    wrong = signed_in.send("/sign-in", login="coordinator", password="something else")
    assert wrong.status_code == 401
    assert "login or the password is wrong" in wrong.text
    nobody = signed_in.send("/sign-in", login="nobody", password=PASSWORD)
    assert nobody.text.replace("nobody", "coordinator") == wrong.text
    right = signed_in.send("/sign-in", login="coordinator", password=PASSWORD)
    assert right.status_code == 303
    assert "coordinator · coordinator" in signed_in.open("/account")


def test_the_session_cookie_is_http_only_and_invalid_after_a_new_password(
    signed_in: Browser,
) -> None:
    cookie = signed_in.client.cookies["supplies_session"]
    response = signed_in.send("/sign-in", login="coordinator", password=PASSWORD)
    header = response.headers["set-cookie"]
    assert "HttpOnly" in header
    assert "SameSite=lax" in header
    signed_in.send("/sign-out")
    signed_in.client.cookies.set("supplies_session", cookie)
    assert "coordinator · coordinator" in signed_in.open("/account")  # the other session continues
    invite(signed_in, "coordinator")
    signed_in.client.cookies.clear()
    signed_in.client.cookies.set("supplies_session", cookie)
    answer = signed_in.client.get("/", follow_redirects=False)
    assert answer.headers["location"] == "/sign-in"  # a new password ends all sessions


def test_over_https_the_session_cookie_is_secure(service: Service, browser: Browser) -> None:
    invite(browser, "coordinator")
    answer = browser.client.post(
        "https://127.0.0.1:8000/sign-in",
        data={"login": "coordinator", "password": PASSWORD},
        headers={"Sec-Fetch-Site": "same-origin"},
        follow_redirects=False,
    )
    assert "Secure" in answer.headers["set-cookie"]


def test_guessing_a_password_is_rate_limited(browser: Browser) -> None:
    invite(browser, "coordinator")
    browser.client.cookies.clear()
    answers = [
        browser.send("/sign-in", login="coordinator", password=f"guess number {n}").status_code
        for n in range(11)
    ]
    assert answers == [401] * 10 + [429]
    right = browser.send("/sign-in", login="coordinator", password=PASSWORD)
    assert right.status_code == 429
    assert int(right.headers["retry-after"]) <= 15 * 60


def test_users_make_and_revoke_their_own_tokens(signed_in: Browser) -> None:
    made = signed_in.send("/account/tokens", label="till", role="recorder", days="30")
    secret = re.search(r"supplies\.lx\.\w{16}\.[\w-]{43}", made.text)
    assert secret
    assert secret[0] not in signed_in.open("/account")
    headers = {"Authorization": f"Bearer {secret[0]}"}
    assert signed_in.client.get("/api/stock", headers=headers).status_code == 200
    rest = signed_in.open("/account").partition(">till</th>")[2]
    end = re.search(r'action="(/account/tokens/\w+/revoke)"', rest)
    assert end
    assert signed_in.send(end[1]).status_code == 303
    assert signed_in.client.get("/api/stock", headers=headers).status_code == 401
    wrong = signed_in.send("/account/tokens", label="till", role="recorder", days="0")
    assert wrong.status_code == 422


def test_users_cannot_revoke_tokens_of_others(signed_in: Browser, service: Service) -> None:
    others = administer(
        signed_in,
        lambda access: credentials.list_credentials(access, kinds=("token",), holder="u_2"),
    )
    answer = signed_in.send(f"/account/tokens/{others[0].id}/revoke")
    assert answer.status_code == 404


def test_users_change_their_own_password(signed_in: Browser) -> None:
    new = "other words that hold"
    wrong = signed_in.send("/account/password", current="not this", password=new, repeat=new)
    assert wrong.status_code == 422
    done = signed_in.send("/account/password", current=PASSWORD, password=new, repeat=new)
    assert done.headers["location"] == "/sign-in"
    assert signed_in.send("/sign-in", login="coordinator", password=PASSWORD).status_code == 401
    assert signed_in.send("/sign-in", login="coordinator", password=new).status_code == 303


def test_the_home_page_links_to_the_report_after_the_first_entry(
    signed_in: Browser, service: Service
) -> None:
    assert "Report of the station" not in signed_in.open("/")
    token = {"Authorization": f"Bearer {service.tokens['recorder']}"}
    body = {"recipient": "R-1", "item": "mask", "quantity": 1}
    assert signed_in.client.post("/api/needs", json=body, headers=token).status_code == 201
    assert "Report of the station" in signed_in.open("/")
    assert signed_in.client.get("/reports/station/pdf").content.startswith(b"%PDF")


def test_the_database_contains_no_secrets(signed_in: Browser, service: Service) -> None:
    made = signed_in.send("/account/tokens", label="till", role="recorder", days="30")
    secret = re.search(r"supplies\.lx\.\w{16}\.([\w-]{43})", made.text)
    assert secret
    shown = [secret[1], signed_in.client.cookies["supplies_session"].split(".")[3], PASSWORD]
    with closing(sqlite3.connect(service.folder / "books.db")) as file:
        dump = "\n".join(file.iterdump())
    assert "$argon2id$" in dump
    for text in shown:
        assert text not in dump


# --- donors ---------------------------------------------------------------------------------------


@pytest.fixture
def donor(rest: RestClient, service: Service) -> Browser:
    """A donor's browser that has opened the donor's link."""
    rest.give()
    rest.post("/api/pledges", {"donor": "D-1", "lines": [{"item": "soap", "quantity": 6}]})
    address = rest.post("/api/donors/D-1/link", {})["address"]
    del rest.client.headers["Authorization"]
    browser = Browser(rest.client)
    assert "广州某企业" in browser.open(address)
    return browser


def test_a_donor_link_opens_the_papers_of_its_donor(donor: Browser) -> None:
    shown = donor.open("/my")
    assert "JZ-2020-000001" in shown
    assert "hand sanitiser" in shown
    assert donor.client.get("/my/receipts/JZ-2020-000001").content.startswith(b"%PDF")
    assert donor.client.get("/my/statement").content.startswith(b"%PDF")
    assert "JZ-2020-000001" in donor.client.get("/my/statement?form=csv").text
    assert donor.client.get("/my/statement?form=xlsx").content.startswith(b"PK")
    assert "use pdf, csv or xlsx" in donor.open("/my/statement?form=exe", status=422)


@pytest.mark.parametrize(
    ("quantity", "words"),
    [(4, "given back in part: mask 4 / 10"), (10, "all goods were given back")],
)
def test_the_donors_page_says_how_much_of_a_receipt_was_given_back(
    rest: RestClient, quantity: int, words: str
) -> None:
    number = rest.give(10)["receipt"]["number"]
    lines = [{"item": "mask", "quantity": quantity}]
    rest.post("/api/stock/returns", {"location": "store", "lines": lines, "reason": "too many"})
    code = rest.get(f"/api/receipts/{number}")["check_code"]
    shown = rest.get(f"/api/verify/{number}", c=code)
    assert shown["given_back"] == ("all" if quantity == 10 else "partly")
    address = rest.post("/api/donors/D-1/link", {})["address"]
    del rest.client.headers["Authorization"]
    assert words in Browser(rest.client).open(address)


def test_no_address_contains_the_secret_after_the_link_was_opened(donor: Browser) -> None:
    for link in re.findall(r'(?:href|action)="([^"]+)"', donor.open("/my")):
        assert "supplies." not in link
    answer = donor.client.get("/my")
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cache-control"] == "no-store"


def test_a_donor_sends_a_request_from_the_page(donor: Browser) -> None:
    assert donor.send("/my/requests", kind="hide", wish="").status_code == 303
    assert "Do not publish my name: not answered yet" in donor.open("/my")
    unsaid = donor.send("/my/requests", kind="correct", wish=" ")
    assert unsaid.status_code == 422
    assert "say how the name is written" in unsaid.text


def test_a_request_may_have_2000_chinese_characters(donor: Browser) -> None:
    answer = donor.send("/my/requests", kind="correct", wish="张" * 2000)
    assert answer.status_code == 303


def test_an_incomplete_link_is_answered_with_404(browser: Browser) -> None:
    browser.open("/my/supplies.0", status=404)
    answer = browser.client.get("/my", follow_redirects=False)
    assert answer.headers["location"] == "/my/lost"


# --- the first start ------------------------------------------------------------------------------


def test_first_invitations_are_valid_until_a_coordinator_can_sign_in(browser: Browser) -> None:
    first, again = (administer(browser, bootstrap.first_sign_in) for _ in range(2))
    assert first is not None
    assert again is not None
    assert first.login == again.login
    browser.open(first.path)
    answer = browser.send(again.path, password=PASSWORD, repeat=PASSWORD)
    assert answer.status_code == 303
    browser.open(first.path, status=404)
    assert administer(browser, bootstrap.first_sign_in) is None
