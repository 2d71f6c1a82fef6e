"""Write a sample of each paper: `python -m supplies_receipts [DIRECTORY]`.

All data in the samples is made up, and the papers say so.
"""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec

from supplies.papers.collection_slip import CollectedGoods, CollectionSlip
from supplies.papers.common import DonorName, ItemName, Letterhead
from supplies.papers.receipt import DonationReceipt, Proof, ReceiptLine, ReceiptPaper
from supplies.papers.slip import DeliverySlip, SlipLine
from supplies.papers.station_report import (
    ActivityLine,
    GoodsLine,
    OrganisationReport,
    OrganisationReportPaper,
    ShortageInUnit,
    ShortageLine,
    StationAsOf,
    StationReport,
    StationReportPaper,
)
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

STATION = Letterhead(
    code="sample",
    name="样例街社工服务站",
    name_en="Sample Street Social Work Station (made-up data)",
    credit_code="91440000SAMPLE0000",
    address="样例市样例区样例路 1 号",
    phone="000-0000 0000",
    host="http://127.0.0.1:8000",
)

_IN_WORDS = {
    71: ("柒拾壹", "seventy-one"),
    2: ("贰", "two"),
    150: ("壹佰伍拾", "one hundred and fifty"),
    2400: ("贰仟肆佰", "two thousand four hundred"),
    95: ("玖拾伍", "ninety-five"),
    260: ("贰佰陆拾", "two hundred and sixty"),
}


def receipt(lines: int = 3) -> ReceiptPaper:
    """Return a made-up receipt with `lines` lines of goods."""
    goods = [
        _line("口罩（KN95，独立包装）", "Mask (KN95, wrapped singly)", "piece", 71, "B7-2019"),
        _line("84 消毒液 500 mL", "Disinfectant 84, 500 mL", "bottle", 2, None),
        _line("免洗洗手液 100 mL", "Hand sanitiser, 100 mL", "bottle", 150, "XS-0131"),
        _line("一次性手套", "Disposable gloves", "pair", 2400, None),
        _line("慰问礼品包", "Comfort gift", "set", 95, None),
        _line("防疫知识宣传单张", "Leaflet on prevention", "sheet", 260, None),
    ]
    document = DonationReceipt(
        number="JZ-2020-000123",
        issued_on=date(2020, 2, 5),
        station=STATION,
        donor=DonorName(
            code="D-01",
            name="样例商贸有限公司（虚构）",
            name_en="Sample Trading Ltd (fictitious)",
            phone="138****0000",
        ),
        donations=["d_1"],
        received_on=date(2020, 2, 5),
        received_until=date(2020, 2, 5),
        location="样例仓库甲",
        handled_by="陈样例",
        wish="优先用于独居长者和行动不便的居民（样例数据，并非真实捐赠）。",
        lines=[goods[at % len(goods)] for at in range(lines)],
        replaces=[],
    )
    proof = Proof(
        seq=313,
        hash="5a3f09c1d27e8b64" * 4,
        digest="0" * 64,
        check_code="7K3M9QXA",
        url="http://127.0.0.1:8000/v/JZ-2020-000123?c=7K3M9QXA",
    )
    return ReceiptPaper(document=document, proof=proof)


def _line(name: str, name_en: str, unit: str, quantity: int, batch: str | None) -> ReceiptLine:
    in_words, in_words_en = _IN_WORDS[quantity]
    return ReceiptLine(
        name=name,
        name_en=name_en,
        unit=unit,
        quantity=quantity,
        in_words=in_words,
        in_words_en=in_words_en,
        batch=batch,
        expires_on=None if batch is None else date(2022, 1, 31),
    )


def collection_slip() -> CollectionSlip:
    """Return the collection slip of a household that has fetched a part of its goods so far."""
    mask, *rest = slips()[0].lines
    return CollectionSlip(
        allocation="a_4",
        station=STATION,
        day=date(2020, 2, 6),
        recipient="R-004",
        name="黄**（虚构）",
        location="样例仓库",
        lines=rest,
        collected=CollectedGoods(day=date(2020, 2, 8), received_by="family", lines=[mask]),
    )


def slips() -> list[DeliverySlip]:
    """Return the delivery slips for three stops of one delivery."""
    lines = [
        SlipLine(
            name="口罩（KN95，独立包装）",
            name_en="Mask (KN95)",
            unit="piece",
            quantity=10,
            batch="B7-2019",
            expires_on=date(2022, 1, 31),
        ),
        SlipLine(
            name="免洗洗手液 100 mL",
            name_en="Hand sanitiser",
            unit="bottle",
            quantity=2,
            batch="XS-0131",
            expires_on=date(2022, 1, 31),
        ),
        SlipLine(
            name="慰问礼品包",
            name_en="Comfort gift",
            unit="set",
            quantity=1,
            batch=None,
            expires_on=None,
        ),
    ]
    doors = [
        (
            "李**（虚构）",
            "样例小区 3 栋 2 单元 1104 房",
            "敲门请慢，稍候片刻 knock slowly, please wait",
        ),
        ("王*（虚构）", "样例小区 5 栋 601 房", None),
        ("陈**（虚构）", "样例村样例巷 12 号之二", "先打电话再上楼 telephone first"),
    ]
    return [
        DeliverySlip(
            delivery="v_1", allocation=f"a_{at}", stop=at, stops=len(doors), station=STATION,
            team="样例一组", day=date(2020, 2, 6), recipient=f"R-00{at}", name=name,
            phone="139****000" + str(at), address=address, access=access, lines=lines[: 4 - at],
        )
        for at, (name, address, access) in enumerate(doors, 1)
    ]  # fmt: skip


