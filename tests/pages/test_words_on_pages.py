"""Pages show names, days and quantities in place of ids, and offer choices in place of codes."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest
import supplies_service.pages
from supplies_service.pages.languages import Language
from supplies_service.pages.names import Names
from supplies_service.templating import format_day, format_days, sum_by_item
from support.ledger_fixture import StationLedger
from support.page_client import sign_in_as
from support.rest_client import RestClient
from support.service_fixture import Service

from supplies.access import donor_requests
from supplies.access.access_context import AccessContext
from supplies.domain.catalogue_records import Item, LargerUnit, Location
from supplies.domain.commands import CloseDelivery, LotLine, WriteOff
from supplies.errors import NotEnough, Sentence, Unaccounted
from supplies.ledger.ledger import Ledger
from supplies.stations.paper_settings import paper_settings

PAGES = Path(supplies_service.pages.__file__).parent


def names_in(station: StationLedger, language: Language) -> Names:
    books = station.books
    access = AccessContext(books, station.ledger.clock())
    return Names(books, paper_settings(books), language, personal=True, access=access)


@pytest.mark.parametrize(
    ("value", "chinese"),
    [
        (date(2020, 2, 5), "2020年2月5日"),
        ("2027-05", "2027年5月"),
        ("2027-12-31", "2027年12月31日"),
    ],
)
def test_days_and_months_are_written_as_readers_write_them(value: date | str, chinese: str) -> None:
    assert format_day(value, "zh") == chinese
    assert format_day(value, "en") == str(value)


def test_visible_words_of_templates_use_the_colon_of_the_language() -> None:
    latin = re.compile(r"""(?:\}\}|%\}|</a>): |~ ": " ~""")
    for template in (PAGES / "templates").glob("*.html"):
        words = re.sub(r'aria-label="[^>]*', "", template.read_text(encoding="utf-8"))
        assert latin.findall(words) == [], f"{template.name}: write {{{{ colon }}}} instead"


def test_receipt_numbers_and_codes_are_not_days() -> None:
    for text in ("JZ-2020-000007", "B2020-05", "2020-05-xx", "13800138000"):
        assert format_days(text, "zh") == text


def test_goods_of_several_lots_are_one_quantity() -> None:
    lines = [SimpleNamespace(item=item, quantity=n) for item, n in (("a", 2), ("b", 1), ("a", 3))]
    assert sum_by_item(lines) == [{"item": "a", "quantity": 5}, {"item": "b", "quantity": 1}]


def test_a_figure_of_an_item_in_larger_units_names_its_unit(station: StationLedger) -> None:
    larger = LargerUnit(unit="kg", size=1000)
    station.ledger.register(Item(code="flour", name="面粉", unit="g", shown_unit=larger))
    names = names_in(station, "zh")
    assert [names.figure(n, "flour") for n in (2500, 500, -2500, 0)] == [
        "2.5 千克",
        "500 克",
        "−2.5 千克",
        "0",
    ]
    assert names.figure(2500, "mask") == "2,500"


def test_a_choice_of_lots_says_what_each_is_and_begins_with_the_first_to_expire(
    station: StationLedger,
) -> None:
    station.give(5)
    station.give(7, batch="B1", expires_month="2027-05")
    station.give(3, expires_on=date(2026, 1, 2))
    found = names_in(station, "zh").lots("mask")
    assert [words for _, words in found] == [
        "有效期至 2026年1月2日 · 广州某企业 · 2020年2月10日 · Store A 3 件",
        "B1 · 有效期至 2027年5月 · 广州某企业 · 2020年2月10日 · Store A 7 件",
        "广州某企业 · 2020年2月10日 · Store A 5 件",
    ]
    assert names_in(station, "en").lots("no such item") == []


def test_a_form_offers_every_place_of_a_large_station(station: StationLedger) -> None:
    more = [Location(code=f"shelf-{number}", name=f"架 {number}") for number in range(201)]
    station.ledger.register(*more)
    assert len(names_in(station, "zh").places()) == 3 + len(more)


def test_a_refusal_names_the_household_in_place_of_an_allocation(station: StationLedger) -> None:
    station.give(5)
    allocation = station.allocate(5)
    sentence = Sentence("unknown {noun} {code}", noun="allocation", code=allocation)
    assert "王某" in names_in(station, "zh").sentence(sentence)
    assert allocation not in names_in(station, "zh").sentence(sentence)


@pytest.mark.parametrize(
    ("language", "goods"),
    [("zh", "王某的洗手液 3 瓶"), ("en", "hand sanitiser 3 bottles of 王某")],
)
def test_a_refused_close_writes_goods_in_words(
    station: StationLedger, language: Language, goods: str
) -> None:
    station.give(5, item="soap")
    delivery = station.dispatch(station.allocate(3, item="soap"))
    with pytest.raises(Unaccounted) as refused:
        station(CloseDelivery(delivery=delivery))
    assert goods in names_in(station, language).sentence(refused.value.detail)


@pytest.mark.parametrize(("language", "households"), [("zh", "王某、张某"), ("en", "王某, 张某")])
def test_a_refused_write_off_names_the_households_that_goods_are_kept_for(
    station: StationLedger, language: Language, households: str
) -> None:
    station.stock(5)
    station.allocate(2)
    station.allocate(1, recipient="R-2")
    with pytest.raises(NotEnough) as refused:
        station(
            WriteOff(location="store", reason="damaged", lines=[LotLine(item="mask", quantity=4)])
        )
    (fault,) = refused.value.faults
    assert fault.rule is not None
    assert households in names_in(station, language).sentence(fault.rule)


@pytest.mark.parametrize(
    ("language", "words"), [("zh", "洗手液没有批号 B7"), ("en", "no lot of hand sanitiser has")]
)
def test_an_error_page_names_items_in_the_language_of_its_reader(
    rest: RestClient, service: Service, language: str, words: str
) -> None:
    client = sign_in_as(rest.client, service, "coordinator").client
    headers = {"Accept-Language": language, "Accept": "text/html"}
    answer = client.get("/reports/tables/recall?item=soap&batch=B7", headers=headers)
    assert words in answer.text


def test_the_list_of_entries_shows_names_in_place_of_ids(
    rest: RestClient, service: Service
) -> None:
    given = rest.give(5)["donation"]["id"]
    html = sign_in_as(rest.client, service, "coordinator").open("/entries")
    assert f'<a href="/donations/{given}">' in html
    assert f">{given}<" not in html


def test_a_line_with_an_unknown_item_leads_to_its_registration(
    rest: RestClient, service: Service
) -> None:
    browser = sign_in_as(rest.client, service, "recorder")
    fields = {"key": "k" * 22, "do": "save", "/lines/0/item": "帐篷", "/lines/0/quantity": "3"}
    refused = browser.send("/donations/new", **fields).text
    assert 'href="/items/new?name=%E5%B8%90%E7%AF%B7" target="_blank"' in refused
    assert 'value="帐篷"' in browser.open("/items/new?name=%E5%B8%90%E7%AF%B7")
    assert "王某" not in browser.open("/recipients/new?name=%E7%8E%8B%E6%9F%90")


def test_the_report_of_alerts_names_what_each_is_about(rest: RestClient, service: Service) -> None:
    path = str(service.folder / "books.db")
    with Ledger.open(path, station="lx", clock=service.clock) as ledger:
        ledger.register(Item(code="tent", name="帐篷", minimum=5))
        with ledger.admin_transaction() as books:
            wish = donor_requests.NewRequest(kind="correct", wish="another name")
            donor_requests.add(AccessContext(books, ledger.clock()), "D-1", wish)
    html = sign_in_as(rest.client, service, "coordinator").open("/reports/tables/alerts")
    subjects = re.findall(r'<td data-label="About"[^>]*>(?:<a [^>]*>)?([^<]*)', html)
    assert {"广州某企业", "帐篷"} <= set(subjects)
