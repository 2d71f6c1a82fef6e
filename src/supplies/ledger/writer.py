"""Write the drafted entries of a command to the database, with their numbers and hashes."""

from __future__ import annotations

import re
import uuid
from collections import defaultdict
from typing import Any, Self

import msgspec

from supplies.books.free_text import Texts, free_text_in_command, has_fields_kept_apart
from supplies.books.reader import Books
from supplies.books.written import WrittenEntry
from supplies.domain.commands import AcknowledgeShipment, Command, ReceiveShipment
from supplies.domain.entries import (
    INSERTS,
    Body,
    allocation_and_recipient,
    chain_hash,
    column_values,
    encode_body,
    entry_id,
    format_timestamp,
    new_salt,
    salted_digest,
)
from supplies.domain.entry_rows import EntryRow, Forgetting, Merge, entry_of_forgotten_text
from supplies.domain.uuids import is_uuid, name_based_uuid, random_uuid
from supplies.domain.validation import check_fields
from supplies.errors import InvalidField, NotEnough, Sentence, SuppliesError, check_type
from supplies.ledger.balance_floors import floor_error
from supplies.ledger.drafts import Draft, Erasable
from supplies.ledger.journal import Journal
from supplies.storage.idempotency import StoredResponses
from supplies.storage.store import Store

_INSERT_ENTRY = (
    "INSERT INTO entries (station, seq, id, part, kind, document, happened_on, booked_on, "
    "recorded_at, recorded_by, supersedes, body, hash) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_INSERT_TRANSFER = (
    "INSERT INTO transfers (station, seq, line, day, source, target, item, lot, "
    "quantity, allocation, recipient) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_ACTOR_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")
"""Regular expression for the code of the person who records a command.

The code is hashed and can never be erased, so it must not be a person's name. The pattern allows no
spaces and no Chinese characters.
"""

_SHIPMENT_NAMESPACE = "0a3f3c1e-52a5-5f0e-8f0d-6a2a7d1c9b54"
"""UUID namespace for the ids of commands that can be recorded only once per shipment.

The id of such a command is a UUID computed from the id of the shipment.
"""

