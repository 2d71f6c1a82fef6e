-- The tables of version 1, in the words both engines share; each engine's room maps the types.
-- {floor} is derived from the chart of accounts. Guards (triggers) stand in the engines' rooms.

CREATE TABLE migrations (
    version INTEGER PRIMARY KEY,
    applied_at TEXT NOT NULL
) STRICT;

-- The catalogue: what codes stand for. It may be changed; all names and addresses stand here.

CREATE TABLE stations (
    code TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    name_en TEXT,
    zone TEXT NOT NULL,
    series TEXT NOT NULL UNIQUE,
    credit_code TEXT,
    address TEXT,
    phone TEXT,
    host TEXT NOT NULL
) STRICT;

CREATE TABLE items (
    station TEXT NOT NULL REFERENCES stations (code),
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    name_en TEXT,
    unit TEXT NOT NULL,
    category TEXT,
    packs TEXT NOT NULL,
    PRIMARY KEY (station, code)
) STRICT;

CREATE TABLE donors (
    station TEXT NOT NULL REFERENCES stations (code),
    code TEXT NOT NULL,
    name TEXT,
    name_en TEXT,
    kind TEXT NOT NULL,
    phone TEXT,
    address TEXT,
    publish TEXT NOT NULL,
    note TEXT,
    PRIMARY KEY (station, code)
) STRICT;

CREATE TABLE recipients (
    station TEXT NOT NULL REFERENCES stations (code),
    code TEXT NOT NULL,
    name TEXT,
    kind TEXT NOT NULL,
    community TEXT,
    phone TEXT,
    address TEXT,
    access TEXT,
    note TEXT,
    PRIMARY KEY (station, code)
) STRICT;

CREATE TABLE locations (
    station TEXT NOT NULL REFERENCES stations (code),
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    name_en TEXT,
    quarantine INTEGER NOT NULL,
    PRIMARY KEY (station, code)
) STRICT;

CREATE TABLE teams (
    station TEXT NOT NULL REFERENCES stations (code),
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (station, code)
) STRICT;

-- The books: one row an entry, one row a transfer, and what follows from the transfers.

CREATE TABLE entries (
    station TEXT NOT NULL REFERENCES stations (code),
    seq INTEGER NOT NULL CHECK (seq >= 1),
    id TEXT NOT NULL,
    part INTEGER NOT NULL CHECK (part >= 0),
    kind TEXT NOT NULL,
    document TEXT,
    happened_on TEXT NOT NULL,
    booked_on TEXT NOT NULL,
    recorded_at TEXT NOT NULL,
    recorded_by TEXT NOT NULL,
    supersedes INTEGER CHECK (supersedes < seq),
    body BLOB NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (station, seq),
    UNIQUE (station, id),
    FOREIGN KEY (station, supersedes) REFERENCES entries (station, seq)
) STRICT;

CREATE UNIQUE INDEX one_superseding_entry ON entries (station, supersedes)
WHERE supersedes IS NOT NULL;
CREATE INDEX entries_by_kind ON entries (station, kind, seq);
CREATE INDEX entries_by_document ON entries (station, document, seq);

CREATE TABLE heads (
    station TEXT PRIMARY KEY REFERENCES stations (code),
    seq INTEGER NOT NULL,
    hash BLOB NOT NULL,
    latest_day TEXT NOT NULL
) STRICT;

-- Stands before the transfers, as a hand-over's foreign key looks here.
CREATE TABLE allocations (
    station TEXT NOT NULL,
    seq INTEGER NOT NULL,
    allocation TEXT NOT NULL,
    recipient TEXT NOT NULL,
    location TEXT NOT NULL,
    arrival TEXT,
    PRIMARY KEY (station, allocation),
    FOREIGN KEY (station, seq) REFERENCES entries (station, seq),
    UNIQUE (station, allocation, recipient),
    FOREIGN KEY (station, recipient) REFERENCES recipients (station, code),
    FOREIGN KEY (station, location) REFERENCES locations (station, code)
) STRICT, WITHOUT ROWID;

