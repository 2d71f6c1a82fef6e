"""One-time codes: a second factor after the password, turned on and off by its user."""

from __future__ import annotations

import re

import pyotp
import pytest
from httpx import Response
from support.page_client import PASSWORD, Browser, administer, invitation_path, invite, sign_in_as
from support.service_fixture import Service

from supplies.access import one_time_codes
from supplies.access.access_context import AccessContext
from supplies.access.rate_limits import ONE_TIME_CODES

WRONG = "123 456"
CONFIRM = "/account/one-time-codes/confirm"


def proof_in(page: str) -> str:
    (proof,) = re.findall(r'name="proof" value="([^"]*)"', page)
    return str(proof)


class Phone:
    """The app of a coordinator, who has turned on one-time codes in a browser."""

    def __init__(self, browser: Browser, service: Service) -> None:
        self.browser, self.service = browser, service
        page = browser.send("/account/one-time-codes", password=PASSWORD).text
        found = re.search(r"<code>([A-Z2-7]{32})</code>", page)
        assert found, page
        assert "<svg" in page
        self.app = pyotp.TOTP(found[1])
        confirmed = browser.send(CONFIRM, code=self.code(-1), proof=proof_in(page))
        page = confirmed.text
        self.recovery_codes = re.findall(r"<code>([a-z0-9-]{29})</code>", page)
        assert len(self.recovery_codes) == 10

    def code(self, step: int = 0) -> str:
        """Return the code that the app shows at a number of steps from now."""
        return self.app.at(self.service.clock(), counter_offset=step)

    def sign_in(self, code: str, **fields: str) -> Response:
        """Send the password and then a code."""
        answer = self.browser.send("/sign-in", login="coordinator", password=PASSWORD, **fields)
        assert (answer.status_code, "One-time code" in answer.text) == (200, True)
        assert "supplies_session" not in answer.cookies
        return self.send_code(answer, code)

    def send_code(self, form: Response, code: str) -> Response:
        names = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form.text)
        return self.browser.send("/sign-in/code", code=code, **dict(names))


@pytest.fixture
def phone(anonymous_client: object, service: Service) -> Phone:
    browser = Browser(anonymous_client)  # type: ignore[arg-type]  # the fixture is a TestClient
    invite(browser, "coordinator")
    return Phone(browser, service)


def test_a_code_of_the_app_signs_in_after_the_password(phone: Phone) -> None:
    answer = phone.sign_in(f" {phone.code()[:3]} {phone.code()[3:]} ", next="/stock")
    assert answer.headers["location"] == "/stock"
    assert "supplies_session" in answer.cookies
    outcomes = administer(
        phone.browser,
        lambda access: access.all("SELECT route, outcome, detail FROM access_log ORDER BY seq"),
    )
    assert ("/account/one-time-codes/confirm", "made", "one-time codes") in outcomes
    assert outcomes[-1] == ("/sign-in/code", "signed-in", None)


def test_a_code_is_accepted_once_and_no_older_one_after_it(phone: Phone) -> None:
    code = phone.code()
    assert phone.sign_in(code).status_code == 303
    for used in (code, phone.code(-1)):
        answer = phone.sign_in(used)
        assert answer.status_code == 401
        assert "it was used before" in answer.text
    assert phone.sign_in(phone.code(1)).status_code == 303


def test_a_recovery_code_is_accepted_once_in_any_writing(phone: Phone) -> None:
    typed = phone.recovery_codes[3].replace("-", " ").upper()
    assert phone.sign_in(typed).status_code == 303
    assert phone.sign_in(phone.recovery_codes[3]).status_code == 401
    assert "9 recovery codes are left" in phone.browser.open("/account/one-time-codes")


def test_the_number_of_codes_that_can_be_tried_is_limited(phone: Phone) -> None:
    answers = [phone.sign_in(WRONG).status_code for _ in range(ONE_TIME_CODES.attempts + 1)]
    assert answers == [401] * ONE_TIME_CODES.attempts + [429]
    assert phone.sign_in(phone.code()).status_code == 429
    # Another device has attempts of its own.
    phone.browser.client.cookies.clear()
    assert phone.sign_in(phone.code()).status_code == 303


