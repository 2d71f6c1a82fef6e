-- Version 31: the view of gifts of version 17, which says if a day is only the latest possible one.

DROP VIEW gifts;
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
    a.arrival AS donation, l.line, l.lot, a.party AS donor_code, l.item AS item_code,
    CASE WHEN n.seq IS NULL THEN 0 ELSE 1 END AS or_earlier
FROM arrivals a
JOIN entries e ON e.station = a.station AND e.seq = a.seq
JOIN arrival_lines l ON l.station = a.station AND l.arrival = a.arrival AND l.seq = a.seq
JOIN items i ON i.station = l.station AND i.code = l.item
LEFT JOIN donors d ON d.station = a.station AND d.code = a.party
LEFT JOIN latest_days n ON n.station = a.station AND n.seq = a.seq
WHERE a.origin = 'donor' AND a.seq = (
    SELECT max(m.seq) FROM arrivals m WHERE m.station = a.station AND m.arrival = a.arrival
);
