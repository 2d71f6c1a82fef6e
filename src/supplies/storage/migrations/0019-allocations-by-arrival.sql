-- Version 19: the allocations that a donation made are found by index.

CREATE INDEX allocations_by_arrival ON allocations (station, arrival) WHERE arrival IS NOT NULL;
