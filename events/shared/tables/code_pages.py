"""The letters of a file of text: UTF-8 and UTF-16 are certain. Which older code page it is, somebody says by three of its names, as
they read in each."""

import re
import unicodedata
from codecs import getincrementaldecoder
from collections.abc import Sequence

from charset_normalizer import from_bytes
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.shared.formatting.plain_text import line
from events.shared.tables.answers import Answers, OpenQuestion, Reading

KEY = "file:code-page"  # of the answer
PAGES = {  # by Python's names: in which languages each is written
    "cp1252": gettext_lazy("Western Europe"),
    "cp1250": gettext_lazy("Central Europe"),
    "cp1254": gettext_lazy("Turkish"),
    "cp1251": gettext_lazy("Cyrillic"),
    "cp1256": gettext_lazy("Arabic"),
    "gb18030": gettext_lazy("Chinese, simplified"),
    "big5hkscs": gettext_lazy("Chinese, traditional"),
    "cp932": gettext_lazy("Japanese"),
    "cp949": gettext_lazy("Korean"),
    "cp1255": gettext_lazy("Hebrew"),
    "cp874": gettext_lazy("Thai"),
    "cp1253": gettext_lazy("Greek"),
    "cp1257": gettext_lazy("Baltic"),
    "cp1258": gettext_lazy("Vietnamese"),
    "iso8859_2": gettext_lazy("Central Europe"),
    "iso8859_5": gettext_lazy("Cyrillic"),
    "koi8_u": gettext_lazy("Cyrillic"),
    "mac_roman": gettext_lazy("Western Europe, Macintosh"),
    "mac_latin2": gettext_lazy("Central Europe, Macintosh"),
    "mac_turkish": gettext_lazy("Turkish, Macintosh"),
    "mac_cyrillic": gettext_lazy("Cyrillic, Macintosh"),
    "cp850": gettext_lazy("Western Europe, DOS"),
    "cp852": gettext_lazy("Central Europe, DOS"),
    "cp866": gettext_lazy("Cyrillic, DOS"),
}
CELL = re.compile(rb'[^,;\t\r\n"]*[\x80-\xff][^,;\t\r\n"]*')
BESIDE = re.compile(r".{0,20}[^\x00-\x7f].{0,30}")
CONTROL = re.compile("[\x7f-\x9f]")  # no letter of any name
LOOKED_AT, SAMPLE = 1_000_000, 50_000  # bytes that are tried in all code pages, and by which the likeliest is told
EXAMPLES, MOST_EXAMPLES = 3, 8  # more than three where code pages read these alike
MOST_CELLS = 2_000  # among which the examples are looked for
LONG = 60  # bytes of a cell that is rather a text than a name


def decoded(data: bytes, *, answers: Answers) -> str:
    """The text of a file of any program: UTF-8, UTF-16 with its mark, or the code page that somebody says. Refuses `code-page`
    (`answers.OpenQuestion`), and `broken`: no text at all."""
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        text = fault.object
        if fault.end == len(text) and not text[: fault.start].isascii():  # cut off inside its last character
            return data.decode("utf-8-sig", errors="replace")
    if b"\0" in data:
        raise ValidationError(_("The file is no text. Save it as XLSX, or as CSV in UTF-8"), code="broken")
    if (page := answers.names.get(KEY)) in PAGES:
        return data.decode(page, errors="replace")
    words = _("The file is not in UTF-8. Say in which of these ways its names are right, or save it as UTF-8")
    raise OpenQuestion(words, code="code-page", key=KEY, readings=_readings(data))


def _readings(data: bytes) -> list[Reading]:
    """The code pages in which all of a text can be read, the likeliest first. Of those that read it alike only one."""
    if len(data) > LOOKED_AT:
        data = data[:LOOKED_AT].rpartition(b"\n")[0]
    cells = list(dict.fromkeys(cell.strip() for cell in CELL.findall(data)))
    texts = {page: text for page in PAGES if (text := _read(b"\n".join(cells), page)) and not CONTROL.search(text)}
    pages = list({text: page for page, text in reversed(texts.items())}.values())
    telling = _telling(cells[:MOST_CELLS], pages)
    examples = {page: [_short(cell, page) for cell in telling] for page in pages}
    likely = [one.encoding for one in from_bytes(data[:SAMPLE], cp_isolation=pages)]
    order = [*likely, *PAGES]
    pages.sort(key=lambda page: (page not in likely, _strange(examples[page]), order.index(page)))
    return [Reading(page, f"{PAGES[page]} ({page})", examples[page]) for page in pages]


def _telling(cells: Sequence[bytes], pages: Sequence[str]) -> list[bytes]:
    """The cells that show most of the letters in question, names before texts: three, and more while code pages read these alike."""
    left, found = [*cells], list[bytes]()
    while left and len(found) < MOST_EXAMPLES:
        shown = {*range(0x80), *b"".join(found)}
        best = max(left, key=lambda cell: (not shown.issuperset(cell), len(cell) <= LONG, len({*cell} - shown)))
        if len(found) >= EXAMPLES and len({_read(b"\n".join(found), page) for page in pages}) == len(pages):
            break
        found.append(best)
        left.remove(best)
    return found


def _short(cell: bytes, page: str) -> str:
    """A cell as it reads, of a long one what stands around its first letter in question."""
    text = line(_read(cell, page) or "", most=len(cell))
    beside = BESIDE.search(text) if len(cell) > LONG else None
    return beside[0] if beside else text


def _strange(texts: Sequence[str]) -> int:
    """How many signs of some texts are no letters."""
    signs = (sign for sign in "".join(texts) if not sign.isascii())
    return sum(unicodedata.category(sign)[0] not in "LM" for sign in signs)


def _read(data: bytes, page: str) -> str | None:
    """A text in a code page, but for a character that is cut off at its end; None where it is not written in it."""
    try:
        return getincrementaldecoder(page)().decode(data)
    except UnicodeDecodeError:
        return None
