-- Version 48: campaigns and grants, and the arrivals whose goods come from them.

CREATE TABLE campaigns (
    station TEXT NOT NULL REFERENCES stations (code),
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    name_en TEXT,
    note TEXT,
    retired INTEGER NOT NULL,
    PRIMARY KEY (station, code)
) STRICT;

CREATE TABLE arrival_campaigns (
    station TEXT NOT NULL,
    seq INTEGER NOT NULL,
    arrival TEXT NOT NULL,
    campaign TEXT NOT NULL,
    PRIMARY KEY (station, arrival, seq),
    FOREIGN KEY (station, seq) REFERENCES entries (station, seq),
    FOREIGN KEY (station, campaign) REFERENCES campaigns (station, code)
) STRICT, WITHOUT ROWID;
