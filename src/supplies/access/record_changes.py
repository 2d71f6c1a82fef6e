"""The history of a catalogue record: who registered or changed it, and which fields changed.

The history consists of lines of the access log, and is kept as long as these lines. The history
contains the names of the changed fields, but not their values, because values may be personal data.
"""

from __future__ import annotations

from typing import NamedTuple

from supplies.access.access_context import AccessContext
from supplies.domain.catalogue_records import CatalogueRecord

CHANGED, REGISTERED = "changed", "registered"
"""The outcomes of the access log lines that form the history of a record."""


class RecordChange(NamedTuple):
    """A line in the history of a record.

    Attributes:
        at: The time in UTC.
        who: The code of the user; None if it is unknown.
        outcome: `CHANGED` or `REGISTERED`.
        fields: The names of the changed fields.
    """

    at: str
    who: str | None
    outcome: str
    fields: list[str]


def changed_fields(before: CatalogueRecord, after: CatalogueRecord) -> list[str]:
    """Return the names of the fields in which two records differ."""
    return [
        name for name in after.__struct_fields__ if getattr(before, name) != getattr(after, name)
    ]


def list_record_changes(
    access: AccessContext, kind: type[CatalogueRecord], code: str, *, limit: int
) -> list[RecordChange]:
    """Return the history of a record, newest first.

    The lines of the access log are selected by route too, because two records of different kinds
    may have the same code.

    Args:
        access: The access tables of the station.
        kind: The kind of record.
        code: The code of the record.
        limit: The maximum number of lines to return.
    """
    rows = access.all(
        "SELECT at, who, outcome, detail FROM access_log WHERE station = :station "
        "AND subject = :code AND outcome IN (:changed, :registered) "
        "AND (route LIKE :page OR route LIKE :api) ORDER BY seq DESC LIMIT :limit",
        code=code,
        changed=CHANGED,
        registered=REGISTERED,
        page=f"/{kind.table}%",
        api=f"/api/{kind.table}%",
        limit=limit,
    )
    return [
        RecordChange(at, who, outcome, detail.split(", ") if detail else [])
        for at, who, outcome, detail in rows
    ]
