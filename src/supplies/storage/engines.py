"""Open a SQLite or PostgreSQL database by its path or URL."""

from __future__ import annotations

import re
from pathlib import Path

from supplies.errors import InvalidField, StoreError, check_type
from supplies.storage.atomic_files import check_file_name
from supplies.storage.store import Store

_SERVERS = ("postgresql://", "postgres://")

_MISTYPED_SERVER = re.compile(r"(?!sqlite:///)\w{2,}:.*@|.*password\s*=", re.DOTALL | re.IGNORECASE)
"""Regular expression for text that looks like a mistyped server URL.

Such a text may contain a password, so error messages do not repeat it.
"""


def database_file(url: str) -> Path | None:
    """Return the path of the database file, or None for a database on a server.

    Error messages leave out the parts of the URL that may be a password.

    Raises:
        InvalidField: the URL names neither a server nor a file, or the file name is invalid.
    """
    check_type(url, str, "the database", "text: the path of a file, or postgresql://…")
    if url.startswith(_SERVERS):
        return None
    if _MISTYPED_SERVER.match(url):
        raise InvalidField(
            "this looks like the mistyped address of a server (it is not repeated here, as it may "
            "contain a password); write postgresql://USER@HOST/DATABASE, or name a file"
        )
    scheme, separator, path = url.partition("://")
    if not separator:
        file = Path(url)
        check_file_name(file)
        return file
    if scheme != "sqlite":
        raise InvalidField(
            f"{scheme}:// is not a kind of database; "
            "name a file, sqlite:///FILE or postgresql://USER@HOST/DATABASE"
        )
    if not path.startswith("/"):
        raise InvalidField(f"{url} names no file; write sqlite:///{path}")
    file = Path(path[1:])
    check_file_name(file)
    if not file.parent.is_dir() and Path(path).parent.is_dir():
        raise InvalidField(
            f"there is no {file.parent} in this directory; an absolute path takes four slashes: "
            f"sqlite:///{path}"
        )
    return file


def grant_access(url: str, role: str) -> None:
    """Let a PostgreSQL role add entries to these books, but not change recorded entries.

    Raises:
        InvalidField: the books are in a file, or the role would have further rights.
        NotFound: the role does not exist.
        StoreError: the user of this connection does not own the tables.
    """
    if database_file(url) is not None:
        raise InvalidField(
            f"{url} is a file, and only servers have roles; whoever may write the file may record"
        )
    store = open_store(url, create=False)
    try:
        from supplies.storage.postgresql import privileges

        privileges.grant_access(store, role)
    finally:
        store.close()


def open_store(url: str, *, create: bool = True, guarded: bool = True, made: bool = True) -> Store:
    """Open a database by its URL or path.

    A URL `postgresql://…` is a database on a server; a path or `sqlite:///PATH` is a SQLite file.

    Args:
        create: Whether to create missing tables. Tables of an older version are migrated in any
            case.
        guarded: Whether to refuse books with missing triggers. Only verification passes False.
        made: Whether to create or migrate tables at all. If false, the caller creates the tables
            with `create_tables` and `create_guards`.

    Raises:
        InvalidField: the URL is invalid.
        StoreError: the database cannot be opened.
    """
    file = database_file(url)
    if file is not None:
        from supplies.storage.sqlite.store import SqliteStore

        return SqliteStore(str(file), create=create, guarded=guarded, made=made)
    try:
        from supplies.storage.postgresql.store import PostgresStore
    except ImportError as error:
        raise StoreError(
            "PostgreSQL needs the driver psycopg: install this project with its extra `postgres`"
        ) from error
    return PostgresStore(url, create=create, guarded=guarded, made=made)
