"""The kinds of rows that can be imported, and how the program recognizes their columns."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from supplies.domain.normalization import normalize_text
from supplies.errors import InvalidField, Sentence, template
from supplies.imports.sheets import CELL, ORIGIN, WHY, Row, column_letters

HEADER_WITHIN = 30
"""Number of rows at the top of a sheet that are searched for the row with the headings."""

_IGNORED = re.compile(r"[\s_\-./:：*#（）()\[\]【】]+")
_OTHER_DAY = re.compile("生产|出生|出厂|制造|birth|manufactur|production|有效|失效|保质|expir")
"""Regular expression for headings of columns with a date that is not the day of the event.

An example is 生产日期, the date of production.
"""

NO_COLUMN = template(
    "the file has no column for {wanted}. {seen}. Choose one with --column NAME=HEADING, or give "
    "one value for all rows with --value NAME=VALUE"
)

_HXL_TAG = re.compile(r"#[a-z][a-z0-9_]*(?: *\+[a-z][a-z0-9_]*)*", re.IGNORECASE)

_SHORTEST_PART = 2
_SHORTEST_LATIN_PART = 4


@dataclass(frozen=True, slots=True)
class Column:
    """A column that rows of one kind may have.

    Attributes:
        name: The name of the column in options and in the program.
        words: The headings by which the column is recognized, best first.
        required: Whether an import needs this column, or one value that the user gives for all
            rows.
        exported: Whether only `supplies export` writes this column. It is then recognized only by
            its exact name.
    """

    name: str
    words: tuple[str, ...]
    required: bool = False
    exported: bool = False


@dataclass(frozen=True, slots=True)
class RowKind:
    """A kind of rows that can be imported, such as donations, with the columns it may have."""

    name: str
    columns: tuple[Column, ...]

    @property
    def required(self) -> list[str]:
        """Return the names of the required columns."""
        return [column.name for column in self.columns if column.required]

    def column(self, name: str) -> Column:
        """Return the column with this name.

        Raises:
            InvalidField: rows of this kind have no such column.
        """
        for column in self.columns:
            if column.name == name:
                return column
        known = ", ".join(column.name for column in self.columns)
        raise InvalidField(
            Sentence(
                "{kind} have no column {name}; the columns are {known}",
                kind=self.name,
                name=name,
                known=known,
            )
        )


def _column(name: str, words: str, *, required: bool = False) -> Column:
    return Column(name, tuple(words.split()), required)


def _exported(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, (name,), exported=True) for name in names)


_CODE = _column("code", "code 编号 编码 代码 id")
_NAME = _column("name", "name 姓名 名称 全称", required=True)
_NOTE = _column("note", "note notes 备注 说明 remark remarks comment")
_REFERENCE = _column(
    "reference",
    "reference 单号 批次号 捐赠编号 流水号 donationkey donationid matchkey pledgekey ref",
)
_DAY = _column(
    "day", "day date 日期 时间 捐赠日期 接收日期 发放日期 date_iso datecreated happened_on"
)
_DONOR = _column(
    "donor", "donor 捐赠方 捐赠单位 捐赠人 捐赠者 捐赠企业 捐赠单位名称 donorkey 来源单位"
)
_RECIPIENT = _column(
    "recipient",
    "recipient 接收单位 受赠单位 受助人 领取人 领取单位 家庭 住户 户主 户 户名 household facility "
    "facilitykey beneficiary 发放单位",
)
_COMMUNITY = _column("community", "community 社区 小区 村居 neighbourhood")
_SPEC = _column("spec", "spec 规格 规格型号 型号 specification")
_GOODS = (
    _column(
        "item",
        "item 物资名称 物品名称 品名 物资 物品 货物 名称 goods equipment equipmentenum enumcode "
        "article product",
        required=True,
    ),
    _SPEC,
    _column(
        "quantity",
        "quantity 数量 qty amount count 捐赠数量 发放数量 qty_num 件数 asked promised",
        required=True,
    ),
    _column("unit", "unit 单位 计量单位 uom"),
)
_LABELS = (
    _column("batch", "batch 批号 批次 lot batchnumber"),
    _column("expires", "expires expiry 有效期 有效期至 失效日期 保质期至 expires_on expirydate"),
)
_CAMPAIGN = _column("campaign", "campaign grant project 项目 募捐活动 活动 资助项目")
_LOCATION = _column("location", "location 库位 仓库 存放地点 地点 存放 warehouse store place")

KINDS: Mapping[str, RowKind] = {
    kind.name: kind
    for kind in (
        RowKind(
            "items",
            (
                _CODE,
                _NAME,
                _column("name_en", "name_en 英文名 英文名称 englishname english"),
                _column("unit", "unit 单位 计量单位 uom"),
                _column("category", "category 类别 分类 品类"),
                _column("barcode", "barcode 条码 条形码 ean gtin upc"),
                _column("alias", "alias aliases 别名 俗称"),
                _column("pack", "pack 包装 包装单位"),
                _column("pack_size", "pack_size 装量 每箱数量 包装数量 packsize perpack"),
                _SPEC,
                _column("minimum", "minimum 最低库存 安全库存 min"),
                *_exported("needs_batch", "needs_expiry", "shown_unit_unit", "shown_unit_size"),
                *_exported("retired"),
            ),
        ),
        RowKind(
            "donors",
            (
                _CODE,
                _NAME,
                _column("name_en", "name_en 英文名 英文名称 englishname"),
                _column("kind", "kind 类型 性质 type"),
                _column("phone", "phone 电话 联系电话 手机 telephone mobile tel"),
                _column("address", "address 地址 住址 联系地址"),
                _column("publish", "publish 公示 公开"),
                _NOTE,
                *_exported("consent_on", "retired"),
            ),
        ),
        RowKind(
            "households",
            (
                _CODE,
                _NAME,
                _column("kind", "kind 类型 type"),
                _COMMUNITY,
                _column("phone", "phone 电话 联系电话 手机 telephone mobile tel"),
                _column("address", "address 地址 住址 门牌"),
                _column("access", "access 上门提示 到达方式"),
                _column("persons", "persons 人数 家庭人数 人口 people members"),
                _NOTE,
                *_exported("age_bands", "collectors", "consent_on", "retired"),
            ),
        ),
        RowKind(
            "opening-stock",
            (*_GOODS, *_LABELS, Column(_LOCATION.name, _LOCATION.words, True), _DAY, _NOTE),
        ),
        RowKind(
            "donations",
            (
                _DONOR,
                *_GOODS,
                *_LABELS,
                Column(_LOCATION.name, _LOCATION.words, True),
                _column(
                    "handled_by",
                    "handled_by 经办人 经手人 接收人 handledby receiver",
                    required=True,
                ),
                _column("for", "for 定向 定向单位 指定"),
                _column("wish", "wish 捐赠意愿 定向意愿 用途"),
                _CAMPAIGN,
                _DAY,
                _REFERENCE,
                _NOTE,
            ),
        ),
        RowKind(
            "pledges",
            (
                Column(_DONOR.name, _DONOR.words, True),
                *_GOODS,
                _DAY,
                _column("due_on", "due_on 预计到达 到货日期 截止日期 due eta"),
                _CAMPAIGN,
                _REFERENCE,
                _NOTE,
            ),
        ),
        RowKind(
            "needs",
            (
                Column(_RECIPIENT.name, _RECIPIENT.words, True),
                _COMMUNITY,
                *_GOODS,
                _column("urgency", "urgency 紧急程度 优先级 priority"),
                _column("needed_by", "needed_by 需要日期 截止日期 neededby"),
                _DAY,
                _NOTE,
            ),
        ),
        RowKind(
            "distributions",
            (
                Column(_RECIPIENT.name, _RECIPIENT.words, True),
                _COMMUNITY,
                *_GOODS,
                Column(_LOCATION.name, _LOCATION.words, True),
                _column("headcount", "headcount 人次 领取人数"),
                _DAY,
                _REFERENCE,
                _NOTE,
            ),
        ),
        RowKind(
            "allocations",
            (
                Column(_RECIPIENT.name, _RECIPIENT.words, True),
                _COMMUNITY,
                *_GOODS,
                Column(_LOCATION.name, _LOCATION.words, True),
                _column("outcome", "outcome 结果 状态 status matchstatus", required=True),
                _column("reason", "reason 原因 matchsubstatus substatus"),
                _DAY,
                _NOTE,
            ),
        ),
    )
}
"""The kinds of rows that can be imported, by name."""


@dataclass(frozen=True, slots=True)
class Header:
    """The row with the headings of a sheet.

    Attributes:
        row: Number of the row.
        names: The texts of all cells of the row.
        columns: For each column that is read, the index of its heading.
        unread: The headings of columns that are not read.
    """

    row: int
    names: list[str]
    columns: Mapping[str, int]
    unread: list[str] = field(default_factory=list)

    def is_repeated_in(self, row: Row) -> bool:
        """Return whether a row repeats the headings, as at the top of a new printed page."""
        cells, matched = row.cells, 0
        for at in self.columns.values():
            if at < len(cells):
                if str(cells[at] or "") != self.names[at]:
                    return False
                matched += 1
        return matched >= 2

    def cells_without_heading(self, row: Row) -> list[str]:
        """Return the letters of the columns that have a value in a row, but no heading."""
        names = self.names
        return [
            column_letters(at)
            for at, cell in enumerate(row.cells)
            if cell is not None and (at >= len(names) or not names[at])
        ]

    def place(self, name: str, row: int) -> str:
        """Return where the value of a column is in a row, such as C7.

        If the sheet does not have the column, return a text such as `row 7, day`; without a name,
        `row 7`.
        """
        at = self.columns.get(name)
        if at is None:
            return f"row {row}, {name}" if name else f"row {row}"
        return f"{column_letters(at)}{row}"


def has_hxl_tags(row: Row) -> bool:
    """Return whether all cells of a row contain tags of the Humanitarian Exchange Language."""
    cells = [cell for cell in row.cells if cell is not None]
    return len(cells) >= 2 and all(_HXL_TAG.fullmatch(str(cell)) for cell in cells)


def find_header(
    kind: RowKind, rows: Sequence[Row], chosen: Mapping[str, str], fixed: Mapping[str, str]
) -> Header:
    """Return the row of headings: the row in which most columns are recognized.

    Args:
        rows: The first rows of the sheet.
        chosen: The headings that the user chose for columns, by the name of the column.
        fixed: The values that the user gave for all rows, by the name of the column.

    Raises:
        InvalidField: a chosen heading is missing, or no heading is recognized as a required column;
            the message names the heading or column.
    """
    best = recognize_header(kind, rows, chosen)
    missing = [
        column
        for column in kind.columns
        if column.required
        and column.name not in fixed
        and (best is None or column.name not in best.columns)
    ]
    seen = _seen(_likely_header(kind, rows, chosen, best))
    unknown = [text for name, text in chosen.items() if best and name not in best.columns]
    if unknown:
        raise InvalidField(
            Sentence("no column has the heading '{heading}'. {seen}", heading=unknown[0], seen=seen)
        )
    if best is None or missing:
        wanted = "; ".join(f"{one.name} ({', '.join(one.words[:4])})" for one in missing)
        raise InvalidField(Sentence(NO_COLUMN, wanted=wanted, seen=seen))
    return best


def recognize_header(
    kind: RowKind, rows: Sequence[Row], chosen: Mapping[str, str]
) -> Header | None:
    """Return the row in which most columns are recognized, also if required columns are missing.

    The parameters are those of `find_header`. Without rows, the result is None.
    """
    best: Header | None = None
    for row in rows[:HEADER_WITHIN]:
        filled = sum(cell is not None for cell in row.cells)
        if best is not None and filled <= len(best.columns):
            continue  # Each column needs a cell, so the row cannot have more columns.
        header = _recognize(kind, row, chosen)
        if best is None or len(header.columns) > len(best.columns):
            best = header
    return best


def _likely_header(
    kind: RowKind, rows: Sequence[Row], chosen: Mapping[str, str], best: Header | None
) -> Header | None:
    """Return the header to name in an error: the best one, or the first row with several cells.

    A single cell that only resembles a heading, such as 仓库A, may be in a row of data.
    """
    if best is not None:
        names = [_folded(best.names[at]) for at in best.columns.values()]
        if len(names) > 1 or any(
            _is_named(name, column, exact=True) for name in names for column in kind.columns
        ):
            return best
    several = (row for row in rows if sum(cell is not None for cell in row.cells) > 1)
    first = next(several, None)
    return best if first is None else _recognize(kind, first, chosen)


def _seen(header: Header | None) -> Sentence:
    names = ", ".join(name for name in (header.names if header else []) if name)
    return Sentence("Its columns are: {names}", names=names or "–")


def _recognize(kind: RowKind, row: Row, chosen: Mapping[str, str]) -> Header:
    names = ["" if cell is None else normalize_text(str(cell)) for cell in row.cells]
    folded = ["" if name in (CELL, WHY, ORIGIN) else _folded(name) for name in names]
    columns: dict[str, int] = {}
    for name, wanted in chosen.items():
        column = kind.column(name)
        found = [at for at, text in enumerate(folded) if text and text == _folded(wanted)]
        if found:
            columns[column.name] = found[0]
    for exact in (True, False):
        for column in kind.columns:
            if column.name in columns or column.name in chosen:
                continue
            free = [at for at in range(len(folded)) if at not in columns.values() and folded[at]]
            found = [at for at in free if _is_named(folded[at], column, exact=exact)]
            if found:
                best = min(found, key=lambda at: (_rank(folded[at], column), at))
                columns[column.name] = best
    unread = [name for at, name in enumerate(names) if folded[at] and at not in columns.values()]
    return Header(row.number, names, columns, unread)


def _folded(text: str) -> str:
    return _IGNORED.sub("", normalize_text(text).casefold())


@cache
def _folded_words(column: Column) -> list[str]:
    # Each cell of the first rows is compared with the words of every column.
    return [_folded(word) for word in column.words]


def _is_named(folded: str, column: Column, *, exact: bool) -> bool:
    return _rank(folded, column) < (len(column.words) if exact else 2 * len(column.words))


def _rank(folded: str, column: Column) -> int:
    """Return how well a heading matches a column; smaller is better.

    If the heading equals one of the column's words, the result is the index of that word. If the
    heading only contains a word, the number of words is added to the index. If the heading contains
    none of the words, the result is twice the number of words. So it is for a heading that only
    contains the name of a column of `supplies export`.
    """
    words = _folded_words(column)
    if folded in words:
        return words.index(folded)
    if column.exported:
        return 2 * len(words)
    if _OTHER_DAY.search(folded) and column.name != "expires":
        return 2 * len(words)
    for at, word in enumerate(words):
        shortest = _SHORTEST_LATIN_PART if word.isascii() else _SHORTEST_PART
        if len(word) >= shortest and word in folded:
            return len(words) + at
    return 2 * len(words)
