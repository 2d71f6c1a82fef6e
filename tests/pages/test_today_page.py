"""The home page: what is needed and missing, and which teams are out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from markupsafe import Markup
from playwright.sync_api import expect
from supplies_service.templating import guide_line_breaks, label_cells
from support.browser import (
    WIDTH_AND_LANGUAGE,
    OpenPage,
    Site,
    fits,
    serious_faults,
    start_site,
)

from supplies import (
    Allocate,
    AllocationLine,
    Dispatch,
    DonationLine,
    Item,
    Ledger,
    NoteNeed,
    Recipient,
    RecordDonation,
    Team,
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site of its own, because the page shows only the first teams that are out."""
    with start_site(tmp_path_factory.mktemp("today")) as site:
        yield site


@pytest.fixture(scope="module", autouse=True)
def _work(site: Site) -> None:
    """Note a need of 990,000 gowns, give 90 and send 40 of them out with a team."""
    with Ledger.open(str(site.database), station="lx", clock=lambda: datetime.now(UTC)) as ledger:
        ledger.register(Item(code="gown-today", name="隔离衣", name_en="gown", unit="piece"))
        ledger.register(Recipient(code="R-TODAY", name="赵某", community="c-1"))
        ledger.register(Team(code="T-TODAY", name="今日队"))
        ledger.record(
            RecordDonation(
                location="store",
                handled_by="陈某",
                lines=[DonationLine(item="gown-today", quantity=90)],
            ),
            by="u_1",
        )
        ledger.record(NoteNeed(recipient="R-TODAY", item="gown-today", quantity=990_000), by="u_1")
        allocation = ledger.record(
            Allocate(
                recipient="R-TODAY",
                location="store",
                lines=[AllocationLine(item="gown-today", quantity=40)],
            ),
            by="u_1",
        )
        ledger.record(Dispatch(team="T-TODAY", allocations=[allocation.document]), by="u_1")
        ledger.record(
            Allocate(
                recipient="R-TODAY",
                location="store",
                lines=[AllocationLine(item="gown-today", quantity=7)],
            ),
            by="u_1",
        )


@pytest.mark.parametrize("javascript", [True, False])
def test_today_shows_what_is_missing_and_what_a_team_has(
    open_page: OpenPage, javascript: bool
) -> None:
    page = open_page("/", javascript=javascript)
    row = page.get_by_role("region", name="Open needs").get_by_role("row", name="gown")
    expect(row.get_by_role("cell")).to_have_text(
        ["989,953 pieces", "–", "43 pieces", "989,910 pieces"]
    )
    team = page.get_by_role("region", name="Teams that are out").get_by_role("row", name="今日队")
    expect(team).to_contain_text("0 of 1 stops")
    expect(team).to_contain_text("gown 40 pieces")
    page.get_by_role("link", name="Propose allocations").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Propose allocations")


def test_today_leads_from_allocated_goods_to_a_team(open_page: OpenPage) -> None:
    page = open_page("/")
    region = page.get_by_role("region", name="Goods set aside and not sent out")
    row = region.get_by_role("row", name="赵某")
    expect(row).to_contain_text("gown 7 pieces")
    expect(row).not_to_contain_text("40")
    region.get_by_role("link", name="Send a team out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Send a team out")
    expect(page.get_by_role("row", name="赵某")).to_contain_text("gown 7 pieces")


@pytest.mark.parametrize(("width", "language"), WIDTH_AND_LANGUAGE)
def test_axe_finds_no_serious_fault_in_today(
    open_page: OpenPage, width: int, language: str
) -> None:
    page = open_page("/", width=width, language=language)
    assert serious_faults(page) == []
    assert fits(page)


def test_a_narrow_screen_shows_the_title_of_each_cell(open_page: OpenPage) -> None:
    page = open_page("/", width=360)
    cell = page.get_by_role("cell", name="989,910 pieces")
    title = cell.evaluate("cell => getComputedStyle(cell, '::before').content")
    assert title == '"Missing"'


def test_cells_are_labelled_with_the_titles_of_their_columns() -> None:
    rows = Markup(
        '<tr class="a"><th scope="row">A</th><td>–</td><td class="n">3</td><td>2020-02-05</td></tr>'
    )
    assert label_cells(rows, ["Name", "Batch", 'Of "it"', "Day"]) == (
        '<tr class="a"><th scope="row">A</th>'
        '<td data-label="Batch" data-blank>–</td>'
        '<td data-label="Of &#34;it&#34;" class="n">3</td>'
        '<td data-label="Day" data-day>2020-02-05</td></tr>'
    )


def test_short_cells_are_kept_whole() -> None:
    rows = Markup("<tr><td>Store A</td></tr>")
    assert label_cells(rows, ["Place"]) == '<tr><td data-label="Place" data-short>Store A</td></tr>'


def test_no_line_ends_within_a_day() -> None:
    for text, marked in (
        ("<p>bought 2020-02-05, late</p>", "<p>bought {2020-02-05}, late</p>"),
        ("<p>2020年2月5日 17:05前</p>", "<p>{2020年2月5日 17:05}前</p>"),
        ("<p>至2030年5月</p>", "<p>至{2030年5月}</p>"),
        ('<a title="2020-02-05">JZ-2020-000001</a>',) * 2,
        ("<title>2020-02-05</title><option>2020年2月5日</option>",) * 2,
    ):
        whole = marked.replace("{", '<span class="whole">').replace("}", "</span>")
        assert guide_line_breaks(text) == whole


def test_no_line_begins_with_a_separator() -> None:
    assert guide_line_breaks("<h1>Team 1 · out</h1>") == "<h1>Team 1\N{NO-BREAK SPACE}· out</h1>"
    assert guide_line_breaks('<a title="A · B">C</a>') == '<a title="A · B">C</a>'
    assert guide_line_breaks("<option>A · B</option>") == "<option>A · B</option>"


def test_cells_of_a_few_latin_words_are_marked() -> None:
    rows = Markup('<tr><th>A</th><td><a href="/items/x">hand sanitiser</a></td><td>口罩</td></tr>')
    assert label_cells(rows, ["Name", "Item", "Other"]) == (
        '<tr><th>A</th><td data-label="Item" data-words><a href="/items/x">hand sanitiser</a></td>'
        '<td data-label="Other">口罩</td></tr>'
    )
