-- Version 4: names are searched from an index. No entry states these rows.

-- One row for each piece of what a noun is called, one and two characters long: the search that
-- the engines bring along finds nothing for two Chinese characters. Pieces of a person's name are
-- personal, as the name beside them is, and go with it.
CREATE TABLE search (
    station TEXT NOT NULL REFERENCES stations (code),
    noun TEXT NOT NULL,
    code TEXT NOT NULL,
    piece TEXT NOT NULL,
    PRIMARY KEY (station, noun, code, piece)
) STRICT, WITHOUT ROWID;

CREATE INDEX search_by_piece ON search (station, noun, piece, code);

-- By which way of cutting pieces each station's rows were made; no row: before there were any.
CREATE TABLE searchable (
    station TEXT PRIMARY KEY REFERENCES stations (code),
    way INTEGER NOT NULL
) STRICT;

-- Lists go by the number in a document's id: its place among all entries. Whose they are, and what
-- they are about, is found in that order. What is to be waited for no longer drops out of the
-- indexes of accounts that hold something, so that what is open is found whatever lies behind it.

CREATE INDEX needs_of_recipient ON needs (station, recipient, CAST(substr(need, 3) AS BIGINT));
CREATE INDEX needs_of_item ON needs (station, item, CAST(substr(need, 3) AS BIGINT));
CREATE INDEX pledges_of_donor ON pledges (station, donor, CAST(substr(pledge, 3) AS BIGINT));
CREATE INDEX donations_of_donor ON arrivals (station, party, CAST(substr(arrival, 3) AS BIGINT))
WHERE origin = 'donor';
CREATE INDEX allocations_of_recipient
ON allocations (station, recipient, CAST(substr(allocation, 3) AS BIGINT));
CREATE INDEX deliveries_of_team ON deliveries (station, team, CAST(substr(delivery, 3) AS BIGINT));
CREATE INDEX activities_of_kind ON activities (station, kind, CAST(substr(activity, 3) AS BIGINT));

-- The number in an account's first key is what stands before the first sign that is no digit.
CREATE INDEX needs_open ON balances (station, CAST(substr(account, 10, length(account) - 9
- length(ltrim(substr(account, 10), '0123456789'))) AS BIGINT))
WHERE account >= 'needed:' AND account < 'needed;' AND quantity > 0;
CREATE INDEX needs_claimed ON balances (station, CAST(substr(account, 11, length(account) - 10
- length(ltrim(substr(account, 11), '0123456789'))) AS BIGINT))
WHERE account >= 'claimed:' AND account < 'claimed;' AND quantity > 0;
CREATE INDEX needs_assigned ON balances (station, CAST(substr(account, 12, length(account) - 11
- length(ltrim(substr(account, 12), '0123456789'))) AS BIGINT))
WHERE account >= 'assigned:' AND account < 'assigned;' AND quantity > 0;
CREATE INDEX pledges_open ON balances (station, CAST(substr(account, 11, length(account) - 10
- length(ltrim(substr(account, 11), '0123456789'))) AS BIGINT))
WHERE account >= 'pledged:' AND account < 'pledged;' AND quantity > 0;
CREATE INDEX allocations_waiting ON balances (station, CAST(substr(account, 13, length(account) - 12
- length(ltrim(substr(account, 13), '0123456789'))) AS BIGINT))
WHERE account >= 'allocated:' AND account < 'allocated;' AND quantity > 0;
CREATE INDEX allocations_on_the_way
ON balances (station, CAST(substr(ltrim(substr(account, 14), '0123456789'), 4) AS BIGINT))
WHERE account >= 'in_transit:' AND account < 'in_transit;' AND quantity > 0;
