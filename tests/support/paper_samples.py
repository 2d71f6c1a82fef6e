"""Samples of every paper: with many lines, rare characters and names of the greatest length.

Each is drawn in Chinese and English together, and in each language alone.

`python paper_samples.py` prints the SHA-256 of each paper. A test runs it in another process and
compares the results.
"""

from __future__ import annotations

import hashlib
import sys
import typing
from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from msgspec.structs import replace
from supplies_receipts import (
    draw_collection_slip,
    draw_count_sheet,
    draw_delivery_slips,
    draw_donor_statement,
    draw_organisation_report,
    draw_public_disclosure,
    draw_receipt,
    draw_receipts,
    draw_run_sheet,
    draw_station_report,
    samples,
)
from supplies_receipts.__main__ import (
    STATION,
    collection_slip,
    organisation,
    receipt,
    report,
    slips,
)

from supplies.domain.fields import MAX_QUANTITY
from supplies.papers.common import DonorName, ItemName, Languages, Letterhead
from supplies.papers.count_sheet import SheetLine
from supplies.papers.disclosure import GoodsHandedOverLine, GoodsReceivedLine
from supplies.papers.donor_statement import (
    PeopleReachedLine,
    StatementLine,
    WishDeviation,
    WishLine,
)
from supplies.papers.number_words import chinese_numerals, english_words
from supplies.papers.receipt import ReceiptLine, ReceiptPaper
from supplies.papers.run_sheet import LoadLine, RunStop
from supplies.papers.slip import SlipLine
from supplies.papers.station_report import (
    ActivityLine,
    GoodsLine,
    ShortageLine,
    StationAsOf,
    StationReportPaper,
)

RARE = "喆堃䶮㑇𠮷"
LINES = (1, 5, 6, 60)
_DAY = date(2020, 2, 5)


class SamplePaper(NamedTuple):
    """A drawn paper.

    Attributes:
        texts: Texts that the paper must contain.
        figures: Numbers that must not be broken into two lines.
    """

    pdf: bytes
    texts: list[str]
    figures: list[str]


class SampleFields(NamedTuple):
    """The values of fields for a sample.

    Attributes:
        lines: The number of lines.
        long: Whether fields have their greatest length.
    """

    lines: int
    long: bool
    languages: Languages = "zh+en"

    def name(self, what: str, at: int = 1) -> str:
        """Return a different name for each line."""
        printed = f"{what}{at}号{RARE}"
        return (printed + RARE * 40)[:200] if self.long else printed

    def english(self, at: int = 1) -> str:
        printed = f"Goods no. {at}"
        return (
            f"{printed} for neighbours and friends{', and theirs' * 20}"[:200]
            if self.long
            else printed
        )

    def in_languages(self, what: str, at: int = 1) -> list[str]:
        """Return the names of something in the languages of the paper."""
        printed = {"zh": [self.name(what, at)], "en": [self.english(at)]}
        return [name for language in self.languages.split("+") for name in printed[language]]

    def code(self, what: str, at: int = 1) -> str:
        return f"{what}-{at:03d}".ljust(64, "w") if self.long else f"{what}-{at:03d}"

    def text(self, what: str, at: int = 1) -> str:
        """Return free text. The text of the first lines has the greatest length."""
        printed = self.name(what, at)
        return (f"{printed}。" + f"{RARE}，" * 400)[:2000] if self.long and at < 3 else printed

    def quantity(self, at: int) -> int:
        return MAX_QUANTITY - at * 37 if self.long else 1000 + at * 37

    @property
    def unit(self) -> str:
        return "w" * 64 if self.long else "bottle"

    @property
    def numbers(self) -> range:
        return range(1, self.lines + 1)

    @property
    def names(self) -> list[str]:
        return [name for at in self.numbers for name in self.in_languages("物资", at)]

    @property
    def figures(self) -> list[str]:
        return [f"{self.quantity(at):,}" for at in self.numbers]

    def station(self) -> Letterhead:
        return replace(
            STATION, name=self.name("站点"), name_en=self.english(), address=self.name("地址"),
            languages=self.languages,
        )  # fmt: skip

    def donor(self) -> DonorName:
        return DonorName(
            code=self.code("D"), name=self.name("捐赠人"), name_en=self.english(), phone=None
        )

    def slip_line(self, at: int) -> SlipLine:
        return SlipLine(
            name=self.name("物资", at), name_en=self.english(at), unit=self.unit,
            quantity=self.quantity(at), batch=self.code("B", at), expires_on=_DAY,
        )  # fmt: skip

    def goods_line(self, at: int) -> GoodsLine:
        quantity = self.quantity(at)
        return GoodsLine(
            item=self.code("i", at), unit=self.unit, opening=0, received=quantity,
            handed_over=quantity - 9, used=0, lost=1, unexplained=0, other=0, on_hand=8,
            allocated=3, in_transit=0,
        )  # fmt: skip

    def items(self) -> dict[str, ItemName]:
        return {
            self.code("i", at): ItemName(name=self.name("物资", at), name_en=self.english(at))
            for at in self.numbers
        }


