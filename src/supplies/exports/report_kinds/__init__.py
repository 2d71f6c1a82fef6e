"""The kinds of reports, by subject."""
