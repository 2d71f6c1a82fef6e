"""Settings of a station's papers: checked when set, and stored in each receipt."""

from __future__ import annotations

import base64
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PIL import Image
from pypdf import PdfReader
from support.issued_papers import IssuingStation, check_result, new_keys
from support.ledger_fixture import StationLedger

from supplies.cli import main
from supplies.domain import commands as c
from supplies.domain.catalogue_records import Station
from supplies.domain.money import Value
from supplies.errors import AlreadyDone, InvalidField
from supplies.stations.paper_settings import amend_station, station_with_settings

FIRST = "JZ-2020-000001"


@pytest.fixture
def engine() -> str:
    """Only SQLite: the engine does not matter for papers."""
    return "sqlite"


@pytest.fixture
def issuer(station: StationLedger, books_path: Path) -> IssuingStation:
    return IssuingStation(station, books_path, new_keys(str(books_path)))


def png(width: int = 60, height: int = 40) -> bytes:
    out = BytesIO()
    Image.new("RGB", (width, height), (10, 120, 90)).save(out, "PNG")
    return out.getvalue()


def set_to(station: StationLedger, **changes: Any) -> None:
    with station.ledger.admin_transaction() as books:
        amend_station(books, changes)


def text(pdf: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(BytesIO(pdf), strict=True).pages)


def has_chinese(page_text: str) -> bool:
    return any("一" <= sign <= "鿿" for sign in page_text)


LOGO = base64.b64encode(png()).decode()


def test_a_later_change_of_settings_does_not_change_a_receipt(
    issuer: IssuingStation,
) -> None:
    own = {"statement": "收到，谢谢。", "statement_en": "Received with thanks."}
    set_to(issuer.station, name_en="Longxue Station", papers={"logo": LOGO, **own})
    old = issuer.give()
    assert "Received with thanks." in text(old)
    assert "Longxue Station" in text(old)
    assert len(PdfReader(BytesIO(old)).pages[0].images) == 1
    set_to(issuer.station, name="别的名字", phone="020", series="ZZ", papers={"languages": "en"})
    assert issuer.paper(FIRST, original=True) == old
    assert check_result(old, issuer.keys.public_keys()) == ("genuine", FIRST)
    new = issuer.give()
    assert "ZZ-2020-000001" in text(new)
    assert check_result(new, issuer.keys.public_keys()) == ("genuine", "ZZ-2020-000001")


def test_a_receipt_is_in_the_languages_of_the_station(issuer: IssuingStation) -> None:
    issuer.station.ledger.amend(
        msgspec.structs.replace(issuer.station.books.station, name_en="Longxue Station")
    )
    both = text(issuer.give())
    assert "经办人 Handler" in both
    set_to(issuer.station, papers={"languages": "zh"})
    chinese = text(issuer.give())
    assert "经办人" in chinese
    assert "Handler" not in chinese
    set_to(issuer.station, papers={"languages": "en"})
    gift = msgspec.structs.replace(issuer.station.donation(), donor=None, handled_by="Chen")
    issuer.station(gift)
    english = text(issuer.paper("JZ-2020-000003"))
    assert "Receipt for donated goods (in kind)" in english
    assert "Longxue Station" in english
    assert not has_chinese(english), english


def test_a_value_is_printed_only_with_evidence_and_the_stations_setting(
    issuer: IssuingStation,
) -> None:
    value = Value(minor=120_000, currency="CNY", evidence="invoice 17")
    line = c.DonationLine(item="mask", quantity=10, value=value)
    gift = msgspec.structs.replace(issuer.station.donation(), lines=[line])
    issuer.station(gift)
    assert "1,200.00" not in text(issuer.paper(FIRST))
    set_to(issuer.station, papers={"values": "evidenced"})
    issuer.station(gift)
    valued = text(issuer.paper("JZ-2020-000002"))
    assert "¥1,200.00" in valued
    assert "Not valued" not in valued
    assert "Not valued" in text(issuer.give())


