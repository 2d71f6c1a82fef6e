"""Read the goods in a row: the item, and the quantity in base units or packs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from supplies.domain.catalogue_records import Item
from supplies.domain.fields import MAX_QUANTITY
from supplies.errors import Sentence, template
from supplies.imports.days import read_month
from supplies.imports.quantities import (
    Content,
    NotPositive,
    ReadQuantity,
    content_of,
    read_contents,
    read_quantity,
)
from supplies.imports.row_reader import NoGoods, RowFault, RowReader, of_column
from supplies.imports.sheets import Row

UNKNOWN_UNIT = template("the unit {unit} is unknown; add it to the station's units")

_MEASURES = {
    ("kg", "g"): Decimal(1000),
    ("g", "kg"): Decimal("0.001"),
    ("L", "mL"): Decimal(1000),
    ("mL", "L"): Decimal("0.001"),
    ("斤", "g"): Decimal(500),
    ("斤", "kg"): Decimal("0.5"),
}
"""How many units of the second kind are in one of the first: 1000 g in a kg.

A row with these units need not say how much is in a pack. Lists often use 斤, half a kilogram,
which is not a unit of items.
"""

_NO_SPEC = frozenset(("", "/", "-", "***", "无", "n/a"))
_SUM = re.compile(r"(?:[合总小共]\s*计|^(?:grand |sub)?total|^sum)\s*[:：]?\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Goods:
    """The goods of a row.

    Attributes:
        quantity: In packs, or in base units if `pack` is None.
        base: The quantity in base units.
        pack_size: Base units in a pack; None means the registered size.
        unnamed_spec: The specification (size or model) in the row, such as "N95", if neither the
            name of the item nor the quantity contains it; otherwise "".
    """

    item: str
    quantity: int
    base: int
    pack: str | None = None
    pack_size: int | None = None
    unnamed_spec: str = ""

    def fields(self) -> dict[str, Any]:
        """Return the goods as fields of a command's line, without fields that are not set."""
        return {
            name: value
            for name, value in (
                ("item", self.item),
                ("quantity", self.quantity),
                ("pack", self.pack),
                ("pack_size", self.pack_size),
            )
            if value is not None
        }


def read_goods(reader: RowReader, row: Row) -> Goods:
    """Return the goods of a row.

    Raises:
        RowFault: the item is unknown, or the quantity is not a whole number of base units.
        NoGoods: the quantity is zero or negative, or the row is a sum of other rows.
    """
    name = reader.needed_text(row, "item")
    if _SUM.search(name):
        raise NoGoods("item", Sentence("{name} is a sum of other rows", name=name))
    read = read_number(reader, row)
    written = reader.text(row, "unit")
    spec = reader.text(row, "spec")
    contents = (*read.contents, *read_contents(written), *read_contents(spec))
    word = read.unit or _outer_unit(written, contents) or written
    try:
        code, item, unnamed_spec = _item(reader, name, spec, word, contents)
        goods = _counted(reader, code, item, read, word, contents)
    except RowFault as fault:
        if fault.column == "unit" and read.unit:  # It stands in the cell of the quantity.
            raise RowFault("quantity", fault.why) from None
        raise
    if not unnamed_spec and goods.pack is None and _states_new_content(item, spec):
        unnamed_spec = spec
    return replace(goods, unnamed_spec=unnamed_spec) if unnamed_spec else goods


def read_number(reader: RowReader, row: Row) -> ReadQuantity:
    """Return the quantity in a row, as written.

    Raises:
        RowFault: the cell contains no quantity, or is merged with cells of other rows.
        NoGoods: the quantity is zero or negative.
    """
    if reader.header.columns.get("quantity") in row.shared:
        raise RowFault(
            "quantity",
            Sentence("the cell is merged over several rows; write the quantity of each row"),
        )
    value = reader.cell(row, "quantity")
    try:
        return of_column("quantity", lambda: read_quantity(value))
    except NotPositive as error:
        raise NoGoods("quantity", error.detail) from None


