-- Version 28: size and ages of households, who may collect for them, and when people consented.

ALTER TABLE recipients ADD COLUMN persons INTEGER CHECK (persons >= 1);
ALTER TABLE recipients ADD COLUMN age_bands TEXT;
ALTER TABLE recipients ADD COLUMN collectors TEXT;
ALTER TABLE recipients ADD COLUMN consent_on TEXT;
ALTER TABLE donors ADD COLUMN consent_on TEXT;
