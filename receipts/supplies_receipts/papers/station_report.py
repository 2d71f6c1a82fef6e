"""工作报告, the report on the work of a station or an organisation, computed from the books.

It shows what was done and for how many people, where the goods went, and which items are short. If
the quantities of an item do not add up, BooksBroken is raised and nothing is drawn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from supplies.errors import BooksBroken
from supplies.papers.common import ItemName
from supplies.papers.station_report import (
    GoodsLine,
    OrganisationReportPaper,
    StationReport,
    StationReportPaper,
)
from supplies_receipts.drawing import bilingual, charts, report_page
from supplies_receipts.drawing import blocks as layout
from supplies_receipts.drawing.bilingual import Words
from supplies_receipts.drawing.blocks import Block
from supplies_receipts.drawing.canvas import fit_style
from supplies_receipts.drawing.report_page import (
    CELL_EN,
    FIGURE,
    HALF,
    MARGIN,
    PARAGRAPH,
    PARAGRAPH_EN,
    UNDER,
    WIDTH,
    section,
)
from supplies_receipts.papers.station_report_tables import (
    done_and_short,
    goods_table,
    other_work,
    stations_table,
)

_STATION = Words("工作报告", "Station report")
_ORGANISATION = Words("联合工作报告", "Report of the organisation")


def draw_station_report(paper: StationReportPaper) -> bytes:
    """Return the report of one station as a PDF.

    Raises:
        BooksBroken: the quantities of an item do not add up.
    """
    with bilingual.as_issued_by(paper.station):
        foot = report_page.as_of(paper.report.as_of_seq, paper.printed_at, paper.as_of)
        return _drawn(_STATION, paper, foot)


def draw_organisation_report(paper: OrganisationReportPaper) -> bytes:
    """Return the joint report of all stations of an organisation as a PDF.

    The report names each station, with the number of the station's last entry that is included.

    Raises:
        BooksBroken: the quantities of an item do not add up.
    """
    with bilingual.as_issued_by(paper.station):
        stations = [layout.space(5), *stations_table(paper.report.stations)]
        return _drawn(_ORGANISATION, paper, report_page.printed(paper.printed_at), stations)


def _drawn(
    title: Words,
    paper: StationReportPaper,
    foot: str,
    more: Sequence[Block] = (),
) -> bytes:
    report = paper.report
    for line in report.goods:
        _check_sum(paper.station.code, line)
    return report_page.drawn(
        [
            report_page.heading(title, paper.station, report.first, report.last),
            *_blocks(report, paper.names),
            *more,
        ],
        title=f"{title.zh} {report.first.isoformat()} {report.last.isoformat()}",
        author=paper.station.name,
        foot=foot,
    )


def _check_sum(station: str, line: GoodsLine) -> None:
    """Check that the quantities of an item add up.

    Raises:
        BooksBroken: they do not add up.
    """
    gone = line.handed_over + line.used + line.lost + line.unexplained + line.other
    expected, found = line.opening + line.received - gone, line.on_hand + line.in_transit
    if expected != found:
        raise BooksBroken(
            station=station,
            seq=None,
            table="report",
            column=line.item,
            expected=expected,
            found=found,
        )


def _blocks(report: StationReport, names: Mapping[str, ItemName]) -> list[Block]:
    return [
        layout.bilingual_text(MARGIN, WIDTH, _summary(report), PARAGRAPH, PARAGRAPH_EN),
        layout.space(4),
        _figures(report),
        layout.space(5),
        _charts(report, names),
        layout.space(5),
        *goods_table(report.goods, names),
        layout.space(5),
        *done_and_short(report, names),
    ]


# --- words, figures ------------------------------------------------------------------------------


def _summary(report: StationReport) -> Words:
    """Return a paragraph with the main numbers of the period, in both languages."""
    came = sum(line.received > 0 for line in report.goods)
    handed_over = sum(line.handed_over > 0 for line in report.goods)
    number, many = bilingual.number, bilingual.many
    short = f"期末仍有 {len(report.short)} 种物资不足。" if report.short else ""
    zh = (
        f"本期社工 {number(report.workers)} 人参与服务，电话联系 {number(report.contacts)} 次，"
        f"上门走访 {number(report.visits)} 次，"
        f"摸查困难家庭 {number(report.households_surveyed)} 户，"
        f"{number(report.households_fully_met)} 户的需求已全部解决，"
        f"张贴通知 {number(report.notices_posted)} 处；"
        f"接收物资 {came} 种，发放物资 {handed_over} 种。{short}"
    )
    short_en = f" Short at the end: {many(len(report.short), 'kind')}." if report.short else ""
    en = (
        f"{many(report.workers, 'social worker')}; {many(report.contacts, 'telephone contact')}; "
        f"{many(report.visits, 'visit')}; {many(report.households_surveyed, 'household')} in "
        f"difficulty surveyed, {number(report.households_fully_met)} whose needs were met in full; "
        f"notices posted at {many(report.notices_posted, 'place')}. "
        f"{many(came, 'kind')} of goods came in, {number(handed_over)} went out.{short_en}"
    )
    return Words(zh, en)


def _work(report: StationReport) -> list[tuple[Words, int]]:
    return [
        (Words("社工", "social workers"), report.workers),
        (Words("电话联系", "contacts"), report.contacts),
        (Words("上门走访", "visits"), report.visits),
        (Words("摸查家庭", "households surveyed"), report.households_surveyed),
        (Words("全部解决", "households fully met"), report.households_fully_met),
        (Words("张贴通知", "notices posted"), report.notices_posted),
    ]


def _figures(report: StationReport) -> Block:
    work = _work(report)
    width = WIDTH / len(work)
    tiles = []
    for at, (words, count) in enumerate(work):
        number = bilingual.number(count)
        x, available = MARGIN + at * width, width - 2
        figure = layout.text(x, available, number, fit_style(number, FIGURE, available))
        tiles.append(
            layout.stacked([figure, layout.bilingual_text(x, available, words, UNDER, CELL_EN)])
        )
    return layout.beside(tiles)


def _charts(report: StationReport, names: Mapping[str, ItemName]) -> Block:
    counts = [
        *_work(report),
        *((bilingual.activity(line.kind), line.count) for line in other_work(report)),
    ]
    right = MARGIN + WIDTH - HALF
    return layout.beside(
        [
            layout.stacked(
                [
                    section(MARGIN, Words("物资去向", "Where goods went")),
                    charts.goods(MARGIN, HALF, report.goods, names),
                ]
            ),
            layout.stacked(
                [
                    section(right, Words("工作量", "Work done")),
                    layout.space(1.2),
                    charts.counts(right, HALF, counts[: charts.MOST]),
                ]
            ),
        ]
    )
