"""Translate PostgreSQL errors to errors of this library, with plain messages.

An error is recognized by its code or, if it has no code, by its text. The message says what
happened and what to do. The caller adds the name of the database, and that nothing was recorded.
"""

from __future__ import annotations

import re

from supplies.errors import Busy, DiskFull, NotADatabase, ReadOnly, StoreError

_BY_CODE: dict[str, tuple[type[StoreError], str]] = {
    "55P03": (Busy, "another program has locked these books for 20 seconds; try again"),
    "40P01": (Busy, "another program and this one waited for each other; try again"),
    "40001": (Busy, "another program changed the same rows; try again"),
    "57014": (
        Busy,
        "a statement took longer than the server's statement_timeout; try again, or allow more",
    ),
    "53300": (Busy, "the server has no free connection; try again, or raise max_connections"),
    "53200": (Busy, "the server has run out of memory; try again"),
    "57P01": (Busy, "the server was stopped or restarted; try again"),
    "57P02": (Busy, "the server crashed and is recovering; try again"),
    "57P03": (Busy, "the server is starting, recovering or stopping; try again in a moment"),
    "53100": (DiskFull, "the server's disk is full: free some space"),
    "25006": (
        ReadOnly,
        "the database is read-only (a standby, or set so): name the primary server",
    ),
    "XX001": (
        NotADatabase,
        "a page of the database is damaged: switch to a standby, or restore a backup",
    ),
    "XX002": (NotADatabase, "an index of the database is damaged: verify the books, then REINDEX"),
    "42501": (
        ReadOnly,
        "this user lacks the right to do that; grant it with `supplies database grant`",
    ),
    "42P01": (NotADatabase, "a table of the ledger is missing: restore the database"),
}

_BY_TEXT: tuple[tuple[str, type[StoreError], str], ...] = (
    ("password authentication failed", StoreError, "wrong user or password; correct the URL"),
    ("no password supplied", StoreError, "the server requires a password; put it into PGPASSFILE"),
    (
        "no pg_hba",
        StoreError,
        "the server does not allow this user from this machine; allow it in its pg_hba.conf",
    ),
    (
        r'database ".*" does not exist',
        NotADatabase,
        "there is no such database on the server; create it with `createdb`, or correct the name",
    ),
    (
        r'role ".*" does not exist',
        StoreError,
        "there is no such user on the server; correct the URL",
    ),
    ("too many clients", *_BY_CODE["53300"]),
    ("remaining connection slots", *_BY_CODE["53300"]),
    ("too many connections for", *_BY_CODE["53300"]),
    # Must not match `not currently accepting connections`, which concerns a closed database.
    ("starting up|system is not (yet )?accepting|in recovery mode", *_BY_CODE["57P03"]),
    ("shutting down", *_BY_CODE["57P03"]),
    (
        "(resolve|translate) host",
        StoreError,
        "there is no host of this name; correct the URL (@ in a password is %40, / is %2F)",
    ),
    (
        "closed the connection unexpectedly|reset by peer|[Bb]roken pipe",
        Busy,
        "the connection was cut while it was made: there may be no primary now; try again",
    ),
    ("unreachable|No route to host", Busy, "the server cannot be reached; check the network"),
    ("timeout expired", Busy, "the server does not answer; check that it runs and can be reached"),
    (
        "Connection refused",
        Busy,
        "no server answers there; check that it runs, and the host and port",
    ),
    (
        "No such file or directory",
        Busy,
        "no server answers on that socket; check that it runs, and the directory",
    ),
)


def translate_error(code: str | None, text: str) -> tuple[type[StoreError], str]:
    """Return the error class and the message for an SQL statement that failed."""
    if code is None or code.startswith("08"):
        return Busy, f"the connection to the server was lost ({_short(text)}); try again"
    return _BY_CODE.get(code) or (StoreError, _short(text))


def translate_connection_error(text: str) -> tuple[type[StoreError], str]:
    """Return the error class and the message for an attempt to connect that failed.

    Such an error has no code, so it is recognized by its text.
    """
    for sign, kind, sentence in _BY_TEXT:
        if re.search(sign, text):
            return kind, sentence
    return StoreError, f"no connection could be made ({_short(text)})"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 300 else f"{line[:299]}…"
