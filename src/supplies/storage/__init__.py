"""The storage of the books in SQLite or PostgreSQL: tables, migrations, triggers, transactions."""
