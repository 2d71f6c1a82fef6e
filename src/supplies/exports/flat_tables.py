"""Turn views into tables whose cells are plain values, for CSV, workbooks and the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from types import UnionType
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin, get_type_hints

import msgspec

from supplies.domain.text_lists import join_texts
from supplies.exports.tables import Column, Table, Value

LINES = ("lines", "transfers", "stops", "lots", "goods", "items")
"""Fields of a view whose list becomes table rows, one row for each element of the list.

If a view has several of these fields, the first one in this order is used. Any other list becomes a
text in one cell.
"""

_PLAIN = (str, int, bool, date)


class _Columns(NamedTuple):
    """How the fields of a struct become columns of a table.

    Attributes:
        parts: For each field, its attribute name and the columns of the struct that it contains.
            For a field without a struct, the second value is None: the field becomes one column.
        lines: The attribute whose list becomes table rows; None if there is none.
    """

    names: list[str]
    parts: list[tuple[str, _Columns | None]]
    lines: str | None


def flat_table(name: str, kind: type[msgspec.Struct], views: Iterable[msgspec.Struct]) -> Table:
    """Return views of one type as a table.

    A view with lines becomes one row for each line; its other values are repeated in each row. A
    field that contains another view becomes a column for each field of that view. Fields with bytes
    are left out, because the bytes of an entry can be long. The export as JSON Lines contains them.

    Args:
        name: The name of the table.
        kind: The type of the views. The columns depend only on this type, so they are the same if
            there are no views.
        views: The views. They are read one after another while the rows of the table are read.

    >>> from supplies.views.stock import BalanceView
    >>> balance = BalanceView(account="stock:a", item="mask", lot="l_lx_1_1", quantity=71)
    >>> table = flat_table("balances", BalanceView, [balance])
    >>> [column.heading for column in table.columns], list(table.rows)
    (['account', 'item', 'lot', 'quantity'], [['stock:a', 'mask', 'l_lx_1_1', 71]])
    """
    above = _columns(kind, find_lines=True)
    below = None
    names, repeated = above.names, 0
    if above.lines is not None:
        repeated = len(names)
        below = _columns(_element(get_type_hints(kind)[above.lines]), find_lines=False)
        names = [*names, *(name if name not in names else f"line_{name}" for name in below.names)]
    return Table(name, list(map(Column, names)), _rows(above, below, views), repeated)


def tables_of(result: msgspec.Struct) -> list[Table]:
    """Return a report as tables: one for each list in the report, and one for all other fields.

    The table of a list has the name of the list's field. The table of the other fields comes first
    and is named "report". It is left out if there are no such fields.
    """
    hints = get_type_hints(type(result))
    lists, own = [], {}
    for field in msgspec.structs.fields(result):
        element, value = _element(hints[field.name]), getattr(result, field.name)
        if element is not None:
            lists.append(flat_table(field.encode_name, element, value or []))
        elif value is not msgspec.UNSET:
            own[field.encode_name] = _cell(value)
    fields = Table("report", list(map(Column, own)), [list(own.values())])
    return [fields, *lists] if own else lists


def _rows(
    above: _Columns, below: _Columns | None, views: Iterable[msgspec.Struct]
) -> Iterator[list[Value]]:
    for view in views:
        own = _cells(above, view)
        if below is None or above.lines is None:
            yield own
            continue
        lines: Sequence[msgspec.Struct] = getattr(view, above.lines) or [None]
        for line in lines:
            yield [*own, *_cells(below, line)]


def _columns(kind: type[msgspec.Struct], *, find_lines: bool) -> _Columns:
    hints = get_type_hints(kind)
    lists = [name for name in LINES if name in hints and _element(hints[name]) is not None]
    lines = lists[0] if lists and find_lines else None
    names: list[str] = []
    parts: list[tuple[str, _Columns | None]] = []
    for field in msgspec.structs.fields(kind):
        if field.name == lines or bytes in _alternatives(hints[field.name]):
            continue
        inner = _struct(hints[field.name])
        below = None if inner is None else _columns(inner, find_lines=False)
        parts.append((field.name, below))
        if below is None:
            names.append(field.encode_name)
        else:
            names += [f"{field.encode_name}_{name}" for name in below.names]
    return _Columns(names, parts, lines)


def _cells(columns: _Columns, view: msgspec.Struct | None) -> list[Value]:
    """Return the cells for a view, or empty cells if the view is None."""
    cells: list[Value] = []
    for name, below in columns.parts:
        value = None if view is None else getattr(view, name)
        if value is msgspec.UNSET:
            value = None
        if below is None:
            cells.append(_cell(value))
        else:
            cells += _cells(below, value)
    return cells


def _cell(value: Any) -> Value:
    if value is None or isinstance(value, _PLAIN):
        return value
    if isinstance(value, list | tuple | set | frozenset):
        if all(isinstance(one, str) for one in value):
            return join_texts(list(value)) or None
        return "; ".join(map(_json, value))
    if isinstance(value, dict) and not value:
        return None
    return _json(value)


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _alternatives(hint: Any) -> list[Any]:
    if get_origin(hint) is Annotated:
        return _alternatives(get_args(hint)[0])
    if get_origin(hint) in (Union, UnionType):
        return [one for part in get_args(hint) for one in _alternatives(part)]
    return [hint]


def _struct(hint: Any) -> type[msgspec.Struct] | None:
    """Return the struct type within a type such as `ValueView | None`, or None if there is none."""
    for one in _alternatives(hint):
        if isinstance(one, type) and issubclass(one, msgspec.Struct):
            return one
    return None


def _element(hint: Any) -> Any:
    """Return the struct type of the elements if a type is a list of structs, otherwise None."""
    for one in _alternatives(hint):
        if get_origin(one) is list:
            return _struct(get_args(one)[0])
    return None
