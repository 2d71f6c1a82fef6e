"""Books with an entry of nearly every kind."""

from __future__ import annotations

import pytest
from support.every_kind import RecordingStation, book_everything


@pytest.fixture(scope="package")
def everything(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The path of books with an entry of nearly every kind. They are only read."""
    folder = tmp_path_factory.mktemp("everything")
    station = RecordingStation(str(folder / "books.db"))
    book_everything(station, str(folder / "elsewhere.db"))
    station.ledger.close()
    return str(folder / "books.db")
