-- Triggers that protect the books against every program that writes to the file. {table} and {same}
-- are filled in for each table of the ledger. {same} is a condition: a row has a unique key of the
-- new row.

-- for each: append-only
CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} BEGIN
    SELECT RAISE(ABORT, 'append-only: rows of {table} are never changed; record another entry');
END;

CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} BEGIN
    SELECT RAISE(ABORT, 'append-only: rows of {table} are never deleted; record another entry');
END;

-- INSERT OR REPLACE deletes a row without running the trigger for DELETE.
CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table}
WHEN {same} BEGIN
    SELECT RAISE(ABORT, 'append-only: this row of {table} exists; record another entry');
END;

-- for each: stated
CREATE TRIGGER {table}_with_its_entry BEFORE INSERT ON {table}
WHEN NEW.seq IS NOT (SELECT seq FROM heads WHERE station = NEW.station) BEGIN
    SELECT RAISE(ABORT, 'append-only: rows of {table} are recorded with their entry, not later');
END;

-- for each: kept
CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} BEGIN
    SELECT RAISE(ABORT, 'kept: rows of {table} are never deleted');
END;

CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table}
WHEN {same} BEGIN
    SELECT RAISE(ABORT, 'kept: this row of {table} exists');
END;

-- for each: named
CREATE TRIGGER {table}_code_stays BEFORE UPDATE ON {table}
WHEN NEW.code <> OLD.code OR NEW.station <> OLD.station BEGIN
    SELECT RAISE(ABORT, 'kept: what a code of {table} stands for is changed, never the code');
END;

-- once
CREATE TRIGGER stations_code_stays BEFORE UPDATE ON stations WHEN NEW.code <> OLD.code BEGIN
    SELECT RAISE(ABORT, 'kept: what a code of stations stands for is changed, never the code');
END;

CREATE TRIGGER erasures_only_to_forget BEFORE INSERT ON erasures
WHEN (SELECT kind FROM entries WHERE station = NEW.station AND seq = NEW.seq) IS NOT 'forgotten'
BEGIN
    SELECT RAISE(ABORT, 'append-only: a text is erased by an entry that forgets its person');
END;

-- The trigger `entries_no_replace` also refuses an entry whose id was used, or that supersedes an entry
-- which another one supersedes.
CREATE TRIGGER entries_gapless BEFORE INSERT ON entries
WHEN NEW.seq <> 1 + coalesce((SELECT seq FROM heads WHERE station = NEW.station), 0) BEGIN
    SELECT RAISE(ABORT, 'append-only: an entry takes the next number');
END;

-- INSERT ... SELECT would create a temporary table each time, even if it inserts nothing. Therefore, a
-- trigger with a condition inserts each kind of new row.
CREATE TRIGGER entries_first AFTER INSERT ON entries WHEN NEW.seq = 1 BEGIN
    INSERT INTO heads (station, seq, hash, latest_day) VALUES (NEW.station, 0, zeroblob(32), '');
    UPDATE heads SET seq = NEW.seq, hash = NEW.hash, latest_day = NEW.booked_on
    WHERE station = NEW.station;
END;

CREATE TRIGGER entries_head AFTER INSERT ON entries WHEN NEW.seq > 1 BEGIN
    UPDATE heads SET seq = NEW.seq, hash = NEW.hash, latest_day = max(latest_day, NEW.booked_on)
    WHERE station = NEW.station;
END;

CREATE TRIGGER heads_no_invention BEFORE INSERT ON heads
WHEN NEW.seq <> 0 OR EXISTS (SELECT 1 FROM heads WHERE station = NEW.station) BEGIN
    SELECT RAISE(ABORT, 'kept: heads follow the entries');
END;

CREATE TRIGGER heads_follow BEFORE UPDATE ON heads
WHEN NEW.station <> OLD.station OR NEW.seq <> OLD.seq + 1 OR NOT EXISTS (
    SELECT 1 FROM entries AS e
    WHERE e.station = NEW.station AND e.seq = NEW.seq AND e.hash = NEW.hash
        AND NEW.latest_day = max(OLD.latest_day, e.booked_on)
) BEGIN
    SELECT RAISE(ABORT, 'kept: heads follow the entries');
END;

CREATE TRIGGER heads_no_delete BEFORE DELETE ON heads BEGIN
    SELECT RAISE(ABORT, 'kept: rows of heads are never deleted');
END;

