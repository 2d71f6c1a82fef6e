-- Version 25: the lots of a batch are found by index.

CREATE INDEX lots_of_item ON lots (station, item, batch) WHERE batch IS NOT NULL;
