"""Store the responses to requests with an idempotency key, so that a repeat gets the same one.

A row contains a salted digest of the request, and the response. It is written in the transaction of
its request, so that either both are stored or neither. Responses may contain personal data.
Therefore their bodies are erased after `RESPONSE_RETENTION`, and when a person is forgotten. The
row stays: it says that the key was used, for which request, and where the result is.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from supplies.domain.entries import format_timestamp, new_salt, salted_digest
from supplies.errors import IdempotencyConflict
from supplies.storage.store import Store

RESPONSE_RETENTION = timedelta(days=30)
"""How long responses are kept."""


class IdempotencyKey(msgspec.Struct, frozen=True):
    """A request with an idempotency key.

    caller: who sent the request; each caller has keys of their own. sent: the canonical request.
    """

    caller: str
    key: str
    sent: bytes


class StoredResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A stored response.

    location: URL of the created resource; None if none was created. seq: number of the entry that
    the request recorded, or None. answer: the response body; None if it was not kept, or was
    erased.
    """

    status: int
    location: str | None
    seq: int | None
    answer: bytes | None


class StoredResponses:
    """The stored responses of one station. Call all methods within a transaction of the store."""

    def __init__(self, store: Store, station: str) -> None:
        self.store, self.station = store, station

    def find(self, request: IdempotencyKey) -> StoredResponse | None:
        """Return the earlier response to this request. Return None if its key is new.

        Raises:
            IdempotencyConflict: the caller used the key for another request.
        """
        row = self.store.one(
            "SELECT salt, digest, status, location, seq, answer FROM answers "
            "WHERE station = :station AND caller = :caller AND request_key = :key",
            {"station": self.station, "caller": request.caller, "key": request.key},
        )
        if row is None:
            return None
        if row[1] != salted_digest(row[0], request.sent):
            raise IdempotencyConflict(
                f"the key {request.key[:64]} was used for another request; "
                "use a new key for a new request"
            )
        return StoredResponse(status=row[2], location=row[3], seq=row[4], answer=row[5])

    def keep(self, request: IdempotencyKey, answered: StoredResponse, *, now: datetime) -> None:
        """Store the response to a request, before it is sent."""
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

    def erase(self, *, before: datetime | None = None) -> int:
        """Erase the response bodies stored before a time, or all. Return how many were erased."""
        older = "" if before is None else " AND answered_at < :before"
        return self.store.run(
            f"UPDATE answers SET answer = NULL WHERE station = :station{older} "
            "AND answer IS NOT NULL",
            {
                "station": self.station,
                **({} if before is None else {"before": format_timestamp(before)}),
            },
        )
