"""The options of an import, and its result."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import overload

import msgspec

from supplies.domain.plurals import counted
from supplies.errors import Sentence
from supplies.imports.equal_rows import RowPlace


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """The options that the user chooses for an import.

    Attributes:
        columns: The headings of columns that the program does not recognize, by the column's name.
        values: Values by the column's name, such as a location. Each is used for all rows whose
            cell in the column is empty.
        sheet: The only sheet to import. If None, all sheets are imported.
        dry_run: Whether to record nothing, and only return what would be recorded.
        create_items: Whether to register items that the file mentions and the catalogue lacks.
        create_people: Whether to register donors, recipients and communities that the catalogue
            lacks.
        open_missing: Whether to record opening stock if a row hands out or sets aside more goods
            than are free. The note of the opening stock names the file and the row.
        year, month, day_first: See `DayHints`.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    sheet: str | None = None
    dry_run: bool = False
    create_items: bool = False
    create_people: bool = False
    open_missing: bool = False
    year: int | None = None
    month: int | None = None
    day_first: bool | None = None


class Message(msgspec.Struct, frozen=True, gc=False):
    """The parts of a translatable text, from which another process can translate the text.

    Attributes:
        template, values: The template of a `Sentence`, and the values for the names in the
            template.
    """

    template: str
    values: dict[str, Message | str]

    @overload
    @classmethod
    def of(cls, sentence: Sentence) -> Message: ...

    @overload
    @classmethod
    def of(cls, sentence: str) -> Message | None: ...

    @classmethod
    def of(cls, sentence: str) -> Message | None:
        """Return the parts of a sentence, or None for a text that cannot be translated."""
        if not isinstance(sentence, Sentence):
            return None
        values = sentence.values.items()
        return cls(sentence.template, {name: cls.of(value) or value for name, value in values})

    def sentence(self) -> Sentence:
        """Return the text as a `Sentence`, which can be translated."""
        return Sentence(
            self.template,
            **{
                name: value.sentence() if isinstance(value, Message) else value
                for name, value in self.values.items()
            },
        )


class Problem(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A reason why a row was not recorded.

    Attributes:
        cell: The cell with the fault, as in `Listed`.
        why: The reason in English.
        message: The text and values of `why`, for translation; None if it cannot be translated.
    """

    cell: str
    why: str
    message: Message | None = None

    @property
    def sentence(self) -> str:
        """Return the reason: a `Sentence` if it has a translation, or a text."""
        return self.why if self.message is None else self.message.sentence()


class Listed(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A row that was not recorded.

    Attributes:
        row: Number of the row in its sheet.
        cell: The cell with the fault, such as C7; `row 7` if the fault is in no single cell, or
            `row 7, day` if the sheet does not have the column.
        cells: The texts of all cells of the row.
        why: Why it was not recorded, in English.
        origin: The row's identity in the original file, if this file is a corrected list of rows;
            see `row_identity`.
        message: The text and values of `why`, for translation; None if it cannot be translated.
        further: Faults of other cells of the row.
    """

    sheet: str
    row: int
    cell: str
    why: str
    cells: list[str]
    origin: str
    message: Message | None = None
    further: list[Problem] = []

    @property
    def problems(self) -> list[Problem]:
        """Return all reasons why the row was not recorded."""
        return [Problem(self.cell, self.why, self.message), *self.further]


_ROWS_PER_BLOCK = 500
"""How many listed rows are compressed together."""


class ListedRows(Sequence[Listed]):
    """Rows that were not recorded, in the order in which they were listed.

    They are compressed, so that a million rows need little memory.

    Args:
        rows: The first rows, as `Listed` or as dictionaries with its fields.
    """

    def __init__(self, rows: Iterable[object] = ()) -> None:
        self._packed: list[bytes] = []
        self._last: list[Listed] = []
        for row in rows:
            self.append(msgspec.convert(row, Listed))

    def append(self, row: Listed) -> None:
        """Add a row at the end."""
        self._last.append(row)
        if len(self._last) == _ROWS_PER_BLOCK:
            self._packed.append(zlib.compress(msgspec.json.encode(self._last), level=1))
            self._last = []

    def __len__(self) -> int:
        return len(self._packed) * _ROWS_PER_BLOCK + len(self._last)

    def __iter__(self) -> Iterator[Listed]:
        return chain(chain.from_iterable(map(_unpacked, self._packed)), self._last)

    @overload
    def __getitem__(self, index: int) -> Listed: ...

    @overload
    def __getitem__(self, index: slice) -> list[Listed]: ...

    def __getitem__(self, index: int | slice) -> Listed | list[Listed]:
        if isinstance(index, slice):
            return list(islice(self, *index.indices(len(self))))
        at = range(len(self))[index]
        return next(islice(self, at, None))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]  # rows can be added


