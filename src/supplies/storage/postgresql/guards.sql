-- Triggers that protect the books against every program that writes to the database; the same rules
-- as in sqlite/guards.sql. {table} is filled in for each table of the ledger, {floor} with the condition
-- for accounts that may be negative, and {schema} with the schema of the books: without it, a search path
-- could put another table in place of one of these.
-- Triggers are written in the form in which PostgreSQL returns them, because opening compares them.

-- functions
CREATE FUNCTION {schema}.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'append-only: rows of % are never %; record another entry', TG_TABLE_NAME,
        CASE TG_OP WHEN 'UPDATE' THEN 'changed' ELSE 'deleted' END
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE FUNCTION {schema}.refuse_deletion() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'kept: rows of % are never deleted', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE FUNCTION {schema}.stated_with_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM added AS a WHERE a.seq IS DISTINCT FROM (
            SELECT h.seq FROM {schema}.heads AS h WHERE h.station = a.station
        )
    ) THEN
        RAISE EXCEPTION 'append-only: rows of % are recorded with their entry, not later',
            TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION {schema}.code_stays() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    stays boolean := NEW.code = OLD.code;
BEGIN
    IF TG_TABLE_NAME <> 'stations' THEN
        stays := stays AND NEW.station = OLD.station;
    END IF;
    IF NOT stays THEN
        RAISE EXCEPTION 'kept: what a code of % stands for is changed, never the code',
            TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION {schema}.erasures_only_to_forget() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM {schema}.entries AS e
        WHERE e.station = NEW.station AND e.seq = NEW.seq AND e.kind = 'forgotten'
    ) THEN
        RAISE EXCEPTION 'append-only: a text is erased by an entry that forgets its person'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION {schema}.entries_gapless() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.seq <> 1 + coalesce((
            SELECT h.seq FROM {schema}.heads AS h WHERE h.station = NEW.station
        ), 0)
    THEN
        RAISE EXCEPTION 'append-only: an entry takes the next number, and its id but once'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION {schema}.entries_head() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.seq = 1 THEN
        INSERT INTO {schema}.heads (station, seq, hash, latest_day)
        VALUES (NEW.station, 0, decode(repeat('00', 32), 'hex'), '');
    END IF;
    UPDATE {schema}.heads SET seq = NEW.seq, hash = NEW.hash,
        latest_day = greatest(latest_day, NEW.booked_on)
    WHERE station = NEW.station;
    RETURN NULL;
END $$;

CREATE FUNCTION {schema}.heads_follow() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    sound boolean;
BEGIN
    IF TG_OP = 'INSERT' THEN
        sound := NEW.seq = 0;
    ELSE
        sound := NEW.station = OLD.station AND NEW.seq = OLD.seq + 1 AND EXISTS (
            SELECT 1 FROM {schema}.entries AS e
            WHERE e.station = NEW.station AND e.seq = NEW.seq AND e.hash = NEW.hash
                AND NEW.latest_day = greatest(OLD.latest_day, e.booked_on)
        );
    END IF;
    IF sound IS NOT TRUE THEN
        RAISE EXCEPTION 'kept: heads follow the entries'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION {schema}.transfers_of_the_last_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM added AS a WHERE a.day IS DISTINCT FROM (
            SELECT e.booked_on FROM {schema}.heads AS h
            JOIN {schema}.entries AS e ON e.station = h.station AND e.seq = h.seq
            WHERE h.station = a.station AND h.seq = a.seq
        )
    ) THEN
        RAISE EXCEPTION 'append-only: a transfer is recorded with its entry, not later'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;

