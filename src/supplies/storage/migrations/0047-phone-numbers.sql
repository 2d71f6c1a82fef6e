-- Version 47: the number of each phone in its team, in the order of joining.
ALTER TABLE phones ADD COLUMN number INTEGER NOT NULL DEFAULT 0;

UPDATE phones SET number = (
    SELECT count(*) FROM phones AS n
    WHERE n.station = phones.station AND n.team = phones.team AND (
        n.made_at < phones.made_at OR (n.made_at = phones.made_at AND n.id <= phones.id)
    )
);
