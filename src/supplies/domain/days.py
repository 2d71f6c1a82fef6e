"""The earliest day that is accepted in any date field."""

from __future__ import annotations

from datetime import date

from supplies.errors import InvalidField, Sentence

EARLIEST_DAY = date(2000, 1, 1)
"""The earliest day that is accepted. An earlier one, such as 0022 for 2022, is a typing error.

Earlier days that are already in the books stay valid.
"""

EARLIEST_MONTH = f"{EARLIEST_DAY:%Y-%m}"


def check_day(day: date, name: str) -> None:
    """Check that a day which a person typed is not too early.

    Args:
        name: The name of the field or its JSON pointer, for the error message.

    Raises:
        InvalidField: the day is before `EARLIEST_DAY`.
    """
    if day < EARLIEST_DAY:
        raise InvalidField.with_rule(
            name,
            Sentence(
                "is {day}, which is before {earliest_day}; write the whole year, as in 2020-02-05",
                day=day,
                earliest_day=EARLIEST_DAY,
            ),
        )
