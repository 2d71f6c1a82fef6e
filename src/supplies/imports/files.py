"""Open a file to import. The format is recognized by the content: CSV, TSV, JSON, XLSX or ODS."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from io import BufferedReader
from pathlib import Path
from typing import IO, Any

from supplies.domain.formula_guard import unguard_formula
from supplies.errors import InvalidField, Sentence
from supplies.imports.sheets import MAX_COLUMNS, Cell, Row, Sheet, clean, clean_text
from supplies.imports.workbooks import read_workbook

_SAMPLE = 64 * 1024
_OLD_OFFICE = bytes.fromhex("D0CF11E0A1B11AE1")
_QUOTED_CELL = re.compile(r'(?:^|(?<=[,;\t|]))"(?:[^"]|"")*"(?=[,;\t|\r\n]|$)', re.MULTILINE)
_ZIP = b"PK\x03\x04"
_MOST_DIGITS = 40
"""Maximum number of digits of a number in JSON that is read as a number, and not as a text."""

csv.field_size_limit(1_000_000)


def digest_of(path: Path) -> str:
    """Return the SHA-256 digest of a file in hexadecimal.

    Raises:
        InvalidField: the file cannot be read.
    """
    with _opened(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def open_sheets(path: Path) -> Iterator[Iterator[Sheet]]:
    """Open a file, and yield an iterator over its sheets. Close the file after the `with` block.

    Raises:
        InvalidField: the file cannot be read, has an unknown format, or is too large.
    """
    with _opened(path) as file:
        start = file.read(_SAMPLE)
        file.seek(0)
        if not start.strip():
            raise InvalidField(Sentence("{file} is empty", file=path.name))
        if start.startswith(_OLD_OFFICE):
            raise InvalidField(
                Sentence(
                    "{file} is protected by a password, or is in the old format .xls; save it "
                    "without a password as .xlsx",
                    file=path.name,
                )
            )
        if start.startswith(_ZIP):
            yield read_workbook(path, file)
            return
        encoding, size = _encoding(path, file, start)
        text = start.decode(encoding, errors="replace").lstrip("\ufeff \t\r\n")
        with open(path, encoding=encoding, newline="") as lines:
            if text.startswith(("[", "{")):
                objects = list(_json_objects(path, lines))
                sheet = Sheet("", _json_rows(path, objects), size=len(objects) + 1)
            else:
                sheet = Sheet("", _delimited_rows(path, lines), size=size)
            yield iter([sheet])


@contextmanager
def _opened(path: Path) -> Iterator[BufferedReader]:
    try:
        file = path.open("rb")
    except OSError as error:
        raise InvalidField(
            Sentence("{file} cannot be read ({reason})", file=path, reason=error.strerror)
        ) from error
    with file:
        yield file


def _encoding(path: Path, file: IO[bytes], start: bytes) -> tuple[str, int]:
    """Return the encoding of a text file, and its number of lines.

    The encoding is UTF-8, UTF-16 with a byte order mark, or GB18030.

    Args:
        start: The first bytes of the file.

    Raises:
        InvalidField: the file has none of these encodings.
    """
    has_mark = start.startswith((b"\xff\xfe", b"\xfe\xff"))
    if not has_mark and b"\x00" in start:
        raise _binary(path)
    for encoding in ("utf-16",) if has_mark else ("utf-8-sig", "gb18030"):
        file.seek(0)
        count = 1
        try:
            with open(path, encoding=encoding, newline="") as lines:
                while part := lines.read(_SAMPLE):
                    if "\0" in part:
                        raise _binary(path)
                    count += part.count("\n")
        except UnicodeDecodeError:
            continue
        return encoding, count
    raise InvalidField(
        Sentence(
            "{file} is encoded neither as UTF-8 nor as GB18030; save it as UTF-8", file=path.name
        )
    )


def _binary(path: Path) -> InvalidField:
    return InvalidField(
        Sentence(
            "{file} is neither a text nor a workbook; save it as .csv or .xlsx", file=path.name
        )
    )


# --- delimited text ------------------------------------------------------------------------------


def _delimited_rows(path: Path, lines: IO[str]) -> Iterator[Row]:
    sample = lines.read(_SAMPLE)
    lines.seek(0)
    reader = csv.reader(lines, delimiter=_delimiter(sample), strict=True)
    number = 1
    try:
        for cells in reader:
            row = Row(number, [_delimited_cell(cell) for cell in cells])
            number = reader.line_num + 1
            if any(cell is not None for cell in row.cells):
                yield _checked(path, row)
    except csv.Error as error:
        raise InvalidField(
            Sentence(
                "{file}, line {line} is not a row of a table; a quotation mark may be missing "
                "there",
                file=path.name,
                line=number,
            )
        ) from error


def _delimited_cell(text: str) -> Cell:
    plain = unguard_formula(text)
    return clean(text) if plain == text else clean_text(plain)


def _delimiter(sample: str) -> str:
    """Return the character that separates the cells in a sample.

    Each line of a table has about as many of them. A character that belongs to the texts occurs
    differently often, so lines with equal numbers weigh more than many in one line. Cells in
    quotation marks are not counted.
    """
    unquoted = _QUOTED_CELL.sub("", sample)
    first = [line for line in unquoted.splitlines() if line.strip()][:20]

    def weight(mark: str) -> int:
        lines_by_count = Counter(line.count(mark) for line in first)
        return max((count * lines**2 for count, lines in lines_by_count.items()), default=0)

    return max(",\t;|", key=weight)


# --- JSON ----------------------------------------------------------------------------------------


def _json_rows(path: Path, objects: list[dict[str, Any]]) -> Iterator[Row]:
    """Return the objects of a JSON array, or of JSON lines, as rows.

    The first row contains the names of the fields.
    """
    names: dict[str, int] = {}
    for one in objects:
        for name in one:
            names.setdefault(name, len(names))
    yield _checked(path, Row(1, list(names)))
    for number, one in enumerate(objects, 2):
        cells: list[Cell] = [None] * len(names)
        for name, value in one.items():
            cells[names[name]] = _json_cell(value)
        yield Row(number, cells)


def _json_objects(path: Path, lines: IO[str]) -> Iterator[dict[str, Any]]:
    before = 0
    try:
        text = lines.read()
        if text.lstrip("\ufeff \t\r\n").startswith("["):
            found = _decode(text)
        else:
            found = []
            for before, line in enumerate(text.splitlines()):  # noqa: B007  # used below
                if line:
                    found.append(_decode(line))
        # A half of a surrogate pair can be written in JSON, but cannot be stored.
        json.dumps(found, ensure_ascii=False, default=str).encode()
    except json.JSONDecodeError as error:
        raise InvalidField(
            Sentence(
                "{file} is neither a JSON list of objects nor one JSON object on each line; see "
                "line {line}, character {character}",
                file=path.name,
                line=before + error.lineno,
                character=error.colno,
            )
        ) from error
    except KeyError as error:
        raise InvalidField(
            Sentence(
                "{file} has an object with two values named {name}",
                file=path.name,
                name=repr(error.args[0]),
            )
        ) from error
    except (ValueError, RecursionError) as error:
        raise InvalidField(
            Sentence(
                "{file} is nested too deeply, or contains a text that is not Unicode",
                file=path.name,
            )
        ) from error
    for number, one in enumerate(found, 1):
        if not isinstance(one, dict):
            raise InvalidField(
                Sentence(
                    "{file}: element {number} is not an object with named values",
                    file=path.name,
                    number=number,
                )
            )
        yield one


def _json_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of JSON. Of two values with one name, only the last would be read.

    Raises:
        KeyError: two values have the same name, which is the argument.
    """
    named = dict(pairs)
    if len(named) < len(pairs):
        twice = next(
            name for name, count in Counter(name for name, _ in pairs).items() if count > 1
        )
        raise KeyError(twice)
    return named


def _json_number(text: str) -> int | Decimal | str:
    """Return a number, or its text if no quantity or day is as large or has as many digits."""
    if len(text) > _MOST_DIGITS:
        return text
    if text.lstrip("-").isdecimal():
        return int(text)
    number = Decimal(text)
    return number if abs(number.adjusted()) <= _MOST_DIGITS else text


_decode = json.JSONDecoder(
    object_pairs_hook=_json_object, parse_float=_json_number, parse_int=_json_number
).decode


def _json_cell(value: Any) -> Cell:
    if isinstance(value, bool):
        return str(value).lower()
    if value is None or isinstance(value, int | Decimal):
        return value
    return clean(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def _checked(path: Path, row: Row) -> Row:
    if len(row.cells) > MAX_COLUMNS:
        raise InvalidField(
            Sentence(
                "{file}, line {line} has {count} columns; at most {most} are read",
                file=path.name,
                line=row.number,
                count=len(row.cells),
                most=MAX_COLUMNS,
            )
        )
    return row
