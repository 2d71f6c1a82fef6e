-- Version 36: two codes of one donor or recipient. The latest row of a code is valid. If the merge was
-- reversed, its last row has no code that stays.
CREATE TABLE merges (
    station TEXT NOT NULL,
    seq INTEGER NOT NULL,
    merge TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('donor', 'recipient')),
    code TEXT NOT NULL,
    stays TEXT CHECK (stays <> code),
    PRIMARY KEY (station, seq),
    FOREIGN KEY (station, seq) REFERENCES entries (station, seq)
) STRICT, WITHOUT ROWID;

CREATE INDEX merges_of_code ON merges (station, kind, code, seq, stays);
CREATE INDEX merges_into_code ON merges (station, kind, stays, code, seq);
