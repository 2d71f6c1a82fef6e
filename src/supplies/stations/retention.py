"""How long a station keeps personal data, and whose data is due to be erased.

Personal data may be kept only as long as its purpose needs (Personal Information Protection Law of
China, art. 19). Each station sets the periods. Nothing is erased automatically. The command
`supplies forget due` lists the people whose data is due to be erased; `--yes` erases the data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from supplies.books.merged_codes import code_that_stays, codes_of_person
from supplies.books.reader import Books
from supplies.domain.accounts import (
    ASKED,
    BORROWED,
    BOUGHT,
    DONOR,
    LENT,
    MADE,
    RECEIVED,
    RETURNED,
    AccountKind,
)
from supplies.domain.entry_rows import Forgetting, entry_of_forgotten_text
from supplies.signing.seals import Seals

MIN_ACCESS_LOG_DAYS = 183
"""Minimum days to keep the access log: six months (Cybersecurity Law of China, art. 21)."""

_MAX_DAYS = 36_525
Days = Annotated[int, Meta(ge=1, le=_MAX_DAYS)]

PersonRole = Literal["recipient", "donor"]


PERSON_KINDS: Mapping[PersonRole, str] = {"recipient": "household", "donor": "person"}
"""The kind of recipients, and the kind of donors, that are natural persons.

Recipients and donors of other kinds have no personal data.
"""


class Retention(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Retention periods in days. If None, data is kept until the person asks for erasure.

    Attributes:
        recipients_days, donors_days: Days to keep personal data after the latest day of an entry
            about the person.
        access_log_days: Days to keep each line of the access log.
    """

    recipients_days: Days | None = None
    donors_days: Days | None = None
    access_log_days: Annotated[int, Meta(ge=MIN_ACCESS_LOG_DAYS, le=_MAX_DAYS)] | None = None


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A donor or a recipient, identified by role and code."""

    who: PersonRole
    code: str


class PersonDue(Person, frozen=True, kw_only=True):
    """A person whose retention period has ended.

    Attributes:
        last_on: The latest day of an entry about the person.
    """

    last_on: date


def retention(books: Books) -> Retention:
    """Return the station's retention periods."""
    names = Retention.__struct_fields__
    row = books.one(f"SELECT {', '.join(names)} FROM retention WHERE station = :station")
    return Retention() if row is None else Retention(**dict(zip(names, row, strict=True)))


def set_retention(books: Books, kept: Retention) -> None:
    """Set the retention periods. Call this within `Ledger.admin_transaction()`.

    This function does not check the periods; the database refuses wrong ones. `amend_station`
    checks them first and says what is wrong.

    Raises:
        StoreError: the access log would be kept for less than `MIN_ACCESS_LOG_DAYS`; or the
            settings are sealed, and the keys are missing.
    """
    Seals(books.store, books.station_code).put("retention", **msgspec.structs.asdict(kept))


def people_due(books: Books, today: date) -> list[PersonDue]:
    """Return the people whose retention period has ended by `today`, the longest overdue first.

    People with an open need, pledge or delivery are included, but they can be forgotten only after
    these are closed. People without any entry are left out, because the books do not contain the
    day of their registration.
    """
    kept = retention(books)
    return sorted(
        [
            *_due(books, "recipient", kept.recipients_days, today),
            *_due(books, "donor", kept.donors_days, today),
        ],
        key=lambda one: (one.last_on, one.who, one.code),
    )


def access_log_kept_since(books: Books, today: date) -> date | None:
    """Return the first day whose access log is kept, or None if the whole log is kept."""
    days = retention(books).access_log_days
    return None if days is None else today - timedelta(days=days)


def forgotten_people(books: Books) -> list[Person]:
    """Return the people whose names were erased in these books, in the order of erasure."""
    parties = [
        one.party.partition(":")
        for one in books.rows(Forgetting)
        if entry_of_forgotten_text(one.party) is None
    ]
    return [
        Person(who="donor" if what == "donor" else "recipient", code=code)
        for what, _, code in parties
    ]


def forgotten_texts(books: Books) -> dict[int, str]:
    """Return the entries whose free text was erased with `ForgetText`.

    The result maps the number of each entry to the digest of its text.
    """
    entries = (entry_of_forgotten_text(one.party) for one in books.rows(Forgetting))
    return {entry: books.body(entry).texts or "" for entry in entries if entry is not None}


def has_text(books: Books, entry: int, digest: str) -> bool:
    """Return whether these books still contain a free text that was erased in another copy.

    Args:
        entry: Number of the entry that has the text.
        digest: Digest of the text.
    """
    found = books.value(
        "SELECT 1 FROM erasable WHERE station = :station AND seq = :entry "
        "AND digest = :digest AND content IS NOT NULL",
        entry=entry,
        digest=digest,
    )
    return found is not None


def is_known(books: Books, person: Person) -> bool:
    """Return whether these books still contain the name of a donor or recipient."""
    name = f"SELECT 1 FROM {person.who}s WHERE station = :station AND code = :code"
    return books.value(f"{name} AND name IS NOT NULL", code=person.code) is not None


# --- people due ----------------------------------------------------------------------------------


def _moved(kind: AccountKind) -> str:
    return (
        f"SELECT substr(account, {len(kind.prefix) + 1}), seq FROM balances "
        f"WHERE station = :station AND account >= '{kind.prefix}' AND account < '{kind.name};'"
    )


