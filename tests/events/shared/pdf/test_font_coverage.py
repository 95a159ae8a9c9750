"""What the fonts of PDF files lack is known before it is drawn."""

import json
import struct

import pytest
from django.core.exceptions import ValidationError

from events.models.people import has_other_letters, validate_latin
from events.shared.pdf import font_coverage, typst_drawing
from events.shared.pdf.font_coverage import lacking, missing_fonts, shown_name, without_boxes
from events.shared.pdf.text import written
from events.shared.pdf.typst_drawing import drawn
from tests.scripts import LATIN
from tests.scripts import SCRIPTS as ALL

PAGE = '#set document(title: "x")\n#set text(font: ("Noto Sans", "Noto Sans Arabic", "Noto Sans SC"))\n#json(bytes(sys.inputs.data))'
SCRIPTS = ["Zoë Łukasz Nguyễn", "Αθηνά", "Анна Їжак", "نوار الهاشلي", "李小明", "さくら"]


@pytest.mark.parametrize("text", SCRIPTS)
def test_what_no_font_lacks_is_drawn_as_the_standard_asks(text):
    """It forbids boxes: with one, nothing is drawn."""
    file = drawn({"template": PAGE, "content": json.dumps(written(text)["text"]), "made": 0}, accessible=True)

    assert (lacking(text), without_boxes(text), file[:5]) == ("", text, b"%PDF-")


@pytest.mark.parametrize("text", ["สมชาย", "ישראל", "አበበ", "김민준", "🦄"])
def test_what_all_fonts_lack_is_named_and_left_out(only_required_fonts, monkeypatch, text):
    import typst

    monkeypatch.setattr(typst_drawing, "FONTS", typst_drawing.REQUIRED)

    mixed = f"Ana {text}"

    assert lacking(mixed) == "".join(dict.fromkeys(text))
    assert without_boxes(mixed) == "Ana"
    with pytest.raises(typst.TypstError):
        drawn({"template": PAGE, "content": json.dumps(text), "made": 0}, accessible=True)


@pytest.mark.parametrize("script", ALL)
def test_a_name_is_shown_whole_and_in_latin_letters_where_it_has_others(only_required_fonts, script):
    name = ALL[script]

    assert shown_name(name, LATIN) == ((LATIN, "") if lacking(name) else (name, LATIN))
    assert shown_name(name)[0] in {name, ""}
    assert has_other_letters(name) == (script != "latin")


def test_organisers_are_told_which_package_brings_a_script(only_required_fonts):
    found = missing_fonts([*ALL.values(), "🦄"])

    assert len(found) == 14
    assert (found["Thai"], found["Hangul"], found["Tibetan"]) == (
        "manimgx-fonts",
        "pylopdf-fonts-ko",
        "fonts-noto-core",
    )


@pytest.mark.parametrize("name", ["Imara Анна", "김", "123", "–"])
def test_a_name_in_latin_letters_has_no_others(name):
    with pytest.raises(ValidationError) as refusal:
        validate_latin(name)

    assert refusal.value.code == "not-latin"


def test_fonts_of_a_package_and_of_the_system_are_read_in_each_form(monkeypatch, tmp_path):
    """With the table of all characters, and with that of the first 65,536 alone; also in a collection."""
    for name, font in {"a.ttf": font_of(basic(0xE01, 0xE3A)), "b.ttc": font_of(whole(0x780, 0x7B1), begin=16)}.items():
        (tmp_path / name).write_bytes(font)
    monkeypatch.setattr(font_coverage, "FONTS", [str(tmp_path)])
    font_coverage._covered.cache_clear()

    try:
        assert (lacking("ก"), lacking("އ"), lacking("김")) == ("", "", "김")
    finally:
        font_coverage._covered.cache_clear()


def basic(first, last):
    ends, starts = struct.pack(">HHH", last, 0xFFFF, 0), struct.pack(">HH", first, 0xFFFF)
    return (3, 1), struct.pack(">HHHHHHH", 4, 32, 0, 4, 4, 1, 0) + ends + starts + bytes(8)


def whole(first, last):
    return (3, 10), struct.pack(">HHIIIIII", 12, 0, 28, 0, 1, first, last, 1)


def font_of(subtable, begin=0):
    """The least that is a font: a table of characters, here or in a collection."""
    kind, table = subtable
    head = b"ttcf" + struct.pack(">III", 0x10000, 1, begin) if begin else b""
    cmap = struct.pack(">HHHHI", 0, 1, *kind, 12) + table
    tables = struct.pack(">IHHHH", 0x10000, 1, 0, 0, 0) + struct.pack(">4sIII", b"cmap", 0, begin + 28, len(cmap))
    return head + tables + cmap