-- All transfers of one INSERT are booked together, each row with its final quantity. But a floor must hold
-- after each transfer, in the order of the lines. So if a balance is below zero in between, it is booked
-- only up to the line where it is lowest; then the constraint refuses it. Transfers of an earlier entry are
-- not booked, because the next trigger refuses them.
CREATE FUNCTION {schema}.transfers_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WITH steps AS (
        SELECT a.station, m.account, a.item, a.lot, a.day, a.seq, a.line, m.change, sum(m.change) OVER (
            PARTITION BY a.station, m.account, a.item, a.lot ORDER BY a.line
        ) AS so_far
        FROM added AS a
        JOIN {schema}.heads AS h ON h.station = a.station AND h.seq = a.seq
        CROSS JOIN LATERAL (VALUES (a.source, -a.quantity), (a.target, a.quantity))
            AS m (account, change)
    ),
    moved AS MATERIALIZED (
        SELECT station, account, item, lot, day, seq, max(line) AS line, sum(change) AS change,
            NOT ({floor}) AS floored, min(so_far) AS lowest,
            (array_agg(line ORDER BY so_far, line))[1] AS lowest_line
        FROM steps
        GROUP BY station, account, item, lot, day, seq
    ),
    booked AS (
        INSERT INTO {schema}.balances AS b
        SELECT m.station, m.account, m.item, m.lot, before.quantity + booked.change, m.seq, booked.line
        FROM moved AS m
        CROSS JOIN LATERAL (SELECT coalesce((
            SELECT o.quantity FROM {schema}.balances AS o
            WHERE o.station = m.station AND o.account = m.account
                AND o.item = m.item AND o.lot = m.lot
        ), 0)) AS before (quantity)
        CROSS JOIN LATERAL (SELECT
            CASE WHEN m.floored AND before.quantity + m.lowest < 0 THEN m.lowest ELSE m.change END,
            CASE WHEN m.floored AND before.quantity + m.lowest < 0 THEN m.lowest_line ELSE m.line END
        ) AS booked (change, line)
        ON CONFLICT (station, account, item, lot) DO UPDATE
            SET quantity = excluded.quantity, seq = excluded.seq, line = excluded.line
    )
    INSERT INTO {schema}.days AS d
    SELECT m.station, m.account, m.item, m.lot, before.day, before.quantity + booked.change,
        m.seq, booked.line
    FROM moved AS m
    CROSS JOIN LATERAL (
        SELECT m.day, coalesce((
            SELECT o.quantity FROM {schema}.days AS o
            WHERE o.station = m.station AND o.account = m.account
                AND o.item = m.item AND o.lot = m.lot AND o.day <= m.day
            ORDER BY o.day DESC LIMIT 1
        ), 0)
        UNION ALL
        SELECT o.day, o.quantity FROM {schema}.days AS o
        WHERE o.station = m.station AND o.account = m.account
            AND o.item = m.item AND o.lot = m.lot AND o.day > m.day
    ) AS before (day, quantity)
    CROSS JOIN LATERAL (SELECT
        CASE WHEN m.floored AND before.quantity + m.lowest < 0 THEN m.lowest ELSE m.change END,
        CASE WHEN m.floored AND before.quantity + m.lowest < 0 THEN m.lowest_line ELSE m.line END
    ) AS booked (change, line)
    ON CONFLICT (station, account, item, lot, day) DO UPDATE
        SET quantity = excluded.quantity, seq = excluded.seq, line = excluded.line;
    RETURN NULL;
END $$;

-- The changes of one balance by the transfers of an entry. With `=` instead of BETWEEN, the server could
-- choose the index of entries, because most have few transfers. Then a command of many lines reads all of
-- its transfers once for each balance.
CREATE FUNCTION {schema}.changes(station text, account text, item text, lot text, seq bigint)
RETURNS TABLE (line bigint, day text, change bigint) LANGUAGE sql STABLE AS $$
    SELECT t.line, t.day, -t.quantity FROM {schema}.transfers AS t
    WHERE t.station = $1 AND t.source = $2 AND t.item = $3 AND t.lot = $4 AND t.seq BETWEEN $5 AND $5
    UNION ALL
    SELECT t.line, t.day, t.quantity FROM {schema}.transfers AS t
    WHERE t.station = $1 AND t.target = $2 AND t.item = $3 AND t.lot = $4 AND t.seq BETWEEN $5 AND $5
$$;

