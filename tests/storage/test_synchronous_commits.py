"""A commit to a file waits for the disk, so that a power failure loses nothing acknowledged."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROGRAM = """
import sys
from supplies.ledger.ledger import Ledger

with Ledger.open(sys.argv[1], station="lx") as ledger:
    print(ledger.store.one("PRAGMA synchronous"))
"""


def test_every_commit_to_a_file_waits_for_the_disk(books_path: Path) -> None:
    """In a process of its own, because no file of the tests waits."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(books_path)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "(2,)\n"  # FULL