def _receipt_paper(of: SampleFields) -> ReceiptPaper:
    lines = [
        ReceiptLine(
            name=of.name("物资", at), name_en=of.english(at), unit=of.unit,
            quantity=of.quantity(at), in_words=chinese_numerals(of.quantity(at)),
            in_words_en=english_words(of.quantity(at)), batch=of.code("B", at), expires_on=_DAY,
        )
        for at in of.numbers
    ]  # fmt: skip
    paper = receipt(1)
    document = replace(
        paper.document, station=of.station(), donor=of.donor(), lines=lines,
        location=of.name("地点"), handled_by=of.name("经办"), checked_by=of.name("复核"),
        wish=of.text("意愿"), number=f"JZ-2020-{of.lines:06d}",
    )  # fmt: skip
    return replace(paper, document=document)


def _receipt_texts(of: SampleFields) -> list[str]:
    printed = [
        of.name("地点"),
        of.name("地址"),
        of.name("经办"),
        of.name("复核"),
        of.text("意愿"),
    ]
    printed += [*of.names, *of.in_languages("捐赠人"), *of.in_languages("站点")]
    if of.languages != "en":
        printed += [chinese_numerals(of.quantity(at)) for at in of.numbers]
    if of.languages != "zh":
        printed += [english_words(of.quantity(at)) for at in of.numbers]
    return printed


def _receipt(of: SampleFields) -> SamplePaper:
    return SamplePaper(draw_receipt(_receipt_paper(of)), _receipt_texts(of), of.figures)


def _batch(of: SampleFields) -> SamplePaper:
    """Draw receipts in different languages."""
    written: tuple[Languages, ...] = ("en", "zh", "zh+en")
    each = [of._replace(languages=languages) for languages in written]
    pdf = draw_receipts([_receipt_paper(one) for one in each])
    return SamplePaper(
        pdf, [printed for one in each for printed in _receipt_texts(one)], of.figures
    )


def _collection_slip(of: SampleFields) -> SamplePaper:
    lines = [of.slip_line(at) for at in of.numbers]
    slip = replace(
        collection_slip(), station=of.station(), name=of.name("住户"), recipient=of.code("R"),
        allocation=of.code("a"), location=of.name("仓库"), lines=lines,
        collected=replace(collection_slip().collected, lines=lines),
    )  # fmt: skip
    printed = [slip.name, of.name("仓库"), of.in_languages("站点")[0]]
    return SamplePaper(draw_collection_slip(slip), printed, [])


def _slips(paper: str) -> Callable[[SampleFields], SamplePaper]:
    def drawn(of: SampleFields) -> SamplePaper:
        slip = replace(
            slips()[0], station=of.station(), lines=[of.slip_line(at) for at in of.numbers],
            name=of.name("住户"), address=of.name("地址"), access=of.name("提示"),
            team=of.name("队"), recipient=of.code("R"), delivery=of.code("v"),
            allocation=of.code("a"),
        )  # fmt: skip
        pdf = draw_delivery_slips([slip], "a5" if paper == "a5" else "roll")
        printed = [
            of.in_languages("站点")[0],
            slip.name,
            slip.team,
            of.name("地址"),
            of.name("提示"),
        ]
        printed += [of.code("B", at) for at in of.numbers]
        return SamplePaper(pdf, [*of.names, *printed], of.figures)

    return drawn


