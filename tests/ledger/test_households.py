"""Size and ages of households, who may collect for them, and consent."""

from __future__ import annotations

from datetime import date

import pytest
from msgspec.structs import replace
from support.ledger_fixture import StationLedger
from support.refusals import assert_refused

from supplies.domain import commands as c
from supplies.domain.catalogue_records import Donor, Recipient
from supplies.errors import InvalidField
from supplies.views.catalogue import get_record, list_records

LIN = Recipient(
    code="R-7",
    name="林某",
    persons=4,
    age_bands={"0-6": 1, "60-": 2},
    collectors=["林小某", "陈 邻居"],
    consent_on=date(2020, 2, 3),
)


def test_a_household_keeps_its_size_ages_collectors_and_consent(station: StationLedger) -> None:
    station.ledger.register(LIN, Donor(code="D-7", name="某", consent_on=date(2020, 2, 1)))
    assert get_record(station.books, Recipient, "R-7") == LIN
    assert list_records(station.books, Recipient, "林某").items == [LIN]
    assert station.books.donor("D-7").consent_on == date(2020, 2, 1)
    fewer = replace(LIN, age_bands=None, collectors=None, persons=None, consent_on=None)
    station.ledger.amend(fewer)
    assert get_record(station.books, Recipient, "R-7") == fewer


@pytest.mark.parametrize(
    ("changes", "at"),
    [
        ({"age_bands": {"0-6": 3, "60-": 2}}, "/age_bands"),
        ({"persons": 0}, "/persons"),
        ({"collectors": [" "]}, "/collectors/0"),
    ],
)
def test_an_impossible_household_is_refused(
    station: StationLedger, changes: dict[str, object], at: str
) -> None:
    wrong = replace(LIN, **changes)
    assert_refused(station, InvalidField, lambda: station.ledger.register(wrong), at=at)


def test_ages_and_collectors_are_erased_with_the_household_and_hidden_from_auditors(
    station: StationLedger,
) -> None:
    station.ledger.register(LIN)
    hidden = get_record(station.books, Recipient, "R-7", personal=False)
    assert (hidden.age_bands, hidden.collectors, hidden.persons) == (None, None, 4)
    station(c.ForgetRecipient(recipient="R-7"))
    left = get_record(station.books, Recipient, "R-7")
    assert (left.name, left.age_bands, left.collectors) == (None, None, None)
    assert left.consent_on == date(2020, 2, 3)
