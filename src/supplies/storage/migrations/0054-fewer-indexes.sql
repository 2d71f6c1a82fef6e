-- Version 54: two indexes less. Each is the beginning of another index of the same table.
DROP INDEX arrivals_by_party;
DROP INDEX erasable_by_person;
