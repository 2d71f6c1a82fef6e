-- Version 5: how a station's papers look and what they say. No entry states these rows: what a
-- receipt says is frozen with its number, so that a later change leaves it as it was.

CREATE TABLE station_settings (
    station TEXT PRIMARY KEY REFERENCES stations (code),
    settings TEXT NOT NULL
) STRICT;
