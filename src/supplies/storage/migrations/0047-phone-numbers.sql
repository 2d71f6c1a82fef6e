-- Version 47: the number of each phone in its team, in the order of joining.
-- Phones that joined before have none: the column is sealed, so a migration cannot fill it.
ALTER TABLE phones ADD COLUMN number INTEGER;
