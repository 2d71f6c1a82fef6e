-- Stops that were taken off a delivery before they had an outcome.

CREATE TABLE stop_removals (
    station TEXT NOT NULL,
    seq INTEGER NOT NULL,
    delivery TEXT NOT NULL,
    allocation TEXT NOT NULL,
    moved_to TEXT,
    PRIMARY KEY (station, delivery, allocation),
    FOREIGN KEY (station, seq) REFERENCES entries (station, seq),
    FOREIGN KEY (station, delivery, allocation) REFERENCES stops (station, delivery, allocation)
) STRICT, WITHOUT ROWID;

CREATE INDEX stop_removals_by_target ON stop_removals (station, moved_to, allocation);
