-- Version 10: for how long a station keeps what is personal. No entry states these rows.

-- Days after the last entry about a person, and for which lines of the access log are kept; NULL,
-- as no row: until somebody asks otherwise.
CREATE TABLE retention (
    station TEXT PRIMARY KEY REFERENCES stations (code),
    recipients_days INTEGER CHECK (recipients_days >= 1),
    donors_days INTEGER CHECK (donors_days >= 1),
    access_log_days INTEGER CHECK (access_log_days >= 183)
) STRICT;
