-- Version 21: barcodes, aliases, minimum stock and other properties of items. Records of all kinds
-- can be retired: they are no longer offered for new plans.

ALTER TABLE items ADD COLUMN aliases TEXT NOT NULL DEFAULT '[]';
ALTER TABLE items ADD COLUMN minimum INTEGER CHECK (minimum >= 1);
ALTER TABLE items ADD COLUMN retired INTEGER NOT NULL DEFAULT 0;
ALTER TABLE items ADD COLUMN needs_batch INTEGER NOT NULL DEFAULT 0;
ALTER TABLE items ADD COLUMN needs_expiry INTEGER NOT NULL DEFAULT 0;
ALTER TABLE items ADD COLUMN shown_unit TEXT;
ALTER TABLE donors ADD COLUMN retired INTEGER NOT NULL DEFAULT 0;
ALTER TABLE recipients ADD COLUMN retired INTEGER NOT NULL DEFAULT 0;
ALTER TABLE locations ADD COLUMN retired INTEGER NOT NULL DEFAULT 0;
ALTER TABLE teams ADD COLUMN retired INTEGER NOT NULL DEFAULT 0;

-- pack: the pack on which the barcode is printed; NULL for the base unit. active: 1 if the item is
-- not retired. Retired items may have the same barcodes as others.
CREATE TABLE item_barcodes (
    station TEXT NOT NULL,
    item TEXT NOT NULL,
    barcode TEXT NOT NULL,
    pack TEXT,
    active INTEGER NOT NULL,
    PRIMARY KEY (station, item, barcode),
    FOREIGN KEY (station, item) REFERENCES items (station, code)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX active_barcodes ON item_barcodes (station, barcode) WHERE active = 1;
CREATE INDEX items_of_barcode ON item_barcodes (station, barcode);
