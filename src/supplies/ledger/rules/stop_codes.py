"""Codes of stops. A household proves a delivery by telling the courier the code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from supplies.books.reader import Books
from supplies.books.stop_codes import code_of_stop, codes_are_compared
from supplies.domain.commands import ReportOutcome
from supplies.domain.entries import new_salt
from supplies.domain.entry_rows import Stop, StopCode
from supplies.ledger.drafts import Draft

_CODE_DIGITS = 6


def add_stop_codes(
    draft: Draft, stops: Iterable[Stop], codes: Mapping[str, str] | None = None
) -> None:
    """Add a code for each of these stops to a draft.

    Args:
        codes: Codes to keep, by allocation. Households know these codes already, because their
            stops were on another delivery before. All other stops get a new code.
    """
    rows = []
    for stop in stops:
        code = (codes or {}).get(stop.allocation) or _new_code()
        digest = draft.add_erasable(code.encode(), f"recipient:{stop.recipient}")
        rows.append(StopCode(delivery=stop.delivery, allocation=stop.allocation, digest=digest))
    draft.add_rows(*rows)


def _new_code() -> str:
    return f"{int.from_bytes(new_salt()) % 10**_CODE_DIGITS:0{_CODE_DIGITS}d}"


def code_to_compare(books: Books, command: ReportOutcome) -> str | None:
    """Return the right code, with which the code in a report is compared.

    Return None if the report's code is not compared: the stop has no code, or too many wrong codes
    were reported.
    """
    if not codes_are_compared(books, command.delivery, command.allocation):
        return None
    return code_of_stop(books, command.delivery, command.allocation)