def check_item(reader: RowReader, row: Row) -> None:
    """Check that the item in a row is registered or can be, also if its quantity is unreadable.

    Raises:
        RowFault: the cell is empty, or no item or several items have this name.
    """
    name = reader.needed_text(row, "item")
    full = f"{name} {reader.text(row, 'spec')}"
    text = full if reader.matcher.has(Item, full) else name
    reader.find(Item, "item", text, lambda code: Item(code=code, name=text))


def notes_of_specs(reader: RowReader, goods: Sequence[Goods]) -> list[str]:
    """Return a text such as 口罩: N95 for each specification that is recorded nowhere else.

    The caller adds these texts to the note of the command, so that the specifications are not lost.
    """
    named = {(one.item, one.unnamed_spec): None for one in goods if one.unnamed_spec}
    return [f"{reader.ledger.books.item(item).name}: {spec}" for item, spec in named]


def _item(
    reader: RowReader, name: str, spec: str, word: str, contents: Sequence[Content]
) -> tuple[str, Item, str]:
    """Return the code and the record of the item in a row, and the specification.

    The specification is "" if the name of the item contains it.

    Args:
        spec: The specification in the row, such as N95; "" if there is none.
        word, contents: The unit and the contents of packs, as written in the row.
    """
    full = f"{name} {spec}" if names_a_kind(spec) else name
    text = full if _is_full_name_used(reader, full, name) else name
    unnamed_spec = "" if text == full else spec
    base_word, base = _base_unit(reader, word, contents)

    def make(code: str) -> Item:
        return Item(code=code, name=text, unit=base)

    code = reader.find(Item, "item", text, make)
    item = reader.ledger.books.item(code)
    if reader.matcher.creates_items and not _can_count(reader, item, word, contents):
        # Goods in another unit without a known content become an item of their own.
        text = f"{item.name}（{base_word}）"
        code = reader.find(Item, "item", text, make)
        item = reader.ledger.books.item(code)
    return code, item, unnamed_spec


def _is_full_name_used(reader: RowReader, full: str, name: str) -> bool:
    """Return whether the item in a row has the name `full`, which includes the specification.

    This is so if an item is registered under `full`, or if no item is registered under `name`.
    """
    if full == name:
        return False
    return reader.matcher.has(Item, full) or not reader.matcher.has(Item, name)


def _base_unit(reader: RowReader, word: str, contents: Sequence[Content]) -> tuple[str, str]:
    """Return the base unit for a new item: the word for it in the file, and its code.

    The base unit is the smallest unit that is mentioned, such as the bottle in 6 bottles per box.
    """
    at, left = word, list(contents)
    while inside := next((one for one in left if reader.units.same(one.outer, at)), None):
        left.remove(inside)
        at = inside.inner
    codes = reader.units.codes(at) if at else ["piece"]
    if not codes:
        raise RowFault("unit", Sentence(UNKNOWN_UNIT, unit=repr(at)))
    return at, codes[0]


def packs_of_spec(reader: RowReader, spec: str, unit: str | None) -> dict[str, Any]:
    """Return the base unit of a new item and its packs, as fields of the item.

    Args:
        spec: The specification, as in 50只/盒*40盒/箱. If it states no contents, return no fields.
        unit: The code of the base unit. None means the smallest unit in the specification.
    """
    contents = read_contents(spec)
    if not contents:
        return {}
    if unit is None:
        unit = _base_unit(reader, contents[-1].outer, contents)[1]
    packs = {}
    for one in contents:
        codes = reader.units.codes(one.outer)
        size = content_of(one.outer, unit, contents, reader.units)
        if codes and size is not None and size > 1:
            packs[codes[0]] = size
    return {"unit": unit, "packs": packs} if packs else {}


def _can_count(reader: RowReader, item: Item, word: str, contents: Sequence[Content]) -> bool:
    return (
        not word
        or item.unit in reader.units.codes(word)
        or bool(_packs(reader, item, word))
        or _measure(reader, item, word) is not None
        or content_of(word, item.unit, contents, reader.units) is not None
    )


def _packs(reader: RowReader, item: Item, word: str) -> list[str]:
    codes = {word.lower(), *reader.units.codes(word)}
    return [pack for pack in item.packs if pack in codes or pack.rstrip("0123456789") in codes]


