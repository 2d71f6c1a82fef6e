-- Version 12: whose deliveries and hand-outs are which.
CREATE INDEX stops_by_recipient ON stops (station, recipient, delivery);
CREATE INDEX hand_outs_by_recipient ON hand_outs (station, recipient, hand_out);
