"""The operations page: its recovery drill works and its figures are measured."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support.ledger_fixture import Clock, register_all

from supplies.cli import main
from supplies.domain import commands as c
from supplies.ledger.ledger import Ledger
from supplies.ledger.writer import Request

PAGE = (Path(__file__).parents[2] / "docs" / "operations.md").read_text("utf-8")

MANY = 400
"""Number of commands after which the first pages of a table hardly matter."""


def commands_under(heading: str) -> list[str]:
    """Return the commands that the page shows under a heading."""
    part = PAGE.partition(f"# {heading}\n")[2]
    assert part, f"the page has no {heading}"
    return re.findall(r"^ {4}(\S.*)$", re.split(r"\n##+ ", part)[0], re.M)


def test_the_recovery_drill_of_the_page_works(tmp_path: Path) -> None:
    database = tmp_path / "books.db"
    assert main(["demo", "--database", str(database), "--papers", str(tmp_path / "papers")]) == 0
    drill = commands_under("A restore drill")
    assert len(drill) == 4
    done = subprocess.run(
        ["/bin/sh", "-e"],
        input="\n".join(drill),
        cwd=tmp_path,
        env={
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "SUPPLIES_DATABASE": str(database),
        },
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "The books are sound." in done.stdout
    assert (tmp_path / "restored.key").read_bytes() == (tmp_path / "books.key").read_bytes()


def need(number: int) -> c.Command:
    return c.NoteNeed(recipient="R-1", item="mask", quantity=1)


def allocation(number: int) -> c.Command:
    line = c.AllocationLine(item="mask", quantity=1)
    return c.Allocate(recipient="R-1", location="store", lines=[line])


def gift(*items: str) -> Callable[[int], c.Command]:
    lines = [c.DonationLine(item=item, quantity=10) for item in items]
    return lambda number: c.RecordDonation(
        donor="D-1", location="store", handled_by="陈晓", lines=lines
    )


KINDS = {
    "a need": need,
    "an allocation of one line": allocation,
    "a donation of one line, with its receipt": gift("mask"),
    "a donation of three lines, with its receipt": gift("mask", "soap", "rice"),
}


def test_the_page_has_a_row_for_each_measured_kind() -> None:
    assert set(re.findall(r"^\| (.*?) \| \d+ \|$", PAGE, re.M)) == set(KINDS)


@pytest.mark.parametrize("what", KINDS)
def test_the_disk_space_of_the_page_is_right(what: str, books_path: Path) -> None:
    found = re.search(rf"^\| {re.escape(what)} \| (\d+) \|$", PAGE, re.M)
    assert found is not None
    documented = int(found[1])
    with Ledger.open(str(books_path), station="lx", clock=Clock()) as ledger:
        register_all(ledger)
        ledger.record(gift("mask")(0), by="u_1")
        stock = c.DonationLine(item="mask", quantity=10**6)
        ledger.record(
            c.RecordDonation(location="store", handled_by="陈晓", lines=[stock]), by="u_1"
        )

        def size() -> int:
            ledger.store.all("PRAGMA wal_checkpoint(TRUNCATE)")
            return books_path.stat().st_size

        before = size()
        requests = [Request(command=KINDS[what](number), by="u_1") for number in range(MANY)]
        for answer in ledger.record_many(requests):
            assert not isinstance(answer, Exception), answer
        grown = (size() - before) / MANY
    assert documented * 0.8 < grown < documented * 1.2
