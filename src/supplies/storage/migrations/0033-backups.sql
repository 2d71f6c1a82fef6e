-- Version 33: the backups that were made and verified, and where. No entry states them.

CREATE TABLE backups (
    made_at TEXT NOT NULL,
    file TEXT NOT NULL,
    entries INTEGER NOT NULL,
    PRIMARY KEY (made_at, file)
) STRICT;
