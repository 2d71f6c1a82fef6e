"""Random commands of every kind against a plain model of the books."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from support import command_generators
from support.command_generators.mending import GENERATORS
from support.engines import Engines
from support.ledger_machine import PROFILE, Books, BooksOnPostgres, remove_template

from supplies.domain import commands as c
from supplies.ledger.rules import RULES
from supplies.ledger.rules.command_history import CORRECTABLE

TestBooks = Books.TestCase
TestBooks.settings = PROFILE

TestBooksOnPostgres = BooksOnPostgres.TestCase
TestBooksOnPostgres.settings = settings(PROFILE, max_examples=PROFILE.max_examples // 5)


@pytest.fixture(scope="module", autouse=True)
def _tidy(engines: Engines) -> Iterator[None]:
    yield
    remove_template()


def test_every_command_that_can_be_corrected_is_drawn_by_the_machine() -> None:
    assert {kind.__name__ for kind in GENERATORS} == set(CORRECTABLE.values())
    assert set(RULES) >= set(GENERATORS)


OF_TWO_STATIONS = {c.SendShipment, c.ReceiveShipment, c.AcknowledgeShipment}
"""Given over two stations by the simulator and by a property test in test_shipments.py."""


def test_every_command_of_the_ledger_is_given_by_the_machine() -> None:
    asking = Path(command_generators.__file__).parent.glob("*.py")
    text = "".join(path.read_text(encoding="utf-8") for path in asking)
    here = set(RULES) - OF_TWO_STATIONS
    assert [kind.__name__ for kind in here if f"c.{kind.__name__}" not in text] == []