def report() -> StationReportPaper:
    """Return the report of a made-up station over a period of eleven days."""
    goods = [
        _goods("mask-kn95", "piece", received=71, handed_over=48, used=14, left=9),
        _goods("disinfectant", "bottle", received=2, used=1, left=1),
        _goods("sanitiser", "bottle", received=150, handed_over=72, left=78),
        _goods("gift", "set", received=95, handed_over=95),
        _goods("leaflet", "sheet", opening=40, received=220, handed_over=260),
    ]
    body = StationReport(
        station=STATION.code,
        first=date(2020, 2, 3),
        last=date(2020, 2, 13),
        as_of_seq=311,
        workers=14,
        contacts=54,
        visits=60,
        households_surveyed=36,
        households_fully_met=16,
        notices_posted=12,
        activities=[
            ActivityLine(kind="gate_duty", count=33),
            ActivityLine(kind="supply_run", count=9),
        ],
        goods=goods,
        short=[
            ShortageLine(item="mask-kn95", needed=40, free=5),
            ShortageLine(item="disinfectant", needed=6, free=1),
        ],
    )
    names = {
        "mask-kn95": ItemName(name="口罩（KN95）", name_en="Mask (KN95)"),
        "disinfectant": ItemName(name="84 消毒液 500 mL", name_en="Disinfectant 84, 500 mL"),
        "sanitiser": ItemName(name="免洗洗手液 100 mL", name_en="Hand sanitiser, 100 mL"),
        "gift": ItemName(name="慰问礼品包", name_en="Comfort gift"),
        "leaflet": ItemName(name="防疫知识宣传单张", name_en=None),
    }
    return StationReportPaper(
        station=STATION,
        report=body,
        names=names,
        printed_at=datetime(2020, 2, 13, 10, 0, tzinfo=UTC),
    )


def organisation(paper: StationReportPaper, stations: int = 3) -> OrganisationReportPaper:
    """Return a joint report of `stations` stations, with the numbers of the report `paper`."""
    fields = msgspec.structs.asdict(paper.report)
    units = {line.item: line.unit for line in paper.report.goods}
    fields["short"] = [
        ShortageInUnit(**msgspec.structs.asdict(line), unit=units.get(line.item, "piece"))
        for line in paper.report.short
    ]
    under = [
        StationAsOf(
            station=f"s{at}",
            name=f"样例{at}站（虚构）",
            name_en=f"Station {at}",
            as_of_seq=100 + at,
        )
        for at in range(1, stations)
    ]
    head_station = StationAsOf(
        station=paper.station.code,
        name=paper.station.name,
        name_en=paper.station.name_en,
        as_of_seq=paper.report.as_of_seq,
    )
    report = OrganisationReport(**fields, stations=[head_station, *under])
    return OrganisationReportPaper(
        station=paper.station, report=report, names=paper.names, printed_at=paper.printed_at
    )


def _goods(
    item: str,
    unit: str,
    *,
    opening: int = 0,
    received: int = 0,
    handed_over: int = 0,
    used: int = 0,
    left: int = 0,
) -> GoodsLine:
    return GoodsLine(
        item=item, unit=unit, opening=opening, received=received,
        handed_over=handed_over, used=used, lost=0, unexplained=0, other=0,
        on_hand=left, allocated=left // 2, in_transit=0,
    )  # fmt: skip


def main(arguments: list[str]) -> int:
    """Write the samples, and print the paths of the files. Return 2 if the arguments are wrong."""
    if len(arguments) > 1 or arguments[:1] in (["-h"], ["--help"]):
        sys.stderr.write("usage: python -m supplies_receipts [DIRECTORY]\n")
        return 0 if arguments[:1] in (["-h"], ["--help"]) else 2
    directory = Path(arguments[0] if arguments else ".")
    directory.mkdir(parents=True, exist_ok=True)
    papers = {
        "receipt.pdf": draw_receipt(receipt()),
        "receipt-of-60-lines.pdf": draw_receipt(receipt(60)),
        "receipts.pdf": draw_receipts([receipt(1), receipt(6), receipt()]),
        "delivery-slips.pdf": draw_delivery_slips(slips()),
        "delivery-slips-a5.pdf": draw_delivery_slips(slips(), "a5"),
        "collection-slip.pdf": draw_collection_slip(collection_slip()),
        "run-sheet.pdf": draw_run_sheet(samples.run_sheet(STATION)),
        "count-sheet.pdf": draw_count_sheet(samples.count_sheet(STATION)),
        "donor-statement.pdf": draw_donor_statement(samples.statement(STATION)),
        "disclosure.pdf": draw_public_disclosure(samples.disclosure(STATION)),
        "station-report.pdf": draw_station_report(report()),
        "organisation-report.pdf": draw_organisation_report(organisation(report())),
    }
    for name, content in papers.items():
        (directory / name).write_bytes(content)
        sys.stdout.write(f"{directory / name}  {len(content):,} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
