"""The page that shows the API loads only local files and works offline."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from litestar.testing import TestClient
from supplies_service.openapi.swagger_ui import ASSETS, POLICY
from support.rest_client import problem
from support.service_process import PATIENCE, free_port, running_service

from supplies.domain.catalogue_records import Station
from supplies.ledger.ledger import Ledger
from tools.browser import find_chromium


def test_the_page_loads_only_local_files(anonymous_client: TestClient) -> None:
    answer = anonymous_client.get("/schema")
    assert answer.status_code == 200
    assert answer.headers["content-security-policy"] == POLICY
    links = re.findall(r'(?:src|href)="([^"]*)"', answer.text)
    assert len(links) == 5
    for link in links:
        assert link.startswith("/schema/")
        assert anonymous_client.get(link).status_code == 200
    assert "//" not in answer.text.replace("<!doctype html>", "")


def test_its_content_security_policy_allows_no_other_host() -> None:
    sources = {word for rule in POLICY.split("; ") for word in rule.split()[1:]}
    assert sources == {"'none'", "'self'", "'unsafe-inline'", "data:"}
    assert "script-src 'self';" in POLICY


def test_only_the_files_of_the_page_are_served(anonymous_client: TestClient) -> None:
    for name in ASSETS:
        answer = anonymous_client.get(f"/schema/parts/{name}")
        assert len(answer.content) > 500
        assert answer.headers["content-type"].partition(";")[0] == ASSETS[name]
    for name in ("swagger-ui.js", "..%2Fstatic%2Fswagger-ui.css", "index.html"):
        problem(anonymous_client.get(f"/schema/parts/{name}"), 404, "not-found")


def test_an_offline_browser_shows_the_api(tmp_path: Path) -> None:
    browser = find_chromium()
    if browser is None:
        pytest.skip("there is no Chromium on this machine: the page was not looked at")
    books = str(tmp_path / "books.db")
    with Ledger.open(books, station="lx") as ledger:
        ledger.register(Station(code="lx", name="龙穴街社工服务站"))
    port = free_port()
    with running_service(books, port):
        seen = subprocess.run(
            [
                browser,
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                f"--user-data-dir={tmp_path / 'profile'}",
                "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
                "--virtual-time-budget=5000",
                "--dump-dom",
                f"http://127.0.0.1:{port}/schema",
            ],
            capture_output=True,
            text=True,
            timeout=2 * PATIENCE,
            check=True,
        ).stdout
    # Swagger UI shows the document: its title, and an operation by its path.
    assert "A ledger for donated goods" in seen
    assert 'data-path="/api/donations"' in seen
