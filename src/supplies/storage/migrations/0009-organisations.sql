-- Version 9: stations of one organisation. No entry states these rows.

-- A station and the one that heads its organisation, whose coordinators may look into its books.
CREATE TABLE organisations (
    station TEXT PRIMARY KEY REFERENCES stations (code),
    head TEXT NOT NULL REFERENCES stations (code) CHECK (head <> station)
) STRICT;

CREATE INDEX organisations_by_head ON organisations (head, station);