_PARTIES = (DONOR, BOUGHT, MADE, BORROWED, LENT)
"""The kinds of account whose first key is a donor, supplier, maker, lender or borrower.

All of them are registered as donors.
"""

_ORIGINS = "'donor', 'bought', 'made', 'borrowed'"
"""The origins of arrivals that come from a person or an organisation, in SQL."""

_STATED = {
    "recipient": (
        "SELECT recipient AS code, seq FROM needs WHERE station = :station",
        "SELECT recipient, seq FROM allocations WHERE station = :station",
        "SELECT recipient, seq FROM hand_outs WHERE station = :station",
        _moved(ASKED),
        _moved(RECEIVED),
    ),
    "donor": (
        "SELECT donor AS code, seq FROM pledges WHERE station = :station",
        f"SELECT party, seq FROM arrivals WHERE station = :station AND origin IN ({_ORIGINS})",
        *map(_moved, _PARTIES),
    ),
}
"""SQL queries that find an entry about each person, using only indexes.

The entry need not be the latest one. People without any entry are not found.
"""


def _documents(document: str, tables: str, whose: str) -> str:
    return (
        f"SELECT q.code, {document} AS document FROM quiet q CROSS JOIN {tables} "
        f"WHERE d.station = :station AND {whose} = q.code"
    )


def _days(kind: AccountKind) -> str:
    return (
        "SELECT q.code, d.day FROM quiet q CROSS JOIN days d "
        f"WHERE d.station = :station AND d.account = '{kind.prefix}' || q.code"
    )


_GIVEN_BY = f"d.origin IN ({_ORIGINS}) AND d.party"

_DOCUMENTS = {
    "recipient": (
        _documents("d.need", "needs d", "d.recipient"),
        _documents("d.allocation", "allocations d", "d.recipient"),
        _documents("d.delivery", "stops d", "d.recipient"),
        _documents("d.hand_out", "hand_outs d", "d.recipient"),
    ),
    "donor": (
        _documents("d.pledge", "pledges d", "d.donor"),
        _documents("d.arrival", "arrivals d", _GIVEN_BY),
        _documents(
            "r.number",
            "arrivals d CROSS JOIN receipt_donations r",
            f"r.station = d.station AND r.donation = d.arrival AND {_GIVEN_BY}",
        ),
    ),
}
"""SQL queries for the documents about each person, such as needs and deliveries.

Every entry of such a document counts as an entry about the person.
"""

_MOVED_ON = {
    "recipient": (_days(ASKED), _days(RECEIVED)),
    "donor": (*map(_days, _PARTIES), _days(RETURNED)),
}
"""SQL queries for the days on which transfers about each person were booked."""


def _due(books: Books, who: PersonRole, days: int | None, today: date) -> list[PersonDue]:
    """Return the people whose latest entry is more than `days` days old.

    Facts may be recorded late, so the entry that was recorded last need not have the latest day.
    But if it has a recent day, the person cannot be due. So all entries are read only for the other
    people. A person with merged codes is returned under the code that stays in use.
    """
    if days is None:
        return []
    until = today - timedelta(days=days)
    due = _quiet_people(books, who, until)
    merged = books.catalogue.merged_codes(who)
    for kept in {code_that_stays(books, who, code) for code in due} & set(merged.values()):
        codes = codes_of_person(books, who, kept)
        last = _quiet_people(books, who, date.max, codes)
        for code in codes:
            due.pop(code, None)
        if last and max(last.values()) < until:
            due[kept] = max(last.values())
    return [PersonDue(who=who, code=code, last_on=day) for code, day in due.items()]


def _quiet_people(
    books: Books, who: PersonRole, until: date, codes: Sequence[str] = ()
) -> dict[str, date]:
    """Return the people who have no entry on or after a day, each with the day of the latest entry.

    Args:
        until: The day.
        codes: Look only for these codes. If empty, look for all people.
    """
    names = {f"code{index}": code for index, code in enumerate(codes)}
    only = f"AND p.code IN ({', '.join(f':{name}' for name in names)}) " if codes else ""
    rows = books.all(
        f"WITH quiet (code) AS (SELECT p.code FROM {who}s p CROSS JOIN ("
        f"SELECT code, max(seq) AS seq FROM ({' UNION ALL '.join(_STATED[who])}) AS stood "
        "GROUP BY code) AS latest CROSS JOIN entries e "
        "WHERE p.station = :station AND p.name IS NOT NULL AND p.kind = :kind "
        f"{only}AND latest.code = p.code "
        "AND e.station = :station AND e.seq = latest.seq AND e.booked_on < :first), "
        f"documents AS ({' UNION '.join(_DOCUMENTS[who])}), "
        "booked AS (SELECT d.code, e.booked_on AS day FROM documents d CROSS JOIN entries e "
        "WHERE e.station = :station AND e.document = d.document "
        f"UNION ALL {' UNION ALL '.join(_MOVED_ON[who])}) "
        "SELECT code, max(day) FROM booked GROUP BY code HAVING max(day) < :first",
        kind=PERSON_KINDS[who],
        first=until.isoformat(),
        **names,
    )
    return {code: date.fromisoformat(day) for code, day in rows}
