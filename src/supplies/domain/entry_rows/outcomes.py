"""Rows about outcomes of stops and what proves them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal, get_args

from supplies.domain.commands import ConfirmationWay, FailureReason, FirstFailureReason, Outcome
from supplies.domain.entry_rows.base import EntryRow


class StopOutcome(EntryRow, frozen=True, kw_only=True, tag="outcomes"):
    """The outcome of a stop.

    Attributes:
        first: 1 for the first outcome that was recorded for the stop, 0 for later ones.
    """

    delivery: str
    allocation: str
    outcome: Outcome
    happened_at: datetime | None
    received_by: str | None
    proof: str | None
    first: int


class OutcomeDetails(EntryRow, frozen=True, kw_only=True, tag="outcome_details"):
    """Further details from the report of an outcome. Reports without such details have no row.

    Attributes:
        why: Why the goods could not be handed over, as one of the reasons that the first version of
            the program knew; otherwise None.
        reason: Why the goods could not be handed over, as a newer reason; otherwise None.
        next_attempt: The day on which the household wants the goods.
        phone_time: The time on the phone's clock, if the reported time was corrected.
    """

    delivery: str
    allocation: str
    why: FirstFailureReason | None
    next_attempt: date | None
    phone_time: datetime | None
    reason: FailureReason | None = None

    @property
    def any_reason(self) -> FailureReason | None:
        """Why the goods could not be handed over."""
        return self.reason or self.why


def reason_columns(why: FailureReason | None) -> dict[str, Any]:
    """Return the columns `why` and `reason` of `OutcomeDetails` for a reason.

    The column `why` accepts only the reasons that existed when its table was made. Each newer
    reason is stored in the column `reason`.
    """
    is_first = why in get_args(FirstFailureReason)
    return {"why": why if is_first else None, "reason": None if is_first else why}


class OutcomeLine(EntryRow, frozen=True, kw_only=True, tag="outcome_lines"):
    """What happened to the goods of one loaded line, in base units."""

    delivery: str
    allocation: str
    line: int
    received: int
    brought_back: int
    lost: int
    target: str


CodeResult = Literal["matched", "wrong", "not_compared"]
"""The result of comparing a reported code with the code of the stop.

The codes are not compared if the stop has no code, or after too many wrong attempts.
"""


class CodeAttempt(EntryRow, frozen=True, kw_only=True, tag="code_attempts"):
    """The result of comparing one reported code with the code of the stop."""

    delivery: str
    allocation: str
    result: CodeResult


class StopCode(EntryRow, frozen=True, kw_only=True, tag="stop_codes"):
    """The code of a stop: digits that the household tells the courier on receiving the goods.

    Attributes:
        digest: Salted digest of the code. The code itself is in the table `erasable`.
    """

    delivery: str
    allocation: str
    digest: str


class Proof(EntryRow, frozen=True, kw_only=True, tag="proofs"):
    """A signature or photo that shows what happened at a stop.

    Attributes:
        digest: Salted digest of the content. The content itself is in the table `erasable`.
    """

    delivery: str
    allocation: str
    kind: Literal["signature", "photo"]
    digest: str


class Confirmation(EntryRow, frozen=True, kw_only=True, tag="confirmations"):
    """A household's confirmation of a hand-over. The latest one of a stop is valid.

    Attributes:
        way: How the household confirmed the hand-over; `withdrawn` cancels an earlier confirmation.
        confirmed_by: Who confirmed it; None if `way` is `withdrawn`.
    """

    delivery: str
    allocation: str
    way: ConfirmationWay
    confirmed_by: str | None
