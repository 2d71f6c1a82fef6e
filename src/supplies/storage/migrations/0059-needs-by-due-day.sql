-- Version 59: alerts find the needs whose day has passed.

CREATE INDEX needs_by_due_day ON needs (station, needed_by, need) WHERE needed_by IS NOT NULL;
