-- Version 15: what a count is compared with changes when an entry of an earlier moment is recorded
-- later. Each row is the expected figure of a counted line from its entry on.
CREATE TABLE recounts (
    station TEXT NOT NULL,
    seq INTEGER NOT NULL,
    sheet TEXT NOT NULL,
    line INTEGER NOT NULL,
    expected INTEGER NOT NULL,
    PRIMARY KEY (station, sheet, line, seq),
    FOREIGN KEY (station, seq) REFERENCES entries (station, seq),
    FOREIGN KEY (station, sheet, line) REFERENCES counted_lines (station, sheet, line)
) STRICT, WITHOUT ROWID;
