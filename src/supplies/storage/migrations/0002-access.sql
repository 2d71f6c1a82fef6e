-- Version 2: who may come in, and what they looked at. No entry states these rows: they may change.

CREATE TABLE users (
    station TEXT NOT NULL REFERENCES stations (code),
    code TEXT NOT NULL,
    login TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('coordinator', 'recorder', 'courier', 'auditor')),
    team TEXT,
    password TEXT,
    made_at TEXT NOT NULL,
    made_by TEXT NOT NULL,
    disabled_at TEXT,
    PRIMARY KEY (station, code),
    UNIQUE (station, login),
    FOREIGN KEY (station, team) REFERENCES teams (station, code)
) STRICT;

-- Sessions, tokens, links and invitations: what a stranger shows to be let in. The secret itself
-- is nowhere, only its SHA-256.
CREATE TABLE credentials (
    station TEXT NOT NULL REFERENCES stations (code),
    id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('session', 'token', 'link', 'invitation')),
    role TEXT NOT NULL CHECK (role IN ('coordinator', 'recorder', 'courier', 'auditor', 'donor')),
    holder TEXT,
    team TEXT,
    donor TEXT,
    secret BLOB NOT NULL CHECK (length(secret) = 32),
    label TEXT,
    made_at TEXT NOT NULL,
    made_by TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    used_at TEXT,
    revoked_at TEXT,
    PRIMARY KEY (station, id),
    FOREIGN KEY (station, holder) REFERENCES users (station, code),
    FOREIGN KEY (station, team) REFERENCES teams (station, code),
    FOREIGN KEY (station, donor) REFERENCES donors (station, code)
) STRICT;

CREATE INDEX credentials_by_holder ON credentials (station, holder) WHERE holder IS NOT NULL;
CREATE INDEX credentials_by_team ON credentials (station, team) WHERE team IS NOT NULL;
CREATE INDEX credentials_by_donor ON credentials (station, donor) WHERE donor IS NOT NULL;

-- Who looked at personal data, and who was refused. Codes only; the address is the network's.
CREATE TABLE access_log (
    station TEXT NOT NULL REFERENCES stations (code),
    seq INTEGER NOT NULL,
    at TEXT NOT NULL,
    who TEXT,
    role TEXT,
    credential TEXT,
    method TEXT NOT NULL,
    route TEXT NOT NULL,
    subject TEXT,
    outcome TEXT NOT NULL,
    address TEXT,
    PRIMARY KEY (station, seq)
) STRICT;

CREATE INDEX access_log_by_subject ON access_log (station, subject, seq) WHERE subject IS NOT NULL;
CREATE INDEX access_log_by_who ON access_log (station, who, seq) WHERE who IS NOT NULL;

-- What donors ask about their own name. The wish is personal and goes when it was answered.
CREATE TABLE donor_requests (
    station TEXT NOT NULL REFERENCES stations (code),
    seq INTEGER NOT NULL,
    donor TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('correct', 'hide', 'forget')),
    wish TEXT,
    made_at TEXT NOT NULL,
    answered_at TEXT,
    answered_by TEXT,
    answer TEXT,
    PRIMARY KEY (station, seq),
    FOREIGN KEY (station, donor) REFERENCES donors (station, code)
) STRICT;

CREATE INDEX donor_requests_by_donor ON donor_requests (station, donor, seq);

-- How often something was tried within a span of time, over all processes.
CREATE TABLE attempts (
    station TEXT NOT NULL REFERENCES stations (code),
    what TEXT NOT NULL,
    who TEXT NOT NULL,
    span INTEGER NOT NULL,
    tried INTEGER NOT NULL,
    PRIMARY KEY (station, what, who, span)
) STRICT;

CREATE INDEX attempts_by_span ON attempts (station, what, span);
