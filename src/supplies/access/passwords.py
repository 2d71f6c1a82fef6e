"""Password rules and hashing (Argon2id, RFC 9106)."""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from supplies.errors import InvalidField

SHORTEST, LONGEST = 12, 200
"""Characters. Only length is required, no special characters (NIST SP 800-63B, 3.1.1.2)."""

VARIED = 5
"""Least number of different characters in a password."""

TELLING = 4
"""Length from which a login may not be part of the password."""

_hasher = PasswordHasher()


def hashed(password: str, login: str, pointer: str = "/password") -> str:
    """Hash a password. Raises InvalidField if it is too short or too obvious."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise InvalidField.at(
            pointer,
            f"a password takes {SHORTEST} to {LONGEST} characters; four words that nobody else "
            "would put together do well",
        )
    if len(set(password)) < VARIED:
        raise InvalidField.at(
            pointer,
            f"this password would be guessed: it has fewer than {VARIED} different characters",
        )
    if len(login) >= TELLING and login.lower() in password.lower():
        raise InvalidField.at(
            pointer, "this password would be guessed: it holds the name that goes with it"
        )
    return _hasher.hash(password)


def matches(kept: str | None, password: str) -> bool:
    """Return whether the password matches. None never matches but takes as long."""
    try:
        _hasher.verify(_nobodys() if kept is None else kept, password)
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


@cache
def _nobodys() -> str:
    return _hasher.hash("the password of nobody at all")
