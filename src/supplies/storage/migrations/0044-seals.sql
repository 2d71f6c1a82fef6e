-- Version 44: seals over the tables that say who may come in, and over the access log. A seal is made
-- with a key that is not in the database, and contains the seal before it. No entry states these rows.

-- start: sealing began; row_key is the number of the last line of the access log before it.
-- row: a row of the table `sealed` as it is from now on; digest is NULL if there is no such row.
-- found: the row was changed without the key; digest is of the row as it was found.
-- log: the lines of the access log of which row_key is the first and the last were erased.
CREATE TABLE seals (
    station TEXT NOT NULL REFERENCES stations (code),
    seq INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('start', 'row', 'found', 'log')),
    sealed TEXT NOT NULL,
    row_key TEXT NOT NULL,
    digest BLOB CHECK (length(digest) = 32),
    at TEXT,
    mac BLOB NOT NULL CHECK (length(mac) = 32),
    PRIMARY KEY (station, seq)
) STRICT;

CREATE INDEX seals_by_row ON seals (station, sealed, row_key, seq);
CREATE INDEX seals_of_kind ON seals (station, kind, seq) WHERE kind <> 'row';

-- Each line contains the line before it. NULL in lines from before sealing began.
ALTER TABLE access_log ADD COLUMN mac BLOB;
