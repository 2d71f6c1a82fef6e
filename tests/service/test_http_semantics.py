"""Rules of HTTP on every route: HEAD, encodings, errors for browsers, closed connections."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from litestar.testing import TestClient
from supplies_service.pages.assets import asset_address
from support.ledger_fixture import register_all
from support.rest_client import RestClient, issue_credentials, problem
from support.service_fixture import Service
from support.service_process import PATIENCE, free_port, running_service

from supplies.domain.catalogue_records import Item
from supplies.ledger.ledger import Ledger

JSON = {"Content-Type": "application/json"}
STYLE = asset_address("desk.css")
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.mark.parametrize("path", ["/api/stock", "/api/entries", "/api/health", "/sign-in", STYLE])
def test_head_returns_the_headers_of_get_without_content(
    coordinator_client: TestClient, path: str
) -> None:
    read, head = coordinator_client.get(path), coordinator_client.head(path)
    assert head.status_code == read.status_code == 200
    assert head.content == b""
    for name in ("content-type", "content-length"):
        assert head.headers[name] == read.headers[name]


def test_head_is_among_the_allowed_methods(coordinator_client: TestClient) -> None:
    answer = coordinator_client.delete("/api/stock")
    assert "HEAD" in answer.headers["allow"]
    assert coordinator_client.head("/api/needs/n_1/end").status_code == 405


@pytest.mark.parametrize("path", ["/api/stock", "/api/items/mask", "/sign-in", "/"])
def test_options_returns_the_methods_that_allow_lists(
    anonymous_client: TestClient, path: str
) -> None:
    options = anonymous_client.options(path)
    assert (options.status_code, options.content) == (204, b"")
    wrong = anonymous_client.put(path)
    assert wrong.status_code == 405
    assert {"GET", "HEAD", "OPTIONS"} <= set(options.headers["allow"].split(", "))
    assert options.headers["allow"] == wrong.headers["allow"]


@pytest.mark.parametrize("hosts", [[], ["127.0.0.1", "127.0.0.1"], ["127.0.0.1", "evil.example"]])
def test_a_request_names_exactly_one_host(service: Service, hosts: list[str]) -> None:
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope: Any = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "path": "/api/stock",
        "raw_path": b"/api/stock",
        "root_path": "",
        "scheme": "http",
        "query_string": b"",
        "headers": [(b"host", host.encode()) for host in hosts],
        "client": ("127.0.0.1", 4000),
        "server": ("127.0.0.1", 8000),
    }
    asyncio.run(service.app(scope, receive, send))
    assert sent[0]["status"] == 400
    assert "`Host` headers; send one" in sent[1]["body"].decode()


@pytest.mark.parametrize("path", [STYLE, "/metrics", "/sign-in", "/api/stock", "/nothing"])
def test_the_charset_is_named_once(coordinator_client: TestClient, path: str) -> None:
    for headers in ({}, BROWSER):
        kind = coordinator_client.get(path, headers=headers).headers["content-type"]
        assert kind.count("charset") <= 1


@pytest.mark.parametrize(
    ("method", "path", "status", "chinese"),
    [
        ("GET", "/nothing", 404, "未找到"),
        ("GET", "/api/nothing", 404, "未找到"),
        ("POST", "/sign-in", 403, "没有权限"),
        ("PUT", "/api/stock", 405, "不支持此操作"),
        ("GET", "/api/needs?limit=0", 422, "有一项填写不正确"),
    ],
)
def test_a_browser_gets_a_page_for_an_error(
    coordinator_client: TestClient, method: str, path: str, status: int, chinese: str
) -> None:
    answer = coordinator_client.request(method, path, headers=BROWSER)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert chinese in answer.text
    assert "<script>" not in answer.text
    plain = coordinator_client.request(method, path, headers={"Accept": "*/*"})
    assert plain.headers["content-type"].startswith("application/problem+json")


def test_an_error_page_escapes_the_address(coordinator_client: TestClient) -> None:
    answer = coordinator_client.get("/<script>alert(1)</script>", headers=BROWSER)
    assert answer.status_code == 404
    assert "<script>" not in answer.text


@pytest.mark.parametrize("accept", ["", ";;;", "text/html;q=1e999", "text", "a/b/c;q=x"])
def test_an_invalid_accept_header_gets_json(coordinator_client: TestClient, accept: str) -> None:
    problem(coordinator_client.get("/nothing", headers={"Accept": accept}), 404, "not-found")


@pytest.mark.parametrize("body", [b"", b"  \n"])
def test_an_empty_body_is_reported_as_empty(coordinator_client: TestClient, body: bytes) -> None:
    answer = coordinator_client.post("/api/needs", content=body, headers=JSON)
    assert "the body is empty" in problem(answer, 400, "malformed")["detail"]


def test_a_body_that_ends_too_early_is_refused_in_words(rest: RestClient) -> None:
    headers = {"Content-Type": "application/json"}
    answer = rest.client.post("/api/needs", content=b'{"item": "mask"', headers=headers)
    detail = problem(answer, 400, "malformed")["detail"]
    assert detail == "the body is not JSON: it ends too early"


@pytest.mark.parametrize(
    "body",
    [
        b'{"recipient": "h1", "item": "mask", "quantity": 1, "quantity": 2}',
        b'{"recipient": "h1", "item": "mask", "quantity": 1, "qu\\u0061ntity": 2}',
        b'{"lines": [{"quantity": 1, "quantity": 1}]}',
        b'{"quantity": 1, "note": ":::", "quantity": 2}',
        b'{"quantity": {"a": 1, "b": 2}, "quantity": 1}',
    ],
)
def test_a_name_that_is_given_twice_in_an_object_is_refused(
    coordinator_client: TestClient, body: bytes
) -> None:
    answer = coordinator_client.post("/api/needs", content=body, headers=JSON)
    error = problem(answer, 400, "malformed")
    assert error["detail"] == "'quantity' occurs twice in the same JSON object; send it only once"


@pytest.mark.parametrize(
    "path",
    [
        "/api/entries?kind=nonsense",
        "/api/entries?document=nonsense",
        *(f"/api/stock?{name}=nonsense" for name in ("item", "location")),
        *(f"/api/needs?{name}=nonsense" for name in ("item", "recipient", "status")),
        *(f"/api/pledges?{name}=nonsense" for name in ("donor", "status")),
        "/api/donations?donor=nonsense",
        "/api/receipts?donor=nonsense",
        *(f"/api/allocations?{name}=nonsense" for name in ("recipient", "status")),
        *(f"/api/allocations/proposal?{name}=nonsense" for name in ("item", "location")),
        *(f"/api/deliveries?{name}=nonsense" for name in ("team", "status")),
        "/api/shipments?way=nonsense",
        "/api/activities?kind=nonsense",
    ],
)
def test_a_filter_with_an_unknown_code_is_refused(
    coordinator_client: TestClient, path: str
) -> None:
    refusal = problem(coordinator_client.get(path), 422, "invalid-field")
    assert refusal["errors"][0]["pointer"] == "/" + path.partition("?")[2].partition("=")[0]
    assert "'nonsense'" in refusal["detail"]


def test_filters_that_match_nothing_return_an_empty_list(rest: RestClient) -> None:
    for path in ("entries?kind=shipment_sent", "donations?donor=anonymous", "stock?item=mask"):
        assert rest.get(f"/api/{path}")["items"] == []


@pytest.mark.parametrize(
    "path",
    [
        "/api/stock?as_of={}",
        "/api/reports/station?from={}&to=2020-03-01",
        "/api/receipts?from={}",
        "/api/reports/disclosure?from=2020-02-01&to={}",
    ],
)
@pytest.mark.parametrize("day", ["0001-01-01", "0022-02-03", "1999-12-31"])
def test_a_query_for_a_day_before_the_earliest_possible_is_refused(
    coordinator_client: TestClient, path: str, day: str
) -> None:
    refusal = problem(coordinator_client.get(path.format(day)), 422, "invalid-field")
    assert "before 2000-01-01" in refusal["detail"]


@pytest.mark.parametrize("length", [2**21, 2**19])
def test_a_response_before_the_end_of_the_body_closes_the_connection(
    port: int, length: int
) -> None:
    answer = _exchange(
        port,
        b"POST /api/needs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n\r\n{" % length,
    )
    assert answer.startswith((b"HTTP/1.1 401", b"HTTP/1.1 413"))
    assert b"connection: close" in answer.lower()


def test_a_query_in_raw_utf_8_is_read_like_an_encoded_one(token: str, port: int) -> None:
    answers = [
        _exchange(
            port,
            b"GET /api/items?q=%s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\n"
            b"Connection: close\r\n\r\n" % (query, token.encode()),
        )
        for query in ("口罩".encode(), quote("口罩").encode(), b"%FF")
    ]
    raw, encoded, invalid = (answer.partition(b"\r\n\r\n")[2] for answer in answers)
    assert raw == encoded
    assert "口罩".encode() in raw
    assert b"is not UTF-8" in invalid


@pytest.fixture
def token(books: str) -> str:
    """A coordinator's token for books with an item 口罩."""
    with Ledger.open(books, station="lx") as ledger:
        ledger.register(Item(code="kou", name="口罩"))
        return issue_credentials(ledger)["coordinator"]


@pytest.fixture
def books(books_path: Path) -> str:
    """New books in a file."""
    with Ledger.open(str(books_path), station="lx") as ledger:
        register_all(ledger)
    return str(books_path)


@pytest.fixture
def port(books: str) -> Iterator[int]:
    """The port of a service as a separate process."""
    number = free_port()
    with running_service(books, number):
        yield number


def _exchange(port: int, request: bytes) -> bytes:
    """Send bytes, and return the response until the service closes the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(2**16), b""))
