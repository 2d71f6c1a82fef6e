-- Version 40: one-time codes (TOTP), which a user types after the password. `last_step` is the time
-- step of the last accepted code, so that no code is accepted twice. Of a recovery code, only the
-- SHA-256 is stored. No entry states these rows: they may change.

CREATE TABLE one_time_codes (
    station TEXT NOT NULL REFERENCES stations (code),
    holder TEXT NOT NULL,
    secret TEXT NOT NULL,
    made_at TEXT NOT NULL,
    confirmed_at TEXT,
    last_step INTEGER NOT NULL,
    PRIMARY KEY (station, holder),
    FOREIGN KEY (station, holder) REFERENCES users (station, code)
) STRICT;

CREATE TABLE recovery_codes (
    station TEXT NOT NULL REFERENCES stations (code),
    holder TEXT NOT NULL,
    digest BLOB NOT NULL CHECK (length(digest) = 32),
    made_at TEXT NOT NULL,
    used_at TEXT,
    PRIMARY KEY (station, holder, digest),
    FOREIGN KEY (station, holder) REFERENCES users (station, code)
) STRICT;
