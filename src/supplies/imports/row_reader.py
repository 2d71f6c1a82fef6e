"""Read the cells of one row: texts, dates, numbers, and the codes of people and places."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeVar

from supplies.domain.accounts import RECEIVED, STOCK
from supplies.domain.catalogue_records import Campaign, Community, Donor, Location, Recipient
from supplies.domain.fields import is_valid_code
from supplies.errors import InvalidField, Sentence
from supplies.imports.columns import Header, RowKind
from supplies.imports.days import DayHints, ReadDay, read_day
from supplies.imports.matching import Matcher, names_nobody, names_organisation
from supplies.imports.quantities import NotPositive, Units, read_quantity
from supplies.imports.sheets import Cell, Lost, Row, shown
from supplies.ledger.ledger import Ledger

T = TypeVar("T")

_EXPONENT = re.compile(r"\d(?:\.\d+)?[eE]\+?\d{1,2}", re.ASCII)
"""Regular expression of a number with an exponent, such as 1.38E+10.

Spreadsheet programs write a long number in this way if its column is narrow.
"""


class RowFault(Exception):
    """Raised if a row cannot be recorded.

    Attributes:
        column: The column with the fault; "" if the fault concerns the whole row.
        why: The reason. If it is a `Sentence`, it can be translated.
        further: Faults of other columns of the row.
    """

    def __init__(self, column: str, why: str, further: Sequence[RowFault] = ()) -> None:
        super().__init__(why)
        self.column, self.why, self.further = column, why, further


class NoGoods(RowFault):
    """Raised for a row without goods of its own, which is never recorded.

    The quantity of the row is zero or negative, or the row is the sum of other rows.
    """


@dataclass(slots=True)
class RowReader:
    """Reads the rows of one sheet.

    Attributes:
        fixed: The values that the user gave for all rows, by column.
        days: A cache of the dates read so far, by the content of the cell.
    """

    ledger: Ledger
    kind: RowKind
    header: Header
    fixed: Mapping[str, str]
    hints: DayHints
    units: Units
    matcher: Matcher
    days: dict[Cell, ReadDay] = field(default_factory=dict)

    # --- cells ---------------------------------------------------------------------------------

    def cell(self, row: Row, name: str) -> Cell:
        """Return the cell of a column.

        If the cell is empty, return the value that the user entered for the whole column, if any.
        """
        at = self.header.columns.get(name)
        value = row.cells[at] if at is not None and at < len(row.cells) else None
        return self.fixed.get(name) if value is None else value

    def text(self, row: Row, name: str) -> str:
        """Return the text of a cell; "" if it is empty.

        Raises:
            RowFault: the cell contains a formula without a result.
        """
        value = self.cell(row, name)
        if isinstance(value, Lost):
            raise RowFault(
                name, Sentence("the cell has a formula without a result; write its value")
            )
        return shown(value)

    def needed_text(self, row: Row, name: str) -> str:
        """Return the text of a cell that must not be empty.

        Raises:
            RowFault: the cell is empty, or contains a formula without a result.
        """
        text = self.text(row, name)
        if not text:
            raise self.missing(name)
        return text

    def missing(self, name: str) -> RowFault:
        """Return the fault for a row in which a required cell is empty."""
        return RowFault(name, Sentence("the {column} is missing", column=self.title(name)))

    def title(self, name: str) -> str:
        """Return the heading of a column, or the column's name if the sheet does not have it."""
        at = self.header.columns.get(name)
        return name if at is None else self.header.names[at]

    def phone(self, row: Row) -> str:
        """Return the telephone number in a cell; "" if it is empty.

        A spreadsheet program may have written the number with an exponent.

        Raises:
            RowFault: the last digits are lost because of the exponent.
        """
        text = self.text(row, "phone")
        if not _EXPONENT.fullmatch(text):
            return text
        number = Decimal(text)
        if number.as_tuple().exponent != 0:
            raise RowFault(
                "phone",
                Sentence("{text} has lost its last digits; write the whole number", text=text),
            )
        return f"{number:f}"

    def choice(self, row: Row, name: str, words: Mapping[str, T]) -> T | None:
        """Return the value in `words` for the word in a cell; None if the cell is empty.

        Args:
            words: The allowed words, each with the value that it stands for.

        Raises:
            RowFault: the word in the cell is not among `words`.
        """
        text = self.text(row, name)
        if not text:
            return None
        found = words.get(text.strip().lower())
        if found is None:
            raise RowFault(
                name,
                Sentence("{text} is none of {words}", text=repr(text), words=", ".join(words)),
            )
        return found

    def day(self, row: Row, name: str) -> ReadDay | None:
        """Return the date in a cell; None for an empty cell.

        Raises:
            RowFault: the cell contains no date.
        """
        value = self.cell(row, name)
        if value is None:
            return None
        found = self.days.get(value)
        if found is None:
            found = self.days[value] = of_column(name, lambda: read_day(value, self.hints))
        return found

    def number(self, row: Row, name: str) -> int | None:
        """Return the whole number in a cell; None if the cell is empty.

        Raises:
            RowFault: the cell contains no whole number above zero.
        """
        value = self.cell(row, name)
        if value is None:
            return None
        try:
            found = of_column(name, lambda: read_quantity(value)).number
        except NotPositive:
            raise RowFault(
                name, Sentence("{text} is too small; it must be 1 or more", text=shown(value))
            ) from None
        if found != int(found):
            raise RowFault(name, Sentence("{text} is not a whole number", text=shown(value)))
        return int(found)

    # --- people and places -----------------------------------------------------------------------

    def donor(self, row: Row) -> str | None:
        """Return the code of the donor in a row; None if the donor is unknown or anonymous."""
        text = self.text(row, "donor")
        if not text or names_nobody(text):
            return None

        def make(code: str) -> Donor:
            if names_organisation(text):
                return Donor(code=code, name=text, kind="organisation")
            return Donor(code=code, name=text)

        return self.find(Donor, "donor", text, make)

    def recipient(self, row: Row, name: str = "recipient") -> str:
        """Return the code of the recipient in a row.

        The community in the row distinguishes recipients of one name, and is that of a new one. If
        it is unknown, only a recipient who is registered is found.
        """
        text = self.needed_text(row, name).removeprefix(RECEIVED.prefix)  # as in exports
        community = None
        if name == "recipient":
            try:
                community = self.community(row)
            except RowFault:
                if self.matcher.creates_people and not self.matcher.has(Recipient, text):
                    raise

        def make(code: str) -> Recipient:
            return Recipient(code=code, name=text, community=community)

        return of_column(name, lambda: self.matcher.find(Recipient, text, make, community))

    def community(self, row: Row) -> str | None:
        """Return the code of the community in a row; None if the cell is empty.

        A code is accepted also if it is not registered.
        """
        text = self.text(row, "community")
        if not text or (is_valid_code(text) and not self.matcher.has(Community, text)):
            return text or None
        return self.find(Community, "community", text, lambda code: Community(code=code, name=text))

    def location(self, row: Row) -> str:
        """Return the code of the location in a row."""
        text = self.needed_text(row, "location").removeprefix(STOCK.prefix)  # as in exports
        return self.find(Location, "location", text)

    def campaign(self, row: Row, name: str) -> str | None:
        """Return the code of the campaign in a row; None if the cell is empty."""
        text = self.text(row, name)
        return self.find(Campaign, name, text) if text else None

    def find(
        self,
        kind: type[Any],
        column: str,
        text: str,
        make: Callable[[str], Any] | None = None,
    ) -> str:
        """Return the code of the record that a text names.

        Args:
            column: The column that contains the text, for the error.
            make: As in `Matcher.find`.

        Raises:
            RowFault: no record has this name, or several have it.
        """
        return of_column(column, lambda: self.matcher.find(kind, text, make))

    def day_and_note(self, rows: Sequence[Row], notes: Sequence[str] = ()) -> dict[str, Any]:
        """Return the fields of a command that are not about its goods: the day and the note.

        Args:
            rows: The rows of one document.
            notes: Further texts for the note.
        """
        fields: dict[str, Any] = {}
        if found := self.day(rows[0], "day"):
            fields["happened_on"] = found.day.isoformat()
            if found.or_earlier:
                fields["or_earlier"] = True
        texts = [text for text in (self.all_texts(rows, "note"), *notes) if text]
        if texts:
            fields["note"] = "; ".join(texts)
        return fields

    def all_texts(self, rows: Sequence[Row], name: str, separator: str = "; ") -> str:
        """Return the different texts of a column in the rows of one document, as one text."""
        texts = (self.text(row, name) for row in rows)
        return separator.join(dict.fromkeys(text for text in texts if text))

    def common(
        self, rows: Sequence[Row], name: str, read: Callable[[Row, str], T | None]
    ) -> T | None:
        """Return the value of a column that is the same in all rows of a document.

        Empty cells are ignored. If all are empty, return None.

        Args:
            read: Reads the cell of a row.

        Raises:
            RowFault: the rows have different values.
        """
        found = {value: None for row in rows if (value := read(row, name)) is not None}
        if len(found) > 1:
            raise RowFault(
                name,
                Sentence(
                    "the rows of one document have different values for {column}",
                    column=self.title(name),
                ),
            )
        return next(iter(found), None)

    def optional(self, row: Row, *names: str) -> dict[str, Any]:
        """Return the texts that a row has in the given columns, by the name of the column.

        Empty texts are left out.
        """
        found = {name: self.text(row, name) for name in names}
        return {name: text for name, text in found.items() if text}


def of_column(column: str, read: Callable[[], T]) -> T:
    """Call a function that reads a cell. If it fails, add the name of the column to the error.

    Raises:
        RowFault: the cell is invalid.
        NotPositive: the quantity is zero or negative.
    """
    try:
        return read()
    except NotPositive:
        raise
    except InvalidField as error:
        raise RowFault(column, error.detail) from None
