-- Version 52: an index of the lines of outcomes with goods that a team brings back.

CREATE INDEX outcome_lines_brought_back ON outcome_lines (station, delivery) WHERE brought_back > 0;
