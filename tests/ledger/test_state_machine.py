"""Random commands of every kind, compared with the reference model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from support import command_generators
from support.command_generators.corrections import GENERATORS
from support.engines import Engines
from support.ledger_machine import PROFILE, LedgerMachine, PostgresLedgerMachine, remove_template

from supplies.domain import commands as c
from supplies.ledger.rules import RULES
from supplies.ledger.rules.command_history import CORRECTABLE

TestLedgerMachine = LedgerMachine.TestCase
TestLedgerMachine.settings = PROFILE

TestPostgresLedgerMachine = PostgresLedgerMachine.TestCase
TestPostgresLedgerMachine.settings = settings(PROFILE, max_examples=PROFILE.max_examples // 5)


@pytest.fixture(scope="module", autouse=True)
def _remove_template(engines: Engines) -> Iterator[None]:
    yield
    remove_template()


def test_every_command_that_can_be_corrected_has_a_generator() -> None:
    assert {kind.__name__ for kind in GENERATORS} == set(CORRECTABLE.values())
    assert set(RULES) >= set(GENERATORS)


OF_TWO_STATIONS = {c.SendShipment, c.ReceiveShipment, c.AcknowledgeShipment}
"""Commands between stations. The simulator and test_shipment_conservation.py cover them."""


def test_every_command_of_one_station_is_drawn_by_a_generator() -> None:
    asking = Path(command_generators.__file__).parent.glob("*.py")
    text = "".join(path.read_text(encoding="utf-8") for path in asking)
    of_one_station = set(RULES) - OF_TWO_STATIONS
    assert [kind.__name__ for kind in of_one_station if f"c.{kind.__name__}" not in text] == []
