"""The page of every certificate: one page in any script and language, tagged, with its language and a title."""

import re
from datetime import UTC, date, datetime

import pytest
from django.utils import translation

from events.models import Forum
from events.shared.pdf.certificates import CertificatePage, content, source
from events.shared.pdf.font_coverage import lacking
from events.shared.pdf.pdf_files import draw
from tests.scripts import LATIN, SCRIPTS

NAMES = {
    "latin": "Imara Vell-Sundby",
    "arabic": "نوار الهاشلي",
    "cyrillic": "Нұрсұлтан Әбішұлы Қасымжанов",
    "chinese": "李小明",
    "devanagari": "अनन्या शर्मा",
    "greek": "Ελένη Παπαδοπούλου",
    "long": "Maria Fernanda de la Concepción Villanueva-Echeverría y Montenegro de Santa Cruz",
    "as long as may be": "W" * 150,
}


def page(name="Imara Vell-Sundby", **more):
    forum = Forum(
        name="WSIS Forum 2020",
        starts=date(2020, 6, 22),
        ends=date(2020, 9, 10),
        certificate_signatory=more.pop("signatory", ""),
        certificate_signatory_title="Coordinator",
    )
    values = {
        "forum": forum,
        "code": "K7QD3M9FXA2T",
        "issued": datetime(2020, 9, 11, tzinfo=UTC),
        "dated": date(2020, 9, 11),
        "where": "Geneva",
        "kind": "Certificate of participation",
        "name": name,
        "sentence": "took part in 9 sessions of the Forum, 11 h 40 min in all.",
        "caption": "Each line is one of the sessions.",
        "days": [[(1.0, True), (0.5, False)], [(0.5, True)]],
    }
    return CertificatePage(**values | more)


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("name", NAMES)
def test_names_of_any_script_and_length_stand_on_one_page(language, name):
    large = [[(0.5, True)] * 60] * 20  # 1,200 sessions
    with translation.override(language):
        pdf = draw(source(page(NAMES[name], days=large, about=NAMES[name], signatory=NAMES[name][:120])))

    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
    assert b"pdfuaid" in pdf


def test_the_file_is_tagged_and_has_language_and_title():
    with translation.override("fr"):
        pdf = draw(source(page()))

    assert b"/StructTreeRoot" in pdf
    assert re.search(rb"/Lang\s*\(fr", pdf)
    assert "Certificate of participation · Imara Vell-Sundby".encode() in pdf


_drawn: dict[str, bytes] = {}


def drawn_once(one):
    """The file of a source, which gives the same bytes each time: half of the scripts here ask for the same two."""
    if one.digest not in _drawn:
        _drawn[one.digest] = draw(one)
    return _drawn[one.digest]


@pytest.mark.parametrize("name", SCRIPTS.values(), ids=SCRIPTS)
def test_no_name_is_blank_with_the_required_fonts_alone(only_required_fonts, name):
    """In Latin letters where the script of the own one has no font; without them the page says where the name stands. Boxes are none:
    the standard forbids them."""
    with_latin, alone = page(name, latin_name=LATIN), page(name)

    large, below = (content(with_latin)[line]["text"] for line in ("name", "below"))
    assert (large, below) == ((LATIN, "") if lacking(name) else (name, LATIN))
    assert content(alone)["name"]["text"] == ("Named at the address below" if lacking(name) else name)
    assert all(b"pdfuaid" in drawn_once(source(one)) for one in (with_latin, alone))