CREATE TRIGGER transfers_of_the_last_entry BEFORE INSERT ON transfers
WHEN NEW.seq IS NOT (SELECT seq FROM heads WHERE station = NEW.station)
    OR NEW.day IS NOT (
        SELECT booked_on FROM entries WHERE station = NEW.station AND seq = NEW.seq
    ) BEGIN
    SELECT RAISE(ABORT, 'append-only: a transfer is recorded with its entry, not later');
END;

-- SQLite does not promise in which order the following triggers run. So a trigger that adds a row also
-- changes this row, and the other triggers leave it out.
CREATE TRIGGER transfers_move AFTER INSERT ON transfers BEGIN
    UPDATE balances SET quantity = quantity - NEW.quantity, seq = NEW.seq, line = NEW.line
        WHERE station = NEW.station AND account = NEW.source
            AND item = NEW.item AND lot = NEW.lot
            AND (seq, line) <> (NEW.seq, NEW.line);
    UPDATE balances SET quantity = quantity + NEW.quantity, seq = NEW.seq, line = NEW.line
        WHERE station = NEW.station AND account = NEW.target
            AND item = NEW.item AND lot = NEW.lot
            AND (seq, line) <> (NEW.seq, NEW.line);
    UPDATE days SET quantity = quantity - NEW.quantity, seq = NEW.seq, line = NEW.line
        WHERE station = NEW.station AND account = NEW.source
            AND item = NEW.item AND lot = NEW.lot AND day = NEW.day
            AND (seq, line) <> (NEW.seq, NEW.line);
    UPDATE days SET quantity = quantity + NEW.quantity, seq = NEW.seq, line = NEW.line
        WHERE station = NEW.station AND account = NEW.target
            AND item = NEW.item AND lot = NEW.lot AND day = NEW.day
            AND (seq, line) <> (NEW.seq, NEW.line);
END;

CREATE TRIGGER transfers_new_source AFTER INSERT ON transfers
WHEN NOT EXISTS (
    SELECT 1 FROM balances
    WHERE station = NEW.station AND account = NEW.source AND item = NEW.item AND lot = NEW.lot
) BEGIN
    INSERT INTO balances VALUES (NEW.station, NEW.source, NEW.item, NEW.lot, 0, 0, 0);
    UPDATE balances SET quantity = -NEW.quantity, seq = NEW.seq, line = NEW.line
        WHERE station = NEW.station AND account = NEW.source
            AND item = NEW.item AND lot = NEW.lot;
END;

CREATE TRIGGER transfers_new_target AFTER INSERT ON transfers
WHEN NOT EXISTS (
    SELECT 1 FROM balances
    WHERE station = NEW.station AND account = NEW.target AND item = NEW.item AND lot = NEW.lot
) BEGIN
    INSERT INTO balances VALUES (NEW.station, NEW.target, NEW.item, NEW.lot, 0, 0, 0);
    UPDATE balances SET quantity = NEW.quantity, seq = NEW.seq, line = NEW.line
        WHERE station = NEW.station AND account = NEW.target
            AND item = NEW.item AND lot = NEW.lot;
END;

CREATE TRIGGER transfers_new_day_of_source AFTER INSERT ON transfers
WHEN NOT EXISTS (
    SELECT 1 FROM days
    WHERE station = NEW.station AND account = NEW.source AND item = NEW.item AND lot = NEW.lot
        AND day = NEW.day
) BEGIN
    INSERT INTO days VALUES (NEW.station, NEW.source, NEW.item, NEW.lot, NEW.day, coalesce((
        SELECT quantity FROM days
        WHERE station = NEW.station AND account = NEW.source
            AND item = NEW.item AND lot = NEW.lot AND day < NEW.day
        ORDER BY day DESC LIMIT 1
    ), 0), 0, 0);
    UPDATE days SET quantity = quantity - NEW.quantity, seq = NEW.seq, line = NEW.line
        WHERE station = NEW.station AND account = NEW.source
            AND item = NEW.item AND lot = NEW.lot AND day = NEW.day;
END;

CREATE TRIGGER transfers_new_day_of_target AFTER INSERT ON transfers
WHEN NOT EXISTS (
    SELECT 1 FROM days
    WHERE station = NEW.station AND account = NEW.target AND item = NEW.item AND lot = NEW.lot
        AND day = NEW.day
) BEGIN
    INSERT INTO days VALUES (NEW.station, NEW.target, NEW.item, NEW.lot, NEW.day, coalesce((
        SELECT quantity FROM days
        WHERE station = NEW.station AND account = NEW.target
            AND item = NEW.item AND lot = NEW.lot AND day < NEW.day
        ORDER BY day DESC LIMIT 1
    ), 0), 0, 0);
    UPDATE days SET quantity = quantity + NEW.quantity, seq = NEW.seq, line = NEW.line
        WHERE station = NEW.station AND account = NEW.target
            AND item = NEW.item AND lot = NEW.lot AND day = NEW.day;
