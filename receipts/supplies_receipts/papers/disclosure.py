"""公示, the public disclosure for the notice board: what a station received and handed out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from supplies.papers.common import ItemName
from supplies.papers.disclosure import (
    Disclosure,
    DisclosurePaper,
    GoodsHandedOverLine,
    GoodsReceivedLine,
)
from supplies_receipts.drawing import account_labels as places
from supplies_receipts.drawing import bilingual, report_page
from supplies_receipts.drawing import blocks as layout
from supplies_receipts.drawing.bilingual import Words
from supplies_receipts.drawing.blocks import Block, Cell, Column, Table
from supplies_receipts.drawing.report_page import (
    CELL,
    MARGIN,
    PARAGRAPH,
    PARAGRAPH_EN,
    SMALL,
    WIDTH,
)
from supplies_receipts.papers.station_report_tables import goods_table

_TITLE = Words("捐赠物资收支公示", "Public disclosure of donated goods")

_GROUPS = Words("集体领取", "groups")
_NO_COMMUNITY = Words("未登记社区", "no community on record")
_NO_PLACE = {"person": _GROUPS, "institution": Words("机构", "institutions")}
_WHO = {
    "household": Words("户", "households"),
    "person": Words("人", "persons"),
    "institution": Words("家机构", "institutions"),
}
_QUESTIONS = Words("咨询与监督", "Questions:")
_CLOSING = Words(
    "捐赠人按其本人意愿署名：全名、隐去名字，或统称“爱心人士”。"
    "受助人一概不列姓名与住址，不足五户（人）的只写 <5 。",
    "Donors are named as each consented: in full, by family name, or not at all. Recipients "
    "are never named; counts under five are shown as <5.",
)

_QUANTITY = 34.0
_RECEIVED = (
    Column(Words("来源", "From"), 86),
    Column(Words("物资", "Goods"), WIDTH - 86 - _QUANTITY),
    Column(Words("数量", "Quantity"), _QUANTITY, "right"),
)
_HANDED_OVER_COLUMNS = (
    Column(Words("社区", "Community"), 56),
    Column(Words("物资", "Goods"), WIDTH - 56 - _QUANTITY - 30),
    Column(Words("数量", "Quantity"), _QUANTITY, "right"),
    Column(Words("惠及", "Reached"), 30, "right"),
)


def draw_public_disclosure(paper: DisclosurePaper) -> bytes:
    """Return the disclosure as a PDF. Donors are named as far as they agree."""
    shown = paper.disclosure
    with bilingual.as_issued_by(paper.station):
        return report_page.drawn(
            _blocks(paper),
            title=f"{_TITLE.zh} {shown.first.isoformat()} {shown.last.isoformat()}",
            author=paper.station.name,
            foot=report_page.as_of(shown.as_of_seq, paper.printed_at, paper.as_of),
        )


def _blocks(paper: DisclosurePaper) -> list[Block]:
    shown = paper.disclosure
    units = {line.item: line.unit for line in shown.goods}
    return [
        report_page.heading(_TITLE, paper.station, shown.first, shown.last),
        layout.bilingual_text(MARGIN, WIDTH, _summary(shown), PARAGRAPH, PARAGRAPH_EN),
        layout.space(4),
        *_received(shown.received, paper.names, units),
        layout.space(5),
        *_goods_handed_over(shown.handed_over, paper.names, units),
        layout.space(5),
        *goods_table(shown.goods, paper.names),
        layout.space(4),
        _closing(paper),
    ]


def _summary(shown: Disclosure) -> Words:
    came = len({line.item for line in shown.received})
    kinds = len({line.item for line in shown.handed_over})
    return Words(
        f"本期接收物资 {came} 种，向居民发放 {kinds} 种。现将来源与去向公示如下，欢迎监督。",
        f"{bilingual.many(came, 'kind')} of goods came in and {bilingual.number(kinds)} went out "
        "to residents. Where they came from and went is made public here.",
    )


def _received(
    lines: Sequence[GoodsReceivedLine], names: Mapping[str, ItemName], units: Mapping[str, str]
) -> list[Block]:
    above = [report_page.section(MARGIN, Words("接收", "Received, from whom")), layout.space(0.6)]
    table = Table(MARGIN, _RECEIVED, above=above)
    if not lines:
        return [table.row([[(report_page.NONE.label, CELL)]])]
    rows, before = [], ("", "")
    for line in lines:
        source: Cell = []
        if (line.source, line.name or "") != before:
            before = (line.source, line.name or "")
            source = (
                [(line.name, CELL)]
                if line.name
                else report_page.cell(places.ORIGIN_LABELS[line.source])
            )
        quantity = report_page.quantity(
            line.quantity, units[line.item], _QUANTITY, names[line.item].shown_unit
        )
        rows.append(
            table.row([source, report_page.cell(report_page.name_of(names[line.item])), quantity])
        )
    return rows


def _goods_handed_over(
    lines: Sequence[GoodsHandedOverLine], names: Mapping[str, ItemName], units: Mapping[str, str]
) -> list[Block]:
    title = report_page.section(MARGIN, Words("发放", "Handed over, by community"))
    table = Table(MARGIN, _HANDED_OVER_COLUMNS, above=[title, layout.space(0.6)])
    if not lines:
        return [table.row([[(report_page.NONE.label, CELL)]])]
    rows, before = [], None
    for line in lines:
        place: Cell = []
        if before is None or before != (line.community, line.who):
            place = _place(line)
        before = (line.community, line.who)
        quantity = report_page.quantity(
            line.quantity, units[line.item], _QUANTITY, names[line.item].shown_unit
        )
        rows.append(
            table.row(
                [
                    place,
                    report_page.cell(report_page.name_of(names[line.item])),
                    quantity,
                    _count(line),
                ]
            )
        )
    return rows


def _place(line: GoodsHandedOverLine) -> Cell:
    if line.community_name:
        return report_page.cell(
            bilingual.named(line.community_name, line.community_name_en or None)
        )
    if line.community:
        return [(line.community, CELL)]
    return report_page.cell(_NO_PLACE.get(line.who, _NO_COMMUNITY))


def _count(line: GoodsHandedOverLine) -> Cell:
    uncounted = bilingual.uncounted_hand_outs(line.uncounted or 0)
    if not line.count:
        return report_page.cell(uncounted) if uncounted else [("–", CELL)]
    count = line.count if isinstance(line.count, str) else bilingual.number(line.count)
    counted: Cell = [(f"{count} {_WHO[line.who].primary}", CELL)]
    return [*counted, *report_page.cell(uncounted)] if uncounted else counted


def _closing(paper: DisclosurePaper) -> Block:
    phone = paper.station.phone
    contact = [layout.text(MARGIN, WIDTH, f"{_QUESTIONS.label} {phone}", SMALL)] if phone else []
    return layout.stacked(
        [layout.bilingual_text(MARGIN, WIDTH, _CLOSING, SMALL, report_page.CELL_EN), *contact]
    )
