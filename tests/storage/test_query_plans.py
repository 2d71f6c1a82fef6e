"""No rule or view reads all rows of a station in a table that grows with the books.

The tests record a day with commands of every kind and show every view. Then the database explains
the plan of each statement that ran. SQLite's plans depend only on its fixed statistics. On
PostgreSQL, the statistics are changed as if the tables had a thousand times as many rows.
"""

from __future__ import annotations

import inspect
import re
import sqlite3
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from functools import partial
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from types import CodeType, FrameType, FunctionType
from typing import Any, NamedTuple, get_args

import pytest
from support.engines import Engines
from support.every_kind import RecordingStation, book_everything, record_the_rest

import supplies.views
from benchmarks import growth
from supplies.books.catalogue import CODE_LETTERS
from supplies.books.reader import Books
from supplies.domain import commands as c
from supplies.domain.catalogue_records import CATALOGUE_RECORDS
from supplies.domain.entries import ENTRY_KINDS
from supplies.errors import Forgotten, Sentence, UnknownBarcode
from supplies.ledger.rules import RULES
from supplies.signing.station_keys import StationKeys
from supplies.storage import schema
from supplies.storage.sqlite.store import SqliteStore
from supplies.storage.store import Store
from supplies.views import (
    activities,
    alerts,
    allocation_proposal,
    allocations,
    barcodes,
    campaign_report,
    catalogue,
    collection_slips,
    conflict_reasons,
    conflict_sides,
    count_sheets,
    deliveries,
    delivery_history,
    delivery_proofs,
    delivery_slips,
    demand,
    document_parties,
    document_reports,
    donation_warnings,
    donations,
    donor_reports,
    donor_statement,
    ended_runs,
    entries,
    figure_sources,
    first_steps,
    given_back,
    goods_with_teams,
    household_history,
    household_statistics,
    likely_duplicates,
    look_alikes,
    lot_origins,
    merges,
    movements,
    need_reports,
    needs,
    open_documents,
    organisation_report,
    periods,
    pledges,
    public_disclosure,
    recall,
    receipt_batches,
    receipt_papers,
    receipts,
    remarks,
    shipments,
    stated_commands,
    stated_donation,
    station_report,
    stock,
    stock_by_day,
    stock_cover,
    stock_derivation,
    stock_documents,
    stock_warnings,
    stop_conflicts,
    team_counters,
    team_report,
    team_runs,
    trace,
)

ENTRIES, MORE = 300, 1_000
"""Number of entries on PostgreSQL, and the factor by which the statistics multiply rows."""

FEW_ROWS = {"count_sheets", "periods", "forgettings", "merges"}
"""Tables with a row for each stock count, closed period, forgotten person or merged code."""

GROWING = {
    *schema.ENTRY_ROW_TABLES,
    "entries",
    "transfers",
    "balances",
    "days",
    "erasable",
} - FEW_ROWS
"""Tables that get more rows as more is recorded."""

FIRST, TODAY = date(2020, 2, 1), date(2020, 2, 9)

Trace = dict[str, tuple[str, Any]]
"""The statements that ran, with their parameters.

Statements that differ only in the number of ids have the same key.
"""


class Calendar:
    """Sets the clock of a station to a day."""

    def __init__(self, station: RecordingStation) -> None:
        self.clock = station.clock

    def set_day(self, day: date) -> None:
        self.clock.now = datetime(day.year, day.month, day.day, 1, tzinfo=UTC)


@contextmanager
def traced(store: Store) -> Iterator[Trace]:
    """Collect the statements that run within the block."""
    trace: Trace = {}
    with pytest.MonkeyPatch.context() as patch:
        for method in ("all", "one", "run"):
            original = getattr(store, method)

            def spy(sql: str, params: Any = (), original: Any = original) -> Any:
                if re.match("SELECT|WITH|UPDATE|DELETE", sql):
                    trace.setdefault(re.sub(r"(\(:\w+\), )+", "", sql), (sql, params))
                return original(sql, params)

            patch.setattr(store, method, spy, raising=False)
        yield trace


# --- every command -------------------------------------------------------------------------------


