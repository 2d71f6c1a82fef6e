"""Translate PostgreSQL errors to errors of this library, with plain messages.

An error is recognised by its code or, if it has none, by its text. A message says what happened and
what to do. The caller adds the name of the database, and that nothing was recorded.
"""

from __future__ import annotations

import re

from supplies.errors import Busy, DiskFull, NotADatabase, ReadOnly, StoreError

_BY_CODE: dict[str, tuple[type[StoreError], str]] = {
    "55P03": (Busy, "another program has been holding these books for 20 seconds; try again"),
    "40P01": (Busy, "another program and this one waited for each other; try again"),
    "40001": (Busy, "another program changed the same rows; try again"),
    "57014": (
        Busy,
        "a statement took longer than the server's statement_timeout; try again, or allow more",
    ),
    "53300": (Busy, "the server has no connection to spare; try again, or raise max_connections"),
    "53200": (Busy, "the server has run out of memory; try again"),
    "57P01": (Busy, "the server was stopped or restarted; try again"),
    "57P02": (Busy, "the server crashed and is recovering; try again"),
    "57P03": (Busy, "the server is starting, recovering or stopping; try again in a moment"),
    "53100": (DiskFull, "no room is left on the server's disk: make room"),
    "25006": (
        ReadOnly,
        "the database takes no writes (a standby, or set to read-only): name the primary server",
    ),
    "XX001": (NotADatabase, "a page of it is damaged: let a standby lead, or restore a backup"),
    "XX002": (NotADatabase, "an index of it is damaged: verify the books, then REINDEX"),
    "42501": (
        ReadOnly,
        "this user may not do that: let the owner grant the right, by `supplies database grant`",
    ),
    "42P01": (NotADatabase, "a table of the ledger is missing: restore the database"),
}

_BY_TEXT: tuple[tuple[str, type[StoreError], str], ...] = (
    ("password authentication failed", StoreError, "user or password is not right; mend the URL"),
    ("no password supplied", StoreError, "the server wants a password; put it into PGPASSFILE"),
    (
        "no pg_hba",
        StoreError,
        "the server lets nobody in from this machine as this user; allow it in its pg_hba.conf",
    ),
    (
        r'database ".*" does not exist',
        NotADatabase,
        "there is no such database on the server; make it with `createdb`, or mend the name",
    ),
    (r'role ".*" does not exist', StoreError, "there is no such user on the server; mend the URL"),
    ("too many clients", *_BY_CODE["53300"]),
    ("remaining connection slots", *_BY_CODE["53300"]),
    ("too many connections for", *_BY_CODE["53300"]),
    # This must not match `not currently accepting connections`: that database accepts nobody.
    ("starting up|system is not (yet )?accepting|in recovery mode", *_BY_CODE["57P03"]),
    ("shutting down", *_BY_CODE["57P03"]),
    (
        "(resolve|translate) host",
        StoreError,
        "no machine has that name; mend the host in the URL (@ in a password is %40, / is %2F)",
    ),
    (
        "closed the connection unexpectedly|reset by peer|[Bb]roken pipe",
        Busy,
        "the connection was cut before it stood: no primary is to be had just now; try again",
    ),
    ("unreachable|No route to host", Busy, "there is no way there from here; see the network"),
    ("timeout expired", Busy, "the server does not answer; see that it runs and can be reached"),
    (
        "Connection refused",
        Busy,
        "no server answers there; see that it runs, and that host and port are right",
    ),
    (
        "No such file or directory",
        Busy,
        "no server answers on that socket; see that it runs, and that its directory is right",
    ),
)


def translate_error(code: str | None, text: str) -> tuple[type[StoreError], str]:
    """Return the error class for a failed statement, and a message without a full stop."""
    if code is None or code.startswith("08"):
        return Busy, f"the connection to the server was lost ({_short(text)}); try again"
    return _BY_CODE.get(code) or (StoreError, _short(text))


def translate_connection_error(text: str) -> tuple[type[StoreError], str]:
    """Return the same for a failed connection, whose error has no code."""
    for sign, kind, sentence in _BY_TEXT:
        if re.search(sign, text):
            return kind, sentence
    return StoreError, f"no connection could be made ({_short(text)})"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 300 else f"{line[:299]}…"
