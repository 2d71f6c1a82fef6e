"""Web pages: staff record and look up goods, delivery teams report, and donors see their gifts.

The HTML is rendered from `templates/`. Scripts and styles are in `assets/`.
"""
