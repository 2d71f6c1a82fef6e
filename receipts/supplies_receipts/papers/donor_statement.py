"""捐赠物资去向报告: what a donor is told of where the gifts went.

Four figures, the sum in which every piece is found again, a row with a bar for each item, how many
were reached and where they live, and every departure from the donor's wish. Nobody is named in it
who received anything.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from msgspec.structs import replace

from supplies.errors import BooksBroken
from supplies.papers.donor_statement import DonorStatement, DonorStatementPaper, StatementLine
from supplies_receipts.drawing import account_labels as places
from supplies_receipts.drawing import bilingual as wording
from supplies_receipts.drawing import blocks as flow
from supplies_receipts.drawing import report_page as a4
from supplies_receipts.drawing.bilingual import Words
from supplies_receipts.drawing.blocks import Block
from supplies_receipts.drawing.canvas import GREY, Style, fitted
from supplies_receipts.drawing.report_page import FIGURE, MARGIN, SMALL, UNDER, WIDTH
from supplies_receipts.papers.donor_statement_tables import departures_table, goods_table, reached

_TITLE = Words("捐赠物资去向报告", "Where your gifts went")

_GIVER = Words("捐赠人", "Donor")
_RECEIPTS = Words("凭证", "Receipts")
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
_UNITS = 3  # shown one under another in a figure; of more, the rest is counted


def donor_statement(paper: DonorStatementPaper) -> bytes:
    """The statement as a PDF. What does not add up is no statement: `BooksBroken`."""
    statement = paper.statement
    for line in statement.goods:
        _added_up(statement.station, line)
    with wording.written_in(paper.station.languages):
        return a4.drawn(
            _blocks(paper),
            title=f"{_TITLE.zh} {statement.donor} {statement.last.isoformat()}",
            author=paper.station.name,
            foot=a4.as_of(statement.as_of_seq, paper.printed_at),
        )


def _added_up(station: str, line: StatementLine) -> None:
    """The equation, for one item."""
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
        a4.heading(_TITLE, paper.station, statement.first, statement.last),
        *_donor(paper),
        flow.space(4),
        _figures(statement.goods),
        flow.space(3.5),
        *_equation(statement.goods),
        flow.space(4.5),
        *goods_table(statement.goods),
        flow.space(5),
        *reached(statement.served),
        flow.space(5),
        *_wishes(statement),
        *departures_table(statement.departures),
        flow.space(4),
        flow.worded(MARGIN, WIDTH, _CLOSING, SMALL, a4.CELL_EN),
    ]


# --- donor and figures ---------------------------------------------------------------------------


def _donor(paper: DonorStatementPaper) -> list[Block]:
    donor, numbers = paper.donor, paper.statement.receipts
    name = wording.named(donor.name or "", donor.name_en)
    coded = f"{_GIVER.label} · {paper.statement.donor}"
    label = f"{_RECEIPTS.label} ({wording.number(len(numbers))})"
    listed = flow.split(MARGIN, WIDTH, wording.listed(numbers) or a4.NONE.label, _NUMBERS)
    return [
        flow.text(MARGIN, WIDTH, coded, _LABEL),
        flow.worded(MARGIN, WIDTH, name, _DONOR, SMALL),
        flow.space(1.2),
        flow.stacked([flow.text(MARGIN, WIDTH, label, _LABEL), listed[0]]),
        *listed[1:],
    ]


def _figures(goods: Sequence[StatementLine]) -> Block:
    """Received, handed over, on the way, on the shelf: each unit for itself."""
    sums: dict[str, Counter[str]] = defaultdict(Counter)
    for line in goods:
        unit = wording.unit(line.unit).leads
        sums["received"][unit] += line.received
        sums["handed_over"][unit] += line.places.get("handed_over", 0)
        sums["in_transit"][unit] += line.places.get("in_transit", 0)
        sums["shelf"][unit] += places.shelf(line.places)
    tiles = (
        ("received", Words("接收", "received")),
        ("handed_over", places.NAMES["handed_over"]),
        ("in_transit", places.NAMES["in_transit"]),
        ("shelf", Words("在库", "on the shelf")),
    )
    width = WIDTH / len(tiles)
    one = all(sum(1 for n in counts.values() if n) <= 1 for counts in sums.values())
    style = FIGURE if one else replace(FIGURE, size=14)
    return flow.beside(
        [
            _tile(MARGIN + at * width, width - 3, words, sums[name], style)
            for at, (name, words) in enumerate(tiles)
        ]
    )


def _tile(x: float, width: float, words: Words, sums: Counter[str], style: Style) -> Block:
    amounts = [(n, unit) for unit, n in sums.most_common() if n]
    shown = [f"{wording.number(n)} {unit}" for n, unit in amounts[:_UNITS]] or ["0"]
    more = len(amounts) - _UNITS
    rest = Words(f"另 {more} 种单位", wording.many(more, "more unit")).label
    return flow.stacked(
        [
            flow.worded(x, width, words, UNDER, a4.CELL_EN),
            flow.space(0.6),
            *(flow.text(x, width, said, fitted(said, style, width, smallest=9)) for said in shown),
            *([flow.text(x, width, rest, SMALL)] if more > 0 else []),
        ]
    )


# --- the sum -------------------------------------------------------------------------------------


def _equation(goods: Sequence[StatementLine]) -> list[Block]:
    """All that was received is found again: a sum for each unit, of what is not zero."""
    units: dict[str, list[StatementLine]] = defaultdict(list)
    for line in goods:
        units[line.unit].append(line)
    blocks = [_sum(unit, lines) for unit, lines in units.items()]
    return blocks or [flow.worded(MARGIN, WIDTH, _NOTHING, _SUM, _SUM_EN)]


def _sum(unit: str, lines: Sequence[StatementLine]) -> Block:
    stands: Counter[str] = Counter()
    for line in lines:
        stands.update(line.places)
    came = [
        (Words("接收", "received"), sum(line.received for line in lines)),
        (Words("分装所得", "made of it by repacking"), sum(line.repacked for line in lines)),
    ]
    left = [(words, count) for words, count in came if count]
    right = places.in_order({place: stands[place] for place in stands})
    counted = wording.unit(unit)
    zh = f"{_added([(w.zh, n) for w, n in left])} = {_added([(w.zh, n) for w, n in right])}"
    en = f"{_added([(w.en, n) for w, n in left])} = {_added([(w.en, n) for w, n in right])}"
    said = Words(f"{zh}（{counted.zh}）", f"{en} ({counted.en})")
    return flow.stacked([flow.worded(MARGIN, WIDTH, said, _SUM, _SUM_EN), flow.space(0.8)])


def _added(terms: Sequence[tuple[str, int]]) -> str:
    """Named figures with plus and minus between them; 0 for none."""
    said = ""
    for name, count in terms:
        sign = " − " if count < 0 else " + "
        said += (sign if said or count < 0 else "") + f"{name} {wording.number(abs(count))}"
    return said.strip() or "0"


# --- words ---------------------------------------------------------------------------------------


def _wishes(statement: DonorStatement) -> list[Block]:
    title = a4.section(MARGIN, Words("捐赠人的意愿", "The donor's wish"))
    if not statement.wishes:
        none = flow.text(MARGIN, WIDTH, _NO_WISH.label, a4.CELL)
        return [flow.stacked([title, flow.space(0.8), none]), flow.space(5)]
    blocks = []
    for line in statement.wishes:
        first, *rest = flow.split(MARGIN, WIDTH, line.wish, a4.CELL)
        label = flow.text(MARGIN, WIDTH, line.receipt, a4.CELL_EN)
        blocks += [flow.stacked([label, first]), *rest, flow.space(0.8)]
    first, *rest = blocks
    return [flow.stacked([title, flow.space(0.8), first]), *rest, flow.space(4.2)]
