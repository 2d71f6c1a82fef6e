"""Store the responses to requests with an idempotency key, to answer repeated requests.

A stored row contains the response and a salted digest of the request. It is written in the
transaction of the request, so that both are committed or neither is. Responses may contain personal
data. So the bodies of responses are erased after `RESPONSE_RETENTION`, and when a person is
forgotten. The digest of the request, the status and the URL of the result are kept. So a repeated
request is still recognized and is not recorded again.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from supplies.domain.entries import format_timestamp, new_salt, salted_digest
from supplies.domain.uuids import name_based_uuid
from supplies.errors import IdempotencyConflict, Sentence
from supplies.storage.store import Row, Store

_COMMAND_IDS = "6f0cbb0e-7c3a-5b52-9d5b-5d0c7f3f2c11"
"""UUID namespace for the ids of commands, which are computed from idempotency keys."""

RESPONSE_RETENTION = timedelta(days=30)
"""How long the body of a response is kept."""


def id_of_command(caller: str, key: str) -> str:
    """Return the id of the command that a caller records with an idempotency key: a UUID."""
    return name_based_uuid(_COMMAND_IDS, f"{caller}\n{key}")


class IdempotencyKey(msgspec.Struct, frozen=True):
    """An idempotency key, its caller and its request.

    Attributes:
        caller: The caller who sent the request. Two callers may use the same key.
        sent: Path and content of the request as JSON with sorted keys, the same for each repeat.
        former_caller: Another caller under which a response with this key may be stored, because
            an earlier version stored it so. None if there is none.
    """

    caller: str
    key: str
    sent: bytes
    former_caller: str | None = None


class StoredResponse(msgspec.Struct, frozen=True, kw_only=True):
    """The stored response to a request.

    Attributes:
        location: URL of the created resource; None if nothing was created.
        seq: Number of the entry that the request recorded; None if it recorded none.
        answer: Body of the response; None if the body was not stored, or was erased.
    """

    status: int
    location: str | None
    seq: int | None
    answer: bytes | None


class StoredResponses:
    """The stored responses of one station. Call the methods within a transaction."""

    def __init__(self, store: Store, station: str) -> None:
        self.store, self.station = store, station

    def find(self, request: IdempotencyKey) -> StoredResponse | None:
        """Return the response to the earlier request with this key, or None if the key is new.

        Raises:
            IdempotencyConflict: the caller used the key for another request.
        """
        row = self._find_row(request.caller, request.key)
        if row is None and request.former_caller is not None:
            row = self._find_row(request.former_caller, request.key)
        if row is None:
            return None
        if row[1] != salted_digest(row[0], request.sent):
            raise IdempotencyConflict(
                Sentence(
                    "the key {key} was used for another request; use a new key for a new request",
                    key=request.key[:64],
                ),
                location=row[3],
            )
        return StoredResponse(status=row[2], location=row[3], seq=row[4], answer=row[5])

    def _find_row(self, caller: str, key: str) -> Row | None:
        return self.store.one(
            "SELECT salt, digest, status, location, seq, answer FROM answers "
            "WHERE station = :station AND caller = :caller AND request_key = :key",
            {"station": self.station, "caller": caller, "key": key},
        )

    def keep(self, request: IdempotencyKey, answered: StoredResponse, *, now: datetime) -> None:
        """Store the response to a request. Call this before the response is sent."""
        salt = new_salt()
        self.store.run(
            "INSERT INTO answers (station, caller, request_key, salt, digest, answered_at, "
            "status, location, seq, answer) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                self.station,
                request.caller,
                request.key,
                salt,
                salted_digest(salt, request.sent),
                format_timestamp(now),
                answered.status,
                answered.location,
                answered.seq,
                answered.answer,
            ),
        )

    def limit_dates(self, now: datetime) -> int:
        """Set dates of responses that are over a day in the future to now. Return their number.

        A clock that was ahead made such dates. With them, the bodies would be kept too long.
        """
        return self.store.run(
            "UPDATE answers SET answered_at = :now WHERE station = :station "
            "AND answered_at > :latest AND answer IS NOT NULL",
            {
                "station": self.station,
                "now": format_timestamp(now),
                "latest": format_timestamp(now + timedelta(days=1)),
            },
        )

    def erase(self, *, before: datetime | None = None) -> int:
        """Erase the bodies of responses. Return the number of erased bodies.

        Args:
            before: Erase only bodies that were stored before this time. If None, erase all bodies.
        """
        older = "" if before is None else " AND answered_at < :before"
        return self.store.run(
            f"UPDATE answers SET answer = NULL WHERE station = :station{older} "
            "AND answer IS NOT NULL",
            {
                "station": self.station,
                **({} if before is None else {"before": format_timestamp(before)}),
            },
        )
