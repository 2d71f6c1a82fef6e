"""What the simulation of phones knows of reports, phones and stops, to compare with the books."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from supplies.domain import commands as c

QUANTITY = 5
"""Number of masks at each stop."""


@dataclass
class Report:
    """A tap on a phone: the exact command, and its key.

    Attributes:
        answers: Numbers of the entries that the answers named. All must be equal.
        agreed: Whether the first answer was an entry of another report.
        arrived: Whether it is in the books, also if its answer was lost.
        conflict: Number of the entry that recorded it as a conflict; None if there is none.
        decided: How this conflict was decided last; None if it was not.
    """

    key: str
    command: c.ReportOutcome | c.ReportHandOut
    happened_at: datetime
    answers: list[int] = field(default_factory=list)
    agreed: bool = False
    arrived: bool = False
    conflict: int | None = None
    decided: c.Resolved | None = None

    @property
    def is_booked(self) -> bool:
        """Whether a hand-out counts in the books."""
        decided = self.decided not in (None, "keep")
        return self.arrived and (self.conflict is None or decided)


@dataclass
class SimulatedPhone:
    """A phone with its unsent reports, and its secret."""

    id: str
    team: str
    secret: str
    offset: timedelta
    queue: list[Report] = field(default_factory=list)


Booked = tuple[c.Outcome, Report, int | None]
"""An outcome in the books, the report that stated it, and the conflict that was decided for it."""


@dataclass
class StopModel:
    """What the model knows of a stop: the outcomes in the books, and all reports of it.

    Attributes:
        delivery: The delivery that has the stop, or had it last.
        booked: All outcomes that were in the books, the valid one last.
        since: The day on which it was moved or taken off last. Its outcome is not booked earlier.
        is_taken_off: Whether its dispatch was undone.
        is_settled: Whether its outcome was booked after its dispatch was undone. Such an outcome is
            not corrected.
    """

    delivery: str
    allocation: str
    booked: list[Booked] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)
    since: date = date.min
    is_taken_off: bool = False
    is_settled: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """The delivery and the allocation."""
        return self.delivery, self.allocation

    @property
    def first(self) -> c.Outcome | None:
        """The valid outcome in the books."""
        return self.booked[-1][0] if self.booked else None

    @property
    def is_on_the_way(self) -> bool:
        """Whether its goods are in transit."""
        return not self.booked and not self.is_taken_off

    @property
    def is_allocated(self) -> bool:
        """Whether the books say that its goods came back and were set aside again."""
        return self.first == "not_at_home" or (self.is_taken_off and not self.booked)

    def can_restore(self, report: Report) -> bool:
        """Return whether the outcome before the decision for a report can be restored."""
        return len(self.booked) > 1 and self.booked[-1][2] == report.conflict
