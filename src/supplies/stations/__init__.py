"""The organisations that run stations, retention periods of personal data, and paper settings."""
