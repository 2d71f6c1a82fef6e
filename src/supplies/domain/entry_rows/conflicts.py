"""Rows about reported facts that contradict the books."""

from __future__ import annotations

from typing import Literal

from supplies.domain.commands import Resolved
from supplies.domain.entry_rows.base import EntryRow


class Conflict(EntryRow, frozen=True, kw_only=True, tag="conflicts"):
    """A reported fact that contradicts the books. A conflict moves no goods until it is resolved.

    Attributes:
        document: Id of the delivery or count sheet that the report is about. For a reported
            hand-out, a new id.
        because: In what way the report contradicts the books.
        stated: The reported command as JSON, without its free text.
    """

    document: str
    because: str
    stated: str


ContradictionKind = Literal[
    "other_outcome",
    "other_quantities",
    "more_than_loaded",
    "taken_off",
    "before_dispatch",
    "future",
    "too_old",
    "other_counter",
    "quarantine",
    "erased",
    "not_a_group",
    "unknown_pack",
    "missing_goods",
    "counted_less",
    "refused",
]
"""In what way a reported fact contradicts the books.

If the kind is `refused`, the fact is not allowed for a reason that has no kind of its own.
"""


class ConflictReason(EntryRow, frozen=True, kw_only=True, tag="conflict_reasons"):
    """In what way the fact in a conflict contradicts the books, in a form that can be translated.

    Conflicts that were recorded before version 46 of the schema have no such row.

    Attributes:
        kind: The kind of the contradiction.
        fields: A JSON object with further values, by `kind`: `entry`, `before` and `outcome` for
            `other_outcome` and `other_quantities`; `entry` for `taken_off` and `before_dispatch`;
            `line`, `reported` and `loaded` for `more_than_loaded`; `place` (a code) for
            `other_counter` and `quarantine`. The object is empty for all other kinds.
    """

    kind: ContradictionKind
    fields: str


class Resolution(EntryRow, frozen=True, kw_only=True, tag="resolutions"):
    """The first resolution of a conflict.

    Attributes:
        conflict: Number of the entry that recorded the conflict.
        way: As `by` in `ResolveConflict`.
    """

    conflict: int
    way: Resolved


class LaterResolution(EntryRow, frozen=True, kw_only=True, tag="later_resolutions"):
    """A resolution that replaces an earlier one of the same conflict.

    Attributes:
        conflict, way: As in `Resolution`.
    """

    conflict: int
    way: Resolved
