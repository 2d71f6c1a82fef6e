"""The books stored in SQLite or PostgreSQL: tables, migrations, triggers, transactions."""
