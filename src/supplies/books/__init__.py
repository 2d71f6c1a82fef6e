"""Read the rows of one station."""
