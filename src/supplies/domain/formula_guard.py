"""Keep spreadsheet programs from running a text in a CSV file as a formula."""

from __future__ import annotations

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""First characters of texts that a spreadsheet program would treat as a formula."""


def guard_formula(text: str) -> str:
    """Put an apostrophe before a text that a spreadsheet program would run as a formula.

    Numbers such as -5 stay as they are. `unguard_formula` restores the text.
    """
    if not text.lstrip("'").startswith(FORMULA_STARTS):
        return text
    if text[0] != "'":
        try:
            float(text)
        except ValueError:
            pass
        else:
            return text
    return f"'{text}"


def unguard_formula(text: str) -> str:
    """Remove the apostrophe that `guard_formula` put before a text."""
    if text[:1] == "'" and text.lstrip("'").startswith(FORMULA_STARTS):
        return text[1:]
    return text
