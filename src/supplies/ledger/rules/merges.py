"""Merge two codes of one donor or recipient, and reverse such a merge.

No goods move. Later commands are recorded under the code that stays in use (`ledger.merged_codes`).
Views read the entries of all codes of a person (`books.merged_codes`).
"""

from __future__ import annotations

from supplies.domain.catalogue_records import Donor, Recipient
from supplies.domain.commands import MergeCodes, PersonKind
from supplies.domain.entries import Body
from supplies.domain.entry_rows import Merge
from supplies.errors import AlreadyDone, Fault, Forgotten, InvalidField, Sentence
from supplies.ledger.drafts import Draft
from supplies.ledger.journal import Journal

MERGED = "codes_merged"
"""The kind of entry that merges two codes or reverses a merge."""


def merge_codes(command: MergeCodes, journal: Journal) -> None:
    """Merge a code into another code of the same person. The other code stays in use.

    Raises:
        InvalidField: a code is unknown, the codes are equal, the records are of different kinds, or
            other codes were merged into the code to retire.
        AlreadyDone: the code was merged before.
        Forgotten: the data of the person was erased.
    """
    books, kind = journal.books, command.kind
    _refuse_forgotten(journal, command)
    read = books.donor if kind == "donor" else books.recipient
    merged, stays = read(command.code, "/code"), read(command.into, "/into")
    if command.code == command.into:
        raise InvalidField.at("/into", Sentence("give another code than {code}", code=command.code))
    if merged.kind != stays.kind:
        raise InvalidField.at(
            "/into",
            Sentence(
                "{code} is registered as {kind} and {into} as {other}; correct the wrong record "
                "first",
                code=command.code,
                kind=merged.kind,
                into=command.into,
                other=stays.kind,
            ),
        )
    known = books.catalogue.merged_codes(kind)
    if command.code in known:
        before = Sentence(
            "{code} was merged into {into} before", code=command.code, into=known[command.code]
        )
        raise AlreadyDone(before, [Fault("/code", before)])
    if command.into in known:
        raise InvalidField.at(
            "/into",
            Sentence(
                "{into} was merged into {stays}; merge {code} into {stays}",
                into=command.into,
                stays=known[command.into],
                code=command.code,
            ),
        )
    if command.code in known.values():
        raise InvalidField.at(
            "/code",
            Sentence(
                "other codes were merged into {code}, so it must stay; merge {into} into {code}",
                code=command.code,
                into=command.into,
            ),
        )
    draft = journal.entry(MERGED, prefix="j", about=f"{kind}:{command.code}")
    draft.add_rows(
        Merge(merge=str(draft.document), kind=kind, code=command.code, stays=command.into)
    )


def _refuse_forgotten(journal: Journal, command: MergeCodes) -> None:
    record_kind: type[Donor | Recipient] = Donor if command.kind == "donor" else Recipient
    for pointer, code in (("/code", command.code), ("/into", command.into)):
        record = journal.books.catalogue.get(record_kind, code)
        if record is not None and record.name is None:
            sentence = Sentence(
                "the personal data of {code} was erased, so nobody can tell whether both are one; "
                "leave both codes as they are",
                code=code,
            )
            raise Forgotten(sentence, [Fault(pointer, sentence)])


def find_merge(journal: Journal, seq: int) -> tuple[Body, Merge] | None:
    """Return an entry and its row about merged codes, or None if the entry is of another kind.

    Raises:
        NotFound: the entry does not exist.
    """
    body = journal.books.body(seq)
    if body.kind != MERGED:
        return None
    return next((body, row) for row in body.rows if isinstance(row, Merge))


def divide_codes(journal: Journal, body: Body, merge: Merge) -> None:
    """Reverse a merge, so that the two codes belong to different people again.

    Raises:
        AlreadyDone: the merge was reversed before.
    """
    kind: PersonKind = merge.kind
    latest = journal.books.latest_seq(Merge, merge=merge.merge)
    if merge.stays is None or latest != body.seq:
        raise AlreadyDone(
            Sentence(
                "the merge of {code} was reversed by entry {seq}; merge the codes again",
                code=merge.code,
                seq=latest,
            ),
            [Fault("/entry", Sentence("nothing is left to reverse"))],
        )
    draft: Draft = journal.entry(MERGED, document=merge.merge, about=f"{kind}:{merge.code}")
    draft.supersedes = body.seq
    draft.add_rows(Merge(merge=merge.merge, kind=kind, code=merge.code, stays=None))
