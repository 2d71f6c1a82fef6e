"""The books in one SQLite file, with a write-ahead log (WAL)."""
