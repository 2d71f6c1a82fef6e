"""Export a table in the 3W format of OCHA (who does what where): goods handed out by community."""

from __future__ import annotations

from datetime import date

from supplies.books.reader import Books
from supplies.domain.redaction import mask_count
from supplies.exports.tables import Column, Table, Value
from supplies.views.periods import check_days

COLUMNS = (
    Column("organisation", "#org+name"),
    Column("activity", "#activity"),
    Column("item", "#item+name"),
    Column("item_code", "#item+code"),
    Column("quantity", "#item+num"),
    Column("unit", "#item+unit"),
    Column("community", "#adm+community+code"),
    Column("recipients", "#reached"),
    Column("first_day", "#date+start"),
    Column("last_day", "#date+end"),
    Column("status", "#status"),
)


def three_w_table(books: Books, first: date, last: date) -> Table:
    """Return a row for each community and item handed out from `first` to `last`.

    Goods that were taken back are subtracted. A number of recipients below five is shown as "<5",
    so that nobody can be identified by it.

    Raises:
        InvalidField: `last` is before `first`.
    """
    check_days(first, last)
    found = books.all(
        "SELECT item, item_code, sum(quantity), unit, community, "
        "count(DISTINCT coalesce(recipient_merged_into, recipient_code)) "
        "FROM who_received_what WHERE station = :station AND day >= :first AND day <= :last "
        "GROUP BY item_code, item, unit, community HAVING sum(quantity) > 0 "
        "ORDER BY community, item_code",
        first=first.isoformat(),
        last=last.isoformat(),
    )
    name = books.station.name_en or books.station.name
    rows: list[list[Value]] = [
        [
            name,
            "distribution",
            item,
            code,
            int(quantity),
            unit,
            community,
            mask_count(int(recipients)),
            first,
            last,
            "completed",
        ]
        for item, code, quantity, unit, community, recipients in found
    ]
    return Table("3w", COLUMNS, rows)
