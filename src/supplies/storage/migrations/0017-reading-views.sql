-- Version 17: views for people who open the books with another tool. They are net of corrections and
-- reversals, and contain names beside codes. No table changes; docs/file.md describes the columns.

-- One row a line of a donation, as the donation is now.
CREATE VIEW gifts AS
SELECT e.station, e.happened_on AS day, coalesce(d.name, a.party) AS donor, i.name AS item,
    l.quantity, i.unit,
    (
        SELECT p.number FROM receipt_donations p
        JOIN receipts r ON r.station = p.station AND r.number = p.number
        LEFT JOIN receipt_voids v ON v.station = p.station AND v.number = p.number
        WHERE p.station = a.station AND p.donation = a.arrival
        ORDER BY CASE WHEN v.seq IS NULL THEN 0 ELSE 1 END, r.seq DESC LIMIT 1
    ) AS receipt,
    a.arrival AS donation, l.line, l.lot, a.party AS donor_code, l.item AS item_code
FROM arrivals a
JOIN entries e ON e.station = a.station AND e.seq = a.seq
JOIN arrival_lines l ON l.station = a.station AND l.arrival = a.arrival AND l.seq = a.seq
JOIN items i ON i.station = l.station AND i.code = l.item
LEFT JOIN donors d ON d.station = a.station AND d.code = a.party
WHERE a.origin = 'donor' AND a.seq = (
    SELECT max(m.seq) FROM arrivals m WHERE m.station = a.station AND m.arrival = a.arrival
);

-- One row a day, recipient and item: deliveries and hand-outs, less what was taken back that day.
CREATE VIEW who_received_what AS
SELECT t.station, t.day, coalesce(r.name, r.code) AS recipient, r.community, i.name AS item,
    CAST(sum(t.quantity) AS INTEGER) AS quantity, i.unit,
    r.code AS recipient_code, i.code AS item_code
FROM (
    SELECT station, day, substr(target, 10) AS recipient, item, quantity FROM transfers
    WHERE target >= 'received:' AND target < 'received;' AND lot <> ''
    UNION ALL
    SELECT station, day, substr(source, 10) AS recipient, item, -quantity FROM transfers
    WHERE source >= 'received:' AND source < 'received;' AND lot <> ''
) t
JOIN recipients r ON r.station = t.station AND r.code = t.recipient
JOIN items i ON i.station = t.station AND i.code = t.item
GROUP BY t.station, t.day, r.code, r.name, r.community, i.code, i.name, i.unit
HAVING sum(t.quantity) <> 0;

-- One row a location and lot: what is on the shelf now. on_hand = free + allocated.
CREATE VIEW stock_now AS
SELECT b.station, p.name AS location, i.name AS item,
    CAST(sum(b.quantity) AS INTEGER) AS on_hand,
    CAST(sum(CASE WHEN b.account >= 'stock:' THEN b.quantity ELSE 0 END) AS INTEGER) AS free,
    CAST(sum(CASE WHEN b.account >= 'stock:' THEN 0 ELSE b.quantity END) AS INTEGER) AS allocated,
    i.unit, l.batch, l.expires_on, b.lot, p.code AS location_code, i.code AS item_code
FROM balances b
JOIN locations p ON p.station = b.station
    AND substr(b.account, length(b.account) - length(p.code)) = ':' || p.code
JOIN items i ON i.station = b.station AND i.code = b.item
JOIN lots l ON l.station = b.station AND l.lot = b.lot AND l.seq = (
    SELECT max(m.seq) FROM lots m WHERE m.station = l.station AND m.lot = l.lot
)
WHERE b.quantity <> 0 AND (
    (b.account >= 'stock:' AND b.account < 'stock;')
    OR (b.account >= 'allocated:' AND b.account < 'allocated;')
)
GROUP BY b.station, p.code, p.name, i.code, i.name, i.unit, b.lot, l.batch, l.expires_on;

-- One row a lot, as it is described now, with where its goods are: also lots that are used up.
CREATE VIEW lots_now AS
SELECT l.station, i.name AS item, l.batch, l.expires_on,
    CAST(coalesce(sum(CASE WHEN b.account >= 'stock:' AND b.account < 'stock;'
        OR b.account >= 'allocated:' AND b.account < 'allocated;'
        THEN b.quantity END), 0) AS INTEGER) AS on_hand,
    CAST(coalesce(sum(CASE WHEN b.account >= 'in_transit:' AND b.account < 'in_transit;'
        THEN b.quantity END), 0) AS INTEGER) AS in_transit,
    CAST(coalesce(sum(CASE WHEN b.account >= 'received:' AND b.account < 'received;'
        THEN b.quantity END), 0) AS INTEGER) AS handed_over,
    i.unit, l.lot, l.origin, l.value_minor, l.currency, i.code AS item_code
FROM lots l
JOIN items i ON i.station = l.station AND i.code = l.item
LEFT JOIN balances b ON b.station = l.station AND b.lot = l.lot AND b.lot <> ''
WHERE l.seq = (SELECT max(m.seq) FROM lots m WHERE m.station = l.station AND m.lot = l.lot)
GROUP BY l.station, l.lot, i.code, i.name, i.unit, l.batch, l.expires_on, l.origin,
    l.value_minor, l.currency;
