"""Requests generated from the OpenAPI document get the documented responses.

Schemathesis generates valid and invalid requests to a service with the books of the demo. No
response may be a 5xx or undocumented, and each has the documented schema and headers.
"""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from support.rest_client import issue_credentials
from support.service_process import PATIENCE, free_port, running_service

from supplies.demo.longxue import STATION, book_scene
from supplies.ledger.ledger import Ledger
from supplies.signing.station_keys import create_first_key
from supplies.verification.verify import verify

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
)

REQUESTS_EACH = 4
"""Number of random requests for each operation, besides those that try each limit of each field."""


@pytest.fixture
def scene(books_path: Path) -> tuple[str, str]:
    """The books of the scene, and a coordinator's token for them."""
    booked = book_scene(str(books_path))
    booked.ledger.close()
    create_first_key(str(books_path))
    with Ledger.open(str(books_path), station=STATION) as ledger:
        return str(books_path), issue_credentials(ledger)["coordinator"]


def test_generated_requests_are_answered_as_documented(
    scene: tuple[str, str], tmp_path: Path
) -> None:
    database, token = scene
    port = free_port()
    with running_service(database, port) as process:
        assert process.stderr
        # The service logs a line for each request. Unread, they would fill the pipe and block it.
        threading.Thread(target=process.stderr.read, daemon=True).start()
        done = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli", "run"),
                f"http://127.0.0.1:{port}/schema/openapi.json",
                *("--header", f"Authorization: Bearer {token}"),
                *("--checks", ",".join(CHECKS)),
                *("--phases", "coverage,fuzzing"),
                *("--max-examples", str(REQUESTS_EACH)),
                *("--seed", "1"),
                *("--workers", "1"),
                *("--max-failures", "10"),
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=10 * PATIENCE,
        )
    failures = done.stdout.partition(" FAILURES ")[2][:6000]
    assert done.returncode == 0, failures + done.stderr[-2000:]
    counted = re.search(r"Tested: (\d+)", done.stdout)
    assert counted, done.stdout
    assert int(counted[1]) > 100
    with Ledger.open(database, station=STATION) as ledger:
        verify(ledger.store)
