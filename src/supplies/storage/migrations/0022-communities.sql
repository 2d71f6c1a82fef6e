-- Version 22: names of communities. Recipients may name a community that is not in this table.

CREATE TABLE communities (
    station TEXT NOT NULL REFERENCES stations (code),
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    name_en TEXT,
    retired INTEGER NOT NULL,
    PRIMARY KEY (station, code)
) STRICT;
