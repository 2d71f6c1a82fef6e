-- Version 43: the views of gifts and of recipients show merged codes as one person: name and community
-- are those of the code that stays. The last column has this code; NULL if the code is not merged.

DROP VIEW gifts;
CREATE VIEW gifts AS
SELECT e.station, e.happened_on AS day, coalesce(d.name, d.code, a.party) AS donor, i.name AS item,
    l.quantity, i.unit,
    (
        SELECT p.number FROM receipt_donations p
        JOIN receipts r ON r.station = p.station AND r.number = p.number
        LEFT JOIN receipt_voids v ON v.station = p.station AND v.number = p.number
        WHERE p.station = a.station AND p.donation = a.arrival
        ORDER BY CASE WHEN v.seq IS NULL THEN 0 ELSE 1 END, r.seq DESC LIMIT 1
    ) AS receipt,
    a.arrival AS donation, l.line, l.lot, a.party AS donor_code, l.item AS item_code,
    CASE WHEN n.seq IS NULL THEN 0 ELSE 1 END AS or_earlier, g.stays AS donor_merged_into
FROM arrivals a
JOIN entries e ON e.station = a.station AND e.seq = a.seq
JOIN arrival_lines l ON l.station = a.station AND l.arrival = a.arrival AND l.seq = a.seq
JOIN items i ON i.station = l.station AND i.code = l.item
LEFT JOIN merges g ON g.station = a.station AND g.kind = 'donor' AND g.code = a.party AND g.seq = (
    SELECT max(h.seq) FROM merges h WHERE h.station = g.station AND h.kind = g.kind AND h.code = g.code
)
LEFT JOIN donors d ON d.station = a.station AND d.code = coalesce(g.stays, a.party)
LEFT JOIN latest_days n ON n.station = a.station AND n.seq = a.seq
WHERE a.origin = 'donor' AND a.seq = (
    SELECT max(m.seq) FROM arrivals m WHERE m.station = a.station AND m.arrival = a.arrival
);

DROP VIEW who_received_what;
CREATE VIEW who_received_what AS
SELECT t.station, t.day, coalesce(r.name, r.code) AS recipient, r.community, i.name AS item,
    CAST(sum(t.quantity) AS INTEGER) AS quantity, i.unit,
    t.recipient AS recipient_code, i.code AS item_code, g.stays AS recipient_merged_into
FROM (
    SELECT station, day, substr(target, 10) AS recipient, item, quantity FROM transfers
    WHERE target >= 'received:' AND target < 'received;' AND lot <> ''
    UNION ALL
    SELECT station, day, substr(source, 10) AS recipient, item, -quantity FROM transfers
    WHERE source >= 'received:' AND source < 'received;' AND lot <> ''
) t
LEFT JOIN merges g ON g.station = t.station AND g.kind = 'recipient' AND g.code = t.recipient
    AND g.seq = (
        SELECT max(h.seq) FROM merges h
        WHERE h.station = g.station AND h.kind = g.kind AND h.code = g.code
    )
JOIN recipients r ON r.station = t.station AND r.code = coalesce(g.stays, t.recipient)
JOIN items i ON i.station = t.station AND i.code = t.item
GROUP BY t.station, t.day, t.recipient, g.stays, r.code, r.name, r.community, i.code, i.name, i.unit
HAVING sum(t.quantity) <> 0;