def _measure(reader: RowReader, item: Item, word: str) -> Decimal | None:
    """Return how many base units of an item a unit of weight, volume or larger unit contains.

    Return None for any other unit.
    """
    codes, unit = [*reader.units.codes(word), word], item.shown_unit
    if unit is not None and unit.unit in codes:
        return Decimal(unit.size)
    return next(
        (_MEASURES[code, item.unit] for code in codes if (code, item.unit) in _MEASURES), None
    )


def _counted(
    reader: RowReader,
    code: str,
    item: Item,
    read: ReadQuantity,
    word: str,
    contents: Sequence[Content],
) -> Goods:
    """Return the goods with their quantity: in base units, or in packs.

    If the pack is not registered with this size, the result contains the size of the pack.

    Args:
        read: The quantity, as read from its cell.
        word, contents: The unit and the contents of packs, as written in the row.
    """
    measure = _measure(reader, item, word) if word else None
    if measure is not None:
        base = _whole(read.number * measure, reader.units.word(item.unit, word))
        return Goods(code, base, base)
    if not word or item.unit in reader.units.codes(word):
        base = _whole(read.number, word or reader.units.word(item.unit, item.name))
        return Goods(code, base, base)
    number = _whole(read.number, word)
    size = content_of(word, item.unit, contents, reader.units)
    if size == 1:
        return Goods(code, number, number)
    packs = _packs(reader, item, word)
    if size is not None:
        same = [pack for pack in packs if item.packs[pack] == size]
        if same:
            return Goods(code, number, number * size, same[0])
        pack = packs[0] if packs else _pack_code(reader, word)
        return Goods(code, number, number * size, pack, size)
    if len(packs) == 1:
        return Goods(code, number, number * item.packs[packs[0]], packs[0])
    if packs:
        raise RowFault(
            "unit",
            Sentence(
                "{pack} may be {packs}; write its content, as in 50只/{pack}",
                pack=word,
                packs=" / ".join(packs),
            ),
        )
    unit = reader.units.word(item.unit, word)
    raise RowFault(
        "unit",
        Sentence(
            "{item} is counted in {unit}; write the quantity in this unit, or how many are in one "
            "{pack}, as in {example}",
            item=item.name,
            unit=unit,
            pack=word,
            example=f"50{unit}/{word}",
        ),
    )


def _pack_code(reader: RowReader, word: str) -> str:
    codes = [code for code in reader.units.codes(word) if code != "piece"]
    return codes[0] if codes else "case"


def read_labels(reader: RowReader, row: Row) -> dict[str, Any]:
    """Return the batch number and the expiry date in a row, as fields of a command's line."""
    fields: dict[str, Any] = {}
    if batch := reader.text(row, "batch"):
        fields["batch"] = batch
    value = reader.cell(row, "expires")
    if value is None:
        return fields
    if month := read_month(value):
        fields["expires_month"] = month
    elif found := reader.day(row, "expires"):
        fields["expires_on"] = found.day.isoformat()
    return fields


def _outer_unit(written: str, contents: Sequence[Content]) -> str:
    """Return the outer pack named with a unit, such as 件 in 30盒/件; "" if none is named."""
    return next((one.outer for one in contents if written.endswith(f"/{one.outer}")), "")


def names_a_kind(spec: str) -> bool:
    """Return whether a specification distinguishes kinds of goods, as a size does.

    A specification that only states the content of a pack does not.
    """
    return spec.strip("　 ").lower() not in _NO_SPEC and not read_contents(spec)


def _states_new_content(item: Item, spec: str) -> bool:
    """Return whether a specification states the content of a pack that the item does not have."""
    return any(one.number not in {1, *item.packs.values()} for one in read_contents(spec))


def _whole(number: Decimal, unit: str) -> int:
    if number != int(number):
        raise RowFault(
            "quantity",
            Sentence(
                "{number} {unit} is not a whole number of units",
                number=format(number.normalize(), "f"),
                unit=unit,
            ),
        )
    if number > MAX_QUANTITY:
        raise RowFault(
            "quantity",
            Sentence("{number} is more than {most}", number=format(number, "f"), most=MAX_QUANTITY),
        )
    return int(number)
