-- Version 24: reports find the entries of a period, with kind and document, without reading the
-- entries themselves. SQLite files also get fixed statistics, see sqlite/statistics.py.

DROP INDEX entries_by_day;
CREATE INDEX entries_by_day ON entries (station, booked_on, seq, kind, document);
