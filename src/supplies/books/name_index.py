"""The stored index for searching the catalogue of a station by parts of names."""

from __future__ import annotations

from supplies.books.name_search import INDEX_VERSION, index_terms
from supplies.domain.catalogue_records import CatalogueRecord
from supplies.storage.store import Store


class NameIndex:
    """The name index of one station."""

    def __init__(self, store: Store, station: str) -> None:
        self.store, self.station = store, station

    def is_current(self) -> bool:
        """Return whether the index has the current `INDEX_VERSION`."""
        row = self.store.one(
            "SELECT 1 FROM stations s LEFT JOIN searchable f ON f.station = s.code "
            "WHERE s.code = :station AND coalesce(f.way, 0) < :way",
            {"station": self.station, "way": INDEX_VERSION},
        )
        return row is None

    def mark_current(self) -> None:
        """Store that the whole index has the current `INDEX_VERSION`."""
        here = {"station": self.station, "way": INDEX_VERSION}
        self.store.run("DELETE FROM searchable WHERE station = :station", here)
        self.store.run("INSERT INTO searchable (station, way) VALUES (:station, :way)", here)

    def write(self, record: CatalogueRecord) -> None:
        """Replace the search terms of a record."""
        here = (self.station, record.table, record.code)
        self.store.run(
            "DELETE FROM search WHERE station = :station AND noun = :noun AND code = :code",
            dict(zip(("station", "noun", "code"), here, strict=True)),
        )
        self.store.run_many(
            "INSERT INTO search (station, noun, code, piece) VALUES (?, ?, ?, ?)",
            [(*here, piece) for piece in sorted(index_terms(record))],
        )
