"""Made-up data for papers, for the sample papers and the tests."""

from __future__ import annotations

from datetime import UTC, date, datetime

from supplies.papers.common import DonorName, ItemName, Letterhead
from supplies.papers.count_sheet import CountSheetPaper, SheetLine
from supplies.papers.disclosure import (
    Disclosure,
    DisclosurePaper,
    GoodsHandedOverLine,
    GoodsReceivedLine,
)
from supplies.papers.donor_statement import (
    DonorStatement,
    DonorStatementPaper,
    PeopleReachedLine,
    StatementLine,
    WishDeviation,
    WishLine,
    receipt_months,
)
from supplies.papers.run_sheet import LoadLine, RunSheet, RunStop
from supplies.papers.slip import SlipLine
from supplies.papers.station_report import GoodsLine

_FIRST, _LAST = date(2020, 2, 3), date(2020, 3, 13)
_PRINTED = datetime(2020, 3, 13, 10, 0, tzinfo=UTC)


def statement(station: Letterhead, items: int = 3) -> DonorStatementPaper:
    """Return a donor statement about `items` different items."""
    goods = [
        _statement_line("mask-kn95", "口罩（KN95，独立包装）", "piece", 71, 0, handed_over=48,
                        in_transit=6, allocated=5, free=8, used=3, lost=1),
        _statement_line("sanitiser", "免洗洗手液 100 mL", "bottle", 150, 0, handed_over=149,
                        unexplained=1),
        _statement_line("rice-bag", "大米 2.5 kg 袋", "bag", 0, 40, handed_over=31, free=9),
        _statement_line("rice", "散装大米", "kg", 100, 0, converted=100),
        _statement_line("drum", "消毒液（桶装）", "drum", 12, 0, lent=2, returned=1, free=9),
    ]  # fmt: skip
    numbers = [f"JZ-2020-{number:06d}" for number in range(1, items + 1)]
    shown = DonorStatement(
        station=station.code,
        donor="D-01",
        first=_FIRST,
        last=_LAST,
        as_of_seq=311,
        receipts=numbers,
        receipt_months=receipt_months(dict.fromkeys(numbers, _FIRST)),
        goods=[goods[at % len(goods)] for at in range(items)],
        served=[
            PeopleReachedLine(month="2020-02", community="样例社区", who="household", count=36),
            PeopleReachedLine(month="2020-02", community="样例社区", who="person", count=95),
            PeopleReachedLine(month="2020-02", community="样例新村", who="household", count="<5"),
            PeopleReachedLine(month="2020-03", community=None, who="household", count=12),
        ],
        wishes=[
            WishLine(receipt="JZ-2020-000001", wish="优先用于独居长者（样例数据）。")
        ],
        departures=[
            WishDeviation(
                day=date(2020, 2, 9), item="mask-kn95", name="口罩（KN95，独立包装）",
                name_en="Mask (KN95)", unit="piece", quantity=3,
                reason="该户已由邻里互助解决，不再需要（样例数据）。", by="u_1",
            )
        ],
    )  # fmt: skip
    donor = DonorName(
        code="D-01",
        name="样例商贸有限公司（虚构）",
        name_en="Sample Trading Ltd (fictitious)",
        phone="138****0000",
    )
    return DonorStatementPaper(station=station, donor=donor, statement=shown, printed_at=_PRINTED)


def _statement_line(
    item: str, name: str, unit: str, received: int, repacked: int, **places: int
) -> StatementLine:
    return StatementLine(
        item=item,
        name=name,
        name_en=None,
        unit=unit,
        received=received,
        repacked=repacked,
        places=places,
    )


