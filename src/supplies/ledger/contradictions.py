"""Errors that a rule raises if a reported fact contradicts the books, or was recorded before."""

from __future__ import annotations

from supplies.domain.entry_rows import ContradictionKind
from supplies.errors import SuppliesError, template


class Repeated(Exception):
    """Raised if entry `seq` already recorded the same report. Then nothing new is recorded."""

    def __init__(self, seq: int) -> None:
        super().__init__(seq)
        self.seq = seq


class Contradicted(SuppliesError):
    """Raised if a reported fact contradicts the books.

    The fact is then recorded as a conflict, which moves no goods.

    Attributes:
        kind: In what way the fact contradicts the books.
        fields: Further values about the contradiction, as in `ConflictReason`.
    """

    slug = "conflict"
    title = template("The books say otherwise")

    def __init__(self, kind: ContradictionKind, detail: str, **fields: str | int) -> None:
        super().__init__(detail)
        self.kind, self.fields = kind, fields
