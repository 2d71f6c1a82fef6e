"""Activities: work that moves no goods, such as visits and telephone calls."""

from __future__ import annotations

from supplies.domain.commands import RecordActivity
from supplies.domain.entry_rows import Activity
from supplies.ledger.journal import Journal


def record_activity(command: RecordActivity, journal: Journal) -> None:
    """Record how often an activity that moves no goods was done, such as visits or calls."""
    draft = journal.entry("activity_recorded", prefix="y")
    draft.add_rows(Activity(activity=str(draft.document), kind=command.kind, count=command.count))