def _run_sheet(of: SampleFields) -> SamplePaper:
    """Draw a run sheet with a line for each loaded lot, and a stop for each."""
    load = [
        LoadLine(
            name=of.name("物资", at), name_en=of.english(at), unit=of.unit, lot=of.code("l", at),
            batch=of.code("B", at), expires_on=_DAY, location=of.name("库位", at),
            quantity=of.quantity(at),
        )
        for at in of.numbers
    ]  # fmt: skip
    stops = [
        RunStop(
            stop=at, recipient=of.code("R", at), name=of.name("住户", at), phone="139****0001",
            address=of.name("地址", at), lines=[of.slip_line(at)],
        )
        for at in of.numbers
    ]  # fmt: skip
    sheet = replace(
        samples.run_sheet(STATION), station=of.station(), team=of.name("队"), load=load, stops=stops
    )
    printed = [of.name(what, at) for what in ("库位", "住户", "地址") for at in of.numbers]
    printed += [of.code(what, at) for what in "BR" for at in of.numbers]
    printed += [*of.names, *of.in_languages("站点"), sheet.team]
    return SamplePaper(draw_run_sheet(sheet), printed, of.figures * 2)


def _count_sheet(of: SampleFields) -> SamplePaper:
    lines = [
        SheetLine(
            name=of.name("物资", at), name_en=of.english(at), unit=of.unit, lot=of.code("l", at),
            batch=of.code("B", at), expires_on=_DAY, expected=of.quantity(at),
        )
        for at in of.numbers
    ]  # fmt: skip
    sheet = replace(
        samples.count_sheet(STATION, blind=False), station=of.station(),
        location=of.name("库位"), lines=lines,
    )  # fmt: skip
    printed = [of.code("B", at) for at in of.numbers]
    printed += [*of.names, *of.in_languages("站点"), of.name("库位"), of.name("地址")]
    return SamplePaper(draw_count_sheet(sheet), printed, of.figures)


def _statement(of: SampleFields) -> SamplePaper:
    goods = [
        StatementLine(
            item=of.code("i", at), name=of.name("物资", at), name_en=of.english(at), unit=of.unit,
            received=of.quantity(at), repacked=0,
            places={"handed_over": of.quantity(at) - 9, "free": 8, "lost": 1},
        )
        for at in of.numbers
    ]  # fmt: skip
    departures = [
        WishDeviation(
            day=_DAY, item=of.code("i", at), name=of.name("物资", at), name_en=of.english(at),
            unit=of.unit, quantity=of.quantity(at), reason=of.text("原因", at),
            by=of.code("u", at),
        )
        for at in of.numbers
    ]  # fmt: skip
    served = [
        PeopleReachedLine(
            month="2020-02", community=of.code("c", at), who="household", count=10 + at
        )
        for at in of.numbers
    ]
    wishes = [WishLine(receipt=f"JZ-2020-{at:06d}", wish=of.text("意愿", at)) for at in of.numbers]
    paper = samples.statement(STATION, of.lines)
    shown = replace(
        paper.statement,
        goods=goods,
        departures=departures,
        served=served,
        wishes=wishes,
    )
    pdf = draw_donor_statement(
        replace(paper, station=of.station(), donor=of.donor(), statement=shown)
    )
    printed = [of.text(what, at) for what in ("意愿", "原因") for at in of.numbers]
    printed += [of.code(what, at) for what in "cu" for at in of.numbers]
    printed += [*of.names, *of.in_languages("捐赠人"), *of.in_languages("站点"), of.name("地址")]
    handed_over = [f"{of.quantity(at) - 9:,}" for at in of.numbers]
    return SamplePaper(pdf, printed, [*of.figures * 2, *handed_over])


def _report(of: SampleFields) -> SamplePaper:
    paper, printed, figures = _report_content(of)
    return SamplePaper(draw_station_report(paper), printed, figures)


def _organisation(of: SampleFields) -> SamplePaper:
    paper, printed, figures = _report_content(of)
    over = organisation(paper)
    stations = [
        StationAsOf(
            station=of.code("s", at), name=of.name("分站", at), name_en=of.english(at),
            as_of_seq=of.quantity(at),
        )
        for at in of.numbers
    ]  # fmt: skip
    over = replace(over, report=replace(over.report, stations=stations))
    printed += [of.code("s", at) for at in of.numbers]
    printed += [name for at in of.numbers for name in of.in_languages("分站", at)]
    return SamplePaper(draw_organisation_report(over), printed, figures)


