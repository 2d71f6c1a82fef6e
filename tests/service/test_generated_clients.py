"""Clients generated from the OpenAPI document, in Python and TypeScript, do the main job.

The main job: register an item, record a need and a donation, and read the donation's receipt.
"""

from __future__ import annotations

import importlib
import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from support.ledger_fixture import register_all
from support.rest_client import issue_credentials
from support.service_process import PATIENCE, free_port, running_service

from supplies.ledger.ledger import Ledger
from supplies.signing.station_keys import create_first_key

TYPESCRIPT = Path(__file__).parents[1] / "support" / "typescript_client"

GENERATOR_CONFIG = """
content_type_overrides:
  application/pdf: application/octet-stream
  image/jpeg: application/octet-stream
  image/webp: application/octet-stream
post_hooks: []
"""
"""Makes the generated client read PDFs and photos as bytes."""


class Served(NamedTuple):
    """A running service, a coordinator's token, and the file with its OpenAPI document."""

    address: str
    token: str
    document: Path


@pytest.fixture(scope="module")
def service_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    database, port = str(folder / "books.db"), free_port()
    with Ledger.open(database, station="lx") as ledger:
        register_all(ledger)
        token = issue_credentials(ledger)["coordinator"]
    create_first_key(database)
    address, document = f"http://127.0.0.1:{port}", folder / "openapi.json"
    with running_service(database, port) as process:
        assert process.stderr
        threading.Thread(target=process.stderr.read, daemon=True).start()
        response = httpx.get(f"{address}/schema/openapi.json", timeout=PATIENCE)
        document.write_bytes(response.content)
        yield Served(address, token, document)


@pytest.fixture(scope="module")
def python_client(
    service_process: Served, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, str]]:
    """The package of the generated client, and what the generator printed."""
    folder = tmp_path_factory.mktemp("python")
    (folder / "config.yml").write_text(GENERATOR_CONFIG)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "openapi_python_client", "generate"),
            *("--path", str(service_process.document)),
            *("--config", str(folder / "config.yml")),
            *("--output-path", str(folder / "generated_supplies_client")),
            *("--meta", "none"),
        ],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    sys.path.insert(0, str(folder))
    yield folder / "generated_supplies_client", done.stdout + done.stderr
    sys.path.remove(str(folder))


def test_the_python_generator_drops_no_operation(
    service_process: Served, python_client: tuple[Path, str]
) -> None:
    package, printed = python_client
    assert "WARNING" not in printed, printed[-3000:]
    paths = json.loads(service_process.document.read_text())["paths"]
    functions = [path for path in package.glob("api/*/*.py") if path.stem != "__init__"]
    assert len(functions) == sum(len(operations) for operations in paths.values())


def test_a_generated_python_client_does_the_main_job(
    service_process: Served, python_client: tuple[Path, str]
) -> None:
    def part(name: str) -> Any:
        return importlib.import_module(f"{python_client[0].name}.{name}")

    models = part("models")
    client = part("client").AuthenticatedClient(
        base_url=service_process.address,
        token=service_process.token,
        raise_on_unexpected_status=True,
    )

    def call(operation: str, *arguments: Any, **named: Any) -> Any:
        answer = part(f"api.{operation}").sync(*arguments, client=client, **named)
        assert not isinstance(answer, models.Problem), answer
        return answer

    with client:
        _do_the_main_job(models, call)


def _do_the_main_job(models: Any, call: Callable[..., Any]) -> None:
    item = call("items.register_item", body=models.NewItemBody(code="gloves-py", name="手套"))
    assert item.item.unit == "piece"
    body = models.NoteNeedBody(recipient="R-1", item="gloves-py", quantity=5)
    assert call("needs.note_need", body=body).need.needed == 5
    gift = models.RecordDonationBody(
        location="store",
        handled_by="陈某",
        lines=[models.DonationLine(item="gloves-py", quantity=5)],
    )
    first = call("donations.record_donation", body=gift, idempotency_key="python 1")
    repeat = call("donations.record_donation", body=gift, idempotency_key="python 1")
    assert repeat.donation.id == first.donation.id
    receipt = call("receipts.get_receipt", first.receipt.number)
    assert receipt.donations == [first.donation.id]
    assert receipt.status == "issued"


def test_a_generated_typescript_client_does_the_main_job(
    service_process: Served, tmp_path: Path
) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node.js is not installed: the TypeScript client was not tested")
    if not (TYPESCRIPT / "node_modules").is_dir():
        pytest.skip(
            "the TypeScript generator is not installed: the TypeScript client was not tested; "
            "run `npm ci` in tests/support/typescript_client"
        )
    for name in ("main.ts", "process.d.ts", "tsconfig.json", "package.json"):
        shutil.copy(TYPESCRIPT / name, tmp_path)
    (tmp_path / "node_modules").symlink_to(TYPESCRIPT / "node_modules")

    def run(script: str, *arguments: str) -> str:
        done = subprocess.run(
            [node, script, *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    document = str(service_process.document)
    run("node_modules/openapi-typescript/bin/cli.js", document, "--output", "api.d.ts")
    run("node_modules/typescript/bin/tsc")
    printed = run("built/main.js", service_process.address, service_process.token)
    assert json.loads(printed) == [5, True]
