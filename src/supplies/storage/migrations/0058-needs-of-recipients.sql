-- Version 58: the report of a station finds the needs of a household that were recorded in a period.

CREATE INDEX needs_of_recipient_by_entry ON needs (station, recipient, seq);
