-- Version 53: hand-overs that households confirmed afterwards, and further reasons why a stop failed.

CREATE TABLE confirmations (
    station TEXT NOT NULL,
    seq INTEGER NOT NULL,
    delivery TEXT NOT NULL,
    allocation TEXT NOT NULL,
    way TEXT NOT NULL,
    confirmed_by TEXT,
    PRIMARY KEY (station, delivery, allocation, seq),
    FOREIGN KEY (station, seq) REFERENCES entries (station, seq)
) STRICT, WITHOUT ROWID;

ALTER TABLE outcome_details ADD COLUMN reason TEXT;