def correct_commands(station: RecordingStation) -> None:
    """Record a command of each kind that can be corrected, and correct it."""
    for command, corrected in (
        (c.NoteNeed(recipient="h2", item="mask", quantity=n) for n in (4, 3)),
        (c.RecordActivity(kind="visit", count=n) for n in (4, 3)),
        (
            c.RecordArrival(
                origin="bought",
                party="shop",
                location="a",
                lines=[c.ArrivalLine(item="mask", quantity=n)],
                campaign="appeal",
            )
            for n in (4, 3)
        ),
        (
            c.RecordDonation(
                donor="wang",
                location="a",
                handled_by="Zhang",
                lines=[c.DonationLine(item="mask", quantity=n, recipient="h2")],
                campaign="appeal",
            )
            for n in (4, 3)
        ),
        (
            c.MakePledge(
                donor="wang",
                lines=[c.PledgeLine(item="gel", quantity=n)],
                campaign="appeal",
            )
            for n in (4, 3)
        ),
        (
            c.Move(source="a", target="b", lines=[c.LotLine(item="mask", quantity=n)])
            for n in (4, 3)
        ),
        (
            c.HandOut(recipient="h2", location="a", lines=[c.RecipientLine(item="gel", quantity=n)])
            for n in (4, 3)
        ),
        (
            c.WriteOff(reason="damaged", location="a", lines=[c.LotLine(item="mask", quantity=n)])
            for n in (4, 3)
        ),
        (
            c.Convert(
                location="a",
                consumed=[c.LotLine(item="gel", quantity=n)],
                produced=[c.ConvertedLine(item="gel", quantity=n)],
            )
            for n in (4, 3)
        ),
    ):
        entry = station.record(command).seq
        station.record(c.Correct(entry=entry, command=corrected, reason="made up"))


# --- every view ----------------------------------------------------------------------------------


class NoNames:
    """Codes in place of names, for the phones of a team."""

    def unit_of(self, item: str, quantity: int) -> str:
        return f"unit of {item}"

    def pack(self, pack: str, size: int, item: str) -> str:
        return f"{pack} of {size} {item}"

    def item(self, code: str) -> str:
        return code

    def location(self, code: str) -> str:
        return code

    def quantity(self, quantity: int, item: str) -> str:
        return f"{quantity} {item}"

    def sentence(self, sentence: Sentence) -> str:
        return str(sentence)

    def phone(self, by: str) -> str | None:
        return None


