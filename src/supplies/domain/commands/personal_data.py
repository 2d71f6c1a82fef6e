"""Commands that merge two codes of one person, or erase personal data."""

from __future__ import annotations

from typing import Literal

from supplies.domain.commands.base import Command
from supplies.domain.fields import Code, EntryNumber, Reason

PersonKind = Literal["donor", "recipient"]


class MergeCodes(Command, frozen=True, kw_only=True):
    """Merge two codes of one donor, or of one recipient.

    Lists, statements and reports then show the entries of both codes together. No goods move, and
    papers with either code stay valid. `Reverse` separates the codes.

    Attributes:
        code: The code to retire.
        into: The code that stays in use. Later commands that name `code` are recorded under it.
    """

    kind: PersonKind
    code: Code
    into: Code
    reason: Reason


class ForgetDonor(Command, frozen=True, kw_only=True):
    """Erase a donor's personal data, under all merged codes. The goods stay in the books."""

    donor: Code  # by path


class ForgetRecipient(Command, frozen=True, kw_only=True):
    """Erase a recipient's personal data, under all merged codes. The goods stay in the books."""

    recipient: Code  # by path


class ForgetText(Command, frozen=True, kw_only=True):
    """Erase the notes and reasons of an entry, such as a note on a dispatch that names a person.

    `ForgetDonor` and `ForgetRecipient` erase only texts that are about that person. Use this
    command for other texts that name a person. Texts of a donation can be erased only after the
    donation was corrected. Its void receipts contain the same texts, so the contents of these
    receipts are erased too. A conflict and the entries that booked it contain the same texts, so
    they are erased together.
    """

    entry: EntryNumber  # by path
