"""Turn the cells of rows into commands to record, or into records of the catalogue to register."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar

from supplies.domain import commands as c
from supplies.domain.catalogue_records import (
    CatalogueRecord,
    Donor,
    Item,
    Location,
    Recipient,
)
from supplies.domain.fields import MAX_QUANTITY, is_valid_code
from supplies.domain.validation import convert
from supplies.errors import InvalidField
from supplies.imports.columns import Header, RowKind
from supplies.imports.days import DayHints, ReadDay, read_day
from supplies.imports.matching import Matcher, names_nobody
from supplies.imports.quantities import (
    Content,
    NotPositive,
    ReadQuantity,
    Units,
    content_of,
    read_contents,
    read_quantity,
)
from supplies.imports.sheets import Cell, Lost, Row, shown
from supplies.ledger.ledger import Ledger

URGENCIES: Mapping[str, str] = {
    **dict.fromkeys(("low", "低", "不急", "一般偏低"), "low"),
    **dict.fromkeys(("normal", "中", "普通", "一般", "正常", "medium"), "normal"),
    **dict.fromkeys(("high", "高", "急", "紧急", "特急", "urgent"), "high"),
}
"""How people write the urgency of a need."""

OUTCOMES: Mapping[str, str] = {
    **dict.fromkeys(
        ("delivered", "handed_over", "已送达", "送达", "已发放", "已领取"), "delivered"
    ),
    **dict.fromkeys(("open", "pre_match", "pending", "待发放", "待送", "未发放"), "open"),
    **dict.fromkeys(("closed", "cancelled", "canceled", "已取消", "取消", "已关闭"), "closed"),
}
"""How people write what became of an allocation."""

DONOR_KINDS: Mapping[str, str] = {
    **dict.fromkeys(
        ("organisation", "organization", "company", "单位", "企业", "公司", "组织"), "organisation"
    ),
    **dict.fromkeys(("person", "个人", "individual"), "person"),
}
RECIPIENT_KINDS: Mapping[str, str] = {
    **dict.fromkeys(("household", "家庭", "户", "住户"), "household"),
    **dict.fromkeys(("group", "群体", "小组"), "group"),
    **dict.fromkeys(("institution", "机构", "单位", "医院"), "institution"),
}
PUBLISH: Mapping[str, str] = {
    **dict.fromkeys(("name", "是", "公开", "yes"), "name"),
    **dict.fromkeys(("family_name", "仅姓", "只公开姓"), "family_name"),
    **dict.fromkeys(("no", "否", "不公开", "匿名"), "no"),
}

_NO_SPEC = frozenset(("", "/", "-", "***", "无", "n/a"))
_SUM = re.compile(r"(?:[合总小共]\s*计|^(?:grand |sub)?total|^sum)\s*[:：]?\s*$", re.IGNORECASE)


T = TypeVar("T")


class RowFault(Exception):
    """Why a row is not recorded.

    Attributes:
        column: The column of the fault; "" if it concerns the whole row.
    """

    def __init__(self, column: str, why: str) -> None:
        super().__init__(why)
        self.column, self.why = column, why


class NoGoods(RowFault):
    """A row whose quantity is zero or negative, or that repeats a sum. It can never be recorded."""


@dataclass(frozen=True, slots=True)
class Goods:
    """The goods of a row.

    Attributes:
        quantity: In packs, or in base units if `pack` is None.
        base: The quantity in base units.
        pack_size: Base units in a pack; None means the registered size.
    """

    item: str
    quantity: int
    base: int
    pack: str | None = None
    pack_size: int | None = None

    def fields(self) -> dict[str, Any]:
        """Return the fields of a command's line that are set."""
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


