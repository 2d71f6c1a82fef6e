"""Passkeys: a device signs in its user without a password, on one site and once per challenge."""

from __future__ import annotations

import json
from typing import Any

import pytest
from httpx import Response
from support.authenticator import Authenticator, encode
from support.browser import OpenPage
from support.page_client import PASSWORD, Browser, administer, invite
from support.rest_client import ADDRESS
from support.service_fixture import Service

from supplies.access import second_factors
from supplies.ledger.ledger import Ledger


class Owner:
    """A coordinator with a password, in a browser that is signed in."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser

    def options(self, path: str, **fields: str) -> Any:
        answer = self.browser.send(path, **fields)
        assert answer.status_code == 200, answer.text
        return json.loads(answer.content)

    def add(self, device: Authenticator, label: str = "telephone") -> Response:
        options = self.options("/account/passkeys/challenge", password=PASSWORD)
        return self.browser.send("/account/passkeys", label=label, answer=device.make(options))

    def sign_in(self, device: Authenticator, **fields: str) -> Response:
        self.browser.client.cookies.clear()
        options = self.options("/sign-in/passkey/challenge", station="")
        return self.browser.send("/sign-in/passkey", answer=device.use(options), **fields)


@pytest.fixture
def owner(anonymous_client: object) -> Owner:
    browser = Browser(anonymous_client)  # type: ignore[arg-type]  # the fixture is a TestClient
    invite(browser, "coordinator")
    return Owner(browser)


@pytest.fixture
def device() -> Authenticator:
    return Authenticator(ADDRESS)


def test_a_passkey_signs_in_until_it_is_removed(owner: Owner, device: Authenticator) -> None:
    assert owner.add(device).status_code == 303
    assert "telephone" in owner.browser.open("/account/passkeys")
    answer = owner.sign_in(device, next="/stock")
    assert answer.headers["location"] == "/stock"
    logged = administer(
        owner.browser,
        lambda access: access.all("SELECT route, outcome, who FROM access_log ORDER BY seq"),
    )
    assert logged[-1] == ("/sign-in/passkey", "signed-in", "u_1")
    path = f"/account/passkeys/{encode(device.id)}/remove"
    assert owner.browser.send(path).status_code == 303
    assert owner.sign_in(device).status_code == 401


def test_a_challenge_is_accepted_once_and_for_five_minutes(
    owner: Owner, device: Authenticator, service: Service
) -> None:
    owner.add(device)
    options = owner.options("/sign-in/passkey/challenge", station="")
    answer = device.use(options)
    assert owner.browser.send("/sign-in/passkey", answer=answer).status_code == 303
    assert owner.browser.send("/sign-in/passkey", answer=answer).status_code == 401
    assert owner.browser.send("/sign-in/passkey", answer=device.use(options)).status_code == 401
    options = owner.options("/sign-in/passkey/challenge", station="")
    service.clock.advance(1)
    assert owner.browser.send("/sign-in/passkey", answer=device.use(options)).status_code == 401


def test_a_challenge_of_a_clock_that_was_ahead_is_refused_and_deleted(
    owner: Owner, device: Authenticator, service: Service
) -> None:
    owner.add(device)
    service.clock.advance(400)
    options = owner.options("/sign-in/passkey/challenge", station="")
    service.clock.advance(-400)
    assert owner.browser.send("/sign-in/passkey", answer=device.use(options)).status_code == 401
    owner.options("/sign-in/passkey/challenge", station="")
    with Ledger.open(str(service.folder / "books.db"), station="lx") as ledger:
        assert ledger.books.value("SELECT count(*) FROM passkey_challenges") == 1


@pytest.mark.parametrize(
    "stranger",
    [
        Authenticator(ADDRESS),
        Authenticator("https://supplies.example"),
        Authenticator(ADDRESS, verifies_user=False),
    ],
    ids=["another key", "another site", "no fingerprint or PIN"],
)
def test_a_passkey_is_refused(owner: Owner, device: Authenticator, stranger: Authenticator) -> None:
    owner.add(device)
    stranger.id = device.id
    if stranger.origin != device.origin or stranger.flags != device.flags:
        stranger.key = device.key
    answer = owner.sign_in(stranger)
    assert (answer.status_code, "supplies_session" in answer.cookies) == (401, False)
    assert "not accepted" in answer.text
    for text in ("", "{}", "nonsense", '{"response": {"clientDataJSON": "e30"}}'):
        assert owner.browser.send("/sign-in/passkey", answer=text).status_code == 401


def test_a_passkey_is_added_with_the_password_and_for_one_user(
    owner: Owner, device: Authenticator
) -> None:
    refused = owner.browser.send("/account/passkeys/challenge", password="wrong")
    assert refused.status_code == 422
    assert "password is wrong" in owner.browser.send("/account/passkeys", label="x").text
    # A challenge of the sign-in page does not add a passkey.
    options = owner.options("/sign-in/passkey/challenge", station="")
    answer = device.make({**options, "rp": {"id": options["rpId"]}})
    assert owner.browser.send("/account/passkeys", label="x", answer=answer).status_code == 422
    assert owner.add(device).status_code == 303
    assert owner.add(device).status_code == 422


def test_a_disabled_user_and_a_removed_factor_do_not_sign_in(
    owner: Owner, device: Authenticator
) -> None:
    owner.add(device)
    administer(owner.browser, lambda access: second_factors.remove(access, "u_1"))
    assert owner.sign_in(device).status_code == 401
    owner.browser.send("/sign-in", login="coordinator", password=PASSWORD)
    owner.add(device)

    def disable(access: Any) -> None:
        access.run("UPDATE users SET disabled_at = :now WHERE code = 'u_1'", now=access.now)

    administer(owner.browser, disable)
    assert owner.sign_in(device).status_code == 401


def test_a_browser_makes_a_passkey_and_signs_in_with_it(open_page: OpenPage) -> None:
    page = open_page("/account/passkeys", role="recorder")
    named = open_page.site.address.replace("127.0.0.1", "localhost")
    page.context.add_cookies(
        [{"name": "supplies_session", "value": open_page.site.sessions["recorder"], "url": named}]
    )
    protocol = page.context.new_cdp_session(page)
    protocol.send("WebAuthn.enable")
    protocol.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
            }
        },
    )
    page.goto(f"{named}/account/passkeys")
    page.get_by_label("Name of the device").fill("test device")
    page.get_by_label("Current password").fill(PASSWORD)
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_role("rowheader", name="test device").wait_for()
    page.context.clear_cookies()
    page.goto(f"{named}/sign-in?next=/stock")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(f"{named}/stock")
