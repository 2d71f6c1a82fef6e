"""Translate the parameters in SQL to the form that the PostgreSQL driver needs."""

from __future__ import annotations

import re
from functools import lru_cache

_TOKEN = re.compile(
    r"""
      (?P<quoted> '(?:[^']|'')*' | "(?:[^"]|"")*" )
    | (?P<comment> --[^\n]* )
    | (?P<cast> :: )
    | : (?P<name> [A-Za-z_]\w* )
    | (?P<mark> \? )
    | (?P<percent> % )
    """,
    re.VERBOSE,
)


@lru_cache(maxsize=2048)
def pyformat(sql: str) -> str:
    """Replace the parameters in an SQL statement: `:name` by `%(name)s`, and `?` by `%s`.

    The character `%` becomes `%%`. Text in quotation marks is not changed.
    """
    return _TOKEN.sub(_pyformat_token, sql)


def _pyformat_token(token: re.Match[str]) -> str:
    if token["name"]:
        return f"%({token['name']})s"
    return "%s" if token["mark"] else token[0].replace("%", "%%")
