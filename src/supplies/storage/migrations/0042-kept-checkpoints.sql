-- Version 42: checkpoints of other stations, which this station keeps for them. No entry states
-- these rows. Each is signed by the station of its entry.

CREATE TABLE kept_checkpoints (
    station TEXT NOT NULL REFERENCES stations (code),
    witnessed TEXT NOT NULL,
    seq INTEGER NOT NULL,
    hash TEXT NOT NULL CHECK (length(hash) = 64),
    signed_at TEXT NOT NULL,
    key_id TEXT NOT NULL,
    public_key TEXT NOT NULL,
    signature TEXT NOT NULL,
    kept_at TEXT NOT NULL,
    PRIMARY KEY (station, witnessed, seq, hash)
) STRICT;
