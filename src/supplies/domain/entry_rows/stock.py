"""Rows about stock counts, withdrawals and hand-outs."""

from __future__ import annotations

from datetime import date, datetime

from supplies.domain.entry_rows.base import EntryRow


class CountSheet(EntryRow, frozen=True, kw_only=True, tag="count_sheets"):
    """The sheet for a stock count at a location.

    The count is compared with the stock in the books at the moment of the entry with this row.
    """

    sheet: str
    location: str


class CountedLine(EntryRow, frozen=True, kw_only=True, tag="counted_lines"):
    """A counted quantity, and the quantity in the books, in base units.

    Attributes:
        lot: The counted lot; "" if all lots of the item were counted together.
    """

    sheet: str
    line: int
    item: str
    lot: str
    expected: int
    counted: int


class Recount(EntryRow, frozen=True, kw_only=True, tag="recounts"):
    """A new expected quantity for a counted line, in base units.

    This row is written if an event that happened before a count is recorded only after the count.
    The latest row of each line is valid.
    """

    sheet: str
    line: int
    expected: int


class Withdrawal(EntryRow, frozen=True, kw_only=True, tag="withdrawals"):
    """Goods that were issued or lent and may come back.

    Attributes:
        account: The account that received the goods: `used:PURPOSE` or `lent:BORROWER`.
        due_on: The day by which lent goods should be back; None if no day was agreed.
    """

    withdrawal: str
    account: str
    location: str
    due_on: date | None


class HandOutTo(EntryRow, frozen=True, kw_only=True, tag="hand_outs"):
    """A hand-out at the counter or to a group.

    Attributes:
        headcount: Number of people in the group; None if the goods were for one household.
    """

    hand_out: str
    recipient: str
    location: str
    headcount: int | None


class HandOutReport(EntryRow, frozen=True, kw_only=True, tag="hand_out_reports"):
    """The team and times in a report about a hand-out at the team's counter.

    Attributes:
        happened_at: When the goods were handed out; None if only the day is known.
        phone_time: The time on the phone's clock, if the reported time was corrected.
    """

    hand_out: str
    team: str
    happened_at: datetime | None
    phone_time: datetime | None
