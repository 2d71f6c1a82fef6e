"""Counts of households for the station report."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from supplies.books.reader import Books, query_ids
from supplies.domain.accounts import MET, keys_of, kind_of
from supplies.views.balances_at import BalanceKey


def count_surveyed_households(books: Books, first: date, last: date) -> int:
    """Count households whose needs were surveyed in the period.

    They have a need that was recorded in the period and not withdrawn by its last day.
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


def count_fully_met_households(books: Books, needs: dict[BalanceKey, int]) -> int:
    """Count households that received goods and have no need that is open, claimed or assigned.

    Args:
        needs: Balances of all accounts of needs.
    """
    stages = _stages_of_needs(needs)
    met: defaultdict[str, bool] = defaultdict(bool)
    owed: defaultdict[str, bool] = defaultdict(bool)
    for need, recipient in _households_of(books, stages):
        met[recipient] |= MET.name in stages[need]
        owed[recipient] |= bool(stages[need] - {MET.name})
    return sum(1 for recipient in met if met[recipient] and not owed[recipient])


def _stages_of_needs(needs: dict[BalanceKey, int]) -> defaultdict[str, set[str]]:
    stages: defaultdict[str, set[str]] = defaultdict(set)
    for account, _, _ in needs:
        stages[keys_of(account)[0]].add(kind_of(account).name)
    return stages


def _households_of(books: Books, needs: Iterable[str]) -> list[tuple[str, str]]:
    """Return the needs of households, each with its household."""
    rows = query_ids(
        books,
        needs,
        "SELECT DISTINCT n.need, n.recipient FROM wanted w "
        "CROSS JOIN needs n CROSS JOIN recipients r "
        "WHERE n.station = :station AND n.need = w.id AND r.station = n.station "
        "AND r.code = n.recipient AND r.kind = 'household' "
        "AND n.seq = (SELECT max(m.seq) FROM needs m "
        "WHERE m.station = n.station AND m.need = n.need)",
    )
    return [(need, recipient) for need, recipient in rows]
