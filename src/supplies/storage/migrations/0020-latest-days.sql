-- Version 20: entries of which only the latest possible day is known ("by 28 February").

CREATE TABLE latest_days (
    station TEXT NOT NULL,
    seq INTEGER NOT NULL,
    latest_day TEXT NOT NULL,
    PRIMARY KEY (station, seq),
    FOREIGN KEY (station, seq) REFERENCES entries (station, seq)
) STRICT, WITHOUT ROWID;
