"""Journals for hledger and beancount: their balances are those of the books on any day."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import pytest
from support.every_kind import RecordingStation
from support.judges import judge
from support.ledger_fixture import StationLedger

from supplies.books.reader import Books
from supplies.cli import main
from supplies.domain import commands as c
from supplies.domain.accounts import CHART
from supplies.domain.catalogue_records import Donor, Item, Location
from supplies.exports.beancount import beancount_journal
from supplies.exports.hledger import hledger_journal
from supplies.exports.journal import PROMISED, root_of
from supplies.ledger.ledger import Ledger
from supplies.views.balances_at import read_balances

Balances = dict[tuple[str, str], int]

POSTING = re.compile(r'^    (\S+)  (-?\d+) "([^"]+)"(?:  ;.*)?$')
"""A line of a transaction that moves goods, not one that states a balance."""


def balances_of_books(books: Books, on: date | None) -> Balances:
    sums: Counter[tuple[str, str]] = Counter()
    for (account, item, lot), quantity in read_balances(books, CHART.values(), on=on).items():
        if account.startswith("donor:") and not lot:
            account = account.replace("donor:", "promised:")
        sums[account, item] += quantity
    return {key: quantity for key, quantity in sums.items() if quantity}


def sum_of_postings(lines: Iterable[str]) -> Balances:
    sums: Counter[tuple[str, str]] = Counter()
    for line in "".join(lines).splitlines():
        found = POSTING.match(line)
        if found:
            sums[found[1], found[3]] += int(found[2])
    return {key: quantity for key, quantity in sums.items() if quantity}


def days_of(books: Books) -> list[date]:
    rows = books.all("SELECT DISTINCT booked_on FROM entries WHERE station = :station")
    return [date.fromisoformat(day) for (day,) in rows]


def test_the_postings_until_each_day_sum_up_to_the_balances_of_the_day(everything: str) -> None:
    with Ledger.open(everything, station="lx", create=False) as ledger:
        books = ledger.books
        assert len(days_of(books)) > 2
        for day in (None, *days_of(books)):
            made = sum_of_postings(hledger_journal(books, as_of=day))
            assert made == balances_of_books(books, day) != {}


def test_the_journals_of_both_engines_state_the_balances(station: StationLedger) -> None:
    station.pledge(20, {station.need(15): 5})
    station.stock(71)
    station.allocate(10)
    for journal in (hledger_journal(station.books), beancount_journal(station.books)):
        text = "".join(journal)
        assert re.search(r"(?i)stock:store\b.* 61 ", text)
    assert sum_of_postings(hledger_journal(station.books)) == balances_of_books(station.books, None)


def test_hledger_accepts_the_journal_and_has_the_balances_of_the_books(
    everything: str, tmp_path: Path
) -> None:
    path = tmp_path / "books.journal"
    assert main(["export", "hledger", "--database", everything, "-o", str(path)]) == 0
    for checks in (["check"], ["check", "--strict"]):
        checked = judge("hledger", "-f", path, *checks)
        assert (checked.returncode, checked.stderr) == (0, "")
    shown = judge("hledger", "-f", path, "balance", "--flat", "-N", "-O", "csv", "--layout=bare")
    rows = list(csv.reader(io.StringIO(shown.stdout)))[1:]
    balances = {(account, item): int(quantity) for account, item, quantity in rows}
    with Ledger.open(everything, station="lx", create=False) as ledger:
        assert balances == balances_of_books(ledger.books, None)


def test_hledger_finds_a_changed_quantity(everything: str, tmp_path: Path) -> None:
    with Ledger.open(everything, station="lx", create=False) as ledger:
        text = "".join(hledger_journal(ledger.books))
    source, target = [line for line in text.splitlines() if POSTING.match(line)][:2]
    changed = re.sub(r"\d+ ", "999 ", target), re.sub(r"\d+ ", "999 ", source)
    path = tmp_path / "books.journal"
    path.write_text(text.replace(f"{source}\n{target}", "\n".join(changed[::-1]), 1), "utf-8")
    checked = judge("hledger", "-f", path, "check")
    assert checked.returncode == 1
    assert "balance assertion" in checked.stderr


@pytest.mark.parametrize("as_of", [None, "2020-02-03"])
def test_beancount_accepts_the_journal(everything: str, tmp_path: Path, as_of: str | None) -> None:
    path = tmp_path / "books.beancount"
    day = [] if as_of is None else ["--as-of", as_of]
    arguments = ["export", "beancount", "--database", everything, "-o", str(path), *day]
    assert main(arguments) == 0
    checked = judge("bean-check", path)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")
    changed = re.sub(
        r"(?m)^(\S+ balance \S+  )(\d+)", r"\g<1>9\2", path.read_text("utf-8"), count=1
    )
    path.write_text(changed, "utf-8")
    assert "Balance failed" in judge("bean-check", path).stderr


def test_codes_that_beancount_does_not_allow_get_other_names(tmp_path: Path) -> None:
    station = RecordingStation(str(tmp_path / "odd.db"))
    items = ["1", "mask", "MASK", "true", "x-", "a.b_c", "9" * 64, "m-", "m_"]
    places = ["store.a", "store_a", "Store-a", "a", "A"]
    with station.ledger as ledger:
        names = [Item(code=code, name=f'"{code}" \\ 口罩') for code in items if code != "mask"]
        ledger.register(*names)
        ledger.register(*[Location(code=code, name=code) for code in places if code != "a"])
        ledger.register(Donor(code="v_3", name="V"), Donor(code="V-3", name="v"))
        for donor in ("v_3", "V-3"):
            for place in places:
                lines = [c.DonationLine(item=item, quantity=1) for item in items]
                gift = c.RecordDonation(donor=donor, location=place, handled_by="Z", lines=lines)
                station.record(gift)
        path = tmp_path / "odd.beancount"
        path.write_text("".join(beancount_journal(ledger.books, personal=True)), "utf-8")
    checked = judge("bean-check", path)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")
    text = path.read_text("utf-8")
    opened = re.findall(r"^\S+ open (\S+)$", text, re.M)
    assert len(set(opened)) == len(opened) == len(places) + 2
    commodities = re.findall(r"^\S+ commodity (\S+)$", text, re.M)
    assert len(set(commodities)) == len(commodities)
    assert set(items) <= set(re.findall(r'^  code: "(.+)"$', text, re.M))


def test_journals_have_names_of_people_only_if_asked(everything: str) -> None:
    with Ledger.open(everything, station="lx", create=False) as ledger:
        people = ("House 1", "newcomers")
        for journal in (hledger_journal, beancount_journal):
            without = "".join(journal(ledger.books))
            assert [name for name in people if name in without] == []
            assert all(name in "".join(journal(ledger.books, personal=True)) for name in people)


def test_empty_books_give_an_empty_journal(station: StationLedger) -> None:
    assert "2020" not in "".join(hledger_journal(station.books))
    assert "2020" not in "".join(beancount_journal(station.books))


def test_every_kind_of_account_has_a_type() -> None:
    types = {kind: root_of(kind) for kind in (*CHART, PROMISED)}
    assert types["stock"] == types["in_transit"] == types["pledged"] == types["lent"] == "Assets"
    assert types["donor"] == types["made"] == "Income"
    assert types["asked"] == types["needed"] == types["opening"] == "Equity"
    assert types["received"] == types["lost"] == "Expenses"


def test_an_export_replaces_no_file_and_never_the_books(
    everything: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "books.journal"
    path.write_text("mine")
    command = ["export", "hledger", "--database", everything, "-o"]
    assert main([*command, str(path)]) == 1
    assert "exists already" in capsys.readouterr().err
    assert main([*command, str(path), "--force"]) == 0
    assert main([*command, everything, "--force"]) == 1
    assert "is a file of the books" in capsys.readouterr().err


def test_only_the_owner_can_read_an_export_with_personal_data(
    everything: str, tmp_path: Path
) -> None:
    command = ["export", "hledger", "--database", everything, "-o"]
    assert main([*command, str(tmp_path / "a")]) == 0
    assert main([*command, str(tmp_path / "b"), "--personal"]) == 0
    modes = [(tmp_path / name).stat().st_mode & 0o077 for name in "ab"]
    assert modes[0] & 0o040
    assert modes[1] == 0