@dataclass(slots=True)
class RowReader:
    """Reads the rows of one sheet.

    Attributes:
        fixed: The value of each column that the user gave for all rows.
    """

    ledger: Ledger
    kind: RowKind
    header: Header
    fixed: Mapping[str, str]
    hints: DayHints
    units: Units
    matcher: Matcher

    # --- cells ---------------------------------------------------------------------------------

    def cell(self, row: Row, name: str) -> Cell:
        """Return the cell of a column, or the fixed value if the cell is empty."""
        at = self.header.columns.get(name)
        value = row.cells[at] if at is not None and at < len(row.cells) else None
        return self.fixed.get(name) if value is None else value

    def text(self, row: Row, name: str) -> str:
        """Return the text of a cell; "" if it is empty.

        Raises:
            RowFault: the cell is a formula without a result.
        """
        value = self.cell(row, name)
        if isinstance(value, Lost):
            raise RowFault(name, "the cell has a formula without a result; write its value")
        return shown(value)

    def needed_text(self, row: Row, name: str) -> str:
        """Return the text of a cell that must not be empty.

        Raises:
            RowFault: the cell is empty, or a formula without a result.
        """
        text = self.text(row, name)
        if not text:
            raise RowFault(name, f"the {name} is missing")
        return text

    def choice(self, row: Row, name: str, words: Mapping[str, str]) -> str | None:
        """Return the value that a word in a cell means; None for an empty cell.

        Raises:
            RowFault: the word is unknown.
        """
        text = self.text(row, name)
        if not text:
            return None
        found = words.get(text.strip().lower())
        if found is None:
            raise RowFault(name, f"{text!r} is none of {', '.join(dict.fromkeys(words))}")
        return found

    def day(self, row: Row, name: str) -> ReadDay | None:
        """Return the day in a cell; None for an empty cell.

        Raises:
            RowFault: the cell contains no day.
        """
        value = self.cell(row, name)
        if value is None:
            return None
        return _of_column(name, lambda: read_day(value, self.hints))

    def number(self, row: Row, name: str) -> int | None:
        """Return the whole number in a cell; None for an empty cell.

        Raises:
            RowFault: the cell contains no whole number above zero.
        """
        value = self.cell(row, name)
        if value is None:
            return None
        try:
            found = _of_column(name, lambda: read_quantity(value)).number
        except NotPositive as error:
            raise RowFault(name, error.detail) from None
        if found != int(found):
            raise RowFault(name, f"{shown(value)} is not a whole number")
        return int(found)

    # --- people and places -----------------------------------------------------------------------

    def donor(self, row: Row) -> str | None:
        """Return the code of the donor; None if the donor is anonymous."""
        text = self.text(row, "donor")
        if not text or names_nobody(text):
            return None
        return self.find(Donor, "donor", text, lambda code: Donor(code=code, name=text))

    def recipient(self, row: Row, name: str = "recipient") -> str:
        """Return the code of the recipient that a row names."""
        text = self.needed_text(row, name)
        return self.find(Recipient, name, text, lambda code: Recipient(code=code, name=text))

    def location(self, row: Row) -> str:
        """Return the code of the location that a row names."""
        return self.find(Location, "location", self.needed_text(row, "location"))

    def find(
        self,
        kind: type[Any],
        column: str,
        text: str,
        make: Callable[[str], Any] | None = None,
    ) -> str:
        """Return the code of the record that a text names.

        Raises:
            RowFault: no record is named so, or several are.
        """
        return _of_column(column, lambda: self.matcher.find(kind, text, make))

    # --- goods -----------------------------------------------------------------------------------

    def goods(self, row: Row) -> Goods:
        """Return the goods of a row.

        Raises:
            RowFault: the item is unknown, or the quantity is not a whole number of base units.
            NoGoods: the quantity is zero or negative, or the row is a sum of others.
        """
        name = self.needed_text(row, "item")
        if _SUM.search(name):
            raise NoGoods("item", f"{name} is a sum of other rows")
        at = self.header.columns.get("quantity")
        if at in row.shared:
            raise RowFault(
                "quantity", "the cell is merged over several rows; write the quantity of each row"
            )
        value = self.cell(row, "quantity")
        try:
            read = _of_column("quantity", lambda: read_quantity(value))
        except NotPositive as error:
            raise NoGoods("quantity", error.detail) from None
        written = self.text(row, "unit")
        spec = self.text(row, "spec")
        contents = (*read.contents, *read_contents(written), *read_contents(spec))
        word = read.unit or _outer_unit(written, contents) or written
        code, item = self._item(name, spec, word, contents)
        return self._counted(code, item, read, word, contents)

    def _item(
        self, name: str, spec: str, word: str, contents: Sequence[Content]
    ) -> tuple[str, Item]:
        full = f"{name} {spec}" if _names_a_kind(spec) else name
        text = full if self._is_new_or_named(full, name) else name
        base_word, base = self._base_unit(word, contents)

        def make(code: str) -> Item:
            return Item(code=code, name=text, unit=base)

        code = self.find(Item, "item", text, make)
        item = self.ledger.books.item(code)
        if self.matcher.creates_items and not self._can_count(item, word, contents):
            # Goods in another unit without a known content become an item of their own.
            text = f"{item.name}（{base_word}）"
            code = self.find(Item, "item", text, make)
            item = self.ledger.books.item(code)
        return code, item

    def _is_new_or_named(self, full: str, name: str) -> bool:
        """Return whether goods with a specification are an item of their own.

        They are if an item is named so, or if no item has the name without the specification.
        """
        if full == name:
            return False
        candidates = self.matcher.candidates
        return bool(candidates(Item, full)) or not candidates(Item, name)

    def _base_unit(self, word: str, contents: Sequence[Content]) -> tuple[str, str]:
        """Return word and code of the unit in which a new item is counted: the innermost one."""
        at, left = word, list(contents)
        while inside := next((one for one in left if self.units.same(one.outer, at)), None):
            left.remove(inside)
            at = inside.inner
        codes = self.units.codes(at) if at else ["piece"]
        if not codes:
            raise RowFault("unit", f"the unit {at!r} is unknown; add it to the station's units")
        return at, codes[0]

    def _can_count(self, item: Item, word: str, contents: Sequence[Content]) -> bool:
        return (
            not word
            or item.unit in self.units.codes(word)
            or bool(self._packs(item, word))
            or self._larger(item, word) is not None
            or content_of(word, item.unit, contents, self.units) is not None
        )

    def _packs(self, item: Item, word: str) -> list[str]:
        codes = {word.lower(), *self.units.codes(word)}
        return [pack for pack in item.packs if pack in codes or pack.rstrip("0123456789") in codes]

    def _larger(self, item: Item, word: str) -> int | None:
        unit = item.shown_unit
        return unit.size if unit is not None and unit.unit in self.units.codes(word) else None

    def _counted(
        self,
        code: str,
        item: Item,
        read: ReadQuantity,
        word: str,
        contents: Sequence[Content],
    ) -> Goods:
        """Return the quantity in base units, in a pack of the item, or in a pack with its size."""
        larger = self._larger(item, word) if word else None
        if larger is not None:
            base = _whole(read.number * larger, item.unit)
            return Goods(code, base, base)
        if not word or item.unit in self.units.codes(word):
            base = _whole(read.number, item.unit)
            return Goods(code, base, base)
        number = _whole(read.number, word)
        size = content_of(word, item.unit, contents, self.units)
        packs = self._packs(item, word)
        if size is not None:
            same = [pack for pack in packs if item.packs[pack] == size]
            if same:
                return Goods(code, number, number * size, same[0])
            pack = packs[0] if packs else self._pack_code(word)
            return Goods(code, number, number * size, pack, size)
        if len(packs) == 1:
            return Goods(code, number, number * item.packs[packs[0]], packs[0])
        if packs:
            raise RowFault(
                "unit", f"{word} may be {' or '.join(packs)}; write its content, as in 50只/{word}"
            )
        raise RowFault(
            "unit",
            f"{item.name} is counted in {item.unit}; write how many are in one {word}, as in "
            f"50{item.unit}/{word}",
        )

    def _pack_code(self, word: str) -> str:
        codes = [code for code in self.units.codes(word) if code != "piece"]
        return codes[0] if codes else "case"

    def labels(self, row: Row) -> dict[str, Any]:
        """Return the batch and expiry of the goods of a row."""
        fields: dict[str, Any] = {}
        if batch := self.text(row, "batch"):
            fields["batch"] = batch
        value = self.cell(row, "expires")
        if value is None:
            return fields
        text = shown(value).replace("/", "-").replace(".", "-")
        if re.fullmatch(r"\d{4}-\d{1,2}", text, re.ASCII):
            fields["expires_month"] = f"{text[:4]}-{int(text[5:]):02}"
        elif found := self.day(row, "expires"):
            fields["expires_on"] = found.day.isoformat()
        return fields

    def head(self, row: Row) -> dict[str, Any]:
        """Return the day and note of the command of a row."""
        fields: dict[str, Any] = {}
        if found := self.day(row, "day"):
            fields["happened_on"] = found.day.isoformat()
            if found.or_earlier:
                fields["or_earlier"] = True
        if note := self.text(row, "note"):
            fields["note"] = note
        return fields

    def optional(self, row: Row, *names: str) -> dict[str, Any]:
        """Return the texts of those of these columns that are not empty."""
        found = {name: self.text(row, name) for name in names}
        return {name: text for name, text in found.items() if text}


