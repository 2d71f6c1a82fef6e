"""Commands that issue, void, replace and reprint receipts."""

from __future__ import annotations

from typing import Annotated

from supplies.domain.commands.base import LINE_LIMITS, Command
from supplies.domain.fields import Code, Reason


class IssueReceipt(Command, frozen=True, kw_only=True):
    """Issue one receipt for several donations of a donor.

    Earlier receipts for these donations become void.
    """

    donations: Annotated[list[Code], LINE_LIMITS]


class VoidReceipt(Command, frozen=True, kw_only=True):
    """Void a receipt. Its number is not used again."""

    number: Code  # by path
    reason: Reason


class ReplaceReceipt(Command, frozen=True, kw_only=True):
    """Void a receipt, and issue a new one with the current data of station and donor."""

    number: Code  # by path
    reason: Reason


class ReprintReceipt(Command, frozen=True, kw_only=True):
    """Record that a receipt is printed once more. The new paper is marked as a numbered copy."""

    number: Code  # by path