END;

CREATE TRIGGER transfers_backdated AFTER INSERT ON transfers
WHEN NEW.day < (SELECT latest_day FROM heads WHERE station = NEW.station) BEGIN
    UPDATE days SET quantity = quantity - NEW.quantity, seq = NEW.seq, line = NEW.line
        WHERE station = NEW.station AND account = NEW.source
            AND item = NEW.item AND lot = NEW.lot AND day > NEW.day;
    UPDATE days SET quantity = quantity + NEW.quantity, seq = NEW.seq, line = NEW.line
        WHERE station = NEW.station AND account = NEW.target
            AND item = NEW.item AND lot = NEW.lot AND day > NEW.day;
END;

CREATE TRIGGER balances_from_zero BEFORE INSERT ON balances
WHEN NEW.quantity <> 0 OR NEW.seq <> 0 OR NEW.line <> 0
    OR EXISTS (
        SELECT 1 FROM balances
        WHERE station = NEW.station AND account = NEW.account
            AND item = NEW.item AND lot = NEW.lot
    )
    -- The transfer that adds the row is the last line of the last entry.
    OR NOT EXISTS (
        SELECT 1 FROM heads AS h JOIN transfers AS t ON t.station = h.station AND t.seq = h.seq
        WHERE h.station = NEW.station AND NEW.account IN (t.source, t.target)
            AND t.item = NEW.item AND t.lot = NEW.lot
            AND t.line = (
                SELECT max(line) FROM transfers WHERE station = h.station AND seq = h.seq
            )
    ) BEGIN
    SELECT RAISE(ABORT, 'kept: balances follow the transfers');
END;

CREATE TRIGGER balances_follow BEFORE UPDATE ON balances
WHEN NEW.station <> OLD.station OR NEW.account <> OLD.account OR NEW.item <> OLD.item
    OR NEW.lot <> OLD.lot OR (NEW.seq, NEW.line) <= (OLD.seq, OLD.line)
    OR NEW.quantity - OLD.quantity IS NOT (
        SELECT CASE NEW.account WHEN t.target THEN t.quantity WHEN t.source THEN -t.quantity END
        FROM transfers AS t
        WHERE t.station = NEW.station AND t.seq = NEW.seq AND t.line = NEW.line
            AND t.item = NEW.item AND t.lot = NEW.lot
    ) BEGIN
    SELECT RAISE(ABORT, 'kept: balances follow the transfers');
END;

CREATE TRIGGER balances_no_delete BEFORE DELETE ON balances BEGIN
    SELECT RAISE(ABORT, 'kept: rows of balances are never deleted');
END;

CREATE TRIGGER days_from_the_day_before BEFORE INSERT ON days
WHEN NEW.seq <> 0 OR NEW.line <> 0 OR NEW.quantity <> coalesce((
    SELECT quantity FROM days
    WHERE station = NEW.station AND account = NEW.account
        AND item = NEW.item AND lot = NEW.lot AND day < NEW.day
    ORDER BY day DESC LIMIT 1
), 0)
    OR EXISTS (
        SELECT 1 FROM days
        WHERE station = NEW.station AND account = NEW.account
            AND item = NEW.item AND lot = NEW.lot AND day = NEW.day
    )
    -- The transfer that adds the row is the last line of the last entry.
    OR NOT EXISTS (
        SELECT 1 FROM heads AS h JOIN transfers AS t ON t.station = h.station AND t.seq = h.seq
        WHERE h.station = NEW.station AND NEW.account IN (t.source, t.target)
            AND t.item = NEW.item AND t.lot = NEW.lot AND t.day = NEW.day
            AND t.line = (
                SELECT max(line) FROM transfers WHERE station = h.station AND seq = h.seq
            )
    ) BEGIN
    SELECT RAISE(ABORT, 'kept: days follow the transfers');
END;