def show_everything(books: Books, url: str) -> None:
    """Show every view: lists with each filter, and one document of each type."""
    for status in (None, "open", "claimed", "assigned", "met", "ended"):
        needs.list_needs(books, status=status)
    needs.list_needs(books, item="mask")
    need = needs.list_needs(books, recipient="h1").items[-1].id
    needs.get_need(books, need)
    needs.find_goods_of_ended_need(books, need)
    for status in (None, "open", "kept", "lapsed", "cancelled"):
        pledges.list_pledges(books, status=status)
    pledges.list_pledges(books, campaign="appeal")
    pledges.get_pledge(books, pledges.list_pledges(books, donor="wang").items[-1].id)
    donations.list_donations(books)
    for one in donations.list_donations(books, donor="wang").items:
        donations.get_donation(books, one.id)
        donation_warnings.find_beside_pledge(books, one.id)
        donation_warnings.find_missing_labels(books, one.id)
        stock_warnings.find_unexplained_surplus(books, one.id)
        stock_warnings.find_unexpired_write_offs(books, one.id)
        donation_warnings.find_local_address(books, 1, books.last_entry().seq)
        stated_donation.stated_donation(books, one.id)
        given_back.last_return(books, [one.id])
    donations.find_last_donation(books, donor="wang")
    donations.find_last_donation(books, recorded_by="w1")
    for status in (None, "waiting", "allocated", "in_transit", "received"):
        allocations.list_allocations(books, status=status)
    allocation = allocations.list_allocations(books, recipient="h2").items[-1].id
    allocations.get_allocation(books, allocation)
    allocations.find_counts(books, allocation)
    for status in (None, "out", "closed"):
        deliveries.list_deliveries(books, status=status)
    delivery = deliveries.list_deliveries(books, team="t2").items[-1].id
    stop = deliveries.get_delivery(books, delivery).stops[0]
    deliveries.find_deliveries(books, stop.allocation)
    goods_with_teams.find_goods_with_teams(books, 1, books.last_entry().seq)
    account = f"allocated:{stop.allocation}:a"
    back = goods_with_teams.GoodsWithTeam(delivery, "t2", account, "mask", stop.lines[0].lot, 1)
    goods_with_teams.free_with_teams(books, [back])
    delivery_slips.build_delivery_slips(books, delivery)
    delivery_slips.build_run_sheet(books, delivery)
    collection_slips.build_collection_slip(books, allocation)
    stop_conflicts.list_stop_conflicts(books)
    delivery_history.read_stop_events(books, delivery)
    delivery_history.find_end(books, delivery)
    delivery_proofs.get_stop_codes(books, delivery)
    delivery_proofs.read_proofs(books, [delivery])
    delivery_proofs.read_signatures(books, delivery)
    for kind, read in (
        ("photo", delivery_proofs.get_photo),
        ("signature", delivery_proofs.get_signature),
    ):
        shown = [
            (one.id, seq)
            for one in deliveries.list_deliveries(books, limit=None).items
            for (seq,) in books.all(
                "SELECT seq FROM proofs WHERE station = :station AND delivery = :delivery "
                "AND kind = :kind",
                delivery=one.id,
                kind=kind,
            )
        ]
        read(books, *shown[0])
    team_runs.list_team_runs(books, "t2", NoNames())
    ended_runs.list_ended_runs(books, "t2", NoNames(), datetime(2020, 2, 13, tzinfo=UTC))
    team_runs.read_time_windows(books, {stop.recipient})
    team_counters.get_team_counter(books, "t2", NoNames(), date(2020, 2, 13))
    team_counters.list_waiting_hand_outs(books, "t2", NoNames())
    stop_conflicts.list_stop_conflicts(books)
    for noun in get_args(stock_documents.StockNoun):
        for one in stock_documents.list_stock_documents(books, noun=noun).items:
            stock_documents.get_stock_document(books, noun, one.id)
    sheet = count_sheets.list_count_sheets(books).items[-1].id
    count_sheets.get_count_sheet(books, sheet)
    count_sheets.list_goods_to_count(books, sheet)
    count_sheets.list_moved_goods(books, sheet)
    count_sheets.list_count_sheets(books, newest_first=True)
    count_sheets.build_count_sheet_paper(books, sheet)
    activities.list_activities(books)
    activity = activities.list_activities(books, kind="visit").items[-1].id
    activities.get_activity(books, activity)
    for way in (None, "out", "in", "awaited"):
        for one in shipments.list_shipments(books, way=way).items:
            shipments.warn_of_unknown_destination(books, shipments.get_shipment(books, one.id))
    show_entries(books)
    show_receipts(books, url)
    show_stock(books)
    show_reports(books)
    for kind in CATALOGUE_RECORDS:
        for record in catalogue.list_records(books, kind, limit=2).items:
            with suppress(Forgotten):
                catalogue.get_record(books, kind, record.code)
            look_alikes.find_look_alikes(books, record)
        catalogue.list_records(books, kind, "made")
    for kind in CODE_LETTERS:
        books.catalogue.next_code(kind)
    look_alikes.list_look_alikes(books, "donors")
    for merged in merges.list_merges(books).items:
        merges.get_merge(books, merged.kind, merged.code)
        merges.other_codes(books, merged.kind, merged.code)
        merges.count_documents(books, merged.kind, merged.into)
        merges.find_merge_warnings(books, merged.kind, merged.code, merged.into)
    with suppress(UnknownBarcode):
        barcodes.find_barcode(books, "4006381333931")


def show_entries(books: Books) -> None:
    entries.list_entries(books)
    entries.list_entries(books, kind="need_noted")
    for kind in ENTRY_KINDS:
        for entry in entries.list_entries(books, kind=kind).items[-1:]:
            view = entries.get_entry(books, entry.seq)
            entries.list_entries_of_command(books, entry.seq)
            likely_duplicates.find_likely_duplicates(books, view.document, view.seq)
            document_parties.find_document_party(books, view.document or "")
            for each in view.transfers:
                document_parties.find_account_party(books, each.target)
            entries.list_entries(books, document=view.document)
            if kind in stated_commands.CORRECTABLE_KINDS:
                stated_commands.stated_command(books, entry.seq)
    for conflict in entries.list_conflicts(books, open_only=False).items:
        entries.get_conflict(books, conflict.seq)
        stated = bytes(conflict.stated)
        document_parties.find_conflict_parties(books, stated, conflict.document)
        conflict_reasons.reason_of_conflict(books, conflict)
        conflict_sides.get_conflict_sides(books, conflict)
    entries.list_conflicts(books)
    remarks.list_remarks_of_kind(books, "goods_returned")


