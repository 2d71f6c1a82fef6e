-- Version 6: goods between stations. What entries state, as in version 1: the tables' guards come
-- along with them.

CREATE TABLE shipments (
    station TEXT NOT NULL,
    seq INTEGER NOT NULL,
    shipment TEXT NOT NULL,
    destination TEXT NOT NULL CHECK (destination <> station),
    location TEXT NOT NULL,
    PRIMARY KEY (station, shipment),
    FOREIGN KEY (station, seq) REFERENCES entries (station, seq),
    FOREIGN KEY (station, location) REFERENCES locations (station, code)
) STRICT, WITHOUT ROWID;

CREATE TABLE shipment_lines (
    station TEXT NOT NULL,
    seq INTEGER NOT NULL,
    shipment TEXT NOT NULL,
    line INTEGER NOT NULL,
    item TEXT NOT NULL,
    unit TEXT NOT NULL,
    lot TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    batch TEXT,
    expires_on TEXT,
    value_minor INTEGER,
    currency TEXT,
    PRIMARY KEY (station, shipment, line),
    FOREIGN KEY (station, seq) REFERENCES entries (station, seq),
    FOREIGN KEY (station, shipment) REFERENCES shipments (station, shipment)
) STRICT, WITHOUT ROWID;

-- Received once, and acknowledged once: the shipment is the key.
CREATE TABLE shipments_received (
    station TEXT NOT NULL,
    seq INTEGER NOT NULL,
    shipment TEXT NOT NULL,
    sender TEXT NOT NULL CHECK (sender <> station),
    sent_seq INTEGER NOT NULL,
    sent_hash TEXT NOT NULL CHECK (length(sent_hash) = 64),
    location TEXT NOT NULL,
    PRIMARY KEY (station, shipment),
    FOREIGN KEY (station, seq) REFERENCES entries (station, seq),
    FOREIGN KEY (station, location) REFERENCES locations (station, code)
) STRICT, WITHOUT ROWID;

CREATE TABLE shipment_arrivals (
    station TEXT NOT NULL,
    seq INTEGER NOT NULL,
    shipment TEXT NOT NULL,
    line INTEGER NOT NULL,
    item TEXT NOT NULL,
    sent_lot TEXT NOT NULL,
    lot TEXT,
    sent INTEGER NOT NULL,
    arrived INTEGER NOT NULL CHECK (arrived BETWEEN 0 AND sent),
    PRIMARY KEY (station, shipment, line),
    FOREIGN KEY (station, seq) REFERENCES entries (station, seq),
    FOREIGN KEY (station, shipment) REFERENCES shipments_received (station, shipment)
) STRICT, WITHOUT ROWID;

CREATE TABLE shipments_acknowledged (
    station TEXT NOT NULL,
    seq INTEGER NOT NULL,
    shipment TEXT NOT NULL,
    received_seq INTEGER NOT NULL,
    received_hash TEXT NOT NULL CHECK (length(received_hash) = 64),
    PRIMARY KEY (station, shipment),
    FOREIGN KEY (station, seq) REFERENCES entries (station, seq),
    FOREIGN KEY (station, shipment) REFERENCES shipments (station, shipment)
) STRICT, WITHOUT ROWID;

CREATE INDEX shipments_by_destination ON shipments (destination, shipment);
CREATE INDEX shipment_lines_by_lot ON shipment_lines (station, lot);
