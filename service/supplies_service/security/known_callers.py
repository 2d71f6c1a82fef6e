"""Cache of authenticated callers, so that their credentials are not looked up for each request."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import NamedTuple

from supplies.access.credentials import USE_RECORDED_EVERY, Authenticated, CallerKind

MAX_KNOWN = 1000
"""Maximum number of cached callers. When it is reached, the cache is emptied."""


class SentSecret(NamedTuple):
    """A secret that a caller sent, and the kinds of credential that the route accepts."""

    secret: str
    kinds: tuple[CallerKind, ...]

    def digest(self) -> bytes:
        """Return a hash of both fields. The cache keeps only the hash, and no secret."""
        return hashlib.sha256(repr(tuple(self)).encode()).digest()


class KnownCallers:
    """A cache of callers by the secret that they sent. Any write to the database empties it.

    Each method gets the version that the database had when the request arrived. Every commit
    changes the version, even the revocation of a credential. If the version is None, no caller is
    cached.
    """

    def __init__(self) -> None:
        self._version: object = None
        self._found: dict[bytes, Authenticated] = {}

    def find(self, version: object, sent: SentSecret, now: datetime) -> Authenticated | None:
        """Return the cached caller with this secret, or None if the database must be asked."""
        if version is None or version != self._version:
            return None
        found = self._found.get(sent.digest())
        if found is None or not found.same_until - USE_RECORDED_EVERY <= now < found.same_until:
            return None
        return found

    def add(self, version: object, sent: SentSecret, found: Authenticated) -> None:
        """Cache the caller to whom a secret belongs."""
        if version is None:
            return
        if version != self._version or len(self._found) >= MAX_KNOWN:
            self._found.clear()
            self._version = version
        self._found[sent.digest()] = found
