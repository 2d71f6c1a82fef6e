"""Commands that undo or correct recorded commands."""

from __future__ import annotations

from supplies.domain.commands.activities import RecordActivity
from supplies.domain.commands.allocations import Allocate, CollectAllocation
from supplies.domain.commands.base import Command
from supplies.domain.commands.deliveries import ReportOutcome
from supplies.domain.commands.donations import OpenStock, RecordArrival, RecordDonation
from supplies.domain.commands.needs import NoteNeed
from supplies.domain.commands.pledges import MakePledge
from supplies.domain.commands.stock import (
    Convert,
    FindAgain,
    HandOut,
    IssueGoods,
    LendGoods,
    Move,
    ReturnGoods,
    ReturnIssue,
    ReturnLoan,
    Settle,
    TakeBack,
    WriteOff,
)
from supplies.domain.fields import EntryNumber, Reason


class Reverse(Command, frozen=True, kw_only=True):
    """Undo the command that recorded an entry.

    The command is refused if the goods of the entry have been used in the meantime.
    """

    entry: EntryNumber  # by path
    reason: Reason


Correctable = (
    NoteNeed
    | MakePledge
    | RecordDonation
    | OpenStock
    | RecordArrival
    | Allocate
    | ReportOutcome
    | CollectAllocation
    | Move
    | IssueGoods
    | ReturnIssue
    | WriteOff
    | FindAgain
    | TakeBack
    | ReturnGoods
    | LendGoods
    | ReturnLoan
    | HandOut
    | Convert
    | Settle
    | RecordActivity
)
"""The types of command that `Correct` can correct.

Commands of other types are undone by a command of their own: for example, `Release` undoes
`Allocate`.
"""


class Correct(Command, frozen=True, kw_only=True):
    """Correct a recorded command: book the difference, and replace the receipt of a donation.

    Attributes:
        entry: Number of the entry of the command or, if it was corrected before, of its latest
            correction.
        command: The command as it should have been, of the same type. If `happened_on` is None, the
            recorded day is kept.
    """

    entry: EntryNumber  # by path
    command: Correctable
    reason: Reason
