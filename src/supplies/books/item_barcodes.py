"""The barcodes of the items of a station, in a table of their own."""

from __future__ import annotations

from collections.abc import Iterable

from supplies.domain.catalogue_records import Barcode, Item
from supplies.storage.store import Store

_ITEMS_PER_QUERY = 500


class ItemBarcodes:
    """The barcodes of the items of one station."""

    def __init__(self, store: Store, station: str) -> None:
        self.store, self.station = store, station

    def of_items(self, items: Iterable[str]) -> dict[str, list[Barcode]]:
        """Return the sorted barcodes of items, by item code. Items without one are left out."""
        found: dict[str, list[Barcode]] = {}
        wanted = list(items)
        for start in range(0, len(wanted), _ITEMS_PER_QUERY):
            names = {f"i{at}": item for at, item in enumerate(wanted[start:][:_ITEMS_PER_QUERY])}
            rows = self.store.all(
                "SELECT item, barcode, pack FROM item_barcodes WHERE station = :station "
                f"AND item IN ({', '.join(f':{name}' for name in names)}) ORDER BY item, barcode",
                {"station": self.station, **names},
            )
            for item, code, pack in rows:
                found.setdefault(item, []).append(Barcode(code=code, pack=pack))
        return found

    def find_item(self, code: str, *, besides: str = "") -> str | None:
        """Return the code of the item that has a barcode, or None.

        The parameters are as in `Catalogue.item_of_barcode`.
        """
        row = self.store.one(
            "SELECT item FROM item_barcodes WHERE station = :station AND barcode = :barcode "
            "AND item <> :besides ORDER BY active DESC, item LIMIT 1",
            {"station": self.station, "barcode": code, "besides": besides},
        )
        return None if row is None else str(row[0])

    def write(self, item: Item) -> None:
        """Replace the stored barcodes of an item."""
        self.store.run(
            "DELETE FROM item_barcodes WHERE station = :station AND item = :item",
            {"station": self.station, "item": item.code},
        )
        self.store.run_many(
            "INSERT INTO item_barcodes (station, item, barcode, pack, active) "
            "VALUES (?, ?, ?, ?, ?)",
            [
                (
                    self.station,
                    item.code,
                    barcode.code,
                    barcode.pack,
                    int(not item.retired),
                )
                for barcode in item.barcodes
            ],
        )
