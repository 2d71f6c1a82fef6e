-- Version 26: find donations that gave more than their pledge promised without reading all lines.
CREATE INDEX arrival_lines_beside_pledge ON arrival_lines (station, arrival, seq)
    WHERE pledge IS NOT NULL AND on_pledge < quantity;
