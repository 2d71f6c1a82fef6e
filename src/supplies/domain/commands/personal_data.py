"""Commands that merge the codes of a person, or erase personal data."""

from __future__ import annotations

from typing import Literal

from supplies.domain.commands.base import Command
from supplies.domain.fields import Code, EntryNumber, Reason

PersonKind = Literal["donor", "recipient"]


class MergeCodes(Command, frozen=True, kw_only=True):
    """Merge two codes of one donor, or of one recipient.

    Lists, statements and reports then show the entries of both together. No goods move, and papers
    with either code stay valid. `Reverse` divides the codes again.

    Attributes:
        code: The code to retire.
        into: The code that stays. Later commands that name `code` are recorded under it.
    """

    kind: PersonKind
    code: Code
    into: Code
    reason: Reason


class ForgetDonor(Command, frozen=True, kw_only=True):
    """Erase the personal data of a donor, with all merged codes. The goods stay in the books."""

    donor: Code  # by path


class ForgetRecipient(Command, frozen=True, kw_only=True):
    """Erase the personal data of a recipient, with all merged codes.

    The goods stay in the books.
    """

    recipient: Code  # by path


class ForgetText(Command, frozen=True, kw_only=True):
    """Erase the notes and reasons of an entry, such as a note on a dispatch that names a person.

    Forgetting a person erases only texts that are about that person. Notes about nobody or about
    somebody else are erased with this command. The text of a gift can be erased after the gift was
    corrected, with the void receipts that print it.
    """

    entry: EntryNumber  # by path
