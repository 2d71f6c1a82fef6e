"""Check and compare logins, the names with which users sign in.

The logins of two users of a station must not look alike, and must differ in more than case.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import Any

from supplies.domain.normalization import normalize_text
from supplies.errors import InvalidField, Sentence

MAX_COMPARED_LENGTH = 256
"""Number of characters of a login that are compared. No valid login is longer."""


def check_login(login: str, pointer: str = "/login") -> str:
    """Check a new login, and return it as it is stored.

    Source: RFC 8265, profile UsernameCasePreserved (PRECIS).

    Raises:
        InvalidField: the login contains a character that logins may not have, or mixes
            left-to-right with right-to-left text.
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
    return kept


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
        return min(alike, key=lambda one: (not one.isascii(), len(one), one))

    return "".join(plainest(character) for character in login_key(login))


@cache
def _profile(name: str) -> Any:
    from precis_i18n import get_profile

    return get_profile(name)
