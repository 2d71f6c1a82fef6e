"""Collect the texts of the web pages, and add new texts to the file of translations.

    .venv/bin/python -m tools.messages

The tool reads the templates, and the error messages in the program. It updates
`service/supplies_service/pages/translations/zh.po`: translations are kept, new texts are added
without a translation, and unused texts are removed. Then it lists the texts that have no
translation. A test fails as long as there are any.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po
from supplies_service.pages.run_shell import script_texts

ROOT = Path(__file__).parent.parent
PAGES = ROOT / "service" / "supplies_service" / "pages"
TRANSLATIONS = PAGES / "translations" / "zh.po"
JINJA_KEYWORDS = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
}
PYTHON_KEYWORDS = {"Sentence": (1,), "template": (1,)}
PYTHON_FOLDERS = (
    ROOT / "src",
    ROOT / "service" / "supplies_service",
    ROOT / "receipts" / "supplies_receipts",
)

Text = tuple[str, str | None, str | None]
"""An English text to translate, with its plural form and its context."""


def main() -> None:
    """Update the file of translations.

    Raises:
        SystemExit: some texts have no translation.
    """
    before = read(TRANSLATIONS)
    after = Catalog(locale="zh", fuzzy=False)
    for message_id, plural, context in sorted(texts(), key=lambda text: (text[0], text[2] or "")):
        known = before.get(message_id, context)
        text = known.string if known is not None and known.id == _id(message_id, plural) else ""
        after.add(_id(message_id, plural), text, context=context)
    TRANSLATIONS.write_bytes(written(after))
    missing = untranslated(after)
    for text in missing:
        print(text)
    if missing:
        raise SystemExit(f"{len(missing)} texts have no translation in {TRANSLATIONS}")


def texts() -> set[Text]:
    """Return every text of the web pages, and every error message that can be translated."""
    found = set[Text]()
    for template in sorted((PAGES / "templates").glob("*.html")):
        found |= set(_extracted(template, "jinja2.ext:babel_extract", JINJA_KEYWORDS))
    found |= {(text, None, None) for text in script_texts()}
    for folder in PYTHON_FOLDERS:
        for module in sorted(folder.rglob("*.py")):
            if any(f"{name}(" in module.read_text("utf-8") for name in PYTHON_KEYWORDS):
                found |= set(_extracted(module, "python", PYTHON_KEYWORDS))
    return found


def read(path: Path) -> Catalog:
    """Return the translations in a file."""
    with path.open("rb") as file:
        return read_po(file, locale="zh")


def written(catalog: Catalog) -> bytes:
    """Return the content of a file of translations, without dates and line numbers of sources.

    Therefore changes by two people rarely conflict.
    """
    out = BytesIO()
    write_po(out, catalog, omit_header=True, no_location=True, sort_output=True, width=0)
    return HEADER + out.getvalue().strip(b"\n") + b"\n"


HEADER = b"""msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"

"""


def untranslated(catalog: Catalog) -> list[str]:
    """Return the texts that have no translation, or whose translation is marked as uncertain."""
    return [
        str(message.id)
        for message in catalog
        if message.id and (message.fuzzy or not message.string or not all(_parts(message.string)))
    ]


def placeholders(text: str) -> set[str]:
    """Return the names of placeholders in a text: `%(name)s` in templates, `{name}` in errors."""
    return set(re.findall(r"(?<=%\()\w+(?=\)[sd])|(?<=\{)\w+(?=\})", text))


def _parts(text: str | Sequence[str]) -> Sequence[str]:
    return (text,) if isinstance(text, str) else text


def _id(message_id: str, plural: str | None) -> str | tuple[str, str]:
    return message_id if plural is None else (message_id, plural)


def _extracted(path: Path, method: str, keywords: Mapping[str, object]) -> Iterator[Text]:
    options = {"trimmed": "true", "silent": "false"} if method != "python" else {}
    with path.open("rb") as file:
        for _, message, _, context in extract(method, file, keywords, (), options):  # type: ignore[arg-type]  # Babel's type of keywords is too narrow
            if isinstance(message, str):
                yield message, None, context
            else:
                yield message[0], message[1], context


if __name__ == "__main__":
    main()
