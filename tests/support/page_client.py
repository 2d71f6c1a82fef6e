"""A client that opens pages and sends forms as a browser does, without running scripts."""

from __future__ import annotations

import html
import re
from typing import Any

from httpx import Response
from litestar.testing import TestClient

from supplies.access import users
from supplies.access.access_context import AccessContext
from support.rest_client import ADDRESS
from support.service_fixture import Service

ENGLISH = {"Accept-Language": "en"}

PASSWORD = "four words nobody guesses"

_WHOLE = re.compile(r'<span class="whole">([^<]*)</span>')


class Browser:
    """Opens pages, sends forms and keeps cookies."""

    def __init__(self, client: TestClient) -> None:
        self.client = client

    def open(self, path: str, status: int = 200) -> str:
        """Return the HTML of a page, without what only guides its line breaks."""
        answer = self.client.get(path, headers=ENGLISH)
        assert answer.status_code == status, answer.text
        return _WHOLE.sub(r"\1", answer.text.replace("\N{NO-BREAK SPACE}·", " ·"))

    def send(self, path: str, **fields: str) -> Response:
        """Send a form as a page of the service does."""
        headers = {"Origin": ADDRESS, **ENGLISH}
        return self.client.post(path, data=fields, headers=headers, follow_redirects=False)


def administer(browser: Browser, job: Any) -> Any:
    ledger = browser.client.app.state.stations.default.ledger
    with ledger.admin_transaction() as books:
        return job(AccessContext(books, ledger.clock()))


def invitation_path(browser: Browser, login: str) -> str:
    def invite(access: AccessContext) -> str:
        return users.invite(access, users.get_by_login(access, login), by="test")[1]

    return str(administer(browser, invite))


def invite(browser: Browser, login: str) -> str:
    """Set a user's password at a one-time path. Return the path."""
    path = invitation_path(browser, login)
    answer = browser.send(path, password=PASSWORD, repeat=PASSWORD)
    assert answer.status_code == 303, answer.text
    return str(path)


def sign_in_as(client: TestClient, service: Service, role: str) -> Browser:
    """Return a browser with the session of a role."""
    client.headers.pop("Authorization", None)
    client.cookies.clear()
    client.cookies.set("supplies_session", service.sessions[role])
    return Browser(client)


def key_of(page: str) -> str:
    """Return the key of a form, which makes it safe to send twice."""
    found = re.search(r'name="key" value="([^"]+)"', page)
    assert found
    return found[1]


def value_of(page: str, pointer: str) -> str:
    """Return what a field of a form shows."""
    found = re.search(rf'name="{pointer}"[^>]*? value="([^"]*)"', page)
    assert found, pointer
    return html.unescape(found[1])
