"""The range of days that people may type, which is the same for every date field."""

from __future__ import annotations

from datetime import date

from supplies.errors import InvalidField

EARLIEST_DAY = date(2000, 1, 1)
"""Earlier days are refused as typing errors, such as 0022 for 2022.

Days that were recorded before are not checked.
"""

EARLIEST_MONTH = f"{EARLIEST_DAY:%Y-%m}"


def check_day(day: date, name: str) -> None:
    """Check a day that somebody typed.

    Args:
        name: The name of the field or its JSON pointer, for the error message.

    Raises:
        InvalidField: the day is before `EARLIEST_DAY`.
    """
    if day < EARLIEST_DAY:
        raise InvalidField.at(
            name,
            f"{name} is {day}, which is before {EARLIEST_DAY}; write the year with four digits, "
            "as in 2020-02-05",
        )
