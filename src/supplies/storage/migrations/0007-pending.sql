-- Version 7: what waits to be closed or decided, by the number of its entry. Triggers put a row
-- here when a delivery leaves or a conflict is kept, and take it away when it is closed or decided:
-- those tables only grow, and what is still open in them would be found by reading all of them.
CREATE TABLE pending (
    station TEXT NOT NULL,
    noun TEXT NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (station, noun, number)
) STRICT, WITHOUT ROWID;

INSERT INTO pending (station, noun, number)
SELECT d.station, 'delivery', d.seq FROM deliveries d
WHERE d.delivery = 'v_' || d.seq AND NOT EXISTS (
    SELECT 1 FROM delivery_ends x WHERE x.station = d.station AND x.delivery = d.delivery
);
INSERT INTO pending (station, noun, number)
SELECT c.station, 'conflict', c.seq FROM conflicts c
WHERE NOT EXISTS (
    SELECT 1 FROM resolutions r WHERE r.station = c.station AND r.conflict = c.seq
);

-- The papers of a donor in the order of their entries.
CREATE INDEX erasable_of_person ON erasable (station, about, seq) WHERE about IS NOT NULL;
