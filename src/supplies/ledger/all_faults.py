"""Find all faults of a refused command, so that the user can correct them at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec

from supplies.books.entry_reader import EndOfBooks
from supplies.books.reader import Books
from supplies.domain.accounts import keys_of
from supplies.domain.catalogue_records import Donor, Item, Location, Recipient, Team
from supplies.domain.commands import Command, Correct
from supplies.domain.entry_rows import Lot
from supplies.domain.shortened_struct import Found, ShortenedStruct, line_of, with_faults
from supplies.domain.validation import MAX_FAULTS
from supplies.errors import Fault, InvalidField, NotEnough, NotFound, Sentence, SuppliesError
from supplies.ledger.contradictions import Contradicted, Repeated
from supplies.ledger.rules.corrections import within_command
from supplies.ledger.rules.need_fulfilment import find_need
from supplies.ledger.rules.pledges import find_pledge

_MAX_LINES_RUN = 25_000
"""Maximum number of lines that the search for further faults runs through.

The search runs the rule of the command again and again. Each run counts the lines until the last
fault that it finds. Other writers wait during the search, so a larger number would delay them too
long.
"""

_DAY = "/happened_on"

_OF_ITEM = {"quantity", "pack", "pack_size", "need", "pledge", "lot", "lots", "claims", "drop"}
"""Fields of a line that may be refused only because the item of the line is unknown."""

RunRule = Callable[[Command, Books], None]
"""A function that runs the rule of a command on given books without recording anything."""

_Named = TypeVar("_Named", Item, Donor, Recipient, Location, Team)


def add_all_faults(
    error: SuppliesError,
    kind: type[Command],
    fields: Mapping[str, Any],
    books: Books,
    run_rule: RunRule,
) -> SuppliesError:
    """Add all other faults of a refused command to its error, and return the error.

    A rule stops at the first fault. So this function replaces the faulty part and runs the rule
    again, until the rule finds no further fault. An optional field that is wrong is left out, a
    required one gets a made-up value, and an unknown code gets a made-up record. If there are too
    few goods for a line, the line is left out. The result has at most `MAX_FAULTS` faults, and
    `_MAX_LINES_RUN` limits the cost.

    Args:
        kind: The type of the command.
        fields: The fields of the command as decoded JSON, including invalid ones.
    """
    if issubclass(kind, Correct) and isinstance(error, NotEnough):
        return error  # The message proposes quantities for the whole correction.
    search = _Search(kind, fields, books, run_rule)
    found = search.found_after(error)
    return with_faults(error, found, has_more=search.is_cut_short)


class _Search:
    """The search for all faults of one command.

    Attributes:
        is_cut_short: Whether the search ended because it became too long.
    """

    def __init__(
        self, kind: type[Command], fields: Mapping[str, Any], books: Books, run_rule: RunRule
    ) -> None:
        self._command = ShortenedStruct(kind, fields)
        self._books, self._run_rule = _StandIns(books), run_rule
        self._within = within_command if issubclass(kind, Correct) else _unchanged
        self._is_correction = issubclass(kind, Correct)
        self._found: dict[str, Found] = {}
        self._lines_of_unknown_items: set[str] = set()
        self._lines_left = _MAX_LINES_RUN
        self.is_cut_short = False

    def found_after(self, error: SuppliesError) -> dict[str, Found]:
        """Return all faults of the command by JSON pointer. Those of `error` come first."""
        if not error.faults:
            self._found[""] = error.detail, Fault("", error.detail)
        for fault in error.faults:
            self._found[fault.pointer] = error.detail, fault
        with self._books.cache_queries():
            faults, can_be_run = self._command.mend_fields()
            for fault in faults:
                self._found.setdefault(fault.pointer, (fault.detail, fault))
            if can_be_run:
                self._mend_by_rule()
            self._find_unknown_codes()
        return self._found

    def _mend_by_rule(self) -> None:
        """Run the rule and replace the faulty part, until the rule accepts the command.

        Stop earlier if a faulty part cannot be replaced.
        """
        while len(self._found) <= MAX_FAULTS:
            try:
                error = self._refusal()
            except (Contradicted, Repeated):
                return  # If all else is right, the fact is recorded.
            if error is None and self._command.put_back():
                continue
            self.is_cut_short = error is not None and self._lines_left < 0
            if error is None or self.is_cut_short:
                return
            faults = [self._command.as_sent(fault) for fault in error.faults]
            # A fault of a whole list may be one of the lines that were left out.
            faults = [f for f in faults if not self._command.is_shortened_list(f.pointer)]
            if not error.faults and (isinstance(error, NotFound) or not self._command.is_shortened):
                faults = [Fault("", error.detail)]
            is_put_back_later = isinstance(error, NotEnough) and self._command.has_made_up_lines
            for fault in faults:
                if not is_put_back_later:
                    self._add(error, fault)
            mended = [self._mend(error, fault.pointer) for fault in faults]
            if not (faults and all(mended)) and not self._command.put_back():
                return

    def _refusal(self) -> SuppliesError | None:
        """Run the rule. Return its error, or None if it accepts the command.

        Also add to `_found` the unknown codes that the rule has read.
        """
        self._books.refusals.clear()
        error: SuppliesError | None = None
        try:
            self._run_rule(self._command.built(), self._books)
        except (Contradicted, Repeated):
            raise
        except SuppliesError as refusal:
            error = refusal
        finally:
            self._add_unknown_codes()
        places = (
            [self._command.lines_before(fault.pointer) for fault in error.faults] if error else []
        )
        self._lines_left -= 1 + max(places, default=0)
        return error

    def _add_unknown_codes(self) -> None:
        for refusal in self._books.refusals:
            for fault in refusal.faults:
                shown = self._command.as_sent(self._within(fault))
                if shown.pointer.endswith("/item"):
                    self._lines_of_unknown_items.add(shown.pointer.removesuffix("/item"))
                self._found.setdefault(shown.pointer, (refusal.detail, shown))

    def _add(self, error: SuppliesError, fault: Fault) -> None:
        """Add a fault, unless a left-out part or an unknown code may have caused it."""
        line, _, field = fault.pointer.rpartition("/")
        of_unknown_item = field in _OF_ITEM and line in self._lines_of_unknown_items
        of_other_fault = isinstance(error, NotEnough) and (
            self._is_correction
            or (error.account is not None and self._books.made_up & {*keys_of(error.account)})
        )
        if not of_unknown_item and not of_other_fault:
            self._found.setdefault(fault.pointer, (error.detail, fault))

    def _mend(self, error: SuppliesError, pointer: str) -> bool:
        if pointer.endswith(_DAY):
            self._books.has_closed_days = False
        if isinstance(error, NotEnough):
            return self._command.postpone(line_of(pointer))
        return self._command.mend(pointer)

    def _find_unknown_codes(self) -> None:
        """Add a fault for each unknown code in the parts of the command that no rule has read."""
        messages = {message for message, _ in self._found.values()}
        for pointer, name, code in self._command.texts():
            try:
                if name in _FIND and pointer not in self._found:
                    _FIND[name](self._books.of_books, code, pointer)
            except InvalidField as error:
                if error.detail not in messages:
                    self._found[pointer] = error.detail, error.faults[0]
            except SuppliesError:
                continue


def _unchanged(fault: Fault) -> Fault:
    return fault


def _find_lot(books: Books, lot: str, pointer: str) -> None:
    if books.latest_row(Lot, lot=lot) is None:
        raise InvalidField.at(
            pointer, Sentence("unknown lot {lot}; see the lots in the stock", lot=lot)
        )


_FIND: Mapping[str, Callable[[Books, str, str], object]] = {
    "item": Books.item,
    "donor": Books.donor,
    "recipient": Books.recipient,
    "for": Books.recipient,
    "location": Books.location,
    "quarantine": Books.location,
    "team": Books.team,
    "need": find_need,
    "pledge": find_pledge,
    "lot": _find_lot,
}
"""Fields of commands that contain a code or id, each with a function that looks it up."""


class _StandIns(Books):
    """The books of a station, with a made-up record for each code that is not in the catalogue.

    With these books, a rule continues after an unknown code, so that later faults are found too.

    Attributes:
        of_books: The books without made-up records.
        refusals: The errors about the unknown codes that were read since `_Search` last cleared
            this list.
        made_up: All unknown codes that were read. Each has a made-up record.
        has_closed_days: Whether closed days count as closed. Set it to False after a closed day was
            refused, so that the rule continues.
    """

    def __init__(self, books: Books) -> None:
        super().__init__(books.store, books.catalogue)
        self.of_books = books
        self.refusals: list[InvalidField] = []
        self.made_up: set[str] = set()
        self.has_closed_days = True

    def end_of_books(self, id: str | None = None) -> EndOfBooks:
        end = super().end_of_books(id)
        return end if self.has_closed_days else end._replace(closed_through=None)

    def item(self, code: str, pointer: str = "") -> Item:
        return self._find(super().item, Item, code, pointer)

    def donor(self, code: str, pointer: str = "") -> Donor:
        return self._find(super().donor, Donor, code, pointer)

    def recipient(self, code: str, pointer: str = "") -> Recipient:
        return self._find(super().recipient, Recipient, code, pointer)

    def location(self, code: str, pointer: str = "") -> Location:
        return self._find(super().location, Location, code, pointer)

    def team(self, code: str, pointer: str = "") -> Team:
        return self._find(super().team, Team, code, pointer)

    def _find(
        self, read: Callable[[str, str], _Named], kind: type[_Named], code: str, pointer: str
    ) -> _Named:
        try:
            return read(code, pointer)
        except InvalidField as error:
            self.refusals.append(error)
        except NotFound:
            pass
        self.made_up.add(code)
        made_up: Any = kind(code=code, name=code)
        # The kind of recipient or location is right for the field that names it.
        if isinstance(made_up, Recipient):
            made_up = msgspec.structs.replace(made_up, kind="group")
        if isinstance(made_up, Location) and pointer.endswith(("/quarantine", "/to")):
            made_up = msgspec.structs.replace(made_up, quarantine=True)
        return made_up  # type: ignore[no-any-return]  # of this kind