def _outer_unit(written: str, contents: Sequence[Content]) -> str:
    """Return the pack in a unit such as 30盒/件; "" if the unit names no pack."""
    return next((one.outer for one in contents if written.endswith(f"/{one.outer}")), "")


def _names_a_kind(spec: str) -> bool:
    """Return whether a specification tells one kind of goods from another, as a size does."""
    return spec.strip("　 ").lower() not in _NO_SPEC and not read_contents(spec)


def _whole(number: Decimal, unit: str) -> int:
    if number != int(number):
        raise RowFault("quantity", f"{number.normalize():f} {unit} is not a whole number of units")
    if number > MAX_QUANTITY:
        raise RowFault("quantity", f"{number:f} is more than {MAX_QUANTITY}")
    return int(number)


def _of_column(column: str, read: Callable[[], T]) -> T:
    try:
        return read()
    except NotPositive:
        raise
    except InvalidField as error:
        raise RowFault(column, error.detail) from None


# --- one function for each kind of rows ----------------------------------------------------------


def opening_stock(reader: RowReader, rows: Sequence[Row]) -> list[c.Command]:
    """Return the command for rows of opening stock."""
    first = rows[0]
    lines = [{**reader.goods(row).fields(), **reader.labels(row)} for row in rows]
    return [_make(c.OpenStock, reader.head(first), location=reader.location(first), lines=lines)]


