"""The books in a PostgreSQL database: one schema, and a pool of connections."""
