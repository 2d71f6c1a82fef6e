"""The state that all ledgers on one database connection share."""

from __future__ import annotations

import threading
from weakref import WeakValueDictionary

from supplies.books.catalogue import Catalogue


class ConnectionState:
    """The state that all ledgers on one database connection share.

    The database reports only changes by other connections. So a ledger would not notice a change of
    the catalogue by another ledger on the same connection. Therefore, these ledgers share their
    caches.

    Attributes:
        reading: Code of the station whose `Ledger.reading` is open, or None.
        writing: Code of the station whose transaction is open, or None.
        erased: Whether a command in the open transaction erased texts or a person's data.
        key_ensured: Whether `create_key_for_first_receipt` was called. If so, it need not be called
            again.
        catalogues: The catalogue of each station for which a ledger was opened, by station code.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.reading: str | None = None
        self.writing: str | None = None
        self.erased = False
        self.key_ensured = False
        self.catalogues = WeakValueDictionary[str, Catalogue]()
