-- Version 8: what stands somewhere is found without what was used up.

-- With the quantity in it SQLite takes this index where it is asked what is not zero; without, it
-- read the table itself, and with it all that was used up long ago.
DROP INDEX balances_held;
CREATE INDEX balances_held ON balances (station, account, item, lot, quantity) WHERE quantity <> 0;
