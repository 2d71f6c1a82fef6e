-- Version 41: passkeys (WebAuthn), with which a user signs in without a password, and the challenges
-- that wait for an answer. No entry states these rows: they may change.

CREATE TABLE passkeys (
    station TEXT NOT NULL REFERENCES stations (code),
    id TEXT NOT NULL,
    holder TEXT NOT NULL,
    public_key BLOB NOT NULL,
    sign_count INTEGER NOT NULL,
    label TEXT NOT NULL,
    made_at TEXT NOT NULL,
    used_at TEXT,
    PRIMARY KEY (station, id),
    FOREIGN KEY (station, holder) REFERENCES users (station, code)
) STRICT;

CREATE INDEX passkeys_by_holder ON passkeys (station, holder);

CREATE TABLE passkey_challenges (
    station TEXT NOT NULL REFERENCES stations (code),
    challenge BLOB NOT NULL CHECK (length(challenge) = 32),
    holder TEXT,
    expires_at TEXT NOT NULL,
    PRIMARY KEY (station, challenge),
    FOREIGN KEY (station, holder) REFERENCES users (station, code)
) STRICT;
