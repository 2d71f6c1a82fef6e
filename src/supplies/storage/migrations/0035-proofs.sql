-- Version 35: what proves an outcome (signatures, photos, spoken codes), and why a stop failed.
CREATE TABLE outcome_details (
    station TEXT NOT NULL,
    seq INTEGER NOT NULL,
    delivery TEXT NOT NULL,
    allocation TEXT NOT NULL,
    why TEXT CHECK (why IN ('bad_address', 'moved', 'not_ready', 'too_far')),
    next_attempt TEXT,
    phone_time TEXT,
    PRIMARY KEY (station, delivery, allocation, seq),
    FOREIGN KEY (station, seq) REFERENCES entries (station, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE code_attempts (
    station TEXT NOT NULL,
    seq INTEGER NOT NULL,
    delivery TEXT NOT NULL,
    allocation TEXT NOT NULL,
    result TEXT NOT NULL CHECK (result IN ('matched', 'wrong', 'not_compared')),
    PRIMARY KEY (station, delivery, allocation, seq),
    FOREIGN KEY (station, seq) REFERENCES entries (station, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE stop_codes (
    station TEXT NOT NULL,
    seq INTEGER NOT NULL,
    delivery TEXT NOT NULL,
    allocation TEXT NOT NULL,
    digest TEXT NOT NULL,
    PRIMARY KEY (station, delivery, allocation),
    UNIQUE (station, seq, digest),
    FOREIGN KEY (station, seq) REFERENCES entries (station, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE proofs (
    station TEXT NOT NULL,
    seq INTEGER NOT NULL,
    delivery TEXT NOT NULL,
    allocation TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('signature', 'photo')),
    digest TEXT NOT NULL,
    PRIMARY KEY (station, delivery, allocation, seq, digest),
    UNIQUE (station, digest, seq),
    FOREIGN KEY (station, seq) REFERENCES entries (station, seq)
) STRICT, WITHOUT ROWID;
