-- Version 3: what was answered to whom under which key, when the books were last found sound, and
-- that they can be written. No entry states these rows.

-- One row a request that carried a key. The digest is of the request as it was sent; the answer's
-- own bytes may hold personal data, so they go after a while and when anybody is forgotten. seq is
-- the entry from which the answer can be made anew; NULL where the request recorded none.
CREATE TABLE answers (
    station TEXT NOT NULL REFERENCES stations (code),
    caller TEXT NOT NULL,
    request_key TEXT NOT NULL,
    salt BLOB NOT NULL,
    digest TEXT NOT NULL,
    answered_at TEXT NOT NULL,
    status INTEGER NOT NULL,
    location TEXT,
    seq INTEGER,
    answer BLOB,
    PRIMARY KEY (station, caller, request_key),
    FOREIGN KEY (station, seq) REFERENCES entries (station, seq)
) STRICT;

CREATE INDEX answers_kept ON answers (station, answered_at) WHERE answer IS NOT NULL;

-- Each time that all of a station's books were recomputed and found sound, and up to which entry.
CREATE TABLE verifications (
    station TEXT NOT NULL REFERENCES stations (code),
    verified_at TEXT NOT NULL,
    seq INTEGER NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (station, verified_at)
) STRICT;

-- When the service last tried whether it can write here.
CREATE TABLE write_probes (
    station TEXT PRIMARY KEY REFERENCES stations (code),
    written_at TEXT NOT NULL
) STRICT;

-- The donor's latest gifts: whether one was recorded a moment ago.
CREATE INDEX arrivals_by_party_in_order ON arrivals (station, origin, party, seq);
