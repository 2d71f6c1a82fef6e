-- Version 14: entries by day. The period of a report begins at the earliest day of an entry.

CREATE INDEX entries_by_day ON entries (station, booked_on, seq);
