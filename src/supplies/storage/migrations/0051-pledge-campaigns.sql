-- Version 51: the campaigns and grants of pledges. The view of gifts has the campaign as its last column;
-- NULL if there is none.

CREATE TABLE pledge_campaigns (
    station TEXT NOT NULL,
    seq INTEGER NOT NULL,
    pledge TEXT NOT NULL,
    campaign TEXT NOT NULL,
    PRIMARY KEY (station, pledge, seq),
    FOREIGN KEY (station, seq) REFERENCES entries (station, seq),
    FOREIGN KEY (station, campaign) REFERENCES campaigns (station, code)
) STRICT, WITHOUT ROWID;
CREATE INDEX pledge_campaigns_by_campaign ON pledge_campaigns (station, campaign, seq);

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
    CASE WHEN n.seq IS NULL THEN 0 ELSE 1 END AS or_earlier, g.stays AS donor_merged_into,
    c.campaign
FROM arrivals a
JOIN entries e ON e.station = a.station AND e.seq = a.seq
JOIN arrival_lines l ON l.station = a.station AND l.arrival = a.arrival AND l.seq = a.seq
JOIN items i ON i.station = l.station AND i.code = l.item
LEFT JOIN merges g ON g.station = a.station AND g.kind = 'donor' AND g.code = a.party AND g.seq = (
    SELECT max(h.seq) FROM merges h WHERE h.station = g.station AND h.kind = g.kind AND h.code = g.code
)
LEFT JOIN donors d ON d.station = a.station AND d.code = coalesce(g.stays, a.party)
LEFT JOIN arrival_campaigns c ON c.station = a.station AND c.arrival = a.arrival AND c.seq = a.seq
LEFT JOIN latest_days n ON n.station = a.station AND n.seq = a.seq
WHERE a.origin = 'donor' AND a.seq = (
    SELECT max(m.seq) FROM arrivals m WHERE m.station = a.station AND m.arrival = a.arrival
);
