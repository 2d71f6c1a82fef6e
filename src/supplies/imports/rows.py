"""Turn rows into commands to record, or into the fields of catalogue records to register.

There is one function for each kind of rows.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from supplies.domain import commands as c
from supplies.domain.catalogue_records import CatalogueRecord, Donor, Item, Recipient
from supplies.domain.fields import is_valid_code
from supplies.domain.text_lists import divide_texts
from supplies.domain.validation import convert
from supplies.errors import Sentence
from supplies.imports.goods import (
    UNKNOWN_UNIT,
    Goods,
    names_a_kind,
    notes_of_specs,
    packs_of_spec,
    read_goods,
    read_labels,
)
from supplies.imports.row_reader import RowFault, RowReader
from supplies.imports.sheets import Row

URGENCIES: Mapping[str, str] = {
    **dict.fromkeys(("low", "低", "不急", "一般偏低"), "low"),
    **dict.fromkeys(("normal", "中", "普通", "一般", "正常", "medium"), "normal"),
    **dict.fromkeys(("high", "高", "急", "紧急", "特急", "urgent"), "high"),
}
"""Words for the urgency of a need in tables, each with the urgency that it stands for."""

OUTCOMES: Mapping[str, str] = {
    **dict.fromkeys(
        ("delivered", "handed_over", "received", "已送达", "送达", "已发放", "已领取"), "delivered"
    ),
    **dict.fromkeys(
        ("open", "pre_match", "pending", "allocated", "in_transit", "待发放", "待送", "未发放"),
        "open",
    ),
    **dict.fromkeys(
        ("closed", "cancelled", "canceled", "released", "已取消", "取消", "已关闭"), "closed"
    ),
}
"""Words for the outcome of an allocation in tables, each with the outcome that it stands for."""

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

FLAGS: Mapping[str, bool] = {"true": True, "false": False}
"""The values that `supplies export` writes into columns such as `retired`."""


def opening_stock(reader: RowReader, rows: Sequence[Row]) -> c.Command:
    """Return the command that records rows of opening stock."""
    goods = [read_goods(reader, row) for row in rows]
    return _make(
        c.OpenStock,
        reader.day_and_note(rows, notes_of_specs(reader, goods)),
        location=reader.location(rows[0]),
        lines=[
            {**one.fields(), **read_labels(reader, row)}
            for one, row in zip(goods, rows, strict=True)
        ],
    )


def donations(reader: RowReader, rows: Sequence[Row]) -> c.Command:
    """Return the command that records the rows of one donation.

    Raises:
        RowFault: a cell is invalid, or the row does not say who accepted the donation.
    """
    goods = [read_goods(reader, row) for row in rows]
    lines = []
    for one, row in zip(goods, rows, strict=True):
        line = {**one.fields(), **read_labels(reader, row)}
        if reader.text(row, "for"):
            line["for"] = reader.recipient(row, "for")
        lines.append(line)
    donor = reader.donor(rows[0])
    wish = reader.all_texts(rows, "wish")
    campaign = reader.common(rows, "campaign", reader.campaign)
    handled_by = reader.all_texts(rows, "handled_by", "、")
    if not handled_by:
        raise reader.missing("handled_by")
    return _make(
        c.RecordDonation,
        reader.day_and_note(rows, notes_of_specs(reader, goods)),
        {"wish": wish} if wish else {},
        {} if campaign is None else {"campaign": campaign},
        {} if donor is None else {"donor": donor, "keep_pledges": True},
        location=reader.location(rows[0]),
        handled_by=handled_by,
        lines=lines,
    )


def pledges(reader: RowReader, rows: Sequence[Row]) -> c.Command:
    """Return the command that records the rows of one pledge. Rows of the same item are added up.

    Raises:
        RowFault: a cell is wrong, or the donor is missing.
    """
    donor = reader.donor(rows[0])
    if donor is None:
        raise RowFault("donor", Sentence("a pledge needs the name of its donor"))
    goods = [read_goods(reader, row) for row in rows]
    by_item: dict[str, list[Goods]] = {}
    for one in goods:
        by_item.setdefault(one.item, []).append(one)
    lines = [
        parts[0].fields()
        if len(parts) == 1
        else {"item": item, "quantity": sum(part.base for part in parts)}
        for item, parts in by_item.items()
    ]
    due = reader.common(rows, "due_on", reader.day)
    campaign = reader.common(rows, "campaign", reader.campaign)
    return _make(
        c.MakePledge,
        reader.day_and_note(rows, notes_of_specs(reader, goods)),
        {} if campaign is None else {"campaign": campaign},
        {} if due is None else {"due_on": due.day.isoformat()},
        donor=donor,
        lines=lines,
    )


def needs(reader: RowReader, rows: Sequence[Row]) -> c.Command:
    """Return the command that records the need in a row."""
    (row,) = rows
    goods = read_goods(reader, row)
    due = reader.day(row, "needed_by")
    urgency = reader.choice(row, "urgency", URGENCIES)
    return _make(
        c.NoteNeed,
        reader.day_and_note(rows, notes_of_specs(reader, [goods])),
        goods.fields(),
        {} if due is None else {"needed_by": due.day.isoformat()},
        {} if urgency is None else {"urgency": urgency},
        recipient=reader.recipient(row),
    )


def distributions(reader: RowReader, rows: Sequence[Row]) -> c.Command:
    """Return the command that records one hand-out. Each row is one of its goods."""
    headcount = reader.common(rows, "headcount", reader.number)
    goods = [read_goods(reader, row) for row in rows]
    return _make(
        c.HandOut,
        reader.day_and_note(rows, notes_of_specs(reader, goods)),
        {} if headcount is None else {"headcount": headcount},
        recipient=reader.recipient(rows[0]),
        location=reader.location(rows[0]),
        lines=[one.fields() for one in goods],
    )


def allocations(reader: RowReader, rows: Sequence[Row]) -> c.Command:
    """Return the command for an allocation in a row.

    The goods are set aside, or handed out if the row says that they were delivered.

    Raises:
        RowFault: a cell is wrong, or nothing was handed over, so that there is nothing to record.
    """
    (row,) = rows
    outcome = reader.choice(row, "outcome", OUTCOMES)
    if outcome is None:
        raise reader.missing("outcome")
    if outcome == "closed":
        reason = reader.text(row, "reason")
        why = (
            Sentence("nothing was handed over: {reason}; there is nothing to record", reason=reason)
            if reason
            else Sentence("nothing was handed over; there is nothing to record")
        )
        raise RowFault("outcome", why)
    goods = read_goods(reader, row)
    kind = c.HandOut if outcome == "delivered" else c.Allocate
    return _make(
        kind,
        reader.day_and_note(rows, notes_of_specs(reader, [goods])),
        recipient=reader.recipient(row),
        location=reader.location(row),
        lines=[goods.fields()],
    )


def item_record(reader: RowReader, row: Row) -> dict[str, Any]:
    """Return the fields of the item that a row describes.

    Raises:
        RowFault: a cell is wrong, or the size of a pack is missing.
    """
    fields = reader.optional(row, "name", "name_en", "category")
    pack, barcode = reader.text(row, "pack"), reader.text(row, "barcode")
    packs, barcodes = _exported("pack", pack), _exported("barcode", barcode)
    size = None if packs else reader.number(row, "pack_size")
    unit = reader.text(row, "unit")
    if unit:
        fields["unit"] = _unit_code(reader, "unit", unit)
    if packs:
        fields["packs"] = packs[0]
    elif pack and size is None:
        raise RowFault("pack_size", Sentence("write how many units are in one {pack}", pack=pack))
    if size is not None:
        fields["packs"] = {_unit_code(reader, "pack", pack or "carton"): size}
    aliases = divide_texts(reader.text(row, "alias"))
    spec = reader.text(row, "spec")
    if names_a_kind(spec):
        # Lists of goods name the item and this specification.
        aliases.append(f"{fields['name']} {spec}")
    elif not pack and size is None:
        fields |= packs_of_spec(reader, spec, fields.get("unit"))
    if barcode:
        fields["barcodes"] = barcodes or [{"code": barcode}]
    if aliases:
        fields["aliases"] = aliases
    if minimum := reader.number(row, "minimum"):
        fields["minimum"] = minimum
    if larger := reader.text(row, "shown_unit_unit"):
        fields["shown_unit"] = {"unit": larger, "size": reader.number(row, "shown_unit_size")}
    return {**fields, **_flags(reader, row, "needs_batch", "needs_expiry", "retired")}


def _flags(reader: RowReader, row: Row, *names: str) -> dict[str, bool]:
    """Return the values of columns that are true or false, without the empty ones."""
    found = {name: reader.choice(row, name, FLAGS) for name in names}
    return {name: value for name, value in found.items() if value is not None}


def _consent(reader: RowReader, row: Row) -> dict[str, str]:
    day = reader.day(row, "consent_on")
    return {} if day is None else {"consent_on": day.day.isoformat()}


def _exported(column: str, text: str | None) -> list[dict[str, Any]]:
    """Return the objects in a cell that `supplies export` filled with JSON.

    Return an empty list for a cell without a JSON object.

    Raises:
        RowFault: the cell begins like a JSON object, but is not valid JSON.
    """
    if text is None or not text.startswith("{"):
        return []
    try:
        found: list[dict[str, Any]] = json.loads(f"[{text.replace('}; {', '}, {')}]")
    except ValueError as error:
        raise RowFault(
            column, Sentence("{text} is not JSON: {error}", text=text, error=error)
        ) from error
    return found


def _unit_code(reader: RowReader, column: str, word: str) -> str:
    codes = reader.units.codes(word)
    if codes:
        return codes[0]
    if is_valid_code(word):
        return word
    raise RowFault(column, Sentence(UNKNOWN_UNIT, unit=repr(word)))


def donor_record(reader: RowReader, row: Row) -> dict[str, Any]:
    """Return the fields of the donor that a row describes."""
    fields = reader.optional(row, "name", "name_en", "address", "note")
    if phone := reader.phone(row):
        fields["phone"] = phone
    for column, words in (("kind", DONOR_KINDS), ("publish", PUBLISH)):
        value = reader.choice(row, column, words)
        if value is not None:
            fields[column] = value
    return {**fields, **_consent(reader, row), **_flags(reader, row, "retired")}


def recipient_record(reader: RowReader, row: Row) -> dict[str, Any]:
    """Return the fields of the household, group or institution that a row describes."""
    fields = reader.optional(row, "name", "address", "access", "note")
    if community := reader.community(row):
        fields["community"] = community
    if phone := reader.phone(row):
        fields["phone"] = phone
    kind = reader.choice(row, "kind", RECIPIENT_KINDS)
    if kind is not None:
        fields["kind"] = kind
    persons = reader.number(row, "persons")
    if persons is not None:
        fields["persons"] = persons
    if bands := _exported("age_bands", reader.text(row, "age_bands")):
        fields["age_bands"] = bands[0]
    if collectors := reader.text(row, "collectors"):
        fields["collectors"] = divide_texts(collectors)
    return {**fields, **_consent(reader, row), **_flags(reader, row, "retired")}


COMMANDS: Mapping[str, Callable[[RowReader, Sequence[Row]], c.Command]] = {
    "opening-stock": opening_stock,
    "donations": donations,
    "pledges": pledges,
    "needs": needs,
    "distributions": distributions,
    "allocations": allocations,
}
"""For each kind of rows, the function that turns the rows of one document into a command."""

RECORDS: Mapping[str, tuple[type[CatalogueRecord], Callable[[RowReader, Row], dict[str, Any]]]] = {
    "items": (Item, item_record),
    "donors": (Donor, donor_record),
    "households": (Recipient, recipient_record),
}
"""For each kind of rows that describe catalogue records: how a row becomes a record.

The values are the type of the record, and the function that reads the record's fields from a row.
"""

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
"""The name of the column for each field of a command. Fields with the same name are left out."""


def _make(kind: type[c.Command], *parts: Mapping[str, Any], **fields: Any) -> c.Command:
    """Return a command of the given type with the given fields.

    Raises:
        InvalidField: a value is outside its limits.
    """
    together = dict(fields)
    for part in parts:
        together.update(part)
    return convert(kind, together)
