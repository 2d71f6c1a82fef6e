"""Find all problems of a row that cannot be recorded, so that they can be corrected together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from supplies.imports.goods import check_item, read_goods, read_labels, read_number
from supplies.imports.row_reader import NoGoods, RowFault, RowReader, of_column
from supplies.imports.rows import DONOR_KINDS, OUTCOMES, PUBLISH, RECIPIENT_KINDS, URGENCIES
from supplies.imports.sheets import Row
from supplies.ledger.journal import check_not_in_future


def with_further_faults(reader: RowReader, row: Row, fault: RowFault) -> RowFault:
    """Return the fault of a row together with the faults of its other columns.

    If the row has no goods, return only this fault, because the row is never recorded.
    """
    if isinstance(fault, NoGoods):
        return fault
    further: dict[str, RowFault] = {}
    with reader.matcher.trial():
        for column in reader.kind.columns:
            for check in _CHECKS.get(column.name, ()):
                try:
                    check(reader, row)
                except NoGoods as found:
                    return found
                except RowFault as found:
                    further.setdefault(found.column, found)
    further.pop(fault.column, None)
    return RowFault(fault.column, fault.why, list(further.values()))


def _text(reader: RowReader, row: Row, *, name: str) -> None:
    reader.needed_text(row, name)


def _day(reader: RowReader, row: Row, *, name: str) -> None:
    reader.day(row, name)


def _day_of_command(reader: RowReader, row: Row) -> None:
    found = reader.day(row, "day")
    if found is not None:
        of_column("day", lambda: check_not_in_future(found.day, reader.ledger.today()))


def _number(reader: RowReader, row: Row, *, name: str) -> None:
    reader.number(row, name)


def _word(reader: RowReader, row: Row, *, name: str, words: Mapping[str, str]) -> None:
    reader.choice(row, name, words)


def _kind(reader: RowReader, row: Row) -> None:
    reader.choice(row, "kind", DONOR_KINDS if reader.kind.name == "donors" else RECIPIENT_KINDS)


def _community(reader: RowReader, row: Row) -> None:
    if reader.kind.name == "households":  # In other rows it is read together with the recipient.
        reader.community(row)


def _for(reader: RowReader, row: Row) -> None:
    if reader.text(row, "for"):
        reader.recipient(row, "for")


_CHECKS: Mapping[str, Sequence[Callable[[RowReader, Row], object]]] = {
    "item": (read_goods, check_item),
    "quantity": (read_number,),
    "expires": (read_labels,),
    "donor": (RowReader.donor,),
    "recipient": (RowReader.recipient,),
    "community": (_community,),
    "location": (RowReader.location,),
    "for": (_for,),
    "campaign": (partial(RowReader.campaign, name="campaign"),),
    "phone": (RowReader.phone,),
    "kind": (_kind,),
    **{name: (partial(_text, name=name),) for name in ("name", "handled_by")},
    **{name: (partial(_day, name=name),) for name in ("due_on", "needed_by")},
    "day": (_day_of_command,),
    **{
        name: (partial(_number, name=name),)
        for name in ("headcount", "persons", "pack_size", "minimum")
    },
    "urgency": (partial(_word, name="urgency", words=URGENCIES),),
    "publish": (partial(_word, name="publish", words=PUBLISH),),
    "outcome": (partial(_word, name="outcome", words=OUTCOMES),),
}
"""For columns that are read independently of others, the functions that read a row's cell."""
