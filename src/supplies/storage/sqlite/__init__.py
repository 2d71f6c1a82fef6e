"""The SQLite engine: one file in write-ahead-log mode."""
