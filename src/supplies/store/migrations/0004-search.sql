-- Version 4: names are searched from an index. No entry states these rows.

-- One row for each piece of what a noun is called, one and two characters long: the search that
-- the engines bring along finds nothing for two Chinese characters. Pieces of a person's name are
-- personal, as the name beside them is, and go with it.
CREATE TABLE search (
    station TEXT NOT NULL REFERENCES stations (code),
    noun TEXT NOT NULL,
    code TEXT NOT NULL,
    piece TEXT NOT NULL,
    PRIMARY KEY (station, noun, code, piece)
) STRICT, WITHOUT ROWID;

CREATE INDEX search_by_piece ON search (station, noun, piece, code);

-- By which way of cutting pieces each station's rows were made; no row: before there were any.
CREATE TABLE searchable (
    station TEXT PRIMARY KEY REFERENCES stations (code),
    way INTEGER NOT NULL
) STRICT;
