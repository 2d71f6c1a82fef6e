"""Known devices: guessing a password locks out strangers, and not the user."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from httpx import Response
from supplies_service.pages import account
from supplies_service.security.hashing import hash_in_thread
from support.page_client import PASSWORD, Browser, administer, invite
from support.service_fixture import Service

from supplies.access import devices, one_time_codes, passwords, rate_limits, users
from supplies.access.access_context import AccessContext
from supplies.access.rate_limits import SIGN_IN_BY_DEVICE, SIGN_IN_BY_LOGIN

DEVICE = "supplies_device_lx_u_1"

NEW_PASSWORD = "five words nobody ever guesses"


@pytest.fixture
def browser(anonymous_client: object) -> Browser:
    """A browser in which a coordinator has set the password."""
    found = Browser(anonymous_client)  # type: ignore[arg-type]  # the fixture is a TestClient
    invite(found, "coordinator")
    return found


def sign_in(browser: Browser, password: str = PASSWORD) -> Response:
    return browser.send("/sign-in", login="coordinator", password=password)


def use_up_attempts(browser: Browser) -> None:
    """Count wrong attempts of strangers from many addresses."""

    def count(access: AccessContext) -> None:
        for _ in range(SIGN_IN_BY_LOGIN.attempts + 1):
            rate_limits.count_attempt(access, SIGN_IN_BY_LOGIN, "coordinator")

    administer(browser, count)


def test_strangers_who_guess_do_not_lock_out_a_known_device(browser: Browser) -> None:
    use_up_attempts(browser)
    assert sign_in(browser).status_code == 303
    browser.client.cookies.delete(DEVICE)
    refused = sign_in(browser)
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) <= 15 * 60


def test_a_known_device_is_not_limited_by_its_address(browser: Browser) -> None:
    other = "another login"
    answers = [
        browser.send("/sign-in", login=f"{other} {n}", password="x").status_code for n in range(31)
    ]
    assert answers == [401] * 30 + [429]
    assert sign_in(browser).status_code == 303


def test_a_known_device_has_ten_attempts(browser: Browser) -> None:
    wrong = [sign_in(browser, "wrong").status_code for _ in range(11)]
    assert wrong == [401] * SIGN_IN_BY_DEVICE.attempts + [429]
    assert sign_in(browser).status_code == 429
    # Another device has attempts of its own.
    browser.client.cookies.clear()
    assert sign_in(browser).status_code == 303


def test_signing_in_from_a_known_device_gives_strangers_no_new_attempts(browser: Browser) -> None:
    use_up_attempts(browser)
    sign_in(browser)
    browser.client.cookies.clear()
    assert sign_in(browser).status_code == 429


def test_signing_in_resets_the_attempts_of_a_device(browser: Browser) -> None:
    for _ in range(3):
        assert [sign_in(browser, "wrong").status_code for _ in range(8)] == [401] * 8
        assert sign_in(browser).status_code == 303


def test_a_device_cookie_serves_one_user_and_cannot_be_altered(
    browser: Browser, service: Service
) -> None:
    cookie = browser.client.cookies[DEVICE]
    at, name, code = cookie.split(".")

    def check(access: AccessContext) -> None:
        own = users.find_password(access, "coordinator")
        other = users.find_password(access, "recorder")
        assert own is not None
        assert other is not None
        assert devices.known_device(access, own, cookie) == name
        assert devices.known_device(access, other, cookie) is None
        assert devices.known_device(access, own._replace(user="u_2"), cookie) is None
        for altered in (
            f"{int(at) + 1}.{name}.{code}",
            f"{at}.{name[::-1]}.{code}",
            f"{at}.{name}.{'0' * 64}",
            f"{at}.{name}",
            "",
            None,
        ):
            assert devices.known_device(access, own, altered) is None
        no_password = own._replace(password_hash=None)
        assert devices.known_device(access, no_password, cookie) is None

    administer(browser, check)
    service.clock.day += timedelta(days=181)
    use_up_attempts(browser)
    assert sign_in(browser).status_code == 429


def test_a_device_cookie_is_sent_to_the_sign_in_page_only(browser: Browser) -> None:
    headers = sign_in(browser).headers.get_list("set-cookie")
    (header,) = [one for one in headers if one.startswith(DEVICE)]
    for part in ("HttpOnly", "SameSite=lax", "Path=/sign-in", f"Max-Age={180 * 86_400}"):
        assert part in header


def test_a_new_password_makes_other_devices_unknown(browser: Browser) -> None:
    sign_in(browser)
    before = browser.client.cookies[DEVICE]
    fields = {"current": PASSWORD, "password": NEW_PASSWORD, "repeat": NEW_PASSWORD}
    assert browser.send("/account/password", **fields).status_code == 303
    use_up_attempts(browser)
    assert sign_in(browser, NEW_PASSWORD).status_code == 303
    browser.client.cookies.clear()
    browser.client.cookies.set(DEVICE, before)
    assert sign_in(browser, NEW_PASSWORD).status_code == 429


@pytest.mark.parametrize("path", ["/account/password", "/account/one-time-codes"])
def test_an_old_password_is_refused_if_it_was_changed_while_it_was_checked(
    browser: Browser, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(browser)
    new_hash = passwords.hash_password(NEW_PASSWORD, "coordinator")

    async def change_meanwhile(work: Callable[..., Any], *values: Any) -> Any:
        done = await hash_in_thread(work, *values)
        administer(browser, lambda access: users.set_password(access, "u_1", new_hash))
        return done

    monkeypatch.setattr(account, "hash_in_thread", change_meanwhile)
    # The one form names the current password `current`, the other one `password`.
    fields = {"current": PASSWORD, "password": PASSWORD, "repeat": PASSWORD}
    refused = browser.send(path, **fields)
    assert refused.status_code == 422
    monkeypatch.undo()
    assert sign_in(browser, NEW_PASSWORD).status_code == 303
    assert administer(browser, lambda access: one_time_codes.pending_secret(access, "u_1")) is None


def test_strangers_who_guess_do_not_keep_a_user_from_a_new_password(browser: Browser) -> None:
    sign_in(browser)
    use_up_attempts(browser)
    fields = {"current": "wrong", "password": NEW_PASSWORD, "repeat": NEW_PASSWORD}
    answers = [browser.send("/account/password", **fields) for _ in range(11)]
    assert [one.status_code for one in answers] == [422] * 11
    assert "too many attempts" not in answers[9].text
    assert "too many attempts" in answers[10].text
