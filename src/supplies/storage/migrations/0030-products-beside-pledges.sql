-- Version 30: how much of a conversion's product fulfilled the pledge that its line names. Rows of a
-- corrected conversion are valid until the correction, which states them again. Conversions of
-- older versions have no rows.
CREATE TABLE product_pledges (
    station TEXT NOT NULL,
    seq INTEGER NOT NULL,
    lot TEXT NOT NULL,
    item TEXT NOT NULL,
    pledge TEXT NOT NULL,
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    on_pledge INTEGER NOT NULL CHECK (on_pledge BETWEEN 0 AND quantity),
    PRIMARY KEY (station, seq, lot),
    FOREIGN KEY (station, seq) REFERENCES entries (station, seq)
) STRICT, WITHOUT ROWID;

CREATE INDEX product_pledges_beside ON product_pledges (station, seq) WHERE on_pledge < quantity;
