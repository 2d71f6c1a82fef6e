"""Files are read in a separate process: a file that crashes it affects nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from supplies_receipts import signed_receipt
from supplies_receipts.sandbox import Sandbox, WorkerCrashed
from support import issued_papers

READER = """
import os, signal

def read(file):
    if file == b"crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if file == b"endless":
        while True:
            pass
    if file == b"huge":
        return bytes(1 << 40)
    if file == b"server":
        os.kill(os.getppid(), signal.SIGKILL)
    return file[::-1]
"""


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    (tmp_path / "strange_reader.py").write_text(READER)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    apart = Sandbox("strange_reader", "read", seconds=1)
    yield apart
    apart.close()


@pytest.mark.parametrize(
    ("file", "message"),
    [(b"crash", "SIGSEGV"), (b"endless", "SIGALRM"), (b"huge", "it failed"), (b"server", "ended")],
)
def test_a_file_that_crashes_its_reader_is_reported_and_the_next_is_read(
    reader: Sandbox, file: bytes, message: str
) -> None:
    assert reader(b"before") == b"erofeb"
    with pytest.raises(WorkerCrashed, match=message):
        reader(file)
    assert reader(b"x" * 300_000 + b"after") == b"retfa" + b"x" * 300_000


def test_a_file_that_crashes_the_reader_is_not_a_receipt(
    reader: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(question: bytes) -> bytes:
        return reader(b"crash")

    monkeypatch.setattr(signed_receipt, "_apart", crash)
    found, message = issued_papers.check_result(b"%PDF-1.4", None)
    assert (found, "SIGSEGV" in message) == ("no-receipt", True)
