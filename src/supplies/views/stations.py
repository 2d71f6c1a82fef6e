"""The station as its papers show it."""

from __future__ import annotations

import msgspec

from supplies.books import Books
from supplies.documents import StationHead


def station_head(books: Books) -> StationHead:
    """Who issues a paper printed now; a receipt shows what was frozen with it instead."""
    return msgspec.convert(books.station, StationHead, from_attributes=True)
