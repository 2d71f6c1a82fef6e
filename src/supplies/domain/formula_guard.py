"""Keep spreadsheet programs from taking a text in a CSV file as a formula or an error."""

from __future__ import annotations

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""First characters of texts that a spreadsheet program would treat as a formula."""

FORMULA_ERRORS = frozenset(
    ("#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!")
)
"""The texts that spreadsheet programs show if a formula has an error."""


def guard_formula(text: str) -> str:
    """Put an apostrophe before a text that a spreadsheet program would take as a formula.

    An error of a formula, such as #N/A, gets the apostrophe too. Numbers such as -5 stay as they
    are. `unguard_formula` restores the text.
    """
    if not _is_formula(text.lstrip("'")):
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
    if text[:1] == "'" and _is_formula(text.lstrip("'")):
        return text[1:]
    return text


def _is_formula(text: str) -> bool:
    return text.startswith(FORMULA_STARTS) or text in FORMULA_ERRORS