_INSERT_ERASABLE = (
    "INSERT INTO erasable (station, seq, digest, about, salt, content) VALUES (?, ?, ?, ?, ?, ?)"
)


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A command to record, with the person who records it and a request id.

    The fields are the arguments of `Ledger.record`.
    """

    command: Command
    by: str
    id: str | uuid.UUID | None = None


class CheckedRequest(msgspec.Struct, frozen=True):
    """A request whose fields were checked and encoded.

    Attributes:
        id: The request id, a UUID as text.
        id_given: Whether the caller gave the id. If so, it may have been used before.
        contents: The encoded command. If the check changed the spelling of a text, the command as
            it was sent follows, because older versions of the program recorded the text as sent.
        texts: The encoded free texts of the command; None if it has none. If it has a signature,
            photo or code of a stop but no texts, this is an empty JSON object, because the salt is
            stored together with the texts.
        salt: Random bytes that are hashed together with the texts, and with the whole command.
    """

    command: Command
    by: str
    id: str
    id_given: bool
    contents: tuple[bytes, ...]
    texts: bytes | None
    salt: bytes

    @classmethod
    def of(cls, request: Request) -> Self:
        """Check a request, without access to the database.

        Raises:
            InvalidField: `request` is not a request, or one of its fields is invalid.
        """
        check_type(request, Request, "a request", "a Request(command=…, by=…)")
        check_type(
            request.command, Command, "the command", "one of the commands, such as RecordDonation"
        )
        if not isinstance(request.by, str) or not _ACTOR_CODE.match(request.by):
            raise InvalidField(
                f"invalid `by` {str(request.by)[:64]!r}: give the code of the person who records "
                "this (1 to 64 letters, digits, dots, dashes and underscores), never a name"
            )
        checked = check_fields(request.command)
        texts = free_text_in_command(checked)
        salted = bool(texts) or has_fields_kept_apart(checked)
        id = request.id if request.id is None else _parse_uuid(request.id)
        id = shipment_command_id(checked) or id
        return cls(
            command=checked,
            by=request.by,
            id=id or random_uuid(),
            id_given=id is not None,
            contents=tuple(dict.fromkeys((encode_body(checked), encode_body(request.command)))),
            texts=encode_body(texts) if salted else None,
            salt=new_salt() if salted else b"",
        )

    @classmethod
    def as_given(cls, request: Request) -> Self | None:
        """Wrap a request without checking it, to look for an earlier request with the same id.

        Return None if the argument is not a request, has no id or cannot be encoded.
        """
        try:
            id = shipment_command_id(request.command) or _parse_uuid(request.id or "")
            content = encode_body(request.command)
        except (SuppliesError, AttributeError, TypeError, ValueError):
            return None
        return cls(
            command=request.command,
            by=request.by,
            id=id,
            id_given=True,
            contents=(content,),
            texts=None,
            salt=b"",
        )

    def without_texts(self) -> Self:
        """Return the request without its free texts. Its digest stays the same."""
        return msgspec.structs.replace(self, texts=self.texts and encode_body({}))

    @property
    def digest(self) -> str:
        """The salted digest of the command, which shows if the same request is sent again."""
        return salted_digest(self.salt, self.contents[0])


def shipment_command_id(command: Command) -> str | None:
    """Return the id of a command that can be recorded only once for each shipment.

    Return None for all other commands.
    """
    if type(command) is ReceiveShipment or type(command) is AcknowledgeShipment:
        return name_based_uuid(_SHIPMENT_NAMESPACE, f"{type(command).__name__} {command.shipment}")
    return None


def _parse_uuid(given: str | uuid.UUID) -> str:
    text = str(given)
    try:
        return text if is_uuid(text) else str(uuid.UUID(text))
    except ValueError:
        raise InvalidField(f"the id {text[:64]!r} is not a UUID") from None


def _texts_with(request: CheckedRequest, reported: Texts) -> bytes | None:
    """Return the encoded texts of a request, with the texts of the report that it books, if any."""
    if request.texts is None or not reported:
        return request.texts
    return encode_body(reported | msgspec.json.decode(request.texts, type=Texts))


class Writer:
    """Writes the drafted entries of commands within an open transaction."""

    def __init__(self, store: Store, books: Books, answers: StoredResponses) -> None:
        self.store, self.books, self.stored_responses = store, books, answers
        self.station = books.station_code

    def write(self, journal: Journal, request: CheckedRequest) -> list[WrittenEntry]:
        """Write all drafted entries of a command, or none if the database refuses one.

        Return the written entries.

        Raises:
            NotEnough: a balance would fall below zero.
        """
        previous, previous_at = journal.end.hash, journal.end.recorded_at
        recorded_at = format_timestamp(journal.now)
        written: list[WrittenEntry] = []
        try:
            with self.store.savepoint():
                for part, draft in enumerate(journal.drafts):
                    texts = _texts_with(request, journal.reported_texts) if part == 0 else None
                    body = self._body(draft, part, recorded_at, request, texts)
                    content = encode_body(body)
                    entry_hash = chain_hash(previous, content)
                    self._insert_entry(body, content, entry_hash)
                    self._insert_erasables(draft)
                    erasable = {each.digest: each.content for each in draft.erasables}
                    written.append(
                        WrittenEntry(body, content, entry_hash, previous, previous_at, erasable)
                    )
                    previous, previous_at = entry_hash, recorded_at
        except NotEnough:
            error = floor_error(self.books, journal.drafts)
            raise error or NotEnough(
                Sentence("this takes more than the books contain, now or on some day since then")
            ) from None
        return written

    def _body(
        self,
        draft: Draft,
        part: int,
        recorded_at: str,
        request: CheckedRequest,
        texts: bytes | None,
    ) -> Body:
        """Build the body of an entry. Add the free texts of the entry, encoded, to its draft."""
        digest = None
        if texts is not None:
            digest = salted_digest(request.salt, texts)
            draft.erasables.append(Erasable(digest, request.salt, texts, draft.about))
        return Body(
            station=self.station,
            seq=draft.seq,
            id=entry_id(request.id, part),
            part=part,
            kind=draft.kind,
            document=draft.document,
            happened_on=draft.happened_on,
            booked_on=draft.booked_on,
            recorded_at=recorded_at,
            recorded_by=request.by,
            supersedes=draft.supersedes,
            about=draft.about,
            request=request.digest if part == 0 else None,
            texts=digest,
            transfers=tuple(move.transfer for move in draft.moves),
            rows=tuple(draft.rows),  # type: ignore[arg-type]  # every row type is in the union
        )

    def _insert_erasables(self, draft: Draft) -> None:
        self.store.run_many(
            _INSERT_ERASABLE,
            [
                (self.station, draft.seq, each.digest, each.about, each.salt, each.content)
                for each in draft.erasables
            ],
        )

    def _insert_entry(self, body: Body, content: bytes, entry_hash: bytes) -> None:
        key = (self.station, body.seq)
        day = body.booked_on.isoformat()
        entry = (
            *key,
            body.id,
            body.part,
            body.kind,
            body.document,
            body.happened_on.isoformat(),
            day,
            body.recorded_at,
            body.recorded_by,
            body.supersedes,
            content,
            entry_hash,
        )
        self.store.run_many(_INSERT_ENTRY, [entry])
        by_type: dict[type[EntryRow], list[tuple[Any, ...]]] = defaultdict(list)
        for row in body.rows:
            by_type[type(row)].append((*key, *column_values(row)))
        # Rows come first, because the transfer of a hand-over refers to the row of its allocation.
        for row_type, rows in by_type.items():
            self.store.run_many(INSERTS[row_type], rows)
        self.store.run_many(
            _INSERT_TRANSFER,
            [
                (*key, line, day, *transfer, *allocation_and_recipient(body.kind, *transfer[:2]))
                for line, transfer in enumerate(body.transfers, 1)
            ],
        )
        for row in body.rows:
            if type(row) is Forgetting:
                self._erase(row.party, body.seq)
            elif type(row) is Merge:
                retired = row.stays is not None
                self.books.catalogue.retire_merged(row.kind, row.code, retired=retired)

    def _erase(self, party: str, seq: int) -> None:
        """Erase the texts and catalogue data of a person, or the texts of one entry.

        The salts are erased too. Otherwise, somebody could guess a text and compare its digest.

        Args:
            party: Whose texts are erased: `donor:CODE`, `recipient:CODE` or `entry:SEQ`.
            seq: Number of the entry that records this erasure. This entry lists the digests of the
                texts.
        """
        entry = entry_of_forgotten_text(party)
        # The contents of receipts are in the same table. No entry's text has such a digest.
        of = "about = :party" if entry is None else "seq = :entry AND digest IN ("
        if entry is not None:
            of += "SELECT digest FROM erasures WHERE station = :station AND seq = :seq)"
        self.store.run(
            "UPDATE erasable SET salt = NULL, content = NULL "
            f"WHERE station = :station AND {of} AND content IS NOT NULL",
            {"station": self.station, "party": party, "entry": entry, "seq": seq},
        )
        if entry is None:
            self.books.catalogue.forget_person(party)
        # Stored responses to earlier requests may contain the erased data.
        self.stored_responses.erase()