def show_receipts(books: Books, url: str) -> None:
    receipts.list_receipts(books, first=FIRST, last=TODAY)
    keys = StationKeys.for_database(url)
    for one in receipts.list_receipts(books, donor="wang").items:
        receipt_papers.with_signature(books, receipts.get_receipt(books, one.number), keys.sign)
        receipt_papers.build_receipt_paper(books, one.number, keys.sign)
        record = receipt_papers.build_receipt_record(books, one.number, keys.sign)
        assert receipt_papers.find_paper_in_books(books, record).in_books
    receipt_batches.build_receipt_papers(books, FIRST, TODAY, lambda _: "")


def show_stock(books: Books) -> None:
    stock.get_stock(books)
    stock.get_stock(books, location="a", item="mask")
    stock.get_stock(books, as_of=FIRST, location="a")
    stock.get_stock(books, at_seq=books.last_entry().seq - 50, item="mask")
    stock.list_balances(books, "stock:")
    lot = stock.get_stock(books, item="mask").items[0].lot
    movements.list_movements(books, "stock:a", "mask", limit=2)
    movements.list_movements(books, "stock:a", "mask", lot=lot, after="50.1.7")
    movements.report_movements(books, "stock:a", "mask", FIRST, TODAY)
    document_reports.report_pledges(books, FIRST, TODAY)
    document_reports.report_noted_needs(books, FIRST, TODAY)
    document_reports.report_deliveries(books, FIRST, TODAY)
    stock.list_balances(books, "received:h1")
    for row in stock.iterate_stock(books):
        trace.trace_lot(books, row.lot)
    recall.build_recall(books, "mask", "B1")
    allocation_proposal.propose_allocations(books, TODAY)
    allocation_proposal.propose_allocations(books, TODAY, item="mask", location="a")


def show_reports(books: Books) -> None:
    activities.list_activity_changes(books, FIRST, TODAY)
    campaign_report.report_campaigns(books, FIRST, TODAY)
    campaign_report.list_campaign_arrivals(books, "spring")
    for figure in figure_sources.FIGURES:
        figure_sources.list_figure_sources(books, figure, "mask", FIRST, TODAY)
    figure_sources.list_step_sources(books, "donor", "mask", FIRST, TODAY)
    lot_origins.find_lot_origin(books, "l_lx_1_1")
    household_statistics.list_surveyed_households(books, FIRST, TODAY)
    household_statistics.list_fully_met_households(books, TODAY)
    stock_cover.report_stock_cover(books, TODAY)
    stock_derivation.derive_stock(books, FIRST, TODAY)
    stock_derivation.report_losses(books, FIRST, TODAY)
    donor_reports.report_pledges_by_donor(books, FIRST, TODAY, TODAY)
    donor_reports.report_donor_values(books, FIRST, TODAY)
    campaign_report.report_campaigns(books, FIRST, TODAY)
    campaign_report.list_campaign_arrivals(books, "appeal")
    need_reports.report_needs(books, FIRST, TODAY, TODAY)
    team_report.report_teams(books, FIRST, TODAY)
    household_history.get_household_history(books, "h2", FIRST, TODAY)
    for today in (date(2019, 1, 1), TODAY):  # No need is late yet; or more were late than are open.
        alerts.count_alerts(books, today)
    for noun in ("need", "pledge", "delivery"):
        open_documents.find_older_documents(books, noun, TODAY)
    first_steps.get_first_steps(books)
    demand.list_demand(books, TODAY)
    station_report.build_station_report_paper(books, FIRST, TODAY, printed_at=NOW)
    station_report.build_station_report(books, FIRST, FIRST)
    donor_statement.build_donor_statement_paper(books, "wang", FIRST, TODAY, printed_at=NOW)
    stock_by_day.list_stock_by_day(books, FIRST, TODAY)
    public_disclosure.build_disclosure_paper(books, FIRST, TODAY, printed_at=NOW)
    part = organisation_report.build_station_part(books, FIRST, TODAY)
    organisation_report.build_organisation_report_paper(books, FIRST, TODAY, [part], printed_at=NOW)
    organisation_report.list_stock_by_item(books)
    organisation_report.list_stock_by_station(books, "mask")
    organisation_report.list_needs_by_item(books)
    organisation_report.list_needs_by_station(books, "mask")
    organisation_report.report_organisation_stock(books)
    organisation_report.report_organisation_needs(books)
    periods.get_period_of_entries(books)
    periods.get_period_of_donor(books, "wang")


NOW = datetime(2020, 2, 9, tzinfo=UTC)


# --- plans ---------------------------------------------------------------------------------------


