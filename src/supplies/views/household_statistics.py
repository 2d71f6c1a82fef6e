"""Count households for the station report: with surveyed needs, and with all needs met."""

from __future__ import annotations

from datetime import date

from supplies.books.merged_codes import sql_code_that_stays
from supplies.books.reader import Books
from supplies.domain.accounts import ASSIGNED, CLAIMED, MET, NEEDED
from supplies.storage.store import Row
from supplies.views.account_flows import find_entries_of_period
from supplies.views.balances_at import balance_exists, past_day
from supplies.views.shared_queries import account_conditions


def count_surveyed_households(books: Books, first: date, last: date) -> int:
    """Return the number of households that `list_surveyed_households` returns."""
    rows = _read_surveyed(books, f"SELECT count(DISTINCT {_household(books)})", first, last)
    return sum(int(count) for (count,) in rows)


def list_surveyed_households(books: Books, first: date, last: date) -> list[str]:
    """Return the codes of households whose needs were surveyed in the period, in order.

    A household is included if one of its needs was recorded in the period and not reversed by the
    last day. A household with merged codes is included once.
    """
    rows = _read_surveyed(books, f"SELECT DISTINCT {_household(books)}", first, last)
    return sorted(str(code) for (code,) in rows)


def _read_surveyed(books: Books, select: str, first: date, last: date) -> list[Row]:
    period = find_entries_of_period(books, first, last)
    if period is None:
        return []
    return books.all(
        f"{select} {_SURVEYED}",
        first=first.isoformat(),
        last=last.isoformat(),
        low=period.lowest,
        high=period.highest,
    )


def _household(books: Books) -> str:
    """Return SQL for the code that stays in use for recipient `r` after merges."""
    if books.catalogue.merged_codes("recipient"):
        return sql_code_that_stays("recipient", "r", "code")
    return "r.code"


_SURVEYED = (
    # An entry is booked on the day on which it happened or later. PostgreSQL would turn EXISTS into
    # a join that reads all needs.
    "FROM recipients r WHERE r.station = :station AND r.kind = 'household' "
    "AND (SELECT 1 FROM needs n CROSS JOIN entries e WHERE n.station = r.station "
    "AND n.recipient = r.code AND n.seq >= :low AND n.seq <= :high AND n.quantity > 0 "
    "AND e.station = n.station AND e.seq = n.seq AND e.kind = 'need_noted' "
    "AND e.happened_on >= :first AND e.booked_on <= :last "
    "AND NOT EXISTS (SELECT 1 FROM needs m CROSS JOIN entries o "
    "WHERE m.station = n.station AND m.need = n.need AND m.seq > n.seq "
    "AND o.station = m.station AND o.seq = m.seq AND o.booked_on <= :last) LIMIT 1) IS NOT NULL"
)
"""SQL for the households whose needs were surveyed in a period.

`:low` and `:high` are the lowest and the highest number of the entries of the period.
"""


def count_fully_met_households(books: Books, on: date) -> int:
    """Return the number of households that `list_fully_met_households` returns."""
    return int(books.value(f"SELECT count(*) {_fully_met(books, on)}", day=on.isoformat()))


def list_fully_met_households(books: Books, on: date) -> list[str]:
    """Return the codes of households whose needs were all met or ended at the end of a day.

    A household is included if goods met at least one of its needs, and if none of its needs is
    open, claimed or assigned at the end of the day. A household with merged codes is included once.
    """
    rows = books.all(f"SELECT r.code {_fully_met(books, on)} ORDER BY 1", day=on.isoformat())
    return [str(code) for (code,) in rows]


def _fully_met(books: Books, on: date) -> str:
    """Return SQL for the households whose needs are all met or ended at the end of `:day`."""
    past = past_day(books, on) is not None
    open_stages = (
        balance_exists(condition, past=past)
        for kind in (NEEDED, CLAIMED, ASSIGNED)
        for condition in account_conditions(kind, "n.need")
    )
    (met,) = account_conditions(MET, "n.need")
    is_open, is_met = f"({' OR '.join(open_stages)})", balance_exists(met, past=past)
    latest = (
        "n.seq = (SELECT max(m.seq) FROM needs m WHERE m.station = n.station AND m.need = n.need)"
    )
    needs = [f"needs n WHERE n.station = r.station AND n.recipient = r.code AND {latest}"]
    own = ""
    if books.catalogue.merged_codes("recipient"):
        own = f"AND {sql_code_that_stays('recipient', 'r', 'code')} = r.code "
        needs.append(
            "merges c CROSS JOIN needs n WHERE c.station = r.station AND c.kind = 'recipient' "
            "AND c.stays = r.code AND c.seq = (SELECT max(d.seq) FROM merges d "
            "WHERE d.station = c.station AND d.kind = c.kind AND d.code = c.code) "
            f"AND n.station = c.station AND n.recipient = c.code AND {latest}"
        )

    # PostgreSQL would turn EXISTS into a join that reads all needs.
    def exists(condition: str, answer: str) -> list[str]:
        return [f"(SELECT 1 FROM {each} AND {condition} LIMIT 1) IS {answer}" for each in needs]

    return (
        f"FROM recipients r WHERE r.station = :station AND r.kind = 'household' {own}"
        f"AND {' AND '.join(exists(is_open, 'NULL'))} "
        f"AND ({' OR '.join(exists(is_met, 'NOT NULL'))})"
    )
