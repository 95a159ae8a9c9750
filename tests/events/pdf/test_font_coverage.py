"""What the fonts of PDF files lack is known before it is drawn."""

import json

import pytest

from events.pdf.font_coverage import lacking, without_boxes
from events.pdf.text import written
from events.pdf.typst_drawing import drawn

PAGE = '#set document(title: "x")\n#set text(font: ("Noto Sans", "Noto Sans Arabic", "Noto Sans SC"))\n#json(bytes(sys.inputs.data))'
SCRIPTS = ["Zoë Łukasz Nguyễn", "Αθηνά", "Анна Їжак", "نوار الهاشلي", "李小明", "さくら"]


@pytest.mark.parametrize("text", SCRIPTS)
def test_what_no_font_lacks_is_drawn_as_the_standard_asks(text):
    """It forbids boxes: with one, nothing is drawn."""
    file = drawn({"template": PAGE, "content": json.dumps(written(text)["text"]), "made": 0}, accessible=True)

    assert (lacking(text), without_boxes(text), file[:5]) == ("", text, b"%PDF-")


@pytest.mark.parametrize("text", ["สมชาย", "ישראל", "አበበ", "김민준", "🦄"])
def test_what_all_fonts_lack_is_named_and_left_out(text):
    import typst

    mixed = f"Ana {text}"

    assert lacking(mixed) == "".join(dict.fromkeys(text))
    assert without_boxes(mixed) == "Ana"
    with pytest.raises(typst.TypstError):
        drawn({"template": PAGE, "content": json.dumps(text), "made": 0}, accessible=True)
