"""The reasons why goods of a stop were not handed over, by the outcome of the stop."""

from __future__ import annotations

from collections.abc import Mapping

from supplies.domain.commands import FailureReason, Outcome

REASONS_OF_OUTCOME: Mapping[Outcome, tuple[FailureReason, ...]] = {
    "not_at_home": (
        "nobody_answered",
        "bad_address",
        "moved",
        "not_ready",
        "too_far",
        "other",
    ),
    "refused": ("not_needed", "wrong_goods", "damaged", "wrong_person", "other"),
}
"""The reasons that forms and phones offer for an outcome. Other outcomes have none."""

_TEXTS: Mapping[FailureReason, tuple[str, str]] = {
    "nobody_answered": ("Nobody answered", "无人应答"),
    "not_needed": ("Not needed", "不需要"),
    "wrong_goods": ("Wrong goods", "物资不符"),
    "damaged": ("Goods are damaged", "物资已损坏"),
    "wrong_person": ("Wrong person", "收件人不符"),
}
"""The English and Chinese words for reasons with which older phone pages began a note.

Those versions of the page could not report a reason as a code.
"""

_SEPARATORS = (". ", "。")
"""What older phone pages put between the words for a reason and the rest of a note."""


def split_reason(
    outcome: Outcome, note: str | None, why: FailureReason | None = None
) -> tuple[FailureReason | None, str | None]:
    """Return the reason for an outcome, and the note without the words for the reason.

    >>> split_reason("refused", "Not needed. has enough rice")
    ('not_needed', 'has enough rice')

    Args:
        why: The reason that was reported as a code. If there is one, the note is not changed.
    """
    if why is not None or note is None:
        return why, note
    for reason in REASONS_OF_OUTCOME.get(outcome, ()):
        for words in _TEXTS.get(reason, ()):
            if note == words:
                return reason, None
            for between in _SEPARATORS:
                if note.startswith(words + between):
                    return reason, note.removeprefix(words + between).strip() or None
    return None, note