class Read(NamedTuple):
    """A table that a plan reads: by which index, and which columns have a given value or a range.

    Attributes:
        index: None if the whole table is read.
    """

    table: str
    index: str | None
    equal: frozenset[str]
    ranges: frozenset[str]

    def __str__(self) -> str:
        return f"{self.table} by {self.index or 'all rows'} ({', '.join(sorted(self.equal))})"


def plan(store: Store, sql: str, params: Any) -> list[Read]:
    """Return what the plan of a statement reads from tables that grow."""
    if isinstance(store, SqliteStore):
        rows = store.all(f"EXPLAIN QUERY PLAN {sql}", params)
        reads = [read for row in rows if (read := sqlite_read(sql, row[3])) is not None]
    else:
        rows = store.all(f"EXPLAIN (FORMAT JSON) {sql}", params)
        reads = list(postgresql_reads(rows[0][0][0]["Plan"], index_tables(store)))
    return [read for read in reads if read.table in GROWING]


STEP = re.compile(
    r"(?:SEARCH|SCAN) (\w+)(?: USING (?:AUTOMATIC )?(?:COVERING )?(?:INDEX )?"
    r"(PRIMARY KEY|\w+)(?: \((.*?)\)(?: LEFT-JOIN)?)?)?$"
)


def sqlite_read(sql: str, step: str) -> Read | None:
    """Return the table that a step of SQLite's plan reads."""
    found = STEP.match(step)
    if step.startswith("SCAN json_each VIRTUAL TABLE"):  # the ids in a parameter
        return None
    if found is None:
        assert not step.startswith(("SEARCH", "SCAN", "BLOOM")) or "CONSTANT" in step, step
        return None
    alias, index, terms = found.groups()
    aliased = re.search(rf"(\w+)(?: AS)? {alias}\b(?! \()", re.sub(r"\b(?:FROM|JOIN)\b", ",", sql))
    conditions = (terms or "").split(" AND ")
    return Read(
        table=alias if alias in GROWING or aliased is None else aliased[1],
        index=index,
        equal=frozenset(term[:-2] for term in conditions if term.endswith("=?")),
        ranges=frozenset(term[:-2] for term in conditions if term.endswith((">?", "<?"))),
    )


def enlarge(store: Store) -> None:
    """Change PostgreSQL's statistics as if one station had `MORE` times as many rows."""
    with store.writing():
        for table in GROWING:
            store.run(f"ALTER TABLE {table} ALTER station SET (n_distinct = 1)")
        store.run("ANALYZE")
        store.run(
            "UPDATE pg_class SET reltuples = greatest(reltuples, 100) * :more "
            "WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = 'public')",
            {"more": MORE},
        )


def index_tables(store: Store) -> dict[str, str]:
    """Return the table of each index on PostgreSQL."""
    rows = store.all("SELECT indexname, tablename FROM pg_indexes WHERE schemaname = 'public'")
    return {row[0]: row[1] for row in rows}


def postgresql_reads(node: Mapping[str, Any], tables: Mapping[str, str]) -> Iterator[Read]:
    """Yield what a node of PostgreSQL's plan and the nodes below it read."""
    for below in node.get("Plans", ()):
        yield from postgresql_reads(below, tables)
    index, condition = node.get("Index Name"), node.get("Index Cond", "")
    if index is not None:
        yield Read(
            table=tables[index],
            index=index,
            equal=frozenset(re.findall(r"(\w+)(?:\)::\w+)?\)? = ", condition)),
            ranges=frozenset(re.findall(r"(\w+)(?:\)::\w+)?\)? [<>]=? ", condition)),
        )
    elif node["Node Type"] == "Seq Scan":
        yield Read(node["Relation Name"], None, frozenset(), frozenset())


SMALL_PARTS = {
    "balances_held",
    "needs_open",
    "needs_by_due_day",
    "needs_claimed",
    "needs_assigned",
    "arrival_lines_beside_pledge",
    "product_pledges_beside",
    "allocations_on_the_way",
    "allocations_waiting",
    "pledges_open",
    "one_superseding_entry",
}
"""Indexes of few rows: open documents, goods in stock, corrections, gifts beyond their pledge.

Needs past their due day are read only if they are fewer than open needs.
"""


def reads_all(sql: str, read: Read) -> bool:
    """Return whether a statement reads more rows as a station records more."""
    if read.equal - {"station"} or read.index in SMALL_PARTS:
        return False
    if read.index == "entries_by_day" and read.ranges:  # the entries of a period
        return False
    if read.ranges == {"account"} and "|| ':'" in sql:  # the accounts of one document
        return False
    if re.fullmatch(r"SELECT (min|max)\(\w+\) FROM \w+ WHERE station = :station", sql):
        return False
    if sql.endswith(("LIMIT :limit", "LIMIT 1")):  # a page, or the first row
        return "WHERE" in sql and "ORDER BY" not in sql
    return not any(re.search(known, sql) for known in KNOWN)


