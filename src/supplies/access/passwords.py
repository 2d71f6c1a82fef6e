"""Password rules and hashing (Argon2id, RFC 9106)."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from supplies.errors import InvalidField, Sentence

MIN_LENGTH, MAX_LENGTH = 12, 200
"""Minimum and maximum number of characters of a password. No special characters are required.

Source: NIST SP 800-63B, 3.1.1.2.
"""

MIN_DIFFERENT_CHARACTERS = 5
"""Minimum number of different characters in a password."""

MIN_COMPARED_LOGIN = 4
"""Minimum length of logins that passwords must not contain. Shorter logins are not compared."""

_SPACES = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")

_hasher = PasswordHasher()


def hash_password(password: str, login: str, pointer: str = "/password") -> str:
    """Check a new password and hash it.

    Hashing is slow on purpose: it takes 64 MiB of memory and a fraction of a second.

    Args:
        password: The new password.
        login: The login of the user, which must not be part of the password.
        pointer: JSON pointer to the field that contains the password, for errors.

    Raises:
        InvalidField: the password has the wrong length or is easy to guess.
    """
    password = _prepared(password)
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise InvalidField.at(
            pointer,
            Sentence(
                "a password takes {min_length} to {max_length} characters; for example, use four "
                "words that do not belong together",
                min_length=MIN_LENGTH,
                max_length=MAX_LENGTH,
            ),
        )
    if len(set(password)) < MIN_DIFFERENT_CHARACTERS:
        raise InvalidField.at(
            pointer,
            Sentence(
                "this password is easy to guess: it has fewer than {min_different_characters} "
                "different characters",
                min_different_characters=MIN_DIFFERENT_CHARACTERS,
            ),
        )
    if len(login) >= MIN_COMPARED_LOGIN and login.lower() in password.lower():
        raise InvalidField.at(
            pointer, Sentence("this password is easy to guess: it contains the login")
        )
    return _hasher.hash(password)


def verify_password(password_hash: str | None, password: str) -> bool:
    """Return whether a password matches a hash.

    If the hash is None, return False, but take as much time as for a hash. So nobody can tell from
    the time whether a login exists.
    """
    # Passwords set by older versions were hashed as typed.
    typed = dict.fromkeys((_prepared(password), password))
    return any(_matches(password_hash, each) for each in typed)


def _matches(password_hash: str | None, password: str) -> bool:
    try:
        _hasher.verify(_dummy_hash() if password_hash is None else password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def _prepared(password: str) -> str:
    """Normalize a password, so that it is the same from every keyboard.

    Characters are composed (Unicode NFC), and all kinds of space become ordinary spaces.

    Source: RFC 8265, profile OpaqueString.
    """
    return unicodedata.normalize("NFC", _SPACES.sub(" ", password))


@cache
def _dummy_hash() -> str:
    return _hasher.hash("a password that no user has")
