"""Authentication, authorization, trusted hosts and response headers."""
