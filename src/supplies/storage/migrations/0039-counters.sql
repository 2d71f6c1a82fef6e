-- Version 39: counters of teams: the location whose free goods the phones of a team may hand out.

ALTER TABLE teams ADD COLUMN counter TEXT;

CREATE INDEX groups_of_people ON recipients (station, code) WHERE kind = 'group' AND retired = 0;
