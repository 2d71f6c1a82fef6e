"""工作报告: a station's work over a period, computed from its books.

What was done and for how many, where the goods went, and what is short: in words, in figures, and
in a table whose every row adds up, or the report is refused.
"""

from __future__ import annotations

from collections.abc import Mapping

from supplies.documents import (
    CONTACTS,
    VISITS,
    WORKERS,
    GoodsLine,
    StationReport,
    StationReportPaper,
)
from supplies.errors import BooksBroken
from supplies_receipts import charts, flow, wording
from supplies_receipts.flow import Block
from supplies_receipts.layout import A4, GREY, TEAL, Sheet, Style, fitted
from supplies_receipts.report_tables import (
    CELL_EN,
    HALF,
    MARGIN,
    SMALL,
    WIDTH,
    done_and_short,
    goods_table,
    section,
)
from supplies_receipts.wording import Words

_FOOT = 5.0

_TITLE = Words("工作报告", "Station report")

_HEADING = Style(19, bold=True, leading=1.2)
_NAME = Style(11, bold=True, leading=1.25)
_PERIOD = Style(11, leading=1.35)
_SAID = Style(10, leading=1.55)
_SAID_EN = Style(8, ink=GREY, leading=1.4)
_FIGURE = Style(20, bold=True, ink=TEAL, leading=1.15)
_UNDER = Style(8.5, leading=1.25)
_TINY = Style(6, ink=GREY)


def station_report(paper: StationReportPaper) -> bytes:
    """The report as a PDF. Goods that do not add up are no report: `BooksBroken`."""
    for line in paper.report.goods:
        _added_up(paper.report.station, line)
    width, height = A4
    pages = flow.paginated(_blocks(paper), *[height - 2 * MARGIN - _FOOT] * 2)
    title = f"{_TITLE.zh} {paper.report.first.isoformat()} {paper.report.last.isoformat()}"
    sheet = Sheet(title=title, author=paper.station.name)
    for at, body in enumerate(pages, 1):
        with sheet.page(width, height):
            body.draw(sheet, MARGIN)
            _foot(sheet, paper, height - MARGIN, wording.page(at, len(pages)))
    return sheet.finish()


def _added_up(station: str, line: GoodsLine) -> None:
    """The equation of the table, for one item."""
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


def _blocks(paper: StationReportPaper) -> list[Block]:
    report = paper.report
    return [
        _head(paper),
        _said(report),
        flow.space(4),
        _figures(report),
        flow.space(5),
        _charts(report, paper.names),
        flow.space(5),
        *goods_table(report.goods, paper.names),
        flow.space(5),
        *done_and_short(report, paper.names),
    ]


def _foot(sheet: Sheet, paper: StationReportPaper, top: float, page: str) -> None:
    entry = f"截至账目 As of entry {paper.report.as_of_seq}"
    printed = f"打印于 Printed {wording.moment(paper.printed_at)}"
    sheet.text(MARGIN, top, f"{entry} · {printed}", _TINY)
    sheet.text(MARGIN + WIDTH, top, page, _TINY, "right")


# --- head, words, figures ------------------------------------------------------------------------


def _head(paper: StationReportPaper) -> Block:
    station, report = paper.station, paper.report
    contact = " · ".join(filter(None, (station.address, station.phone)))
    issuer = [(station.name, _NAME), (station.name_en, SMALL), (contact, SMALL)]
    left, right = WIDTH * 0.4, WIDTH * 0.6
    period = wording.days(report.first, report.last)
    period_en = wording.days_en(report.first, report.last)
    return flow.stacked(
        [
            flow.beside(
                [
                    flow.stacked(
                        [
                            flow.text(MARGIN, left, _TITLE.zh, _HEADING),
                            flow.text(MARGIN, left, _TITLE.en, Style(8.5, ink=GREY)),
                        ]
                    ),
                    flow.stacked(
                        [flow.text(MARGIN + left, right, t, s, "right") for t, s in issuer if t]
                    ),
                ]
            ),
            flow.space(2),
            flow.rule(MARGIN, WIDTH, weight=1.2, ink=TEAL),
            flow.space(2.5),
            flow.beside(
                [
                    flow.text(MARGIN, WIDTH / 2, period, _PERIOD),
                    flow.text(MARGIN + WIDTH / 2, WIDTH / 2, period_en, _PERIOD, "right"),
                ]
            ),
            flow.space(2),
        ]
    )


def _said(report: StationReport) -> Block:
    """The period in one paragraph, as it would be read out."""
    came = sum(line.received > 0 for line in report.goods)
    went = sum(line.handed_over > 0 for line in report.goods)
    number, many = wording.number, wording.many
    short = f"期末仍有 {len(report.short)} 种物资不足。" if report.short else ""
    zh = (
        f"本期社工 {number(report.workers)} 人参与服务，电话联系 {number(report.contacts)} 次，"
        f"上门走访 {number(report.visits)} 次，"
        f"摸查困难家庭 {number(report.households_surveyed)} 户，"
        f"{number(report.households_fully_met)} 户的需求已全部解决，"
        f"张贴通知 {number(report.notices_posted)} 处；"
        f"接收物资 {came} 种，发放物资 {went} 种。{short}"
    )
    short_en = f" Short at the end: {many(len(report.short), 'kind')}." if report.short else ""
    en = (
        f"{many(report.workers, 'social worker')}; {many(report.contacts, 'telephone contact')}; "
        f"{many(report.visits, 'visit')}; {many(report.households_surveyed, 'household')} in "
        f"difficulty surveyed, {number(report.households_fully_met)} whose needs were met in full; "
        f"notices posted at {many(report.notices_posted, 'place')}. "
        f"{many(came, 'kind')} of goods came in, {number(went)} went out.{short_en}"
    )
    return flow.stacked(
        [flow.text(MARGIN, WIDTH, zh, _SAID), flow.text(MARGIN, WIDTH, en, _SAID_EN)]
    )


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
        said = wording.number(count)
        lines = ((said, fitted(said, _FIGURE, width - 2)), (words.zh, _UNDER), (words.en, CELL_EN))
        tiles.append(
            flow.stacked([flow.text(MARGIN + at * width, width - 2, t, s) for t, s in lines])
        )
    return flow.beside(tiles)


def _charts(report: StationReport, names: Mapping[str, str]) -> Block:
    counts = [
        *_work(report),
        *(
            (Words(a.kind, ""), a.count)
            for a in report.activities
            if a.kind not in (WORKERS, CONTACTS, VISITS)
        ),
    ]
    right = MARGIN + WIDTH - HALF
    return flow.beside(
        [
            flow.stacked(
                [
                    section(MARGIN, Words("物资去向", "Where goods went")),
                    charts.goods(MARGIN, HALF, report.goods, names),
                ]
            ),
            flow.stacked(
                [
                    section(right, Words("工作量", "Work done")),
                    charts.counts(right, HALF, counts[: charts.MOST]),
                ]
            ),
        ]
    )
