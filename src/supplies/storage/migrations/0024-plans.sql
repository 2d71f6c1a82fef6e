-- Version 24: reports find the entries of a period, with kind and document, without reading the
-- entries themselves; alerts find the arrivals on a pledge. SQLite files also get fixed statistics,
-- see sqlite/statistics.py.

DROP INDEX entries_by_day;
CREATE INDEX entries_by_day ON entries (station, booked_on, seq, kind, document);
CREATE INDEX arrival_lines_by_pledge ON arrival_lines (station, pledge) WHERE pledge IS NOT NULL;