def test_a_code_without_the_password_does_not_sign_in(phone: Phone, service: Service) -> None:
    form = phone.browser.send("/sign-in", login="coordinator", password=PASSWORD)
    (proof,) = re.findall(r'name="proof" value="([^"]*)"', form.text)
    at, user, code = proof.split(".")
    for wrong in (
        "",
        f"{int(at) + 1}.{user}.{code}",
        f"{at}.u_2.{code}",
        f"{at}.{user}.{'0' * 64}",
    ):
        answer = phone.browser.send("/sign-in/code", code=phone.code(), proof=wrong, station="lx")
        assert (answer.status_code, "Sign in again" in answer.text) == (401, True)
    service.clock.advance(1)
    assert phone.send_code(form, phone.code()).status_code == 401


def test_an_invitation_sets_a_password_but_asks_for_a_code(phone: Phone) -> None:
    path = invitation_path(phone.browser, "coordinator")
    answer = phone.browser.send(path, password=PASSWORD, repeat=PASSWORD)
    assert "supplies_session" not in answer.cookies
    assert phone.send_code(answer, phone.code()).status_code == 303


def test_a_secret_has_no_effect_before_its_first_code(
    anonymous_client: object, service: Service
) -> None:
    browser = Browser(anonymous_client)  # type: ignore[arg-type]  # the fixture is a TestClient
    invite(browser, "coordinator")
    assert browser.send("/account/one-time-codes", password="wrong").status_code == 422
    page = browser.send("/account/one-time-codes", password=PASSWORD).text
    assert "svg" in page
    refused = browser.send(CONFIRM, code=WRONG, proof=proof_in(page))
    assert "svg" in refused.text
    assert (refused.status_code, "this code is wrong" in refused.text.lower()) == (422, True)
    assert browser.send("/sign-in", login="coordinator", password=PASSWORD).status_code == 303


def test_a_session_alone_neither_shows_a_secret_nor_turns_on_its_codes(
    anonymous_client: object, service: Service
) -> None:
    browser = Browser(anonymous_client)  # type: ignore[arg-type]  # the fixture is a TestClient
    invite(browser, "coordinator")
    page = browser.send("/account/one-time-codes", password=PASSWORD).text
    (secret,) = re.findall(r"<code>([A-Z2-7]{32})</code>", page)
    right = pyotp.TOTP(secret).at(service.clock())
    of_another = proof_in(page).replace("u_1", "u_2")
    for code in (WRONG, right):
        for proof in ("", of_another):
            refused = browser.send(CONFIRM, code=code, proof=proof)
            assert refused.status_code == 422
            assert "type your password again" in refused.text
            assert secret not in refused.text
    assert "Current password" in browser.open("/account/one-time-codes")


def test_codes_are_turned_off_with_a_code(phone: Phone) -> None:
    assert phone.browser.send("/account/one-time-codes/remove", code=WRONG).status_code == 422
    code = phone.recovery_codes[0]
    assert phone.browser.send("/account/one-time-codes/remove", code=code).status_code == 303
    answer = phone.browser.send("/sign-in", login="coordinator", password=PASSWORD)
    assert answer.status_code == 303


def test_another_coordinator_turns_off_the_codes_and_not_the_user(
    phone: Phone, service: Service
) -> None:
    path, form = "/admin/users/u_1/remove-second-factor", {"do": "save", "key": "k" * 16}
    assert phone.browser.send(path, **form).status_code == 403
    assert administer(phone.browser, lambda access: one_time_codes.is_on(access, "u_1"))

    def promote(access: AccessContext) -> None:
        access.run("UPDATE users SET role = 'coordinator' WHERE code = 'u_2'")

    administer(phone.browser, promote)
    other = sign_in_as(phone.browser.client, service, "recorder")
    assert "Remove codes and passkeys" in other.open("/admin/users/u_1")
    assert other.send(path, **form).status_code == 303
    assert not administer(other, lambda access: one_time_codes.is_on(access, "u_1"))


def test_secrets_and_codes_are_in_no_log(phone: Phone, log: object) -> None:
    phone.sign_in(phone.recovery_codes[0])
    phone.sign_in(WRONG)
    written = log.getvalue()  # type: ignore[attr-defined]  # the fixture is a StringIO
    stored = administer(phone.browser, lambda access: access.all("SELECT * FROM access_log"))
    for secret in (phone.app.secret, phone.recovery_codes[0], PASSWORD, WRONG, "otpauth"):
        assert secret not in written
        assert secret not in str(stored)
