"""Reports by donor: open, late and fulfilled pledges, and the value of gifts in each year.

A donor with merged codes is one donor, under the code that stays.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from supplies.books.merged_codes import code_that_stays
from supplies.books.reader import Books
from supplies.domain.accounts import ANONYMOUS
from supplies.domain.catalogue_records import Donor
from supplies.views.donations import DOCUMENT_TYPE
from supplies.views.pagination import View
from supplies.views.periods import PeriodReport, check_days
from supplies.views.pledges import PledgeView, list_pledges


class PledgedItem(View, frozen=True, kw_only=True):
    """What a donor pledged of one item, in base units.

    `promised` is the sum of `arrived`, `outstanding` and `dropped`.

    Attributes:
        late: The part of `outstanding` whose due day was before today.
        dropped: The quantity that lapsed or was cancelled.
    """

    item: str
    promised: int
    arrived: int
    outstanding: int
    late: int
    dropped: int


class DonorPledges(View, frozen=True, kw_only=True):
    """The pledges of a donor.

    Attributes:
        name: None if the donor was forgotten.
        pledges: The number of pledges: the sum of `open`, `kept` (all goods arrived), `lapsed` and
            `cancelled`.
        late: The number of open pledges whose due day was before today.
    """

    donor: str
    name: str | None
    pledges: int
    open: int
    late: int
    kept: int
    lapsed: int
    cancelled: int
    lines: list[PledgedItem]


class DonorPledgesReport(PeriodReport, frozen=True, kw_only=True):
    """The pledges that were made in a period, by donor."""

    today: date
    items: list[DonorPledges]


class DonorValue(View, frozen=True, kw_only=True):
    """The value of a donor's gifts of one year in one currency, as recorded on arrival.

    Attributes:
        donor: None for anonymous gifts.
        name: None for anonymous gifts, and if the donor was forgotten.
        value: The sum of the values in minor units of `currency`; None if no value was recorded.
        donations: The number of donations with goods of this currency.
        not_valued: The number of lines without a value, in all donations of the donor in this year.
    """

    donor: str | None
    name: str | None
    year: int
    currency: str | None
    value: int | None
    donations: int
    not_valued: int


class DonorValuesReport(PeriodReport, frozen=True, kw_only=True):
    """The values of gifts, by donor, year and currency."""

    items: list[DonorValue]


def report_pledges_by_donor(
    books: Books, first: date, last: date, today: date
) -> DonorPledgesReport:
    """Return the pledges of a period, by donor. Donors with the most late pledges come first.

    Args:
        today: The current day in the station's time zone. An open pledge is late if it was due
            before this day.

    Raises:
        InvalidField: `last` is before `first`.
    """
    check_days(first, last)
    by_donor: defaultdict[str, list[PledgeView]] = defaultdict(list)
    for pledge in list_pledges(books, days=(first, last), limit=None).items:
        by_donor[code_that_stays(books, "donor", pledge.donor)].append(pledge)
    found = [_pledges_of(books, donor, pledges, today) for donor, pledges in by_donor.items()]
    found.sort(key=lambda one: (-one.late, -one.open, one.donor))
    return DonorPledgesReport(first=first, last=last, today=today, items=found)


def _pledges_of(
    books: Books, donor: str, pledges: Iterable[PledgeView], today: date
) -> DonorPledges:
    statuses: Counter[str] = Counter()
    items: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for pledge in pledges:
        is_late = pledge.status == "open" and pledge.due_on is not None and pledge.due_on < today
        statuses.update([pledge.status, *["late"] * is_late])
        for line in pledge.lines:
            items[line.item].update(
                promised=line.promised,
                arrived=line.arrived,
                outstanding=line.outstanding,
                late=line.outstanding if is_late else 0,
                dropped=line.lapsed + line.cancelled,
            )
    return DonorPledges(
        donor=donor,
        name=donor_name(books, donor),
        pledges=statuses.total() - statuses["late"],
        open=statuses["open"],
        late=statuses["late"],
        kept=statuses["kept"],
        lapsed=statuses["lapsed"],
        cancelled=statuses["cancelled"],
        lines=[PledgedItem(item=item, **quantities) for item, quantities in sorted(items.items())],
    )


def report_donor_values(books: Books, first: date, last: date) -> DonorValuesReport:
    """Return the values of gifts in a period, by donor, year and currency.

    Raises:
        InvalidField: `last` is before `first`.
    """
    check_days(first, last)
    values: Counter[tuple[str | None, int, str | None]] = Counter()
    donations: Counter[tuple[str | None, int, str | None]] = Counter()
    not_valued: Counter[tuple[str | None, int]] = Counter()
    for gift, lines in _values_of_gifts(books, first, last).items():
        for minor, currency in lines:
            if minor is None or currency is None:
                not_valued[gift.donor, gift.year] += 1
            else:
                values[gift.donor, gift.year, currency] += minor
        valued = {currency for minor, currency in lines if minor is not None}
        for currency in valued or [None]:
            donations[gift.donor, gift.year, currency] += 1
    keys = sorted(donations, key=lambda key: (key[1], key[0] or "", key[2] or ""))
    return DonorValuesReport(
        first=first,
        last=last,
        items=[
            DonorValue(
                donor=donor,
                name=None if donor is None else donor_name(books, donor),
                year=year,
                currency=currency,
                value=None if currency is None else values[donor, year, currency],
                donations=donations[donor, year, currency],
                not_valued=not_valued[donor, year],
            )
            for donor, year, currency in keys
        ],
    )


class _Gift(NamedTuple):
    """A donation with its donor and year, as last corrected."""

    donation: str
    donor: str | None
    year: int


def _values_of_gifts(
    books: Books, first: date, last: date
) -> dict[_Gift, list[tuple[int | None, str | None]]]:
    """Return the value and currency of each line, by donation. Both are None without a value."""
    found: defaultdict[_Gift, list[tuple[int | None, str | None]]] = defaultdict(list)
    for donation, donor, day, minor, currency in books.all(
        "SELECT a.arrival, a.party, e.happened_on, o.value_minor, o.currency "
        "FROM entries e CROSS JOIN arrivals a CROSS JOIN arrival_lines l CROSS JOIN lots o "
        # An entry is booked on the day on which it happened or later. Without `|| ''`, SQLite would
        # read the entries of this kind of all days.
        "WHERE e.station = :station AND e.kind || '' = :kind "
        "AND e.booked_on >= :first AND e.happened_on >= :first AND e.happened_on <= :last "
        "AND a.station = e.station AND a.arrival = e.document AND a.seq = e.seq "
        "AND a.seq = (SELECT max(b.seq) FROM arrivals b "
        "WHERE b.station = a.station AND b.arrival = a.arrival) "
        "AND l.station = a.station AND l.arrival = a.arrival AND l.seq = a.seq "
        "AND o.station = l.station AND o.lot = l.lot AND o.seq = (SELECT max(p.seq) FROM lots p "
        "WHERE p.station = o.station AND p.lot = o.lot)",
        kind=DOCUMENT_TYPE.kind,
        first=first.isoformat(),
        last=last.isoformat(),
    ):
        known = None if donor == ANONYMOUS else code_that_stays(books, "donor", donor)
        gift = _Gift(donation, known, int(day[:4]))
        found[gift].append((None if minor is None else int(minor), currency))
    return found


def donor_name(books: Books, code: str) -> str | None:
    """Return the name of a donor, or None if the donor is not in the catalogue or was forgotten."""
    record = books.catalogue.get(Donor, code)
    return None if record is None else record.name
