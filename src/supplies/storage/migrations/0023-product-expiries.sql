-- Version 23: what the line of a conversion says about the expiry of its product. basis: "parents"
-- if it says nothing, "line" if it states an expiry, "reason" if it gives a reason for it.
CREATE TABLE product_expiries (
    station TEXT NOT NULL,
    seq INTEGER NOT NULL,
    lot TEXT NOT NULL,
    basis TEXT NOT NULL CHECK (basis IN ('parents', 'line', 'reason')),
    expires_on TEXT,
    expires_month TEXT CHECK (expires_month = coalesce(substr(expires_on, 1, 7), '')),
    PRIMARY KEY (station, lot, seq),
    FOREIGN KEY (station, seq) REFERENCES entries (station, seq),
    CHECK (basis = 'reason' OR (basis = 'line') = (expires_on IS NOT NULL))
) STRICT, WITHOUT ROWID;
