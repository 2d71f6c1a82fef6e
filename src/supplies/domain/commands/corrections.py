"""Commands that undo or correct other commands."""

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

    This is refused if the goods were used since.
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
"""The commands that `Correct` can correct.

Other commands are undone by a command such as `Release`.
"""


class Correct(Command, frozen=True, kw_only=True):
    """Correct a command: book the difference, and replace the receipt of a donation.

    Attributes:
        entry: Number of the latest entry of the command or of its last correction.
        command: The command as it should have been, of the same type. Without `happened_on`, the
            day stays as it was recorded.
    """

    entry: EntryNumber  # by path
    command: Correctable
    reason: Reason