-- A row of `balances` or `days` changes by the transfers of one entry: from the line after the one that
-- the row names, if it names this entry, to the line that it names afterwards. All rows that a statement
-- changes are checked together.
CREATE FUNCTION {schema}.balances_from_zero() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM added AS a WHERE ((a.line, a.quantity) = (
            SELECT max(m.line), sum(m.change)
            FROM {schema}.changes(a.station, a.account, a.item, a.lot, a.seq) AS m
            WHERE m.line <= a.line
        )) IS NOT TRUE
    ) THEN
        RAISE EXCEPTION 'kept: balances follow the transfers'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION {schema}.balances_follow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM (
            SELECT station, account, item, lot, max(seq) AS seq, max(line) AS line,
                max(old_seq) AS old_seq, max(old_line) AS old_line, sum(quantity) AS change
            FROM (
                SELECT station, account, item, lot, seq, line, NULL AS old_seq, NULL AS old_line, quantity
                FROM added
                UNION ALL
                SELECT station, account, item, lot, NULL, NULL, seq, line, -quantity
                FROM removed
            ) AS rows
            GROUP BY station, account, item, lot
        ) AS c
        WHERE (c.seq >= c.old_seq AND (c.line, c.change) = (
            SELECT max(m.line), sum(m.change)
            FROM {schema}.changes(c.station, c.account, c.item, c.lot, c.seq) AS m
            WHERE m.line <= c.line AND (m.line > c.old_line OR c.seq > c.old_seq)
        )) IS NOT TRUE
    ) THEN
        RAISE EXCEPTION 'kept: balances follow the transfers'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION {schema}.days_from_the_day_before() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM added AS a WHERE ((a.line, a.quantity - coalesce((
            SELECT d.quantity FROM {schema}.days AS d
            WHERE d.station = a.station AND d.account = a.account
                AND d.item = a.item AND d.lot = a.lot AND d.day < a.day
            ORDER BY d.day DESC LIMIT 1
        ), 0)) = (
            SELECT max(m.line), sum(m.change)
            FROM {schema}.changes(a.station, a.account, a.item, a.lot, a.seq) AS m
            WHERE m.line <= a.line AND m.day = a.day
        )) IS NOT TRUE
    ) THEN
        RAISE EXCEPTION 'kept: days follow the transfers'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION {schema}.days_follow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM (
            SELECT station, account, item, lot, day, max(seq) AS seq, max(line) AS line,
                max(old_seq) AS old_seq, max(old_line) AS old_line, sum(quantity) AS change
            FROM (
                SELECT station, account, item, lot, day, seq, line, NULL AS old_seq, NULL AS old_line, quantity
                FROM added
                UNION ALL
                SELECT station, account, item, lot, day, NULL, NULL, seq, line, -quantity
                FROM removed
            ) AS rows
            GROUP BY station, account, item, lot, day
        ) AS c
        WHERE (c.seq >= c.old_seq AND (c.line, c.change) = (
            SELECT max(m.line), sum(m.change)
            FROM {schema}.changes(c.station, c.account, c.item, c.lot, c.seq) AS m
            WHERE m.line <= c.line AND (m.line > c.old_line OR c.seq > c.old_seq) AND m.day <= c.day
        )) IS NOT TRUE
    ) THEN
        RAISE EXCEPTION 'kept: days follow the transfers'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION {schema}.erasable_only_erased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.station <> OLD.station OR NEW.seq <> OLD.seq OR NEW.digest <> OLD.digest
        OR NEW.about IS DISTINCT FROM OLD.about
        OR NEW.salt IS NOT NULL OR NEW.content IS NOT NULL
        OR NOT EXISTS (
            SELECT 1 FROM {schema}.erasures AS e
            WHERE e.station = NEW.station AND e.digest = NEW.digest
        )
    THEN
        RAISE EXCEPTION 'append-only: a text is erased by an entry that forgets its person'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION {schema}.receipts_gapless() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.ordinal <> 1 + coalesce((
            SELECT max(r.ordinal) FROM {schema}.receipts AS r
            WHERE r.station = NEW.station AND r.series = NEW.series AND r.year = NEW.year
        ), 0)
    THEN
        RAISE EXCEPTION 'append-only: a receipt takes the next number of its series and year'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION {schema}.items_unit_is_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.unit <> OLD.unit AND EXISTS (
        SELECT 1 FROM {schema}.balances AS b
        WHERE b.station = OLD.station AND b.item = OLD.code
    ) THEN
        RAISE EXCEPTION 'kept: the unit of an item is frozen once goods have moved'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

-- The access log is kept for at least six months, or longer if the station's settings say so. Days are
-- counted in full, so that it is not too early in any time zone.
CREATE FUNCTION {schema}.log_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF CAST(left(OLD.at, 10) AS date) > CAST(now() AT TIME ZONE 'UTC' AS date) - CAST(coalesce((
            SELECT r.access_log_days FROM {schema}.retention AS r WHERE r.station = OLD.station
        ), 183) AS integer)
    THEN
        RAISE EXCEPTION 'kept: a line of the access log goes when its time is over, not before'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN OLD;
END $$;

-- The tour of the demo needs no password. So books that have entries can never become those of the
-- demo.
CREATE FUNCTION {schema}.demo_people_first() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        RAISE EXCEPTION 'append-only: rows of demo_people are never changed'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF EXISTS (SELECT 1 FROM {schema}.entries AS e WHERE e.station = NEW.station) THEN
        RAISE EXCEPTION 'kept: books that have entries do not become those of the demo'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

-- This trigger protects nothing. It counts changes, so that a process knows if its cached catalogue is
-- still current.
CREATE FUNCTION {schema}.catalogue_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    whose text;
BEGIN
    IF TG_TABLE_NAME = 'stations' THEN
        whose := NEW.code;
    ELSE
        whose := NEW.station;
    END IF;
    INSERT INTO {schema}.catalogue_changes VALUES (whose, 0) ON CONFLICT DO NOTHING;
    UPDATE {schema}.catalogue_changes SET changes = changes + 1 WHERE station = whose;
    RETURN NULL;
END $$;

