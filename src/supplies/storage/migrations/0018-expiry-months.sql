-- Version 18: goods of whose expiry only the month is printed. `expires_on` is its last day.

ALTER TABLE lots ADD COLUMN
    expires_month TEXT CHECK (expires_month = coalesce(substr(expires_on, 1, 7), ''));

ALTER TABLE shipment_lines ADD COLUMN
    expires_month TEXT CHECK (expires_month = coalesce(substr(expires_on, 1, 7), ''));

-- The views of version 17 with the expiry as it was typed: a day, or only a month.

DROP VIEW stock_now;
CREATE VIEW stock_now AS
SELECT b.station, p.name AS location, i.name AS item,
    CAST(sum(b.quantity) AS INTEGER) AS on_hand,
    CAST(sum(CASE WHEN b.account >= 'stock:' THEN b.quantity ELSE 0 END) AS INTEGER) AS free,
    CAST(sum(CASE WHEN b.account >= 'stock:' THEN 0 ELSE b.quantity END) AS INTEGER) AS allocated,
    i.unit, l.batch, l.expires_on, b.lot, p.code AS location_code, i.code AS item_code,
    coalesce(l.expires_month, l.expires_on) AS expiry
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
GROUP BY b.station, p.code, p.name, i.code, i.name, i.unit, b.lot, l.batch, l.expires_on,
    l.expires_month;

DROP VIEW lots_now;
CREATE VIEW lots_now AS
SELECT l.station, i.name AS item, l.batch, l.expires_on,
    CAST(coalesce(sum(CASE WHEN b.account >= 'stock:' AND b.account < 'stock;'
        OR b.account >= 'allocated:' AND b.account < 'allocated;'
        THEN b.quantity END), 0) AS INTEGER) AS on_hand,
    CAST(coalesce(sum(CASE WHEN b.account >= 'in_transit:' AND b.account < 'in_transit;'
        THEN b.quantity END), 0) AS INTEGER) AS in_transit,
    CAST(coalesce(sum(CASE WHEN b.account >= 'received:' AND b.account < 'received;'
        THEN b.quantity END), 0) AS INTEGER) AS handed_over,
    i.unit, l.lot, l.origin, l.value_minor, l.currency, i.code AS item_code,
    coalesce(l.expires_month, l.expires_on) AS expiry
FROM lots l
JOIN items i ON i.station = l.station AND i.code = l.item
LEFT JOIN balances b ON b.station = l.station AND b.lot = l.lot AND b.lot <> ''
WHERE l.seq = (SELECT max(m.seq) FROM lots m WHERE m.station = l.station AND m.lot = l.lot)
GROUP BY l.station, l.lot, i.code, i.name, i.unit, l.batch, l.expires_on, l.origin,
    l.value_minor, l.currency, l.expires_month;
