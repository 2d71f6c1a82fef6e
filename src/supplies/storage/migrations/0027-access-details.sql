-- Version 27: what a line of the access log is about, beyond a code: the link that was made or
-- revoked, who made the link that was used, or the names of the fields that were changed.

ALTER TABLE access_log ADD COLUMN detail TEXT;
