"""Translate SQL parameters to the form that the PostgreSQL driver needs."""

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
    """Return a statement with other parameters: `%(name)s` for `:name`, and `%s` for `?`.

    The sign `%` becomes `%%`. Text in quotation marks stays as it is.
    """
    return _TOKEN.sub(_pyformat_token, sql)


def _pyformat_token(token: re.Match[str]) -> str:
    if token["name"]:
        return f"%({token['name']})s"
    return "%s" if token["mark"] else token[0].replace("%", "%%")
