"""The PostgreSQL engine: one schema of a database, over pooled connections."""
