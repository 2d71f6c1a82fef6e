"""Host names, trusted proxies and security headers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar.testing import TestClient
from litestar.types import ASGIApp, Receive, Scope, Send
from supplies_service.app import create_app
from supplies_service.pages.assets import asset_address
from supplies_service.security import trusted_hosts
from supplies_service.security.trusted_hosts import TrustedHosts
from support.rest_client import issue_credentials, problem

from supplies.domain.catalogue_records import Station
from supplies.ledger.ledger import Ledger
from supplies.signing.station_keys import create_first_key


class ClientAddress:
    """The application, called from an address that the test sets: at first a proxy's."""

    def __init__(self, app: ASGIApp) -> None:
        self._app, self.address = app, "10.0.0.2"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["client"] = (self.address, 4000)
        await self._app(scope, receive, send)


def test_pages_api_responses_and_errors_have_the_security_headers(
    coordinator_client: TestClient,
) -> None:
    for path, status in (
        ("/api/donors", 200),
        ("/api/nothing", 404),
        ("/sign-in", 200),
        (asset_address("desk.css"), 200),
        ("/", 303),
    ):
        answer = coordinator_client.get(path, follow_redirects=False)
        assert answer.status_code == status
        headers = answer.headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "same-origin"
        if not path.startswith("/assets/"):
            assert headers["cache-control"] == "no-store"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        default = "'none'" if path.startswith("/api") else "'self'"
        assert headers["content-security-policy"].startswith(f"default-src {default};")
        assert "unsafe" not in headers["content-security-policy"]
        assert "strict-transport-security" not in headers


def test_responses_over_tls_have_strict_transport_security(coordinator_client: TestClient) -> None:
    answer = coordinator_client.get("https://127.0.0.1:8000/sign-in")
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


def test_trusted_hosts_are_the_configured_names_and_those_on_papers() -> None:
    hosts = TrustedHosts(
        "0.0.0.0", "Nas", read_hosts=lambda: ["https://supplies.example.org/lx", "::"]
    )
    assert all(name in hosts for name in ("nas", "supplies.example.org"))
    assert not any(name in hosts for name in ("0.0.0.0", "::", "", "evil.example.org"))


def test_the_host_name_of_an_added_station_is_trusted_after_a_refresh(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    papers = ["https://one.example.org"]
    hosts = TrustedHosts(read_hosts=lambda: papers)
    papers.append("https://two.example.org")
    assert "two.example.org" not in hosts
    monkeypatch.setattr(trusted_hosts, "REFRESH_SECONDS", -1.0)
    assert "two.example.org" in hosts


def test_an_unreadable_host_in_the_books_does_not_stop_the_other_stations(
    caplog: pytest.LogCaptureFixture,
) -> None:
    hosts = TrustedHosts(read_hosts=lambda: ["http://[:]", "https://two.example.org"])
    assert "two.example.org" in hosts
    assert "'http://[:]' of a station cannot be read" in caplog.text


@pytest.fixture
def tokens(books_path: Path) -> dict[str, str]:
    """Tokens for books whose papers have a host name of their own."""
    with Ledger.open(str(books_path), station="lx") as ledger:
        host = "https://supplies.example.org"
        ledger.register(Station(code="lx", name="龙穴街社工服务站", host=host))
        return issue_credentials(ledger)


@pytest.fixture
def behind_a_proxy(books_path: Path, tokens: dict[str, str]) -> Iterator[TestClient]:
    """The service that trusts proxies in 10.0.0.0/8, called from one of them."""
    create_first_key(str(books_path))
    app = create_app(str(books_path), "lx", hosts=("nas.local",), proxies=("10.0.0.0/8",))
    app.asgi_handler = ClientAddress(app.asgi_handler)
    with TestClient(app, base_url="http://nas.local") as client:
        client.headers["Authorization"] = f"Bearer {tokens['coordinator']}"
        yield client


def addresses(client: TestClient) -> list[str]:
    """Return the addresses of refused requests from the access log, newest first."""
    lines = client.get("/api/access-log").json()["items"]
    return [line["address"] for line in lines if line["outcome"] == "refused"]


def test_requests_to_an_unknown_host_name_are_refused(behind_a_proxy: TestClient) -> None:
    for host in ("nas.local", "NAS.local:8000", "supplies.example.org", "localhost"):
        assert behind_a_proxy.get("/api/donors", headers={"Host": host}).status_code == 200
    problem(behind_a_proxy.get("/api/donors", headers={"Host": "evil.example"}), 400, "malformed")


def test_forwarded_headers_of_a_trusted_proxy_are_used(behind_a_proxy: TestClient) -> None:
    forwarded = {
        # The invented address comes before the addresses that the proxies added.
        "X-Forwarded-For": "127.0.0.1, 203.0.113.9, 10.0.0.7",
        "X-Forwarded-Proto": "https",
        "Authorization": "Bearer wrong",
    }
    answer = behind_a_proxy.get("/api/donors", headers=forwarded)
    assert answer.status_code == 401
    assert "strict-transport-security" in answer.headers
    assert addresses(behind_a_proxy)[0] == "203.0.113.9"


def test_forwarded_headers_of_others_are_ignored(behind_a_proxy: TestClient) -> None:
    behind_a_proxy.app.asgi_handler.address = "192.0.2.1"
    forwarded = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
    answer = behind_a_proxy.get(
        "/api/donors", headers={**forwarded, "Authorization": "Bearer wrong"}
    )
    assert answer.status_code == 401
    assert "strict-transport-security" not in answer.headers
    assert addresses(behind_a_proxy)[0] == "192.0.2.1"
