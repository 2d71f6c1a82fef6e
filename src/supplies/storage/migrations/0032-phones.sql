-- Version 32: the phones of delivery teams. Each has a secret of its own, of which only the SHA-256
-- is stored, and reports how many records it has not sent yet. `joined_by` is the link or the
-- delivery with whose code it joined, and `made_after` the last entry at that time. No entry states
-- these rows: they may change.

CREATE TABLE phones (
    station TEXT NOT NULL REFERENCES stations (code),
    id TEXT NOT NULL,
    team TEXT NOT NULL,
    secret BLOB NOT NULL CHECK (length(secret) = 32),
    label TEXT NOT NULL,
    joined_by TEXT NOT NULL,
    made_at TEXT NOT NULL,
    made_after INTEGER NOT NULL,
    expires_at TEXT NOT NULL,
    used_at TEXT,
    revoked_at TEXT,
    unsent INTEGER,
    oldest_unsent_at TEXT,
    reported_at TEXT,
    version TEXT,
    clock_offset_seconds INTEGER,
    PRIMARY KEY (station, id),
    FOREIGN KEY (station, team) REFERENCES teams (station, code)
) STRICT;

CREATE INDEX phones_by_team ON phones (station, team);

-- The key of each station with which the codes on its run sheets are made.
CREATE TABLE run_keys (
    station TEXT NOT NULL REFERENCES stations (code),
    run_key BLOB NOT NULL CHECK (length(run_key) = 32),
    PRIMARY KEY (station)
) STRICT;
