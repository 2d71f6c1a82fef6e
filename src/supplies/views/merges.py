"""Read which codes of donors and recipients were merged, and what a merge would combine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from supplies.books.merged_codes import codes_of_person
from supplies.books.reader import Books
from supplies.domain.accounts import ASSIGNED, CLAIMED, NEEDED, PLEDGED
from supplies.domain.catalogue_records import Donor
from supplies.domain.commands import PersonKind
from supplies.domain.entry_rows import Merge
from supplies.errors import NotFound, Sentence
from supplies.views.pagination import DEFAULT_LIMIT, Page, View, Warned, paginate
from supplies.views.remarks import TextView, read_entry_texts


class MergeView(View, frozen=True, kw_only=True):
    """A code that was merged into another code of the same person.

    Attributes:
        into: The code that stays in use.
        entry: Number of the entry that merged the codes. To separate them, reverse this entry.
        texts: The reason for the merge; None if it was erased.
    """

    kind: PersonKind
    code: str
    into: str
    entry: int
    happened_on: date
    recorded_by: str
    texts: list[TextView] | None


def list_merges(
    books: Books, *, after: str | None = None, limit: int | None = DEFAULT_LIMIT
) -> Page[MergeView]:
    """List the merges that are in effect, oldest first.

    Raises:
        InvalidField: `after` or `limit` is invalid.
    """

    def fetch(position: int, wanted: int) -> list[tuple[int, MergeView]]:
        rows = books.all(
            "SELECT seq, kind, code, stays FROM merges m WHERE m.station = :station "
            "AND m.seq > :after AND m.stays IS NOT NULL AND m.seq = (SELECT max(n.seq) "
            "FROM merges n WHERE n.station = m.station AND n.kind = m.kind AND n.code = m.code) "
            "ORDER BY m.seq LIMIT :limit",
            after=position,
            limit=wanted,
        )
        texts = read_entry_texts(books, [row[0] for row in rows])
        found = []
        for seq, kind, code, stays in rows:
            body = books.body(seq)
            found.append(
                (
                    seq,
                    MergeView(
                        kind=kind,
                        code=code,
                        into=stays,
                        entry=seq,
                        happened_on=body.happened_on,
                        recorded_by=body.recorded_by,
                        texts=texts.get(seq),
                    ),
                )
            )
        return found

    return paginate(fetch, after, limit)


def get_merge(books: Books, kind: PersonKind, code: str) -> MergeView:
    """Return the merge of this code into another code.

    Raises:
        NotFound: the code is not merged into another code.
    """
    seq = books.latest_seq(Merge, kind=kind, code=code)
    for view in list_merges(books, after=str((seq or 1) - 1), limit=1).items:
        if (view.kind, view.code) == (kind, code):
            return view
    raise NotFound(Sentence("{code} is not merged; see the list of merges", code=code[:64]))


class DocumentCounts(View, frozen=True, kw_only=True):
    """How many documents a person has under one code, and which of them are open.

    Attributes:
        documents: The number of documents of each type, such as "needs".
        open: Ids of the open needs of a recipient, or of the open pledges of a donor.
    """

    documents: dict[str, int]
    open: list[str]


_DOCUMENTS: Mapping[PersonKind, Mapping[str, str]] = {
    "donor": {
        "pledges": "SELECT pledge FROM pledges WHERE station = :station AND donor = :code",
        "donations": "SELECT arrival FROM arrivals "
        "WHERE station = :station AND party = :code AND origin = 'donor'",
    },
    "recipient": {
        "needs": "SELECT need FROM needs WHERE station = :station AND recipient = :code",
        "allocations": "SELECT allocation FROM allocations "
        "WHERE station = :station AND recipient = :code",
        "hand_outs": "SELECT hand_out FROM hand_outs "
        "WHERE station = :station AND recipient = :code",
    },
}


def count_documents(books: Books, kind: PersonKind, code: str) -> DocumentCounts:
    """Count the documents of a person under one code, without those under other codes."""
    found = {
        table: dict.fromkeys(str(name) for (name,) in books.all(sql, code=code))
        for table, sql in _DOCUMENTS[kind].items()
    }
    accounts: Mapping[str, Sequence[str]] = {
        **{name: [PLEDGED(name), f"{PLEDGED(name)}:"] for name in found.get("pledges", ())},
        **{
            name: [NEEDED(name), *(f"{stage(name)}:" for stage in (CLAIMED, ASSIGNED))]
            for name in found.get("needs", ())
        },
    }
    is_open = [name for name, of in accounts.items() if any(map(books.nonzero_balances, of))]
    return DocumentCounts(
        documents={table: len(names) for table, names in found.items()},
        # Ids end in a number, so of two ids the shorter one is older.
        open=sorted(is_open, key=lambda name: (len(name), name)),
    )


_PUBLISHED = ("no", "family_name", "name")
"""Values of `Donor.publish`, from publishing nothing to publishing the whole name."""


def find_merge_warnings(books: Books, kind: PersonKind, code: str, into: str) -> list[Warned]:
    """Return a warning if a merge would publish more of a donor's name than the donor allowed.

    After a merge, the consent under the code that stays in use counts for both codes.
    """
    merged, stays = books.catalogue.get(Donor, code), books.catalogue.get(Donor, into)
    if kind != "donor" or merged is None or stays is None:
        return []
    if _PUBLISHED.index(stays.publish) <= _PUBLISHED.index(merged.publish):
        return []
    return [
        Warned(
            warning="publishes-name",
            detail=f"{code} consents to publish {merged.publish!r}, and {into} to "
            f"{stays.publish!r}, which then counts for both; ask the donor, or change {into} first",
            about=into,
        )
    ]


def other_codes(books: Books, kind: PersonKind, code: str) -> list[str]:
    """Return the other codes of a person, after merges. The code that stays in use comes first."""
    return [other for other in codes_of_person(books, kind, code) if other != code]
