"""The roles that may open the pages of a station, as the `opt` of a route."""

from __future__ import annotations

from supplies_service.security.authorization import allow_roles

STAFF = {"page": True} | allow_roles("coordinator", "recorder", personal=True)
"""Those who record what happens. The page may show names of people."""

READERS = {"page": True} | allow_roles("coordinator", "recorder", "auditor", personal=True)
"""Those who read the books. An auditor gets codes in place of names."""

COORDINATORS = {"page": True} | allow_roles("coordinator", personal=True)
"""Those who decide about the station. The page may show names of people."""