def donations(reader: RowReader, rows: Sequence[Row]) -> list[c.Command]:
    """Return the command for rows of one donation."""
    first = rows[0]
    lines = []
    for row in rows:
        line = {**reader.goods(row).fields(), **reader.labels(row)}
        if reader.text(row, "for"):
            line["for"] = reader.recipient(row, "for")
        lines.append(line)
    donor = reader.donor(first)
    return [
        _make(
            c.RecordDonation,
            reader.head(first),
            reader.optional(first, "wish"),
            {} if donor is None else {"donor": donor, "keep_pledges": True},
            location=reader.location(first),
            handled_by=reader.needed_text(first, "handled_by"),
            lines=lines,
        )
    ]


def pledges(reader: RowReader, rows: Sequence[Row]) -> list[c.Command]:
    """Return the command for rows of one pledge. Rows of one item are added up.

    Raises:
        RowFault: a cell is wrong, or the donor is missing.
    """
    first = rows[0]
    donor = reader.donor(first)
    if donor is None:
        raise RowFault("donor", "a pledge needs the name of its donor")
    by_item: dict[str, list[Goods]] = {}
    for row in rows:
        goods = reader.goods(row)
        by_item.setdefault(goods.item, []).append(goods)
    lines = [
        parts[0].fields()
        if len(parts) == 1
        else {"item": item, "quantity": sum(part.base for part in parts)}
        for item, parts in by_item.items()
    ]
    due = reader.day(first, "due_on")
    return [
        _make(
            c.MakePledge,
            reader.head(first),
            {} if due is None else {"due_on": due.day.isoformat()},
            donor=donor,
            lines=lines,
        )
    ]


def needs(reader: RowReader, rows: Sequence[Row]) -> list[c.Command]:
    """Return the command for a row of a need."""
    (row,) = rows
    due = reader.day(row, "needed_by")
    urgency = reader.choice(row, "urgency", URGENCIES)
    return [
        _make(
            c.NoteNeed,
            reader.head(row),
            reader.goods(row).fields(),
            {} if due is None else {"needed_by": due.day.isoformat()},
            {} if urgency is None else {"urgency": urgency},
            recipient=reader.recipient(row),
        )
    ]


def distributions(reader: RowReader, rows: Sequence[Row]) -> list[c.Command]:
    """Return the command for rows of one hand-out."""
    first = rows[0]
    headcount = reader.number(first, "headcount")
    return [
        _make(
            c.HandOut,
            reader.head(first),
            {} if headcount is None else {"headcount": headcount},
            recipient=reader.recipient(first),
            location=reader.location(first),
            lines=[reader.goods(row).fields() for row in rows],
        )
    ]