KNOWN = (
    # Transfers of a period, by the numbers of its entries.
    r"FROM transfers t WHERE .* AND t\.seq >= :low AND t\.seq <= :high AND t\.day >= :first",
    # Balances at the end of a past day: the days of all accounts of a kind.
    r"FROM days AS d WHERE .* AND d\.day <= :day AND NOT EXISTS",
    # Sums over all shipments between stations, from the beginning.
    r"^SELECT other, item, here, unit, sum",
)
"""Patterns of the statements that do read more rows as more is recorded; see docs/scale.md."""


@contextmanager
def called_functions() -> Iterator[set[CodeType]]:
    """Collect the functions that are called within the block."""
    called: set[CodeType] = set()

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            called.add(frame.f_code)

    sys.setprofile(note)
    try:
        yield called
    finally:
        sys.setprofile(None)


def rules() -> Iterator[FunctionType]:
    """Yield the functions that record commands."""
    for rule in RULES.values():
        function = rule.func if isinstance(rule, partial) else rule
        assert isinstance(function, FunctionType)
        yield function


def views() -> Iterator[FunctionType]:
    """Yield the public functions of `supplies.views` that read books."""
    for module in walk_packages(supplies.views.__path__, "supplies.views."):
        for _, view in inspect.getmembers(import_module(module.name), inspect.isfunction):
            public = not view.__name__.startswith("_") and view.__module__ == module.name
            if public and "books" in inspect.signature(view).parameters:
                yield view


@contextmanager
def database(engines: Engines, engine: str, folder: Path) -> Iterator[str]:
    """The URL of new books. On PostgreSQL they are not used again, because tables are changed."""
    if engine == "sqlite":
        yield str(folder / "books.db")
    else:
        with engines.server.database() as url:
            yield url


def prepares_again(store: SqliteStore, sql: str, params: Any) -> bool:
    """Return whether SQLite prepares a statement anew each time that it runs.

    SQLite does so if a plain parameter is compared with a column for which a partial index contains
    only rows with some value. It takes longer than most statements.
    """
    calls = 0

    def count(*_: Any) -> int:
        nonlocal calls
        calls += 1
        return sqlite3.SQLITE_OK

    store.connection.set_authorizer(count)  # SQLite calls it while it prepares a statement.
    try:
        store.all(sql, params)
        calls = 0
        store.all(sql, params)
    finally:
        store.connection.set_authorizer(None)
    return calls > 0


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_no_statement_reads_a_growing_table_by_its_station_alone_or_is_prepared_again(
    engines: Engines, engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUPPLIES_KEYS", str(tmp_path / "station.key"))
    with database(engines, engine, tmp_path) as url:
        station = RecordingStation(url)
        with station.ledger as ledger:
            growth.register_catalogue(ledger, ENTRIES)
            if engine == "postgresql":
                growth.record_entries(ledger, Calendar(station).set_day, ENTRIES)
            station.clock.now = datetime(2020, 2, 3, 1, tzinfo=UTC)
            with traced(ledger.store) as trace, called_functions() as called:
                book_everything(station, url)
                record_the_rest(station)
                correct_commands(station)
                station.clock.now = datetime(2020, 2, 9, 1, tzinfo=UTC)
                with ledger.reading() as books:
                    show_everything(books, url)
                station.record(c.ForgetRecipient(recipient="h3"))
            missing = [f.__name__ for f in (*rules(), *views()) if f.__code__ not in called]
            assert not missing, " ".join(missing)
            if engine == "postgresql":
                enlarge(ledger.store)
            faults = {}
            for sql, params in trace.values():
                reads = [read for read in plan(ledger.store, sql, params) if reads_all(sql, read)]
                if reads:
                    faults[sql] = reads
            prepared_again = [
                sql
                for sql, params in trace.values()
                if isinstance(ledger.store, SqliteStore)
                and re.match("SELECT|WITH", sql)
                and prepares_again(ledger.store, sql, params)
            ]
    assert not faults, "\n".join(
        f"{', '.join(map(str, reads))}:\n    {sql}" for sql, reads in faults.items()
    )
    assert not prepared_again, "\n".join(prepared_again)