CREATE TRIGGER days_follow BEFORE UPDATE ON days
WHEN NEW.station <> OLD.station OR NEW.account <> OLD.account OR NEW.item <> OLD.item
    OR NEW.lot <> OLD.lot OR NEW.day <> OLD.day OR (NEW.seq, NEW.line) <= (OLD.seq, OLD.line)
    OR NEW.quantity - OLD.quantity IS NOT (
        SELECT CASE NEW.account WHEN t.target THEN t.quantity WHEN t.source THEN -t.quantity END
        FROM transfers AS t
        WHERE t.station = NEW.station AND t.seq = NEW.seq AND t.line = NEW.line
            AND t.item = NEW.item AND t.lot = NEW.lot AND t.day <= NEW.day
    ) BEGIN
    SELECT RAISE(ABORT, 'kept: days follow the transfers');
END;

CREATE TRIGGER days_no_delete BEFORE DELETE ON days BEGIN
    SELECT RAISE(ABORT, 'kept: rows of days are never deleted');
END;

CREATE TRIGGER erasable_only_erased BEFORE UPDATE ON erasable
WHEN NEW.station <> OLD.station OR NEW.seq <> OLD.seq OR NEW.digest <> OLD.digest
    OR NEW.about IS NOT OLD.about OR NEW.salt IS NOT NULL OR NEW.content IS NOT NULL
    OR NOT EXISTS (
        SELECT 1 FROM erasures WHERE station = NEW.station AND digest = NEW.digest
    ) BEGIN
    SELECT RAISE(ABORT, 'append-only: a text is erased by an entry that forgets its person');
END;

CREATE TRIGGER receipts_gapless BEFORE INSERT ON receipts
WHEN NEW.ordinal <> 1 + coalesce((
    SELECT max(ordinal) FROM receipts
    WHERE station = NEW.station AND series = NEW.series AND year = NEW.year
), 0) BEGIN
    SELECT RAISE(ABORT, 'append-only: a receipt takes the next number of its series and year');
END;

CREATE TRIGGER items_unit_is_frozen BEFORE UPDATE OF unit ON items
WHEN NEW.unit <> OLD.unit AND EXISTS (
    SELECT 1 FROM balances WHERE station = OLD.station AND item = OLD.code
) BEGIN
    SELECT RAISE(ABORT, 'kept: the unit of an item is frozen once goods have moved');
END;

CREATE TRIGGER deliveries_wait AFTER INSERT ON deliveries WHEN NEW.delivery = 'v_' || NEW.seq BEGIN
    INSERT INTO pending (station, noun, number) VALUES (NEW.station, 'delivery', NEW.seq);
END;

CREATE TRIGGER delivery_ends_wait AFTER INSERT ON delivery_ends BEGIN
    DELETE FROM pending
    WHERE station = NEW.station AND noun = 'delivery'
        AND number = CAST(substr(NEW.delivery, 3) AS INTEGER);
END;

CREATE TRIGGER conflicts_wait AFTER INSERT ON conflicts BEGIN
    INSERT INTO pending (station, noun, number) VALUES (NEW.station, 'conflict', NEW.seq);
END;

CREATE TRIGGER resolutions_wait AFTER INSERT ON resolutions BEGIN
    DELETE FROM pending
    WHERE station = NEW.station AND noun = 'conflict' AND number = NEW.conflict;
END;

-- The access log is kept for at least six months, or longer if the station's settings say so. Days are
-- counted in full, so that it is not too early in any time zone.
CREATE TRIGGER access_log_kept BEFORE DELETE ON access_log
WHEN substr(OLD.at, 1, 10) > date('now', '-' || coalesce((
    SELECT access_log_days FROM retention WHERE station = OLD.station
), 183) || ' days') BEGIN
    SELECT RAISE(ABORT, 'kept: a line of the access log goes when its time is over, not before');
END;

CREATE TRIGGER access_log_stays BEFORE UPDATE ON access_log BEGIN
    SELECT RAISE(ABORT, 'append-only: rows of access_log are never changed');
END;

CREATE TRIGGER access_log_no_replace BEFORE INSERT ON access_log
WHEN EXISTS (SELECT 1 FROM access_log WHERE station = NEW.station AND seq = NEW.seq) BEGIN
    SELECT RAISE(ABORT, 'kept: this row of access_log exists');
END;

-- The tour of the demo needs no password. So books that have entries can never become those of the
-- demo.
CREATE TRIGGER demo_people_come_first BEFORE INSERT ON demo_people
WHEN EXISTS (SELECT 1 FROM entries WHERE station = NEW.station) BEGIN
    SELECT RAISE(ABORT, 'kept: books that have entries do not become those of the demo');
END;

CREATE TRIGGER demo_people_no_update BEFORE UPDATE ON demo_people BEGIN
    SELECT RAISE(ABORT, 'append-only: rows of demo_people are never changed');
END;
