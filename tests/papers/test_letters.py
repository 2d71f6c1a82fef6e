"""Letters of all scripts on papers: shaped, in their direction, and never refused."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Callable

import pytest
from msgspec.structs import replace
from supplies_receipts import (
    draw_delivery_slips,
    draw_donor_statement,
    draw_receipt,
    draw_run_sheet,
    samples,
)
from supplies_receipts.__main__ import STATION, receipt, slips
from supplies_receipts.drawing import blocks as layout
from supplies_receipts.drawing.canvas import Sheet, Style, paragraph
from supplies_receipts.drawing.clusters import clusters
from supplies_receipts.drawing.fonts import drawn_text
from supplies_receipts.drawing.line_breaking import break_lines, truncated
from supplies_receipts.drawing.shaping import shape_line
from support import pdf_reading as reading
from support.letters import LEFT_TO_RIGHT, LETTERS, RIGHT_TO_LEFT


def receipt_for(name: str) -> bytes:
    paper = receipt()
    donor = replace(paper.document.donor, name=name)
    document = replace(paper.document, donor=donor, wish=name, handled_by=name)
    return draw_receipt(replace(paper, document=document))


def slip_for(name: str) -> bytes:
    return draw_delivery_slips([replace(slips()[0], name=name, address=name, access=name)])


def slip_on_a5_for(name: str) -> bytes:
    return draw_delivery_slips([replace(slips()[0], name=name, access=name)], "a5")


def run_sheet_for(name: str) -> bytes:
    sheet = samples.run_sheet(STATION)
    stops = [replace(stop, name=name, address=name) for stop in sheet.stops]
    return draw_run_sheet(replace(sheet, stops=stops, team=name))


def statement_for(name: str) -> bytes:
    paper = samples.statement(STATION)
    return draw_donor_statement(replace(paper, donor=replace(paper.donor, name=name)))


PAPERS = [receipt_for, slip_for, slip_on_a5_for, run_sheet_for, statement_for]


@reading.needs_poppler
@pytest.mark.parametrize("draw", PAPERS)
def test_names_of_all_scripts_are_drawn_and_can_be_copied(draw: Callable[[str], bytes]) -> None:
    for name in LEFT_TO_RIGHT:
        pdf = draw(name)
        assert reading.squeezed(name) in reading.text(pdf), name
        reading.assert_only_embedded_fonts(pdf)
    for name in (*LETTERS, "\ue000", "\U0002a6a5" * 60):
        assert draw(name)


@pytest.mark.parametrize("name", RIGHT_TO_LEFT)
def test_names_from_right_to_left_are_copied_in_reading_order(name: str) -> None:
    content = reading.text(receipt_for(name))
    assert all(word in content for word in name.split())


@reading.needs_poppler
def test_several_lines_from_right_to_left_are_aligned_right() -> None:
    def boxes(content: str) -> list[reading.Word]:
        sheet = Sheet(title="t", author="a")
        with sheet.page(120, 100):
            layout.text(10, 100, content, Style(9)).draw(sheet, 10)
            for at, line in enumerate(layout.split(10, 100, content, Style(9))):
                line.draw(sheet, 40 + at * 5)
        return reading.words(sheet.finish())

    right, left = 110 / 25.4 * 72, 10 / 25.4 * 72
    hebrew = boxes("שרה כהן" * 20)
    for line in {word.top for word in hebrew}:
        assert max(word.right for word in hebrew if word.top == line) > right - 3
    for short in ("שרה כהן", "R-7 שרה"):
        found = boxes(short)
        assert min(word.left for word in found) < left + 3
        assert max(word.right for word in found) < right - 100


@reading.needs_poppler
def test_a_character_without_a_glyph_is_a_box_with_its_code() -> None:
    pdf = receipt_for("王\U0002a6a5明")
    assert "王U+2A6A5明" in reading.text(pdf)
    assert "王\U0002a6a5明" in reading.poppler_text(pdf)
    reading.assert_only_embedded_fonts(pdf)


def test_a_receipt_with_a_further_face_stays_small() -> None:
    plain = len(receipt_for("李某"))
    for name in ("Łukasz", "한지민", "สมชาย", "محمد", "שרה"):
        assert len(receipt_for(name)) < plain + 12_000, name


def test_further_faces_are_loaded_only_by_a_text_that_needs_one() -> None:
    program = (
        "import sys\n"
        "from supplies_receipts import draw_receipt\n"
        "from supplies_receipts.__main__ import receipt\n"
        "from msgspec.structs import replace\n"
        "paper = receipt()\n"
        "draw_receipt(paper)\n"
        "print(sorted({'uharfbuzz', 'bidi'} & sys.modules.keys()))\n"
        "draw_receipt(replace(paper, document=replace(paper.document, wish='محمد')))\n"
        "print(sorted({'uharfbuzz', 'bidi'} & sys.modules.keys()))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout.decode().split("\n")[:2] == ["[]", "['bidi', 'uharfbuzz']"]


def test_the_same_paper_has_the_same_bytes_whatever_was_drawn_before() -> None:
    first = receipt_for("한지민 ทดสอบ محمد")
    for name in LETTERS:
        slip_for(name)
    assert receipt_for("한지민 ทดสอบ محمد") == first
    drawn = (
        "(lambda paper: draw_receipt(__import__('msgspec').structs.replace(paper, document="
        "__import__('msgspec').structs.replace(paper.document, wish='محمد 한지민'))))(receipt())"
    )
    paper = receipt()
    here = draw_receipt(replace(paper, document=replace(paper.document, wish="محمد 한지민")))
    assert {reading.in_a_new_process(drawn, seed) for seed in (1, 2)} == {
        hashlib.sha256(here).hexdigest()
    }


# --- lines ---------------------------------------------------------------------------------------


def drawn_order(text: str) -> str:
    """Return the text of a line in the order in which it is drawn from left to right."""
    glyphs = [glyph for run in shape_line(text, 10).runs for glyph in run.glyphs]
    assert [glyph.x for glyph in glyphs] == sorted(glyph.x for glyph in glyphs)
    hebrew = {chr(code): drawn for (title, code), drawn in drawn_text.items() if "Hebrew" in title}
    return "".join(hebrew.get(glyph.character, glyph.character) for glyph in glyphs)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("אבג", "גבא"),
        ("王 אבג 3 件", "王 גבא 3 件"),
        ("אבג 138-0013", "138-0013 גבא"),
        ("אבג +86 138 0013", "+86 138 0013 גבא"),
        ("אבג (Dan) 12", "12 (Dan) גבא"),
        ("Dan (אבג) 12", "Dan (גבא) 12"),
        ("אבג (דהו)", ")והד( גבא"),  # as typed; HarfBuzz draws the two alike
        ("\u202eאבג\u202c 王", "王 גבא"),
        ("\u200eאבג, 3", "גבא, 3"),
    ],
)
def test_each_part_of_a_line_is_written_in_its_direction(text: str, seen: str) -> None:
    assert drawn_order(text) == seen


def test_the_lines_of_a_paragraph_have_the_direction_of_its_first_letter() -> None:
    lines = paragraph("אבג דהו KN95 זחט יכל", Style(10), 18).lines
    assert len(lines) > 2
    assert all(line.startswith("\u200f") for line in lines)
    assert drawn_order("\u200fKN95 אבג") == "גבא KN95"


def test_arabic_letters_are_joined() -> None:
    joined = shape_line("ههه", 10)
    assert joined.width < 3 * shape_line("ه", 10).width
    assert len({glyph.character for run in joined.runs for glyph in run.glyphs}) == 3


def test_a_word_is_printed_in_one_face() -> None:
    assert [run.face for run in shape_line("Łukasz 王", 10).runs] == ["Supplies latin", "Supplies"]
    assert [run.face for run in shape_line("한지민 KN95", 10).runs] == [
        "Supplies hangul",
        "Supplies",
    ]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("abc", ["a", "b", "c"]),
        ("x̱y", ["x̱", "y"]),
        ("👩‍🚒🇨🇳❤️", ["👩‍🚒", "🇨🇳", "❤️"]),
        ("นี้", ["นี้"]),
        ("葛\U000e0100城", ["葛\U000e0100", "城"]),
    ],
)
def test_a_character_and_its_marks_stay_together(text: str, parts: list[str]) -> None:
    assert clusters(text) == parts
    assert break_lines(text, 0.5, len) == parts
    longer = text + "z" * 9
    assert truncated(longer, len(parts[0]) + 1, len) == f"{parts[0]}…"


def test_a_sample_of_characters_from_all_of_unicode_is_drawn() -> None:
    sheet = Sheet(title="t", author="a")
    with sheet.page(100, 100):
        for first in range(0x20, 0x110000, 0x800):
            if not 0xD800 <= first <= 0xDFFF:
                sheet.text(5, 5, chr(first) + chr(first + 1) + chr(first + 0x7DF), Style(8))
    assert sheet.finish()