def allocations(reader: RowReader, rows: Sequence[Row]) -> list[c.Command]:
    """Return the command for a row of an allocation: goods set aside, or handed out already.

    Raises:
        RowFault: a cell is wrong, or the allocation was closed without a delivery.
    """
    (row,) = rows
    outcome = reader.choice(row, "outcome", OUTCOMES)
    if outcome is None:
        raise RowFault("outcome", "the outcome is missing")
    if outcome == "closed":
        reason = reader.text(row, "reason")
        because = f": {reason}" if reason else ""
        raise RowFault("outcome", f"nothing was handed over{because}; there is nothing to record")
    kind = c.HandOut if outcome == "delivered" else c.Allocate
    return [
        _make(
            kind,
            reader.head(row),
            recipient=reader.recipient(row),
            location=reader.location(row),
            lines=[reader.goods(row).fields()],
        )
    ]


def item_record(reader: RowReader, row: Row) -> dict[str, Any]:
    """Return the fields of the item in a row.

    Raises:
        RowFault: a cell is wrong, or a pack has no size.
    """
    fields = reader.optional(row, "name", "name_en", "category")
    pack, size = reader.text(row, "pack"), reader.number(row, "pack_size")
    barcode = reader.text(row, "barcode")
    unit = reader.text(row, "unit")
    if unit:
        fields["unit"] = _unit_code(reader, "unit", unit)
    if pack and size is None:
        raise RowFault("pack_size", f"write how many units are in one {pack}")
    if size is not None:
        fields["packs"] = {_unit_code(reader, "pack", pack or "carton"): size}
    if barcode:
        fields["barcodes"] = [{"code": barcode}]
    if alias := reader.text(row, "alias"):
        fields["aliases"] = [part.strip() for part in _divided(alias)]
    if minimum := reader.number(row, "minimum"):
        fields["minimum"] = minimum
    return fields


def _unit_code(reader: RowReader, column: str, word: str) -> str:
    codes = reader.units.codes(word)
    if codes:
        return codes[0]
    if is_valid_code(word):
        return word
    raise RowFault(column, f"the unit {word!r} is unknown; add it to the station's units")


def _divided(text: str) -> list[str]:
    for mark in "、,，;；":
        text = text.replace(mark, "|")
    return [part for part in text.split("|") if part.strip()]


def donor_record(reader: RowReader, row: Row) -> dict[str, Any]:
    """Return the fields of the donor in a row."""
    fields = reader.optional(row, "name", "name_en", "phone", "address", "note")
    for column, words in (("kind", DONOR_KINDS), ("publish", PUBLISH)):
        value = reader.choice(row, column, words)
        if value is not None:
            fields[column] = value
    return fields


def recipient_record(reader: RowReader, row: Row) -> dict[str, Any]:
    """Return the fields of the household, group or institution in a row."""
    fields = reader.optional(row, "name", "phone", "address", "access", "note", "community")
    kind = reader.choice(row, "kind", RECIPIENT_KINDS)
    if kind is not None:
        fields["kind"] = kind
    persons = reader.number(row, "persons")
    if persons is not None:
        fields["persons"] = persons
    return fields


COMMANDS: Mapping[str, Callable[[RowReader, Sequence[Row]], list[c.Command]]] = {
    "opening-stock": opening_stock,
    "donations": donations,
    "pledges": pledges,
    "needs": needs,
    "distributions": distributions,
    "allocations": allocations,
}
"""For each kind of rows, the function that makes their commands."""

RECORDS: Mapping[str, tuple[type[CatalogueRecord], Callable[[RowReader, Row], dict[str, Any]]]] = {
    "items": (Item, item_record),
    "donors": (Donor, donor_record),
    "households": (Recipient, recipient_record),
}
"""For each kind of rows about the catalogue, the type of record and how to read its fields."""

COLUMN_OF_FIELD: Mapping[str, str] = {
    "happened_on": "day",
    "or_earlier": "day",
    "pack": "unit",
    "pack_size": "unit",
    "expires_on": "expires",
    "expires_month": "expires",
    "barcodes": "barcode",
    "aliases": "alias",
    "packs": "pack",
}
"""The columns of fields that have another name."""


def _make(kind: type[c.Command], *parts: Mapping[str, Any], **fields: Any) -> c.Command:
    """Return the command with these fields.

    Raises:
        InvalidField: a value is outside its limits.
    """
    together = dict(fields)
    for part in parts:
        together.update(part)
    return convert(kind, together)
