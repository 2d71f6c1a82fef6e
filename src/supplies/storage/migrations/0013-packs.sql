-- Version 13: lines that counted packs, with the size that applied when they were stated.

CREATE TABLE packed_lines (
    station TEXT NOT NULL,
    seq INTEGER NOT NULL,
    field TEXT NOT NULL,
    line INTEGER NOT NULL CHECK (line >= 1),
    item TEXT NOT NULL,
    pack TEXT NOT NULL,
    quantity INTEGER NOT NULL CHECK (quantity >= 1),
    size INTEGER NOT NULL CHECK (size >= 1),
    PRIMARY KEY (station, seq, field, line),
    FOREIGN KEY (station, seq) REFERENCES entries (station, seq),
    FOREIGN KEY (station, item) REFERENCES items (station, code)
) STRICT, WITHOUT ROWID;
