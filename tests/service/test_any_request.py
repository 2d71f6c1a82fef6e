"""Requests generated from the OpenAPI document get the documented responses.

Schemathesis generates valid and invalid requests to a service with the books of the demo. No
response may be a 5xx or undocumented, and each has the documented schema and headers. `make test`
sends two random requests to each operation, and tries each limit of each query parameter of the
main lists. `make attack` sends ten, and tries each limit of each field of all operations: 13,000
requests.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from support.rest_client import issue_credentials
from support.service_process import PATIENCE, free_port, running_service

from supplies.access import credentials
from supplies.access.access_context import AccessContext
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

EXCLUDED_CHECKS = ("positive_data_acceptance", "missing_required_header", "ignored_auth")
"""Checks that do not apply. Valid data may name what is not in the books, and each request has a
token. Requests without a valid token get 429 after the first sixty.
"""

ROLES = os.environ.get("ROLES", "").split()
"""Roles whose requests are tested with all other checks. `make attack` names every role."""

WRITERS = ("coordinator", "recorder")
"""Roles that may use other methods than GET. The others get 403 for nearly all of them."""

RANDOM = ("--phases", "fuzzing", "--max-examples", "10" if ROLES else "2")
"""A few random requests for each operation, valid and invalid ones."""

LIMITS_OF_LISTS = (
    *("--phases", "coverage"),
    *("--include-name-regex", "^GET /api/(donations|needs|deliveries|stock)$"),
)
"""Requests that try each limit of each query parameter of four lists."""

ALL_LIMITS = ("--phases", "coverage")
"""Requests that try each limit of each field of each operation."""


@pytest.fixture
def scene(books_path: Path) -> tuple[str, dict[str, str]]:
    """The books of the scene, and a token of each role for them."""
    booked = book_scene(str(books_path))
    booked.ledger.close()
    create_first_key(str(books_path))
    with Ledger.open(str(books_path), station=STATION) as ledger:
        tokens = issue_credentials(ledger)
        with ledger.admin_transaction() as books:
            access = AccessContext(books, ledger.clock())
            for role, what in (("courier", "team"), ("donor", "donor")):
                code = books.value(
                    f"SELECT min(code) FROM {what}s WHERE station = :station AND code <> 'none'"
                )
                link: dict[str, Any] = {"role": role, what: code}
                _, tokens[role] = credentials.issue(access, kind="link", by="test", **link)
    return str(books_path), tokens


def run_schemathesis(database: str, token: str, folder: Path, *options: str) -> str:
    """Send generated requests to a service with these books. Return the report."""
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
                *("--seed", "1"),
                *("--workers", "1"),
                *("--max-failures", "10"),
                *options,
            ],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=40 * PATIENCE,
        )
    failures = done.stdout.partition(" FAILURES ")[2][:6000]
    assert done.returncode == 0, failures + done.stderr[-2000:]
    return done.stdout


@pytest.mark.parametrize(
    ("requests", "fewest"),
    [(RANDOM, 200), (ALL_LIMITS, 200) if ROLES else (LIMITS_OF_LISTS, 4)],
    ids=["random", "limits"],
)
def test_generated_requests_are_answered_as_documented(
    scene: tuple[str, dict[str, str]], tmp_path: Path, requests: tuple[str, ...], fewest: int
) -> None:
    database, tokens = scene
    report = run_schemathesis(
        database, tokens["coordinator"], tmp_path, "--checks", ",".join(CHECKS), *requests
    )
    counted = re.search(r"Tested: (\d+)", report)
    assert counted, report
    assert int(counted[1]) >= fewest
    with Ledger.open(database, station=STATION) as ledger:
        verify(ledger.store)


@pytest.mark.parametrize("role", ROLES)
def test_requests_of_a_role_pass_the_default_checks(
    scene: tuple[str, dict[str, str]], tmp_path: Path, role: str
) -> None:
    database, tokens = scene
    options = ["--exclude-checks", ",".join(EXCLUDED_CHECKS)]
    options += ["--phases", "coverage,fuzzing", "--max-examples", "1"]
    if role not in WRITERS:
        options += ["--include-method", "GET"]
    # Programs of this machine read the metrics without a token, and so without a station.
    options += ["--exclude-path", "/api/metrics"]
    run_schemathesis(database, tokens[role], tmp_path, *options)
