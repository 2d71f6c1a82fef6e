"""A person who works with the pages of a station: reads texts, follows links, fills in forms."""

from __future__ import annotations

from collections.abc import Mapping

from playwright.sync_api import Locator, Page, expect
from supplies_service.pages.languages import Language, translations


class DeskWorker:
    """A person who works in one window of a browser, in one language.

    Texts are given in English and translated, as on the pages. Names that the worker typed, such as
    those of goods and people, are the same in both languages.
    """

    def __init__(self, page: Page, language: Language) -> None:
        self.page, self.language = page, language
        self.words = translations(language).gettext

    # --- find the way --------------------------------------------------------------------------

    def go_to(self, entry: str, *links: str) -> None:
        """Choose an entry of the navigation, then follow links one after another."""
        self.page.locator("header nav").get_by_role(
            "link", name=self.words(entry), exact=True
        ).click()
        for link in links:
            self.follow(link)

    def follow(self, link: str) -> None:
        """Follow a link of the page. If several have this text, follow the first."""
        self.main.get_by_role("link", name=self.words(link), exact=True).first.click()

    def press(self, button: str, within: Locator | None = None) -> None:
        """Press a button."""
        (within or self.main).get_by_role("button", name=self.words(button), exact=True).click()

    def unfold(self, summary: str, within: Locator | None = None) -> None:
        """Open a part of the page that is folded."""
        (within or self.main).get_by_text(self.words(summary), exact=True).click()

    @property
    def main(self) -> Locator:
        """The content of the page, without its header."""
        return self.page.locator("main")

    # --- fill in forms -------------------------------------------------------------------------

    def fill(self, fields: Mapping[str, str], within: Locator | None = None) -> None:
        """Fill in fields of a form, by the JSON pointers that are their names."""
        for pointer, text in fields.items():
            field = (within or self.main).locator(f'form.command [name="{pointer}"]')
            if field.evaluate("field => field.tagName") == "SELECT":
                field.select_option(text)
            else:
                field.fill(text)

    def fill_lines(self, *lines: Mapping[str, str]) -> None:
        """Fill in lines, the first of which is on the page already."""
        for at, line in enumerate(lines):
            if at:
                self.press("Add a line")
            self.fill({f"/lines/{at}/{name}": text for name, text in line.items()})

    def save(self, button: str = "Save") -> None:
        """Save the form. Fail if the page shows an error or a warning afterwards."""
        self.press(button)
        expect(self.main.get_by_role("alert")).to_have_count(0)

    # --- read ----------------------------------------------------------------------------------

    def sees(self, *texts: str) -> None:
        """Check that the page shows texts."""
        for text in texts:
            expect(self.main).to_contain_text(self.words(text))

    def sees_heading(self, text: str) -> None:
        """Check that the heading of the page contains a text."""
        expect(self.page.get_by_role("heading", level=1)).to_contain_text(self.words(text))

    def figures(self, table: str, row: str) -> list[str]:
        """Return the numbers in a row of a table, without their units."""
        region = self.main.get_by_role("region", name=self.words(table), exact=True)
        cells = region.locator("tr", has_text=row).locator("td.number")
        expect(cells.first).to_be_visible()
        return [
            "".join(each for each in cell if each.isdigit()) for cell in cells.all_inner_texts()
        ]

    def opens_paper(self, link: str) -> None:
        """Check that a link leads to a PDF."""
        link_there = self.main.get_by_role("link", name=self.words(link), exact=True)
        answer = self.page.request.get(link_there.evaluate("link => link.href"))
        assert answer.body().startswith(b"%PDF"), answer.text()