def _unpacked(packed: bytes) -> list[Listed]:
    return msgspec.json.decode(zlib.decompress(packed), type=list[Listed])


class ReadSheet(msgspec.Struct):
    """How a sheet was read.

    Attributes:
        header_row: Number of the row with the headings.
        columns: For each column that was read, its heading.
        unread: The headings of columns that were not read.
        notes: Messages about the sheet, such as that it is hidden or was left out.
        messages: The parts of `notes`, for translation.
        skipped: Number of rows that were skipped: titles, and repeated headings.
    """

    name: str
    header_row: int
    headings: list[str]
    columns: dict[str, str]
    unread: list[str]
    notes: list[str]
    messages: list[Message]
    skipped: int = 0


class Opened(msgspec.Struct, frozen=True):
    """Goods that were recorded as opening stock, because the books contained too few.

    Attributes:
        quantity: In base units.
    """

    row: int
    item: str
    location: str
    quantity: int


class ImportResult(msgspec.Struct):
    """The result of an import. `rows` is `recorded` plus `before` plus the length of `listed`.

    Attributes:
        rows: Number of rows below the headings, without those that repeat the headings.
        recorded: Number of rows that were recorded, or that would be recorded in a dry run.
        before: Number of rows that were not recorded again, because an earlier import of the same
            file had recorded them.
        documents: Number of commands that were recorded.
        equal: Pairs of places of rows. The two rows are equal in all columns that are read, and
            both are recorded. The name of the sheet is "" if rows of only one sheet were read.
        unknown: For each name that is not registered, the number of rows that were not recorded
            because of it. A key is, for example, "item mask".
        registered: The records that were registered, such as "item I-004 (mask)".
        stopped: Whether the import was stopped before the end of the file.
    """

    file: str
    kind: str
    dry_run: bool
    rows: int = 0
    recorded: int = 0
    before: int = 0
    documents: int = 0
    listed: ListedRows = msgspec.field(default_factory=ListedRows)
    sheets: list[ReadSheet] = []
    equal: list[tuple[RowPlace, RowPlace]] = []
    opened: list[Opened] = []
    unknown: dict[str, int] = {}
    registered: list[str] = []
    stopped: bool = False


def json_of_result(result: ImportResult) -> Iterator[bytes]:
    """Yield the result of an import as JSON, in parts, because it may have many listed rows."""
    without_rows = msgspec.structs.replace(result, listed=ListedRows())
    head, start, end = msgspec.json.encode(without_rows, enc_hook=list).partition(b'"listed":[')
    yield head + start
    for number, row in enumerate(result.listed):
        yield b"," * (number > 0) + msgspec.json.encode(row)
    yield end


_SHOWN = 8
"""How many reasons, equal rows or new records a summary shows."""


def _first(texts: Sequence[str]) -> str:
    """Return the first texts, and the number of the others."""
    more = len(texts) - _SHOWN
    return ", ".join(texts[:_SHOWN]) + (f", and {more} more" if more > 0 else "")


def summary(result: ImportResult, translate: Callable[[str], str] = str) -> list[str]:
    """Return sentences for the user about the result of an import.

    Args:
        translate: Translates the reason why a row was not recorded to the language of the reader;
            see `Sentence`.
    """
    would_be = "would be " if result.dry_run else ""
    verb = f"{would_be}recorded"
    figures = (
        f"{result.recorded} {verb}, {result.before} recorded before, {len(result.listed)} listed"
    )
    lines = [f"{counted(result.rows, 'row')} read: {figures}"]
    whys = Counter(problem.sentence for one in result.listed for problem in one.problems)
    lines += [f"  {times} × {translate(why)}" for why, times in whys.most_common(_SHOWN)]
    if others := sum(whys.values()) - sum(times for _, times in whys.most_common(_SHOWN)):
        lines.append(f"  {others} × other reasons")
    if result.equal:
        pairs = _first([f"{second} = {first}" for first, second in result.equal])
        lines.append(f"{counted(len(result.equal), 'row')} equal to an earlier row: {pairs}")
    if result.registered:
        lines.append(f"{would_be}registered: {_first(result.registered)}")
    if result.opened:
        times = counted(len(result.opened), "time")
        lines.append(f"{would_be}opened as stock that the books lacked: {times}")
    if result.stopped:
        lines.append("stopped before the end; import the same file again to go on")
    return lines
