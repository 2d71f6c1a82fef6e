-- Version 50: an index of spoken codes by result, for the alert about wrong ones.

CREATE INDEX code_attempts_by_result ON code_attempts (station, result, seq);
