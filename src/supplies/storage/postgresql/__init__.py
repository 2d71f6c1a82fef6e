"""The books in a PostgreSQL database: one schema, with pooled connections."""