def test_checker_agreement_and_fiscal_ticket_are_on_the_corrected_receipt_too(
    issuer: IssuingStation,
) -> None:
    gift = msgspec.structs.replace(
        issuer.station.donation(), checked_by="黄复核", agreement="XY-7", fiscal_ticket="PJ-0099"
    )
    done = issuer.station(gift)
    page_text = text(issuer.paper(FIRST))
    assert all(word in page_text for word in ("黄复核", "XY-7", "PJ-0099"))
    fewer = msgspec.structs.replace(gift, lines=[c.DonationLine(item="mask", quantity=4)])
    issuer.station(c.Correct(entry=done.seq, command=fewer, reason="four came"))
    issuer.station(c.ReplaceReceipt(number="JZ-2020-000002", reason="anew"))
    page_text = text(issuer.paper("JZ-2020-000003"))
    assert all(word in page_text for word in ("黄复核", "XY-7", "PJ-0099"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "\u3000"}, "/name is blank"),
        ({"papers": {"statement": "谢谢"}}, "in both languages"),
        ({"papers": {"languages": "fr"}}, "languages"),
        ({"papers": {"jurisdiction": "mars"}}, "choose one of cn"),
        ({"papers": {"logo": "no base64!"}}, "base64"),
        ({"papers": {"logo": base64.b64encode(b"GIF89a").decode()}}, "not a complete PNG"),
        ({"papers": {"logo": base64.b64encode(png()[:-20]).decode()}}, "not a complete PNG"),
        ({"papers": {"logo": base64.b64encode(png(900, 2)).decode()}}, "900 by 2 pixels"),
        ({"papers": {"logo": base64.b64encode(bytes(8193)).decode()}}, "8193 bytes"),
        ({"papers": {"colour": "red"}}, "colour"),
        ({"code": "other"}, "a code stays"),
    ],
)
def test_an_unprintable_setting_is_refused_and_changes_nothing(
    station: StationLedger, changes: dict[str, Any], message: str
) -> None:
    before = station_with_settings(station.books)
    with pytest.raises((InvalidField, AlreadyDone), match=message):
        set_to(station, phone="020", **changes)
    assert station_with_settings(station.books) == before


def test_settings_are_shown_and_set_on_the_command_line(
    books_path: Path, station: StationLedger, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    station.ledger.close()
    logo = tmp_path / "logo.png"
    logo.write_bytes(png())
    at = ["--database", str(books_path)]
    assert main(["station", "set", *at, "--logo", str(logo), "--languages", "zh"]) == 0
    assert main(["station", "show", *at, "--json"]) == 0
    shown = msgspec.json.decode(capsys.readouterr().out.splitlines()[-1])
    assert shown["papers"]["logo"] == base64.b64encode(png()).decode()
    assert shown["papers"]["languages"] == "zh"
    assert main(["station", "set", *at, "--no", "logo"]) == 0
    assert main(["station", "show", *at]) == 0
    assert "a PNG" not in capsys.readouterr().out
    assert main(["station", "set", *at]) == 1
    assert main(["station", "set", *at, "--name", "\u200b"]) == 1
    assert "--name is blank" in capsys.readouterr().err
    assert main(["station", "set", *at, "--name", "Łódź 🐼 \U000f0000"]) == 0


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("example.org", "https://example.org"),
        ("Example.org:8443/", "https://Example.org:8443"),
        ("HTTP://10.0.0.7:8000", "http://10.0.0.7:8000"),
        ("https://[fd00::7]", "https://[fd00::7]"),
        ("https://南沙.example", "https://南沙.example"),
    ],
)
def test_the_host_setting_begins_the_urls_on_papers(
    station: StationLedger, typed: str, stored: str
) -> None:
    with station.ledger.admin_transaction() as books:
        assert amend_station(books, {"host": typed}).host == stored
    assert station.books.station.host == stored
    station.ledger.for_station("nx").register(
        Station(code="nx", name="南社", series="NX", host=typed)
    )
    assert station.ledger.for_station("nx").books.station.host == stored


@pytest.mark.parametrize(
    "host",
    [
        "ftp://x",
        "not a host",
        "https://",
        "//x",
        "me:pw@x",
        "https://me@x",
        "x/y",
        "x?y",
        "x#y",
        ".",
        "http://[:]",
        "[1]",
        "[:::]",
        "[..]",
        "example.org:0",
        "example.org:65536",
    ],
)
def test_an_invalid_host_is_refused(station: StationLedger, host: str) -> None:
    with pytest.raises(InvalidField, match="must be the address of a host") as refused:
        set_to(station, host=host)
    assert refused.value.faults[0].pointer == "/host"
    with pytest.raises(InvalidField, match="must be the address of a host"):
        station.ledger.for_station("nx").register(
            Station(code="nx", name="南社", series="NX", host=host)
        )


def test_a_long_closing_statement_stays_on_the_page(issuer: IssuingStation) -> None:
    words = {"statement": "兹收到上列物资，" * 50, "statement_en": "Received. " * 40}
    set_to(issuer.station, papers={"logo": LOGO, **words})
    pdf = issuer.give(expires_on=date(2022, 1, 31))
    assert len(PdfReader(BytesIO(pdf)).pages) == 1
    assert text(pdf).replace("\n", "").count("兹收到上列物资，") == 50