-- Open deliveries and open conflicts are listed in a table of their own.
CREATE FUNCTION {schema}.waits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    CASE TG_TABLE_NAME
    WHEN 'deliveries' THEN
        IF NEW.delivery = 'v_' || NEW.seq THEN
            INSERT INTO {schema}.pending VALUES (NEW.station, 'delivery', NEW.seq);
        END IF;
    WHEN 'delivery_ends' THEN
        DELETE FROM {schema}.pending
        WHERE station = NEW.station AND noun = 'delivery'
            AND number = CAST(substr(NEW.delivery, 3) AS bigint);
    WHEN 'conflicts' THEN
        INSERT INTO {schema}.pending VALUES (NEW.station, 'conflict', NEW.seq);
    ELSE
        DELETE FROM {schema}.pending
        WHERE station = NEW.station AND noun = 'conflict' AND number = NEW.conflict;
    END CASE;
    RETURN NULL;
END $$;

-- for each: append-only
CREATE TRIGGER {table}_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- for each: stated
CREATE TRIGGER {table}_with_its_entry AFTER INSERT ON {table} REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION stated_with_entry();

-- for each: kept
CREATE TRIGGER {table}_kept BEFORE DELETE OR TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_deletion();

-- for each: catalogue
CREATE TRIGGER {table}_code_stays BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION code_stays();
CREATE TRIGGER {table}_changed AFTER INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION catalogue_changed();

-- once
CREATE TRIGGER entries_gapless BEFORE INSERT ON entries FOR EACH ROW EXECUTE FUNCTION entries_gapless();
CREATE TRIGGER entries_head AFTER INSERT ON entries FOR EACH ROW EXECUTE FUNCTION entries_head();
CREATE TRIGGER heads_follow AFTER INSERT OR UPDATE ON heads FOR EACH ROW EXECUTE FUNCTION heads_follow();
CREATE TRIGGER heads_kept BEFORE DELETE OR TRUNCATE ON heads FOR EACH STATEMENT EXECUTE FUNCTION refuse_deletion();
CREATE TRIGGER transfers_of_the_last_entry AFTER INSERT ON transfers REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION transfers_of_the_last_entry();
CREATE TRIGGER transfers_move AFTER INSERT ON transfers REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION transfers_move();
CREATE TRIGGER balances_from_zero AFTER INSERT ON balances REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION balances_from_zero();
CREATE TRIGGER balances_follow AFTER UPDATE ON balances REFERENCING OLD TABLE AS removed NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION balances_follow();
CREATE TRIGGER balances_kept BEFORE DELETE OR TRUNCATE ON balances FOR EACH STATEMENT EXECUTE FUNCTION refuse_deletion();
CREATE TRIGGER days_from_the_day_before AFTER INSERT ON days REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION days_from_the_day_before();
CREATE TRIGGER days_follow AFTER UPDATE ON days REFERENCING OLD TABLE AS removed NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION days_follow();
CREATE TRIGGER days_kept BEFORE DELETE OR TRUNCATE ON days FOR EACH STATEMENT EXECUTE FUNCTION refuse_deletion();
CREATE TRIGGER erasable_only_erased BEFORE UPDATE ON erasable FOR EACH ROW EXECUTE FUNCTION erasable_only_erased();
CREATE TRIGGER erasures_only_to_forget BEFORE INSERT ON erasures FOR EACH ROW EXECUTE FUNCTION erasures_only_to_forget();
CREATE TRIGGER receipts_gapless BEFORE INSERT ON receipts FOR EACH ROW EXECUTE FUNCTION receipts_gapless();
CREATE TRIGGER items_unit_is_frozen BEFORE UPDATE OF unit ON items FOR EACH ROW EXECUTE FUNCTION items_unit_is_frozen();
CREATE TRIGGER deliveries_wait AFTER INSERT ON deliveries FOR EACH ROW EXECUTE FUNCTION waits();
CREATE TRIGGER delivery_ends_wait AFTER INSERT ON delivery_ends FOR EACH ROW EXECUTE FUNCTION waits();
CREATE TRIGGER conflicts_wait AFTER INSERT ON conflicts FOR EACH ROW EXECUTE FUNCTION waits();
CREATE TRIGGER resolutions_wait AFTER INSERT ON resolutions FOR EACH ROW EXECUTE FUNCTION waits();
CREATE TRIGGER access_log_kept BEFORE DELETE ON access_log FOR EACH ROW EXECUTE FUNCTION log_is_kept();
CREATE TRIGGER access_log_stays BEFORE UPDATE OR TRUNCATE ON access_log FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER demo_people_first BEFORE INSERT OR UPDATE ON demo_people FOR EACH ROW EXECUTE FUNCTION demo_people_first();
