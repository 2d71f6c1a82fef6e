"""A session that ends: the reader returns to the same page, and nothing typed is lost."""

from __future__ import annotations

import pytest
from litestar.testing import TestClient
from support.page_client import PASSWORD, Browser, invite
from support.service_fixture import Service


@pytest.fixture
def invited(anonymous_client: TestClient, service: Service) -> Browser:
    """A browser without a session; the coordinator has a password."""
    browser = Browser(anonymous_client)
    invite(browser, "coordinator")
    browser.client.cookies.clear()
    return browser


def test_signing_in_leads_to_the_page_that_was_asked_for(invited: Browser) -> None:
    answer = invited.client.get("/account?x=1", follow_redirects=False)
    assert answer.headers["location"] == "/sign-in?next=%2Faccount%3Fx%3D1"
    form = invited.open(answer.headers["location"])
    assert 'name="next" value="/account?x=1"' in form
    done = invited.send("/sign-in", login="coordinator", password=PASSWORD, next="/account?x=1")
    assert done.headers["location"] == "/account?x=1"


def test_signing_in_never_leads_to_another_site(invited: Browser) -> None:
    done = invited.send("/sign-in", login="coordinator", password=PASSWORD, next="//evil.example")
    assert done.headers["location"] == "/"


def test_a_password_form_is_not_carried_through_the_sign_in(invited: Browser) -> None:
    secret = "words that must not be shown"
    answer = invited.send("/account/password", current=secret, password=secret, repeat=secret)
    assert answer.status_code == 303
    assert secret not in answer.text