def _report_content(of: SampleFields) -> tuple[StationReportPaper, list[str], list[str]]:
    """Return a report, its texts, and its numbers as printed."""
    paper = report()
    done = [ActivityLine(kind=of.code("k", at), count=of.quantity(at)) for at in of.numbers]
    short = [
        ShortageLine(item=of.code("i", at), needed=of.quantity(at), free=5) for at in of.numbers
    ]
    shown = replace(
        paper.report, goods=[of.goods_line(at) for at in of.numbers], activities=done, short=short,
        contacts=of.quantity(0),
    )  # fmt: skip
    printed = [of.code("k", at) for at in of.numbers]
    figures = [f"{of.quantity(at) - less:,}" for at in of.numbers for less in (0, 0, 0, 5, 9)]
    paper = replace(paper, station=of.station(), report=shown, names=of.items())
    return paper, [*of.names, *printed, *of.in_languages("站点"), of.name("地址")], figures


def _disclosure(of: SampleFields) -> SamplePaper:
    paper = samples.disclosure(STATION)
    came = [
        GoodsReceivedLine(source="donor", name=of.name("捐赠人", at), item=of.code("i", at),
                  quantity=of.quantity(at))
        for at in of.numbers
    ]  # fmt: skip
    handed_over = [
        GoodsHandedOverLine(community=of.code("c", at), who="household", item=of.code("i", at),
                 quantity=of.quantity(at) - 9, count=10 + at)
        for at in of.numbers
    ]  # fmt: skip
    goods = [of.goods_line(at) for at in of.numbers]
    shown = replace(paper.disclosure, received=came, handed_over=handed_over, goods=goods)
    pdf = draw_public_disclosure(
        replace(paper, station=of.station(), disclosure=shown, names=of.items())
    )
    printed = [*of.names, *(of.name("捐赠人", at) for at in of.numbers)]
    printed += [of.code("c", at) for at in of.numbers]
    figures = [f"{of.quantity(at) - less:,}" for at in of.numbers for less in (0, 0, 9, 9)]
    return SamplePaper(pdf, [*printed, *of.in_languages("站点"), of.name("地址")], figures)


MARGINS = {
    "receipt": 12, "receipts": 12, "slip": 4, "slip a5": 12, "collection slip": 12,
    "run sheet": 15, "count sheet": 15, "statement": 15, "report": 15,
    "organisation report": 15, "disclosure": 15,
}  # fmt: skip
"""Every paper, with the width of its empty margin in millimetres."""

_DRAWN: dict[str, Callable[[SampleFields], SamplePaper]] = {
    "receipt": _receipt,
    "receipts": _batch,
    "slip": _slips("roll"),
    "slip a5": _slips("a5"),
    "collection slip": _collection_slip,
    "run sheet": _run_sheet,
    "count sheet": _count_sheet,
    "statement": _statement,
    "report": _report,
    "organisation report": _organisation,
    "disclosure": _disclosure,
}


def drawn(paper: str, of: SampleFields) -> SamplePaper:
    """Draw a paper."""
    return _DRAWN[paper](of)


_IN_BOTH = [SampleFields(lines, long) for long in (False, True) for lines in LINES]
_IN_ONE = [
    SampleFields(lines, long, language)
    for language in typing.get_args(Languages)[1:]
    for long in (False, True)
    for lines in (1, 6)
]
CASES = [
    (paper, of)
    for paper in MARGINS
    for of in (_IN_BOTH if paper == "receipts" else _IN_BOTH + _IN_ONE)
]


def digests(drawn: Callable[[str, SampleFields], SamplePaper] = drawn) -> list[str]:
    """Return the SHA-256 of every paper except the longest ones, which take the most time."""
    return [
        f"{paper} {of.lines} {of.languages} {hashlib.sha256(drawn(paper, of).pdf).hexdigest()}"
        for paper, of in CASES
        if not (of.long and of.lines > 6)
    ]


if __name__ == "__main__":
    sys.stdout.write("\n".join(digests()))
