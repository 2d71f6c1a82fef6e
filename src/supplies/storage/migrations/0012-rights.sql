-- Version 12: on PostgreSQL nobody but triggers calls the functions with the owner's rights, and those
-- that hold what is erased have them too (see DEFINERS in schema.py). The access log has guards.

-- Whose deliveries and hand-outs are which.
CREATE INDEX stops_by_recipient ON stops (station, recipient, delivery);
CREATE INDEX hand_outs_by_recipient ON hand_outs (station, recipient, hand_out);
