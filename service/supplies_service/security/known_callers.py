"""Cache of authenticated callers, so that they are not looked up again until the next write."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import NamedTuple

from supplies.access.credentials import Authenticated, CallerKind

MAX_KNOWN = 1000
"""Number of callers at which all of them are removed from memory."""


class SentSecret(NamedTuple):
    """A secret that a caller sent, and the kinds of credentials that the route accepts."""

    secret: str
    kinds: tuple[CallerKind, ...]

    def digest(self) -> bytes:
        """Return a hash of both fields. Only the hash is kept, so no secret stays in memory."""
        return hashlib.sha256(repr(tuple(self)).encode()).digest()


class KnownCallers:
    """The callers found for secrets, until the next write to the database.

    Each method gets the version of the database at the arrival of the request. Every commit changes
    the version, also the revocation of a credential. If the version is None, no caller is cached.
    """

    def __init__(self) -> None:
        self._version: object = None
        self._found: dict[bytes, Authenticated] = {}

    def find(self, version: object, sent: SentSecret, now: datetime) -> Authenticated | None:
        """Return the caller with a secret, or None if the caller must be looked up."""
        if version is None or version != self._version:
            return None
        found = self._found.get(sent.digest())
        return None if found is None or now >= found.same_until else found

    def add(self, version: object, sent: SentSecret, found: Authenticated) -> None:
        """Cache the caller who was found for a secret."""
        if version is None:
            return
        if version != self._version or len(self._found) >= MAX_KNOWN:
            self._found.clear()
            self._version = version
        self._found[sent.digest()] = found
