"""Books of an older version open, verify, and give the same responses as then.

`tests/old_books` was written by commit 6d50d6a: books with an entry of nearly every kind, their
signing key, one printed receipt, and the responses of the service.
"""

from __future__ import annotations

import hashlib
import json
import lzma
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from supplies_service.app import create_app
from support.engines import ENGINES, RUNNING

from supplies.cli import main
from supplies.domain.commands import Reverse
from supplies.errors import AgainstBooks, BooksBroken, InvalidField
from supplies.ledger.ledger import Ledger
from supplies.maintenance.copy import copy_books
from supplies.storage.engines import open_store
from supplies.storage.schema import latest_version
from supplies.verification.verify import Verified, verify

OLD = Path(__file__).parents[1] / "old_books"
PRINTED = OLD / "JZ-2020-000009.pdf"
ANSWERS: dict[str, Any] = json.loads(lzma.decompress((OLD / "answers.json.xz").read_bytes()))


def unpack(folder: Path) -> Path:
    """Write the old books and their key into a folder. Return the path of the books."""
    path = folder / "books.db"
    path.write_bytes(lzma.decompress((OLD / "books.db.xz").read_bytes()))
    shutil.copy(OLD / "books.key", folder)
    (folder / "books.key").chmod(0o600)
    return path


@pytest.fixture
def old_books(tmp_path: Path) -> Path:
    return unpack(tmp_path)


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Litestar]:
    """A folder, and the application of the books in it. It takes a second to create."""
    folder = tmp_path_factory.mktemp("old") / "books"
    return folder, create_app(str(folder / "books.db"), "lx", clock=clock)


@pytest.fixture
def old_service(application: tuple[Path, Litestar]) -> Iterator[TestClient]:
    folder, app = application
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    unpack(folder)
    with TestClient(app, base_url="http://127.0.0.1:8000") as client:
        client.headers["Authorization"] = f"Bearer {ANSWERS['tokens']['coordinator']}"
        yield client


LAST, HASH = 59, "6efb4e44a1a6adb6f59886b68c0507370bb2eedbbda961d8b7a81b4829fc6bb3"
"""Number and hash of the last entry of the old books."""


def clock() -> datetime:
    return datetime(2020, 2, 10, 4, tzinfo=UTC)


def verified(url: str) -> Verified:
    with closing(open_store(url)) as store:
        return verify(store)


def test_old_books_are_migrated_and_verify_clean_with_the_same_entries(old_books: Path) -> None:
    with closing(sqlite3.connect(old_books)) as raw:
        (before,) = raw.execute("SELECT max(version) FROM migrations").fetchone()
        bodies = raw.execute("SELECT seq, body, hash FROM entries ORDER BY seq").fetchall()
    assert before < latest_version()
    (station,) = verified(str(old_books)).stations
    assert (station.entries, station.hash, station.receipts) == (LAST, HASH, 9)
    assert (station.transfers, station.clock_set_back) == (51, [])
    with closing(sqlite3.connect(old_books)) as raw:
        assert raw.execute("SELECT max(version) FROM migrations").fetchone() == (latest_version(),)
        assert raw.execute("SELECT seq, body, hash FROM entries ORDER BY seq").fetchall() == bodies


@pytest.mark.parametrize("engine", ENGINES)
def test_old_books_are_copied_to_each_engine_and_verify_clean(
    old_books: Path, tmp_path: Path, engine: str
) -> None:
    with ExitStack() as stack:
        url = str(tmp_path / "copy.db")
        if engine != "sqlite":
            url = stack.enter_context(RUNNING.server.empty())
        copy_books(str(old_books), url)
        assert verified(url) == verified(str(old_books))


def test_each_entry_of_old_books_is_reversed_or_refused_and_the_books_verify_clean(
    old_books: Path,
) -> None:
    reversed_kinds = set()
    with Ledger.open(str(old_books), station="lx", clock=clock) as ledger:
        for seq in range(LAST, 0, -1):
            with suppress(AgainstBooks, InvalidField):
                ledger.record(Reverse(entry=seq, reason="tried"), by="u_1")
                reversed_kinds.add(ledger.books.body(seq).kind)
                ledger.verify()
    # A gift is reversed by the entry of its receipt too.
    assert {"receipt_issued", "need_noted", "handed_out", "stock_opened"} <= reversed_kinds
    assert verified(str(old_books)).entries > LAST


def test_a_damaged_row_of_old_books_is_found(old_books: Path) -> None:
    verified(str(old_books))
    with closing(sqlite3.connect(old_books)) as raw:
        raw.execute("DROP TRIGGER activities_no_update")
        raw.execute("UPDATE activities SET count = count + 1")
        raw.commit()
    store = open_store(str(old_books), create=False, guarded=False)
    with closing(store), pytest.raises(BooksBroken, match="activities"):
        verify(store)


NEW_ALERTS = frozenset({"local_address", "unexplained", "donor_request_open", "receipt_voided"})
"""Kinds of alerts that did not exist when the responses were stored."""


def without_additions(now: Any, before: Any) -> Any:
    """Return a response without the fields that the old response does not have."""
    if isinstance(now, dict) and isinstance(before, dict):
        return {name: without_additions(now[name], before[name]) for name in before if name in now}
    if isinstance(now, list) and isinstance(before, list) and len(now) == len(before):
        return [without_additions(*pair) for pair in zip(now, before, strict=True)]
    return now


@pytest.mark.parametrize("path", [p for p in ANSWERS["gets"] if p != "/api/tokens"])
def test_every_field_of_an_old_response_is_unchanged(old_service: TestClient, path: str) -> None:
    now, before = old_service.get(path).json(), ANSWERS["gets"][path]
    if path == "/api/reports/alerts":
        now["items"] = [one for one in now["items"] if one["what"] not in NEW_ALERTS]
    assert without_additions(now, before) == before


def test_repeated_requests_of_old_books_get_the_same_bytes(
    old_service: TestClient,
) -> None:
    for sent in ANSWERS["posts"]:
        answer = old_service.post(
            sent["path"], json=sent["body"], headers={"Idempotency-Key": sent["key"]}
        )
        assert answer.status_code == sent["status"]
        assert answer.headers["location"] == sent["location"]
        assert answer.text == sent["answer"]


def test_receipts_of_old_books_are_printed_with_the_same_bytes(old_service: TestClient) -> None:
    # The bytes of a PDF also depend on the versions of the libraries that draw it.
    if any(version(name) != was for name, was in ANSWERS["versions"].items()):
        pytest.skip("drawn by other versions of reportlab, fonttools, pikepdf or segno")
    assert len(ANSWERS["papers"]) == 6
    for number, digest in ANSWERS["papers"].items():
        printed = old_service.get(f"/api/receipts/{number}/pdf").content
        assert hashlib.sha256(printed).hexdigest() == digest, number


def test_a_receipt_printed_before_is_found_in_the_old_books(
    old_books: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", "--receipt", str(PRINTED), "--database", str(old_books)]) == 0
    assert "JZ-2020-000009" in capsys.readouterr().out
