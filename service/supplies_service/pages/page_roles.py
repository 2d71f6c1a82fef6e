"""The roles that may open the pages of a station, as values for the `opt` of a route."""

from __future__ import annotations

from supplies_service.security.authorization import allow_roles

STAFF = {"page": True} | allow_roles("coordinator", "recorder", personal=True)
"""For pages of users who record what happens. The page may show names of people."""

READERS = {"page": True} | allow_roles("coordinator", "recorder", "auditor", personal=True)
"""For pages of users who only read the books. Auditors get codes in place of names."""

COORDINATORS = {"page": True} | allow_roles("coordinator", personal=True)
"""For pages on which coordinators decide something. The page may show names of people."""