CREATE TABLE transfers (
    station TEXT NOT NULL,
    seq INTEGER NOT NULL,
    line INTEGER NOT NULL CHECK (line >= 1),
    day TEXT NOT NULL,
    source TEXT NOT NULL,
    target TEXT NOT NULL CHECK (target <> source),
    item TEXT NOT NULL,
    lot TEXT NOT NULL,
    quantity INTEGER NOT NULL CHECK (quantity BETWEEN 1 AND 1000000000000),
    allocation TEXT,
    recipient TEXT,
    PRIMARY KEY (station, seq, line),
    FOREIGN KEY (station, seq) REFERENCES entries (station, seq),
    FOREIGN KEY (station, item) REFERENCES items (station, code),
    -- No household's parcel at another door: what a team hands over goes to its allocation's
    -- recipient, whom the foreign key finds.
    FOREIGN KEY (station, allocation, recipient)
        REFERENCES allocations (station, allocation, recipient),
    CONSTRAINT parcel CHECK (
        (substr(source, 1, 11) <> 'in_transit:' OR substr(target, 1, 9) <> 'received:')
        OR (
            allocation IS NOT NULL AND recipient IS NOT NULL
            AND target = 'received:' || recipient
            AND substr(source, length(source) - length(allocation)) = ':' || allocation
        )
    )
) STRICT, WITHOUT ROWID;

CREATE INDEX transfers_out ON transfers (station, source, item, lot, seq);
CREATE INDEX transfers_in ON transfers (station, target, item, lot, seq);

-- What stands in each account now. seq and line name the transfer that last moved it.
CREATE TABLE balances (
    station TEXT NOT NULL,
    account TEXT NOT NULL,
    item TEXT NOT NULL,
    lot TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    line INTEGER NOT NULL,
    PRIMARY KEY (station, account, item, lot),
    CONSTRAINT floor CHECK (quantity >= 0 OR {floor})
) STRICT, WITHOUT ROWID;

-- A recall asks who holds a lot.
CREATE INDEX balances_by_lot ON balances (station, lot, account) WHERE lot <> '';
-- What is used up is most of the table in time: questions about what stands somewhere skip it.
CREATE INDEX balances_held ON balances (station, account, item, lot) WHERE quantity <> 0;

-- What stood in each account at the end of each day on which it moved.
CREATE TABLE days (
    station TEXT NOT NULL,
    account TEXT NOT NULL,
    item TEXT NOT NULL,
    lot TEXT NOT NULL,
    day TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    line INTEGER NOT NULL,
    PRIMARY KEY (station, account, item, lot, day),
    CONSTRAINT floor CHECK (quantity >= 0 OR {floor})
) STRICT, WITHOUT ROWID;

-- Free text and frozen documents, by the digest that stands in the chain; salt and content go
-- when the person they are about is forgotten.
CREATE TABLE erasable (
    station TEXT NOT NULL,
    seq INTEGER NOT NULL,
    digest TEXT NOT NULL,
    about TEXT,
    salt BLOB,
    content BLOB,
    PRIMARY KEY (station, seq, digest),
    FOREIGN KEY (station, seq) REFERENCES entries (station, seq)
) STRICT;

CREATE INDEX erasable_by_person ON erasable (station, about) WHERE about IS NOT NULL;

-- What the entries state: one table a statement of supplies.model, one column a field.

CREATE TABLE lots (
    station TEXT NOT NULL,
    seq INTEGER NOT NULL,
    lot TEXT NOT NULL,
    item TEXT NOT NULL,
    origin TEXT NOT NULL,
    batch TEXT,
    expires_on TEXT,
    value_minor INTEGER,
    currency TEXT,
    PRIMARY KEY (station, lot, seq),
    FOREIGN KEY (station, seq) REFERENCES entries (station, seq),
    FOREIGN KEY (station, item) REFERENCES items (station, code)
) STRICT, WITHOUT ROWID;

