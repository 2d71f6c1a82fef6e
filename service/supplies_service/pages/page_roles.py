"""The roles that may open the pages of a station, as values for the `opt` of routes."""

from __future__ import annotations

from supplies_service.security.authorization import allow_roles

STAFF = {"page": True} | allow_roles("coordinator", "recorder", personal=True)
"""The roles for pages with forms for daily work, such as recording a donation or a delivery.

Such a page may show names of people.
"""

READERS = {"page": True} | allow_roles("coordinator", "recorder", "auditor", personal=True)
"""The roles for pages that only read the books. Auditors see codes in place of names."""

EVERY_USER = {"page": True} | allow_roles("coordinator", "recorder", "courier", "auditor")
"""The roles for pages about the user's own account."""

COORDINATORS = {"page": True} | allow_roles("coordinator", personal=True)
"""The role for pages that only coordinators may open. Such a page may show names of people."""
