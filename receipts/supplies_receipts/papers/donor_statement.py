"""捐赠物资去向报告, the donor statement: where the goods that a donor gave are now.

It shows the quantities received, handed over, in transit and on the shelf in large type. Below
them, it shows an equation that accounts for all goods received, a bar for each item, the number of
people reached in each community, and every deviation from the donor's wish. Recipients are not
named.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from msgspec import UNSET
from msgspec.structs import replace

from supplies.errors import BooksBroken
from supplies.papers.donor_statement import (
    DonorStatement,
    DonorStatementPaper,
    ReceiptRange,
    StatementLine,
    receipt_ranges,
)
from supplies_receipts.drawing import account_labels as places
from supplies_receipts.drawing import bilingual, report_page
from supplies_receipts.drawing import blocks as layout
from supplies_receipts.drawing.bilingual import Words
from supplies_receipts.drawing.blocks import Block
from supplies_receipts.drawing.canvas import GREY, Style, fit_style
from supplies_receipts.drawing.report_page import FIGURE, MARGIN, SMALL, UNDER, WIDTH
from supplies_receipts.papers.donor_statement_tables import departures_table, goods_table, reached

_TITLE = Words("捐赠物资去向报告", "Where your gifts went")

_GIVER = Words("捐赠人", "Donor")
_RECEIPTS = Words("凭证", "Receipts")
_GIVEN_BACK = Words("已退还捐赠人的凭证", "Receipts of which goods were given back")
_IN_PART = Words("部分", "in part")
_NOTHING = Words("本期没有捐赠物资。", "Nothing was given.")
_NO_WISH = Words("未指定用途", "none was stated")
_CLOSING = Words(
    "本报告由账目逐笔推算：以上每一件接收的物资，都在等式右边找得到去向；若对不上，则不予出具。"
    "多方捐赠混装的物资按比例归属。报告不含任何受助人的姓名与住址，不足五户（人）的只写 <5 。",
    "Computed from every entry of the books: whatever was received is found again on the right "
    "of the sum, or no statement is issued. Goods repacked from several gifts belong to each "
    "in proportion. No recipient is named; counts under five are shown as <5.",
)

_DONOR = Style(13, bold=True, leading=1.3)
_LABEL = Style(7, ink=GREY, leading=1.3)
_NUMBERS = Style(7.5, leading=1.35)
_SUM = Style(9, leading=1.4)
_SUM_EN = Style(7, ink=GREY, leading=1.35)
_LISTED = 12  # maximum number of receipts that are listed; more are grouped by month
_NAMED = 3  # maximum number of items named with one figure; more are only counted
_UNITS = 3  # maximum number of units in one figure; further units are only counted


def draw_donor_statement(paper: DonorStatementPaper) -> bytes:
    """Return the donor statement as a PDF.

    Raises:
        BooksBroken: the quantities at all places do not add up to what was received or made by
            repacking.
    """
    statement = paper.statement
    for line in statement.goods:
        _check_sum(statement.station, line)
    with bilingual.as_issued_by(paper.station):
        return report_page.drawn(
            _blocks(paper),
            title=f"{_TITLE.zh} {statement.donor} {statement.last.isoformat()}",
            author=paper.station.name,
            foot=report_page.as_of(statement.as_of_seq, paper.printed_at, paper.as_of),
        )


def _check_sum(station: str, line: StatementLine) -> None:
    """Check that the quantities of an item at all places add up to what came in.

    Raises:
        BooksBroken: they do not add up to what was received or made by repacking.
    """
    came, found = line.received + line.repacked, sum(line.places.values())
    if came != found:
        raise BooksBroken(
            station=station,
            seq=None,
            table="statement",
            column=line.item,
            expected=came,
            found=found,
        )


def _blocks(paper: DonorStatementPaper) -> list[Block]:
    statement = paper.statement
    return [
        report_page.heading(_TITLE, paper.station, statement.first, statement.last),
        *_donor(paper),
        layout.space(4),
        _figures(statement.goods),
        layout.space(3.5),
        *_equation(statement.goods),
        layout.space(4.5),
        *goods_table(statement.goods),
        layout.space(5),
        *reached(statement.served),
        layout.space(5),
        *_wishes(statement),
        *departures_table(statement.departures),
        layout.space(4),
        layout.bilingual_text(MARGIN, WIDTH, _CLOSING, SMALL, report_page.CELL_EN),
    ]


# --- donor and figures ---------------------------------------------------------------------------


def _donor(paper: DonorStatementPaper) -> list[Block]:
    donor, numbers = paper.donor, paper.statement.receipts
    name = bilingual.named(donor.name or "", donor.name_en)
    coded = f"{_GIVER.label} · {paper.statement.donor}"
    label = f"{_RECEIPTS.label} ({bilingual.number(len(numbers))})"
    shown = _receipt_numbers(paper.statement) or [report_page.NONE.label]
    listed = [block for words in shown for block in layout.split(MARGIN, WIDTH, words, _NUMBERS)]
    return [
        layout.text(MARGIN, WIDTH, coded, _LABEL),
        layout.bilingual_text(MARGIN, WIDTH, name, _DONOR, SMALL),
        layout.space(1.2),
        layout.stacked([layout.text(MARGIN, WIDTH, label, _LABEL), listed[0]]),
        *listed[1:],
    ]


def _receipt_numbers(statement: DonorStatement) -> list[str]:
    """Return the receipt numbers as lines of text, grouped by month if there are many.

    If goods were given back to the donor, a last line names the receipts of these goods.
    """
    if len(statement.receipts) <= _LISTED:
        words = [bilingual.listed(statement.receipts)] if statement.receipts else []
    else:
        words = [
            f"{month.month} ({bilingual.number(month.count)})  " + _ranges(month.ranges)
            for month in statement.receipt_months
        ]
    if statement.given_back is not UNSET:
        returned = (
            each.receipt if each.all else f"{each.receipt} ({_IN_PART.label})"
            for each in statement.given_back
        )
        words.append(f"{_GIVEN_BACK.label}  {bilingual.listed(returned)}")
    return words


def _ranges(ranges: Iterable[ReceiptRange]) -> str:
    """Format ranges of receipt numbers, such as JZ-2020-000003 – 000009."""
    return bilingual.listed(
        each.first if each.count == 1 else f"{each.first} – {each.last.rpartition('-')[2]}"
        for each in ranges
    )


class _Amount(NamedTuple):
    """The sum of quantities in one unit, and the names of the items that it includes."""

    quantity: int
    unit: str
    items: Words


def _figures(goods: Sequence[StatementLine]) -> Block:
    """Draw, by unit and in large type, the sums received, handed over, in transit and in stock.

    If the donor gave several items, the items of each sum are named below it.
    """
    quantities: tuple[tuple[Words, Callable[[StatementLine], int]], ...] = (
        (Words("接收", "received"), lambda line: line.received),
        (places.PLACE_LABELS["handed_over"], lambda line: line.places.get("handed_over", 0)),
        (places.PLACE_LABELS["in_transit"], lambda line: line.places.get("in_transit", 0)),
        (Words("在库", "on the shelf"), lambda line: places.shelf(line.places)),
    )
    tiles = [(words, _amounts(goods, quantity)) for words, quantity in quantities]
    width = WIDTH / len(tiles)
    one = all(len(amounts) <= 1 for _, amounts in tiles)
    style = FIGURE if one else replace(FIGURE, size=14)
    return layout.beside(
        [
            _tile(MARGIN + at * width, width - 3, words, amounts, style, named=len(goods) > 1)
            for at, (words, amounts) in enumerate(tiles)
        ]
    )


def _amounts(
    goods: Sequence[StatementLine], quantity: Callable[[StatementLine], int]
) -> list[_Amount]:
    """Return the sum of one quantity over all lines, by unit. The largest sum comes first."""
    lines: dict[str, list[StatementLine]] = defaultdict(list)
    for line in goods:
        if quantity(line):
            lines[line.unit].append(line)
    amounts = [
        _Amount(sum(map(quantity, found)), unit, _names(found)) for unit, found in lines.items()
    ]
    return sorted(amounts, key=lambda amount: -amount.quantity)


def _names(lines: Sequence[StatementLine]) -> Words:
    """Return the names of items or, if there are many, only how many items there are."""
    if len(lines) > _NAMED:
        count = len(lines)
        return Words(f"{count} 种物资合计", f"{bilingual.many(count, 'item')} together")
    names = [bilingual.named(line.name, line.name_en) for line in lines]
    return Words("、".join(name.zh for name in names), ", ".join(n.en or n.zh for n in names))


def _tile(
    x: float, width: float, words: Words, amounts: Sequence[_Amount], style: Style, *, named: bool
) -> Block:
    shown = []
    for quantity, unit, items in amounts[:_UNITS]:
        text = bilingual.counted(quantity, unit).primary
        shown.append(layout.text(x, width, text, fit_style(text, style, width, smallest=9)))
        if named:
            shown.append(layout.text(x, width, items.primary, SMALL))
    more = len(amounts) - _UNITS
    rest = Words(f"另 {more} 种单位", bilingual.many(more, "more unit")).label
    return layout.stacked(
        [
            layout.bilingual_text(x, width, words, UNDER, report_page.CELL_EN),
            layout.space(0.6),
            *(shown or [layout.text(x, width, "0", style)]),
            *([layout.text(x, width, rest, SMALL)] if more > 0 else []),
        ]
    )


# --- the sum -------------------------------------------------------------------------------------


def _equation(goods: Sequence[StatementLine]) -> list[Block]:
    """Draw an equation for each unit: received + made by repacking = the quantities at all places.

    If there are no goods, draw a text that says so.
    """
    units: dict[str, list[StatementLine]] = defaultdict(list)
    for line in goods:
        units[line.unit].append(line)
    blocks = [_sum(unit, lines) for unit, lines in units.items()]
    return blocks or [layout.bilingual_text(MARGIN, WIDTH, _NOTHING, _SUM, _SUM_EN)]


def _sum(unit: str, lines: Sequence[StatementLine]) -> Block:
    totals: Counter[str] = Counter()
    for line in lines:
        totals.update(line.places)
    came = [
        (Words("接收", "received"), sum(line.received for line in lines)),
        (Words("分装所得", "made of it by repacking"), sum(line.repacked for line in lines)),
    ]
    left = [(words, count) for words, count in came if count]
    right = places.labelled({place: totals[place] for place in totals})
    counted = bilingual.unit(unit, 2)  # the plural, because no quantity precedes it
    zh = f"{_added([(w.zh, n) for w, n in left])} = {_added([(w.zh, n) for w, n in right])}"
    en = f"{_added([(w.en, n) for w, n in left])} = {_added([(w.en, n) for w, n in right])}"
    of = _names(lines)
    words = Words(f"{of.zh}：{zh}（{counted.zh}）", f"{of.en}: {en} ({counted.en})")
    return layout.stacked(
        [layout.bilingual_text(MARGIN, WIDTH, words, _SUM, _SUM_EN), layout.space(0.8)]
    )


def _added(terms: Sequence[tuple[str, int]]) -> str:
    """Join labelled quantities with plus and minus signs. If there are none, return 0."""
    text = ""
    for name, count in terms:
        sign = " − " if count < 0 else " + "
        text += (sign if text or count < 0 else "") + f"{name} {bilingual.number(abs(count))}"
    return text.strip() or "0"


# --- words ---------------------------------------------------------------------------------------


def _wishes(statement: DonorStatement) -> list[Block]:
    title = report_page.section(MARGIN, Words("捐赠人的意愿", "The donor's wish"))
    if not statement.wishes:
        none = layout.text(MARGIN, WIDTH, _NO_WISH.label, report_page.CELL)
        return [layout.stacked([title, layout.space(0.8), none]), layout.space(5)]
    blocks = []
    by_wish: dict[str, list[str]] = defaultdict(list)
    for line in statement.wishes:
        by_wish[line.wish].append(line.receipt)
    for wish, receipts in by_wish.items():
        first, *rest = layout.split(MARGIN, WIDTH, wish, report_page.CELL)
        numbers = _ranges(receipt_ranges(receipts))
        label = layout.text(MARGIN, WIDTH, numbers, report_page.CELL_EN)
        blocks += [layout.stacked([label, first]), *rest, layout.space(0.8)]
    first, *rest = blocks
    return [layout.stacked([title, layout.space(0.8), first]), *rest, layout.space(4.2)]
