-- Version 37: the rows of spreadsheets that were imported. A file that is imported again finds its
-- rows here, so that nothing is recorded twice. No entry states them.

CREATE TABLE imported_rows (
    station TEXT NOT NULL REFERENCES stations (code),
    file TEXT NOT NULL,
    sheet TEXT NOT NULL,
    row INTEGER NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (station, file, sheet, row, content)
) STRICT;
