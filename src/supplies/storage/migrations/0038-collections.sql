-- Allocated goods that their recipients fetched at the counter.

CREATE TABLE collections (
    station TEXT NOT NULL,
    seq INTEGER NOT NULL,
    allocation TEXT NOT NULL,
    recipient TEXT NOT NULL,
    received_by TEXT,
    PRIMARY KEY (station, allocation, seq),
    FOREIGN KEY (station, seq) REFERENCES entries (station, seq),
    FOREIGN KEY (station, allocation, recipient) REFERENCES allocations (station, allocation, recipient)
) STRICT, WITHOUT ROWID;
