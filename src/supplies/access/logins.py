"""Check and compare logins, the names with which users sign in.

The logins of two users of a station must not look alike, and must differ in more than case.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import Any

from supplies.domain.normalization import normalize_text
from supplies.errors import InvalidField, Sentence

_WRITTEN_TOGETHER = {"LATIN", "HAN", "BOPOMOFO", "HIRAGANA", "KATAKANA", "HANGUL"}
"""Scripts whose letters may be mixed, because they do not look alike.

Source: UTS #39, highly restrictive profile.
"""

_READ_AS = {"I": "l", "1": "l", "0": "o", "O": "o"}
_PAIRS_READ_AS = {"rn": "m", "vv": "w"}
"""Letters and pairs of letters that are read as others in many typefaces."""

MAX_COMPARED_LENGTH = 256
"""Number of characters of a login that are compared. No valid login is longer."""


def check_login(login: str, pointer: str = "/login") -> str:
    """Check a new login, and return it as it is stored.

    Source: RFC 8265, profile UsernameCasePreserved (PRECIS).

    Raises:
        InvalidField: the login contains a character that logins may not have, or mixes
            left-to-right with right-to-left text, or letters of several scripts.
    """
    try:
        kept: str = _profile("UsernameCasePreserved").enforce(normalize_text(login))
    except UnicodeEncodeError as error:
        wrong = error.object[error.start : error.end]
        raise InvalidField.at(
            pointer,
            Sentence(
                "“{text}” may not be in a login ({rule}); use letters and digits of one script, or "
                "dot, dash and underscore",
                text=wrong,
                rule=error.reason.partition("/")[2],
            ),
        ) from None
    scripts = _scripts(kept)
    if len(scripts) > 1 and not scripts <= _WRITTEN_TOGETHER:
        raise InvalidField.at(
            pointer,
            Sentence(
                "the login has letters of several scripts ({scripts}); use letters of one",
                scripts=", ".join(sorted(scripts)),
            ),
        )
    return kept


def _scripts(text: str) -> set[str]:
    """Return the names of the scripts to which the letters of a text belong."""
    from confusable_homoglyphs.categories import unique_aliases

    return {str(name) for name in unique_aliases(text)} - {"COMMON", "INHERITED"}


def login_key(login: str) -> str:
    """Return the key by which logins are compared. It ignores case, width and encoding.

    The function accepts any text, even one that is not a valid login.

    Source: RFC 8265, profile UsernameCaseMapped.
    """
    text = normalize_text(login[:MAX_COMPARED_LENGTH])
    try:
        key: str = _profile("UsernameCaseMapped").enforce(text)
    except UnicodeEncodeError:
        return unicodedata.normalize("NFKC", text).lower()
    return key


def login_lookalike(login: str) -> str:
    """Return a login with each character replaced by the simplest one that looks like it.

    Two logins look alike if the results are equal.

    Source: UTS #39, confusable characters.
    """
    # Imported here because its table takes 80 ms to load; only adding a user needs it.
    from confusable_homoglyphs.confusables import confusables_data

    def plainest(character: str) -> str:
        entries = confusables_data.get(character, ())
        alike: list[str] = [character, *(entry["c"].strip("\u200e") for entry in entries)]
        plain = min(alike, key=lambda one: (not one.isascii(), len(one), one))
        return _READ_AS.get(plain, plain)

    # The case is kept until here: a capital I looks like a small l, but a small i does not.
    shown = "".join(plainest(character) for character in login)
    plain = "".join(plainest(character) for character in login_key(shown))
    for pair, letter in _PAIRS_READ_AS.items():
        plain = plain.replace(pair, letter)
    return plain


@cache
def _profile(name: str) -> Any:
    from precis_i18n import get_profile

    return get_profile(name)