CREATE TABLE lot_parents (
    station TEXT NOT NULL,
    seq INTEGER NOT NULL,
    lot TEXT NOT NULL,
    parent TEXT NOT NULL,
    PRIMARY KEY (station, lot, seq, parent),
    FOREIGN KEY (station, seq) REFERENCES entries (station, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE needs (
    station TEXT NOT NULL,
    seq INTEGER NOT NULL,
    need TEXT NOT NULL,
    recipient TEXT NOT NULL,
    item TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    urgency TEXT NOT NULL,
    needed_by TEXT,
    PRIMARY KEY (station, need, seq),
    FOREIGN KEY (station, seq) REFERENCES entries (station, seq),
    FOREIGN KEY (station, recipient) REFERENCES recipients (station, code),
    FOREIGN KEY (station, item) REFERENCES items (station, code)
) STRICT, WITHOUT ROWID;

CREATE TABLE need_ends (
    station TEXT NOT NULL,
    seq INTEGER NOT NULL,
    need TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (station, need),
    FOREIGN KEY (station, seq) REFERENCES entries (station, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE pledges (
    station TEXT NOT NULL,
    seq INTEGER NOT NULL,
    pledge TEXT NOT NULL,
    donor TEXT NOT NULL,
    due_on TEXT,
    PRIMARY KEY (station, pledge, seq),
    FOREIGN KEY (station, seq) REFERENCES entries (station, seq),
    FOREIGN KEY (station, donor) REFERENCES donors (station, code)
) STRICT, WITHOUT ROWID;

CREATE TABLE pledge_lines (
    station TEXT NOT NULL,
    seq INTEGER NOT NULL,
    pledge TEXT NOT NULL,
    line INTEGER NOT NULL,
    item TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    PRIMARY KEY (station, pledge, line, seq),
    FOREIGN KEY (station, seq) REFERENCES entries (station, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE arrivals (
    station TEXT NOT NULL,
    seq INTEGER NOT NULL,
    arrival TEXT NOT NULL,
    origin TEXT NOT NULL,
    party TEXT NOT NULL,
    location TEXT NOT NULL,
    PRIMARY KEY (station, arrival, seq),
    FOREIGN KEY (station, seq) REFERENCES entries (station, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE arrival_lines (
    station TEXT NOT NULL,
    seq INTEGER NOT NULL,
    arrival TEXT NOT NULL,
    line INTEGER NOT NULL,
    item TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    lot TEXT NOT NULL,
    pledge TEXT,
    on_pledge INTEGER NOT NULL,
    recipient TEXT,
    PRIMARY KEY (station, arrival, line, seq),
    FOREIGN KEY (station, seq) REFERENCES entries (station, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE allocation_lines (
    station TEXT NOT NULL,
    seq INTEGER NOT NULL,
    allocation TEXT NOT NULL,
    line INTEGER NOT NULL,
    item TEXT NOT NULL,
    lot TEXT NOT NULL,
    need TEXT,
    quantity INTEGER NOT NULL,
    PRIMARY KEY (station, allocation, line, seq),
    FOREIGN KEY (station, seq) REFERENCES entries (station, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE deliveries (
    station TEXT NOT NULL,
    seq INTEGER NOT NULL,
    delivery TEXT NOT NULL,
    team TEXT NOT NULL,
    PRIMARY KEY (station, delivery, seq),
    FOREIGN KEY (station, seq) REFERENCES entries (station, seq),
    FOREIGN KEY (station, team) REFERENCES teams (station, code)
) STRICT, WITHOUT ROWID;

CREATE TABLE stops (
    station TEXT NOT NULL,
    seq INTEGER NOT NULL,
    delivery TEXT NOT NULL,
    stop INTEGER NOT NULL,
    allocation TEXT NOT NULL,
    recipient TEXT NOT NULL,
    PRIMARY KEY (station, delivery, allocation),
    FOREIGN KEY (station, seq) REFERENCES entries (station, seq),
    UNIQUE (station, delivery, stop),
    FOREIGN KEY (station, allocation, recipient) REFERENCES allocations (station, allocation, recipient)
) STRICT, WITHOUT ROWID;

CREATE TABLE stop_lines (
    station TEXT NOT NULL,
    seq INTEGER NOT NULL,
    delivery TEXT NOT NULL,
    allocation TEXT NOT NULL,
    line INTEGER NOT NULL,
    item TEXT NOT NULL,
    lot TEXT NOT NULL,
    location TEXT NOT NULL,
    loaded INTEGER NOT NULL,
    PRIMARY KEY (station, delivery, allocation, line),
    FOREIGN KEY (station, seq) REFERENCES entries (station, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE outcomes (
    station TEXT NOT NULL,
    seq INTEGER NOT NULL,
    delivery TEXT NOT NULL,
    allocation TEXT NOT NULL,
    outcome TEXT NOT NULL,
    happened_at TEXT,
    received_by TEXT,
    proof TEXT,
    first INTEGER NOT NULL,
    PRIMARY KEY (station, delivery, allocation, seq),
    FOREIGN KEY (station, seq) REFERENCES entries (station, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE outcome_lines (
    station TEXT NOT NULL,
    seq INTEGER NOT NULL,
    delivery TEXT NOT NULL,
    allocation TEXT NOT NULL,
    line INTEGER NOT NULL,
    received INTEGER NOT NULL,
    brought_back INTEGER NOT NULL,
    lost INTEGER NOT NULL,
    target TEXT NOT NULL,
    PRIMARY KEY (station, delivery, allocation, line, seq),
    FOREIGN KEY (station, seq) REFERENCES entries (station, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE delivery_ends (
    station TEXT NOT NULL,
    seq INTEGER NOT NULL,
    delivery TEXT NOT NULL,
    PRIMARY KEY (station, delivery),
    FOREIGN KEY (station, seq) REFERENCES entries (station, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE conflicts (
    station TEXT NOT NULL,
    seq INTEGER NOT NULL,
    document TEXT NOT NULL,
    because TEXT NOT NULL,
    stated TEXT NOT NULL,
    PRIMARY KEY (station, seq),
    FOREIGN KEY (station, seq) REFERENCES entries (station, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE resolutions (
    station TEXT NOT NULL,
    seq INTEGER NOT NULL,
    conflict INTEGER NOT NULL,
    way TEXT NOT NULL,
    PRIMARY KEY (station, conflict),
    FOREIGN KEY (station, seq) REFERENCES entries (station, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE count_sheets (
    station TEXT NOT NULL,
    seq INTEGER NOT NULL,
    sheet TEXT NOT NULL,
    location TEXT NOT NULL,
    PRIMARY KEY (station, sheet),
    FOREIGN KEY (station, seq) REFERENCES entries (station, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE counted_lines (
    station TEXT NOT NULL,
    seq INTEGER NOT NULL,
    sheet TEXT NOT NULL,
    line INTEGER NOT NULL,
    item TEXT NOT NULL,
    lot TEXT NOT NULL,
    expected INTEGER NOT NULL,
    counted INTEGER NOT NULL,
    PRIMARY KEY (station, sheet, line),
    FOREIGN KEY (station, seq) REFERENCES entries (station, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE withdrawals (
    station TEXT NOT NULL,
    seq INTEGER NOT NULL,
    withdrawal TEXT NOT NULL,
    account TEXT NOT NULL,
    location TEXT NOT NULL,
    due_on TEXT,
    PRIMARY KEY (station, withdrawal, seq),
    FOREIGN KEY (station, seq) REFERENCES entries (station, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE hand_outs (
    station TEXT NOT NULL,
    seq INTEGER NOT NULL,
    hand_out TEXT NOT NULL,
    recipient TEXT NOT NULL,
    location TEXT NOT NULL,
    headcount INTEGER,
    PRIMARY KEY (station, hand_out, seq),
    FOREIGN KEY (station, seq) REFERENCES entries (station, seq),
    FOREIGN KEY (station, recipient) REFERENCES recipients (station, code)
) STRICT, WITHOUT ROWID;

CREATE TABLE receipts (
    station TEXT NOT NULL,
    seq INTEGER NOT NULL,
    number TEXT NOT NULL,
    series TEXT NOT NULL,
    year INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    issued_on TEXT NOT NULL,
    digest TEXT NOT NULL,
    PRIMARY KEY (station, number),
    FOREIGN KEY (station, seq) REFERENCES entries (station, seq),
    UNIQUE (number),
    UNIQUE (station, series, year, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TABLE receipt_donations (
    station TEXT NOT NULL,
    seq INTEGER NOT NULL,
    number TEXT NOT NULL,
    donation TEXT NOT NULL,
    PRIMARY KEY (station, number, donation),
    FOREIGN KEY (station, seq) REFERENCES entries (station, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE receipt_replacements (
    station TEXT NOT NULL,
    seq INTEGER NOT NULL,
    number TEXT NOT NULL,
    replaced TEXT NOT NULL,
    PRIMARY KEY (station, number, replaced),
    FOREIGN KEY (station, seq) REFERENCES entries (station, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE receipt_voids (
    station TEXT NOT NULL,
    seq INTEGER NOT NULL,
    number TEXT NOT NULL,
    PRIMARY KEY (station, number),
    FOREIGN KEY (station, seq) REFERENCES entries (station, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE reprints (
    station TEXT NOT NULL,
    seq INTEGER NOT NULL,
    number TEXT NOT NULL,
    copy INTEGER NOT NULL,
    PRIMARY KEY (station, number, copy),
    FOREIGN KEY (station, seq) REFERENCES entries (station, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE periods (
    station TEXT NOT NULL,
    seq INTEGER NOT NULL,
    closed_through TEXT NOT NULL,
    PRIMARY KEY (station, seq),
    FOREIGN KEY (station, seq) REFERENCES entries (station, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE activities (
    station TEXT NOT NULL,
    seq INTEGER NOT NULL,
    activity TEXT NOT NULL,
    kind TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (station, activity, seq),
    FOREIGN KEY (station, seq) REFERENCES entries (station, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE forgettings (
    station TEXT NOT NULL,
    seq INTEGER NOT NULL,
    party TEXT NOT NULL,
    PRIMARY KEY (station, party),
    FOREIGN KEY (station, seq) REFERENCES entries (station, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE erasures (
    station TEXT NOT NULL,
    seq INTEGER NOT NULL,
    digest TEXT NOT NULL,
    PRIMARY KEY (station, seq, digest),
    FOREIGN KEY (station, seq) REFERENCES entries (station, seq)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX one_outcome_a_stop ON outcomes (station, delivery, allocation) WHERE first = 1;
CREATE INDEX needs_by_recipient ON needs (station, recipient, item);
CREATE INDEX pledges_by_donor ON pledges (station, donor);
CREATE INDEX arrivals_by_party ON arrivals (station, origin, party);
CREATE INDEX arrival_lines_by_lot ON arrival_lines (station, lot);
CREATE INDEX allocations_by_recipient ON allocations (station, recipient);
CREATE INDEX allocation_lines_by_need ON allocation_lines (station, need);
CREATE INDEX stops_by_allocation ON stops (station, allocation);
CREATE INDEX receipt_donations_by_donation ON receipt_donations (station, donation);
CREATE INDEX receipt_replacements_by_replaced ON receipt_replacements (station, replaced);
CREATE INDEX activities_by_kind ON activities (station, kind);
CREATE INDEX lot_parents_by_parent ON lot_parents (station, parent);

-- For people who open the file with a tool of their own: what is asked most, under plain names.

CREATE VIEW goods_on_the_shelf AS
SELECT b.station, substr(b.account, 7) AS location, b.item, i.name, b.lot, b.quantity AS free
FROM balances b JOIN items i ON i.station = b.station AND i.code = b.item
WHERE substr(b.account, 1, 6) = 'stock:' AND b.quantity <> 0;

CREATE VIEW goods_in_teams_hands AS
SELECT b.station, substr(b.account, 12) AS delivery_and_allocation, b.item, i.name, b.lot, b.quantity
FROM balances b JOIN items i ON i.station = b.station AND i.code = b.item
WHERE substr(b.account, 1, 11) = 'in_transit:' AND b.quantity <> 0;

CREATE VIEW goods_handed_over AS
SELECT b.station, substr(b.account, 10) AS recipient, b.item, i.name, b.lot, b.quantity
FROM balances b JOIN items i ON i.station = b.station AND i.code = b.item
WHERE substr(b.account, 1, 9) = 'received:' AND b.quantity <> 0;

CREATE VIEW needs_still_open AS
SELECT b.station, substr(b.account, 8) AS need, b.item, i.name, b.quantity AS still_needed
FROM balances b JOIN items i ON i.station = b.station AND i.code = b.item
WHERE substr(b.account, 1, 7) = 'needed:' AND b.quantity <> 0;

CREATE VIEW promises_outstanding AS
SELECT b.station, substr(b.account, 9) AS pledge_and_need, b.item, i.name, b.quantity AS outstanding
FROM balances b JOIN items i ON i.station = b.station AND i.code = b.item
WHERE substr(b.account, 1, 8) = 'pledged:' AND b.quantity <> 0;
