-- Version 29: the people of the demo, as whom visitors sign in without a password. Only `supplies
-- demo` adds these rows, before the first entry of its books. No entry states them.

CREATE TABLE demo_people (
    station TEXT NOT NULL REFERENCES stations (code),
    code TEXT NOT NULL,
    PRIMARY KEY (station, code),
    FOREIGN KEY (station, code) REFERENCES users (station, code)
) STRICT;
