-- Version 45: hand-outs that teams report from their counters, and conflicts that are resolved anew.
CREATE TABLE hand_out_reports (
    station TEXT NOT NULL,
    seq INTEGER NOT NULL,
    hand_out TEXT NOT NULL,
    team TEXT NOT NULL,
    happened_at TEXT,
    phone_time TEXT,
    PRIMARY KEY (station, hand_out, seq),
    FOREIGN KEY (station, seq) REFERENCES entries (station, seq),
    FOREIGN KEY (station, team) REFERENCES teams (station, code)
) STRICT, WITHOUT ROWID;

CREATE TABLE later_resolutions (
    station TEXT NOT NULL,
    seq INTEGER NOT NULL,
    conflict INTEGER NOT NULL,
    way TEXT NOT NULL,
    PRIMARY KEY (station, conflict, seq),
    FOREIGN KEY (station, seq) REFERENCES entries (station, seq)
) STRICT, WITHOUT ROWID;
