"""Names in many scripts, as people write them."""

from __future__ import annotations

LEFT_TO_RIGHT = (
    "Łukasz",
    "Şahin",
    "Nguyễn Thị Ánh",
    "Ђорђе Київ",
    "Ελλάδα Ἀθήνα",
    "한지민",
    "さくら サクラ",
    "สมชาย",
    "नमस्ते",
    "বাংলা",
    "தமிழ்",
    "བོད་ཡིག",
    "မြန်မာ",
    "ខ្មែរ",
    "𠮷野㐂",
    "李😀",
    "m̀ x̱",
)
RIGHT_TO_LEFT = ("محمد عبد الله", "שרה כהן")
MIXED = ("王 محمد (Ali) 138-0013-8000", "שרה (Sara) 王")

LETTERS = (*LEFT_TO_RIGHT, *RIGHT_TO_LEFT, *MIXED)
"""Names in many scripts.

An earlier font of the papers lacked glyphs for some of them, so they were refused.
"""
