"""Count households for the station report."""

from __future__ import annotations

from datetime import date

from supplies.books.reader import Books
from supplies.domain.accounts import ASSIGNED, CLAIMED, MET, NEEDED
from supplies.views.balances_at import balance_exists, past_day
from supplies.views.shared_queries import account_conditions


def count_surveyed_households(books: Books, first: date, last: date) -> int:
    """Count households whose needs were surveyed in the period.

    A household counts if one of its needs was recorded in the period and not withdrawn by the last
    day.
    """
    return int(
        books.value(
            # An entry is booked on the day on which it happened or later.
            "SELECT count(DISTINCT n.recipient) FROM entries e CROSS JOIN needs n "
            "CROSS JOIN recipients r WHERE e.station = :station "
            "AND e.booked_on >= :first AND e.booked_on <= :last "
            "AND e.happened_on >= :first AND e.happened_on <= :last AND e.kind = 'need_noted' "
            "AND n.station = e.station AND n.need = e.document AND n.seq = e.seq "
            "AND n.quantity > 0 AND n.seq = (SELECT max(m.seq) FROM needs m "
            "CROSS JOIN entries o WHERE m.station = n.station AND m.need = n.need "
            "AND o.station = m.station AND o.seq = m.seq AND o.booked_on <= :last) "
            "AND r.station = n.station AND r.code = n.recipient AND r.kind = 'household'",
            first=first.isoformat(),
            last=last.isoformat(),
        )
    )


def count_fully_met_households(books: Books, on: date) -> int:
    """Count the households whose needs were all met or ended on a day.

    A household counts if goods met at least one of its needs, and if on that day none of its needs
    is open, claimed or assigned.
    """
    past = past_day(books, on) is not None
    open_stages = (
        balance_exists(condition, past=past)
        for kind in (NEEDED, CLAIMED, ASSIGNED)
        for condition in account_conditions(kind, "n.need")
    )
    (met,) = account_conditions(MET, "n.need")
    need = (
        "SELECT 1 FROM needs n WHERE n.station = r.station AND n.recipient = r.code "
        "AND n.seq = (SELECT max(m.seq) FROM needs m "
        "WHERE m.station = n.station AND m.need = n.need)"
    )
    return int(
        books.value(
            "SELECT count(*) FROM recipients r WHERE r.station = :station "
            "AND r.kind = 'household' "
            # PostgreSQL would turn EXISTS into a join that reads all needs.
            f"AND ({need} AND ({' OR '.join(open_stages)}) LIMIT 1) IS NULL "
            f"AND ({need} AND {balance_exists(met, past=past)} LIMIT 1) IS NOT NULL",
            day=on.isoformat(),
        )
    )