def disclosure(station: Letterhead, donors: int = 3) -> DisclosurePaper:
    """Return a disclosure that names `donors` donors, and also counts donors without a name."""
    named = ["样例商贸有限公司（虚构）", "张**", "样例爱心协会（虚构）"]
    given = [
        GoodsReceivedLine(source="donor", name=named[at % 3], item=item, quantity=quantity)
        for at in range(donors)
        for item, quantity in (("mask-kn95", 71), ("sanitiser", 150))
    ]
    given += [
        GoodsReceivedLine(source="donor", name=None, item="sanitiser", quantity=10),
        GoodsReceivedLine(source="made", name=None, item="leaflet", quantity=260),
    ]
    came = {"mask-kn95": 71 * donors, "sanitiser": 150 * donors + 10, "leaflet": 260}
    units = {"mask-kn95": "piece", "sanitiser": "bottle", "leaflet": "sheet"}
    handed_over = [
        GoodsHandedOverLine(
            community="样例社区", who="household", item="mask-kn95", quantity=48, count=16
        ),
        GoodsHandedOverLine(
            community="样例社区", who="household", item="sanitiser", quantity=60, count=30
        ),
        GoodsHandedOverLine(
            community="样例新村", who="household", item="sanitiser", quantity=9, count="<5"
        ),
        GoodsHandedOverLine(community=None, who="person", item="leaflet", quantity=260, count=260),
    ]
    gone = {"mask-kn95": 48, "sanitiser": 69, "leaflet": 260}
    goods = [
        GoodsLine(
            item=item, unit=units[item], opening=0, received=came[item], handed_over=gone[item],
            used=0, lost=0, unexplained=0, other=0, on_hand=came[item] - gone[item], allocated=0,
            in_transit=0,
        )
        for item in came
    ]  # fmt: skip
    shown = Disclosure(
        station=station.code, first=_FIRST, last=_LAST, as_of_seq=311, received=given,
        handed_over=handed_over, goods=goods,
    )  # fmt: skip
    names = {
        "mask-kn95": ItemName(name="口罩（KN95，独立包装）", name_en="Mask (KN95)"),
        "sanitiser": ItemName(name="免洗洗手液 100 mL", name_en="Hand sanitiser, 100 mL"),
        "leaflet": ItemName(name="防疫知识宣传单张", name_en=None),
    }
    return DisclosurePaper(station=station, disclosure=shown, names=names, printed_at=_PRINTED)


def run_sheet(station: Letterhead, stops: int = 3) -> RunSheet:
    """Return the run sheet of a delivery that has `stops` stops."""
    expiry = date(2022, 1, 31)
    lines = [
        SlipLine(
            name="口罩（KN95，独立包装）", name_en=None, unit="piece", quantity=10,
            batch="B7-2019", expires_on=expiry,
        ),
        SlipLine(
            name="免洗洗手液 100 mL", name_en=None, unit="bottle", quantity=2, batch="XS-0131",
            expires_on=expiry,
        ),
    ]  # fmt: skip
    load = [
        LoadLine(
            name=line.name, name_en=line.name_en, unit=line.unit, lot=f"l_sample_12_{at}",
            batch=line.batch, expires_on=line.expires_on, location="样例仓库甲",
            quantity=line.quantity * stops,
        )
        for at, line in enumerate(lines, 1)
    ]  # fmt: skip
    doors = [
        RunStop(
            stop=at, recipient=f"R-{at:03d}", name="李**（虚构）", phone="139****0001",
            address=f"样例小区 {at} 栋 2 单元 1104 房", lines=lines,
        )
        for at in range(1, stops + 1)
    ]  # fmt: skip
    return RunSheet(
        delivery="v_1",
        station=station,
        team="样例一组",
        day=date(2020, 2, 6),
        load=load,
        stops=doors,
    )


def count_sheet(station: Letterhead, *, blind: bool = True) -> CountSheetPaper:
    """Return the count sheet of a small store. A blind sheet does not show the quantities."""
    goods = [
        ("口罩（KN95，独立包装）", "Mask (KN95)", "piece", "B7-2019", date(2022, 1, 31), 71),
        ("免洗洗手液 100 mL", None, "bottle", "XS-0131", date(2022, 1, 31), 150),
        ("大米 2.5 kg 袋", None, "bag", None, None, 40),
    ]
    lines = [
        SheetLine(
            name=name, name_en=name_en, unit=unit, lot=f"l_sample_12_{at}", batch=batch,
            expires_on=expires_on, expected=None if blind else expected,
        )
        for at, (name, name_en, unit, batch, expires_on, expected) in enumerate(goods, 1)
    ]  # fmt: skip
    return CountSheetPaper(
        sheet="c_1",
        station=station,
        location="样例仓库甲",
        day=date(2020, 2, 6),
        blind=blind,
        lines=lines,
    )
