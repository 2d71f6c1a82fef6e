"""Rows about merged codes and erased texts."""

from __future__ import annotations

from supplies.domain.commands import PersonKind
from supplies.domain.entry_rows.base import EntryRow


class Merge(EntryRow, frozen=True, kw_only=True, tag="merges"):
    """The merge of two codes of one person, or its reversal. The latest row of each code is valid.

    Attributes:
        merge: Id of the merge.
        code: The code that was retired.
        stays: The code that stays in use; None if the merge was reversed.
    """

    merge: str
    kind: PersonKind
    code: str
    stays: str | None


class Forgetting(EntryRow, frozen=True, kw_only=True, tag="forgettings"):
    """The erasure of a person's data, or of the text of an entry.

    Attributes:
        party: `donor:CODE`, `recipient:CODE`, or `entry:SEQ` for the text of an entry.
    """

    party: str


class Erasure(EntryRow, frozen=True, kw_only=True, tag="erasures"):
    """The digest of an erased text. The text and its salt were both erased."""

    digest: str


_FORGOTTEN_TEXT = "entry:"


def forgotten_text(seq: int) -> str:
    """Return the value of `Forgetting.party` for the free text of an entry: `entry:SEQ`."""
    return f"{_FORGOTTEN_TEXT}{seq}"


def entry_of_forgotten_text(party: str) -> int | None:
    """Return the number of the entry in a value of `Forgetting.party`.

    Return None if the value names a person instead.
    """
    return int(party.removeprefix(_FORGOTTEN_TEXT)) if party.startswith(_FORGOTTEN_TEXT) else None
