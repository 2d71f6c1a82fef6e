"""Verification finds entries that were forged together with all later hashes."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from support.every_kind import RecordingStation
from support.tampering import (
    Tampering,
    first_number,
    forge,
    restate_transfer,
    tampering,
    verification_error,
)

from supplies.domain import commands as c
from supplies.domain.entries import Body, entry_id, format_timestamp
from supplies.domain.entry_rows import (
    TABLES,
    ArrivalLine,
    CodeAttempt,
    Conflict,
    EntryRow,
    HandOutReport,
    LaterResolution,
    LatestDay,
    Lot,
    Merge,
    OutcomeLine,
    ProductPledge,
    Recount,
    Resolution,
    StopOutcome,
    StopRemoval,
)
from supplies.verification.verify import verify


def test_a_forged_body_that_contradicts_its_rows_is_found(store: Tampering) -> None:
    seq = first_number(store, "SELECT max(seq) FROM activities")
    forge(store, seq, lambda body: msgspec.structs.replace(body, kind="other"))
    error = verification_error(store)
    assert (error.table, error.column, error.seq) == ("entries", "kind", seq)


def test_an_undecodable_body_with_a_correct_hash_is_found(store: Tampering) -> None:
    content = b'{"station": "lx"}'
    (last, previous) = store.all("SELECT seq, hash FROM entries ORDER BY seq DESC LIMIT 2")[1]
    entry_hash = hashlib.sha256(previous + content).digest()
    store.run(
        "UPDATE entries SET body = :body, hash = :hash WHERE seq = :seq",
        {"body": content, "hash": entry_hash, "seq": last + 1},
    )
    store.run("UPDATE heads SET hash = :hash", {"hash": entry_hash})
    error = verification_error(store)
    assert (error.table, error.column) == ("entries", "body")


def test_a_forged_station_is_found(store: Tampering) -> None:
    forge(store, 3, lambda body: msgspec.structs.replace(body, station="bj"))
    error = verification_error(store)
    assert (error.table, error.column, error.seq) == ("entries", "body", 3)


def test_a_further_entry_whose_id_is_not_derived_is_found(store: Tampering) -> None:
    seq = first_number(store, "SELECT max(seq) FROM entries WHERE part = 1")
    identity = entry_id("6f1c2f0e-96c8-4b83-bd0b-0ef4f8b3d3f5", 1)
    forge(store, seq, lambda body: msgspec.structs.replace(body, id=identity))
    store.run("UPDATE entries SET id = :id WHERE seq = :seq", {"id": identity, "seq": seq})
    error = verification_error(store)
    assert (error.table, error.column, error.seq) == ("entries", "id", seq)


def test_an_entry_booked_on_a_closed_day_is_found(store: Tampering) -> None:
    seq = first_number(store, "SELECT max(seq) FROM entries WHERE kind = 'receipt_issued'")
    day = date(2020, 2, 1)
    forge(store, seq, lambda body: msgspec.structs.replace(body, booked_on=day, happened_on=day))
    store.run(
        "UPDATE entries SET booked_on = :day, happened_on = :day WHERE seq = :seq",
        {"day": day.isoformat(), "seq": seq},
    )
    error = verification_error(store)
    assert (error.table, error.column, error.seq) == ("entries", "booked_on", seq)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("quantity", 10**9),
        ("quantity", 0),
        ("quantity", 10**13),
        ("target", "shelf:a"),
        ("target", "stock:a:b"),
        ("target", "stock:"),
        ("target", "needed:n_1"),
        ("lot", "l_lx_999_1"),
        ("lot", ""),
        ("item", "gel"),
    ],
)
def test_an_invalid_transfer_is_found(store: Tampering, field: str, value: Any) -> None:
    seq = first_number(
        store, "SELECT max(seq) FROM transfers WHERE source = 'stock:a' AND line = 1"
    )
    restate_transfer(store, seq, lambda transfer: transfer._replace(**{field: value}))
    error = verification_error(store)
    assert (error.table, error.seq) == ("transfers", seq), str(error)


def test_a_balance_below_zero_on_a_past_day_is_found(books_url: str) -> None:
    """There is enough in total, but not on the day on which the goods left."""
    station = RecordingStation(books_url)
    goods = [c.ArrivalLine(item="mask", quantity=10)]
    station.clock.now += timedelta(days=9)
    station.record(c.OpenStock(location="a", lines=goods, happened_on=date(2020, 2, 5)))
    gone = station.record(
        c.WriteOff(
            reason="damaged",
            location="a",
            lines=[c.LotLine(item="mask", quantity=1)],
            happened_on=date(2020, 2, 6),
        )
    )
    verify(station.ledger.store)
    station.ledger.close()
    store = tampering(books_url)
    store.unguard()
    early = date(2020, 2, 4)
    forge(
        store,
        gone.seq,
        lambda body: msgspec.structs.replace(body, happened_on=early, booked_on=early),
    )
    store.run(
        "UPDATE entries SET happened_on = '2020-02-04', booked_on = '2020-02-04' WHERE seq = :seq",
        {"seq": gone.seq},
    )
    store.run("UPDATE transfers SET day = '2020-02-04' WHERE seq = :seq", {"seq": gone.seq})
    store.run("UPDATE heads SET latest_day = '2020-02-05'")
    error = verification_error(store)
    assert (error.table, error.column, error.seq) == ("transfers", "quantity", gone.seq)
    store.run("ROLLBACK")
    store.close()


def test_a_gap_in_receipt_numbers_is_found(store: Tampering) -> None:
    seq = first_number(store, "SELECT max(seq) FROM receipts")
    number = "JZ-2020-000099"

    def skip(body: Body) -> Body:
        rows: list[Any] = []
        for row in body.rows:
            if hasattr(row, "ordinal"):
                row = msgspec.structs.replace(row, ordinal=99)
            rows.append(msgspec.structs.replace(row, number=number))
        return msgspec.structs.replace(body, rows=tuple(rows), document=number)

    forge(store, seq, skip)
    store.run("UPDATE receipts SET ordinal = 99 WHERE seq = :seq", {"seq": seq})
    store.run("UPDATE entries SET document = :n WHERE seq = :seq", {"n": number, "seq": seq})
    for table in ("receipts", "receipt_donations", "receipt_replacements"):
        store.run(f"UPDATE {table} SET number = :n WHERE seq = :seq", {"n": number, "seq": seq})
    error = verification_error(store)
    assert (error.table, error.seq) == ("receipts", seq), str(error)


def test_a_need_met_without_received_goods_is_found(store: Tampering) -> None:
    """Hand-out h3 moves quantity from needed to met, although no goods were received."""
    seq = first_number(
        store, "SELECT seq FROM transfers WHERE source LIKE 'needed:%' AND target LIKE 'ended:%'"
    )
    (target,) = store.one("SELECT source FROM transfers WHERE seq = :seq", {"seq": seq}) or ("",)
    met = target.replace("needed:", "met:")
    restate_transfer(store, seq, lambda transfer: transfer._replace(target=met))
    store.run("UPDATE balances SET account = :met WHERE account LIKE 'ended:%'", {"met": met})
    store.run("UPDATE days SET account = :met WHERE account LIKE 'ended:%'", {"met": met})
    error = verification_error(store)
    assert (error.table, error.column) == ("balances", "quantity")
    assert "met for received:h3" in error.expected


def test_packs_that_differ_from_the_quantity_of_their_line_are_found(store: Tampering) -> None:
    seq = first_number(store, "SELECT max(seq) FROM packed_lines")

    def resize(body: Body) -> Body:
        rows = [
            msgspec.structs.replace(row, size=40) if hasattr(row, "size") else row
            for row in body.rows
        ]
        return msgspec.structs.replace(body, rows=tuple(rows))

    forge(store, seq, resize)
    store.run("UPDATE packed_lines SET size = 40 WHERE seq = :seq", {"seq": seq})
    error = verification_error(store)
    assert (error.table, error.column, error.seq) == ("packed_lines", "quantity", seq)
    assert (error.expected, error.found) == ("100 × mask in packs", "80 × mask")


def test_a_latest_day_that_is_not_the_day_of_its_entry_is_found(store: Tampering) -> None:
    seq = first_number(store, "SELECT max(seq) FROM latest_days")
    (day,) = store.one("SELECT latest_day FROM latest_days WHERE seq = :seq", {"seq": seq}) or ("",)

    def other_day(body: Body) -> Body:
        rows = [
            msgspec.structs.replace(row, latest_day=date(2020, 1, 2))
            if isinstance(row, LatestDay)
            else row
            for row in body.rows
        ]
        return msgspec.structs.replace(body, rows=tuple(rows))

    forge(store, seq, other_day)
    store.run("UPDATE latest_days SET latest_day = '2020-01-02' WHERE seq = :seq", {"seq": seq})
    error = verification_error(store)
    assert (error.table, error.column, error.seq) == ("latest_days", "latest_day", seq)
    assert (error.expected, error.found) == (day, "2020-01-02")


@pytest.mark.parametrize(
    ("month", "expected"), [("2021-02", "2021-02-28"), ("2021-13", "the last day of a month")]
)
@pytest.mark.parametrize("table", ["lots", "shipment_lines"])
def test_an_expiry_that_is_not_the_last_day_of_its_month_is_found(
    store: Tampering, table: str, month: str, expected: str
) -> None:
    seq = first_number(store, f"SELECT max(seq) FROM {table} WHERE expires_month = '2021-01'")

    def other_month(body: Body) -> Body:
        rows = [
            msgspec.structs.replace(row, expires_month=month)
            if getattr(row, "expires_month", None)
            else row
            for row in body.rows
        ]
        return msgspec.structs.replace(body, rows=tuple(rows))

    forge(store, seq, other_month)
    store.run(
        f"UPDATE {table} SET expires_month = :month WHERE seq = :seq AND expires_month IS NOT NULL",
        {"month": month, "seq": seq},
    )
    error = verification_error(store)
    assert (error.table, error.column, error.seq) == (table, "expires_on", seq)
    assert (error.expected, error.found) == (expected, "2021-01-31")


def test_a_product_that_expires_later_than_what_it_was_made_of_is_found(store: Tampering) -> None:
    seq = first_number(store, "SELECT max(seq) FROM product_expiries WHERE basis = 'parents'")

    def later(body: Body) -> Body:
        rows = [
            msgspec.structs.replace(row, expires_on=date(2031, 1, 1))
            if isinstance(row, Lot) and row.expires_on is None
            else row
            for row in body.rows
        ]
        return msgspec.structs.replace(body, rows=tuple(rows))

    forge(store, seq, later)
    store.run(
        "UPDATE lots SET expires_on = '2031-01-01' WHERE seq = :seq AND expires_on IS NULL",
        {"seq": seq},
    )
    error = verification_error(store)
    assert (error.table, error.column, error.seq) == ("lots", "expires_on", seq)
    assert (error.expected, error.found) == ("nothing", "2031-01-01")


def test_a_line_that_fulfils_less_of_a_pledge_than_it_moved_is_found(
    store: Tampering,
) -> None:
    seq = first_number(store, "SELECT max(seq) FROM arrival_lines WHERE on_pledge > 1")

    def other(body: Body) -> Body:
        rows = [
            msgspec.structs.replace(row, on_pledge=1)
            if isinstance(row, ArrivalLine) and row.on_pledge > 1
            else row
            for row in body.rows
        ]
        return msgspec.structs.replace(body, rows=tuple(rows))

    forge(store, seq, other)
    store.run(
        "UPDATE arrival_lines SET on_pledge = 1 WHERE seq = :seq AND on_pledge > 1", {"seq": seq}
    )
    error = verification_error(store)
    assert (error.table, error.column, error.seq) == ("arrival_lines", "on_pledge", seq)


def test_a_product_that_fulfils_less_of_a_pledge_than_it_moved_is_found(
    store: Tampering,
) -> None:
    seq = first_number(store, "SELECT max(seq) FROM product_pledges WHERE on_pledge > 1")

    def other(body: Body) -> Body:
        rows = [
            msgspec.structs.replace(row, on_pledge=1) if isinstance(row, ProductPledge) else row
            for row in body.rows
        ]
        return msgspec.structs.replace(body, rows=tuple(rows))

    forge(store, seq, other)
    store.run("UPDATE product_pledges SET on_pledge = 1 WHERE seq = :seq", {"seq": seq})
    error = verification_error(store)
    assert (error.table, error.column, error.seq) == ("product_pledges", "on_pledge", seq)


@pytest.mark.parametrize(
    ("code", "stays", "column"),
    [
        ("h2", "h9", "stays"),
        ("h2", "h4", "stays"),
        ("h4", "h2", "code"),
        ("h1", "h2", "code"),
        ("h2", None, "code"),
    ],
)
def test_an_invalid_merge_is_found(
    store: Tampering, code: str, stays: str | None, column: str
) -> None:
    """In these books, h4 is merged into h1, and nobody is h9."""
    seq = first_number(store, "SELECT max(seq) FROM merges WHERE stays IS NOT NULL")

    def other(body: Body) -> Body:
        rows = [
            msgspec.structs.replace(row, kind="recipient", code=code, stays=stays)
            if isinstance(row, Merge)
            else row
            for row in body.rows
        ]
        return msgspec.structs.replace(body, rows=tuple(rows))

    forge(store, seq, other)
    store.run(
        "UPDATE merges SET kind = 'recipient', code = :code, stays = :stays WHERE seq = :seq",
        {"code": code, "stays": stays, "seq": seq},
    )
    error = verification_error(store)
    assert (error.table, error.column, error.seq) == ("merges", column, seq)


def test_a_count_whose_expected_quantities_differ_from_the_books_is_found(store: Tampering) -> None:
    seq = first_number(store, "SELECT max(seq) FROM recounts")

    def more(body: Body) -> Body:
        rows = (
            msgspec.structs.replace(row, expected=row.expected + 1)
            if isinstance(row, Recount)
            else row
            for row in body.rows
        )
        return msgspec.structs.replace(body, rows=tuple(rows))

    forge(store, seq, more)
    store.run("UPDATE recounts SET expected = expected + 1 WHERE seq = :seq", {"seq": seq})
    error = verification_error(store)
    assert (error.table, error.column, error.seq) == ("transfers", "quantity", seq)
    assert "unexplained by c_" in str(error)


def test_a_stop_that_moved_elsewhere_than_its_goods_is_found(store: Tampering) -> None:
    seq = first_number(store, "SELECT max(seq) FROM stop_removals WHERE moved_to IS NOT NULL")

    def undone(body: Body) -> Body:
        rows = [
            msgspec.structs.replace(row, moved_to=None) if isinstance(row, StopRemoval) else row
            for row in body.rows
        ]
        return msgspec.structs.replace(body, rows=tuple(rows))

    forge(store, seq, undone)
    store.run("UPDATE stop_removals SET moved_to = NULL WHERE seq = :seq", {"seq": seq})
    error = verification_error(store)
    assert (error.table, error.column, error.seq) == ("transfers", "quantity", seq)


def state_other_outcome(store: Tampering, seq: int, **change: int) -> None:
    """Change the quantities that the first line of an outcome states, in its body and its row."""

    def other(body: Body) -> Body:
        rows = [
            msgspec.structs.replace(row, **change) if isinstance(row, OutcomeLine) else row
            for row in body.rows
        ]
        return msgspec.structs.replace(body, rows=tuple(rows))

    forge(store, seq, other)
    columns = ", ".join(f"{column} = :{column}" for column in change)
    store.run(f"UPDATE outcome_lines SET {columns} WHERE seq = :seq", {**change, "seq": seq})


def test_an_outcome_that_states_other_goods_than_it_moved_is_found(store: Tampering) -> None:
    seq = first_number(store, "SELECT max(seq) FROM outcome_lines WHERE received = 7 AND lost = 1")
    state_other_outcome(store, seq, received=6, lost=2)
    error = verification_error(store)
    assert (error.table, error.column, error.seq) == ("transfers", "quantity", seq)


@pytest.mark.parametrize(
    ("first", "second", "stated"),
    [
        ("refused", "handed_over", {"received": 8, "lost": 1}),
        ("lost", "handed_over", {"received": 8, "lost": 1}),
        ("lost", "refused", {"brought_back": 8, "lost": 1}),
        ("lost", "not_at_home", {"brought_back": 8, "received": 1}),
        ("handed_over", "refused", {"brought_back": 8, "received": 1}),
    ],
)
def test_a_decision_that_states_other_goods_than_it_moved_is_found(
    books_url: str, first: str, second: str, stated: dict[str, int]
) -> None:
    station = RecordingStation(books_url)
    station.record(c.OpenStock(location="a", lines=[c.ArrivalLine(item="mask", quantity=9)]))
    line = c.AllocationLine(item="mask", quantity=9)
    stop = station.record_document(c.Allocate(recipient="h1", location="a", lines=[line]))
    delivery = station.record_document(c.Dispatch(team="t1", allocations=[stop]))
    reports = [
        station.record(c.ReportOutcome(delivery=delivery, allocation=stop, outcome=outcome))  # type: ignore[arg-type]  # an outcome by name
        for outcome in (first, second)
    ]
    decision = station.record(
        c.ResolveConflict(conflict=reports[1].seq, by="unexplained", reason="they have it")
    )
    station.ledger.close()
    store = tampering(books_url)
    store.unguard()
    verify(store, "lx")
    state_other_outcome(store, decision.seq, **stated)
    error = verification_error(store)
    assert (error.table, error.column, error.seq) == ("transfers", "quantity", decision.seq)


def test_a_decided_hand_out_that_differs_from_its_report_is_found(store: Tampering) -> None:
    """The decision was later changed, so its goods were first booked and then taken out again."""
    seq, decision = store.one(
        "SELECT c.seq, r.seq FROM conflicts c JOIN resolutions r ON r.station = c.station "
        "AND r.conflict = c.seq WHERE c.document = 'q_' || c.seq"
    ) or (0, 0)

    def more(stated: str) -> str:
        report = msgspec.json.decode(stated)
        report["lines"][0]["quantity"] += 1
        return msgspec.json.encode(report).decode()

    def other(body: Body) -> Body:
        rows = [
            msgspec.structs.replace(row, stated=more(row.stated))
            if isinstance(row, Conflict)
            else row
            for row in body.rows
        ]
        return msgspec.structs.replace(body, rows=tuple(rows))

    (stated,) = store.one("SELECT stated FROM conflicts WHERE seq = :seq", {"seq": seq}) or ("",)
    forge(store, seq, other)
    store.run(
        "UPDATE conflicts SET stated = :stated WHERE seq = :seq",
        {"stated": more(stated), "seq": seq},
    )
    error = verification_error(store)
    assert (error.table, error.column, error.seq) == ("transfers", "quantity", decision)


def test_a_later_decision_in_the_same_direction_is_found(store: Tampering) -> None:
    seq = first_number(store, "SELECT max(seq) FROM later_resolutions")

    def other(body: Body) -> Body:
        rows = [
            msgspec.structs.replace(row, way="correct") if isinstance(row, LaterResolution) else row
            for row in body.rows
        ]
        return msgspec.structs.replace(body, rows=tuple(rows))

    forge(store, seq, other)
    store.run("UPDATE later_resolutions SET way = 'correct' WHERE seq = :seq", {"seq": seq})
    error = verification_error(store)
    assert (error.table, error.column, error.seq) == ("later_resolutions", "conflict", seq)


@pytest.mark.parametrize(
    ("column", "change"), [("way", {"way": "keep"}), ("conflict", {"conflict": 1})]
)
def test_a_forged_resolution_of_a_conflict_is_found(
    store: Tampering, column: str, change: dict[str, Any]
) -> None:
    seq = first_number(store, "SELECT max(seq) FROM resolutions WHERE way <> 'keep'")

    def other(body: Body) -> Body:
        rows = [
            msgspec.structs.replace(row, **change) if isinstance(row, Resolution) else row
            for row in body.rows
        ]
        return msgspec.structs.replace(body, rows=tuple(rows))

    forge(store, seq, other)
    store.run(
        f"UPDATE resolutions SET {column} = :value WHERE seq = :seq",
        {"value": change[column], "seq": seq},
    )
    error = verification_error(store)
    assert (error.table, error.column, error.seq) == ("resolutions", column, seq)


def test_a_code_that_was_compared_after_too_many_wrong_ones_is_found(books_url: str) -> None:
    station = RecordingStation(books_url)
    goods = [c.ArrivalLine(item="mask", quantity=1)]
    station.record(c.OpenStock(location="a", lines=goods))
    line = c.AllocationLine(item="mask", quantity=1)
    stop = station.record_document(c.Allocate(recipient="h1", location="a", lines=[line]))
    delivery = station.record_document(c.Dispatch(team="t1", allocations=[stop]))
    for day in range(6):
        wrong = station.record(
            c.ReportOutcome(
                delivery=delivery,
                allocation=stop,
                outcome="lost",
                happened_on=date(2020, 1, 2 + day),
                code="not six digits",
            )
        )
    station.ledger.close()
    store = tampering(books_url)
    store.unguard()

    def compared(body: Body) -> Body:
        rows = [
            msgspec.structs.replace(row, result="wrong") if isinstance(row, CodeAttempt) else row
            for row in body.rows
        ]
        return msgspec.structs.replace(body, rows=tuple(rows))

    forge(store, wrong.seq, compared)
    store.run("UPDATE code_attempts SET result = 'wrong'")
    error = verification_error(store)
    assert (error.table, error.column, error.seq) == ("code_attempts", "result", wrong.seq)
    store.run("ROLLBACK")
    store.close()


@pytest.mark.parametrize(
    ("kind", "column", "value"),
    [
        (StopOutcome, "received_by", "guard"),
        (StopOutcome, "happened_at", datetime(2020, 1, 1, tzinfo=UTC)),
        (HandOutReport, "phone_time", datetime(2020, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_decision_that_states_something_else_than_the_report_is_found(
    store: Tampering, kind: type[EntryRow], column: str, value: Any
) -> None:
    table = TABLES[kind]
    seq = first_number(
        store,
        f"SELECT max(t.seq) FROM {table} t CROSS JOIN resolutions r "
        "WHERE r.seq = t.seq AND r.way <> 'keep'",
    )

    def other(body: Body) -> Body:
        rows = [
            msgspec.structs.replace(row, **{column: value}) if isinstance(row, kind) else row
            for row in body.rows
        ]
        return msgspec.structs.replace(body, rows=tuple(rows))

    forge(store, seq, other)
    text = format_timestamp(value) if isinstance(value, datetime) else value
    store.run(f"UPDATE {table} SET {column} = :text WHERE seq = :seq", {"text": text, "seq": seq})
    error = verification_error(store)
    assert (error.table, error.column, error.seq) == (table, column, seq)
