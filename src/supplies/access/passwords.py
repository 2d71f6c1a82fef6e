"""Passwords: what is asked of them, and how they are kept (Argon2id, RFC 9106)."""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from supplies.errors import InvalidField

SHORTEST, LONGEST = 12, 200
"""Characters. Length is what counts; no rule asks for signs (NIST SP 800-63B, 3.1.1.2)."""

VARIED = 5
"""Different characters that a password takes."""

TELLING = 4
"""Characters from which on a login in a password is no coincidence."""

_hasher = PasswordHasher()


def hashed(password: str, login: str, pointer: str = "/password") -> str:
    """A password as it is kept. Raises InvalidField for one that is too short or too obvious."""
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
    """Whether this is the password; None, which nothing is, takes as long to be refused."""
    try:
        _hasher.verify(_nobodys() if kept is None else kept, password)
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


@cache
def _nobodys() -> str:
    return _hasher.hash("the password of nobody at all")
