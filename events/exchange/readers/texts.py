"""Texts of other systems: HTML becomes Markdown, control signs go, times and lengths are read in every spelling."""

import re
from datetime import date, datetime, time, timedelta
from html import unescape
from html.parser import HTMLParser

TAGS = (
    "a|b|blockquote|br|code|dd|del|div|dl|dt|em|font|h[1-6]|hr|i|img|li|ol|p|pre|s|script|small|span|strong|style|sub"
    "|sup|table|tbody|td|th|thead|tr|tt|u|ul"
)
HTML = re.compile(rf"</?(?:{TAGS})(?:\s[^<>]*)?/?>", re.IGNORECASE)
LONGEST_HTML = 40_000  # a description has 10,000 characters at the most
# What XML cannot hold, nor a database: all control signs but tab and new line, half pairs, and two non-characters.
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
MARKS = {"b": "**", "strong": "**", "i": "*", "em": "*", "code": "`", "tt": "`", "s": "~~", "del": "~~"}
BLOCKS = frozenset({"p", "div", "blockquote", "ul", "ol", "dl", "table", "tr", "dt", "dd", "pre"})
HEADINGS = frozenset(f"h{n}" for n in range(1, 7))
HTTP = re.compile(r"https?://[^\s<>\"\\^`{|}\x00-\x20\x7f-\x9f\ud800-\udfff\ufffe\uffff]+", re.IGNORECASE)

# The host with its port, the path with the query, and the fragment.
URI = re.compile(
    r"(https?://(?:[^/?#\[\]%@]+@)?(?:[^/?#\[\]%@:]+|\[[0-9a-f:.]+\])(?::\d{1,5})?)([/?][^#]*|)(?:#(.*))?",
    re.IGNORECASE,
)
ODD = re.compile(r"%(?![0-9A-Fa-f]{2})|[\[\]{}|\\^`<>\"#]")


def clean(text: str) -> str:
    """Text without control signs, line ends as one sign."""
    return CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def line(text: str, *, most: int) -> str:
    """Text on one line with single blanks, no longer than `most` characters."""
    return " ".join(clean(text).split())[:most].rstrip()


class _Writer(HTMLParser):
    """Writes Markdown while it reads HTML. What it does not know it leaves out, but for the text inside."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.muted = 0
        self.links: list[str] = []
        self.lists: list[int | None] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"script", "style"}:
            self.muted += 1
        elif tag == "a":
            href = (dict(attrs).get("href") or "").strip()
            self.links.append(href if HTTP.fullmatch(href) and not set("()") & set(href) else "")
            self.parts.append("[" if self.links[-1] else "")
        elif tag in HEADINGS:
            self.parts.append("\n\n### ")
        elif tag in {"ul", "ol"}:
            self.lists.append(1 if tag == "ol" else None)
            self.parts.append("\n\n")
        elif tag == "li":
            self._item()
        elif tag in {"br", "hr"}:
            self.parts.append("\n")
        else:
            self.parts.append("\n\n" if tag in BLOCKS else MARKS.get(tag, ""))

    def _item(self) -> None:
        number = self.lists[-1] if self.lists else None
        self.parts.append(f"\n{number}. " if number else "\n- ")
        if number:
            self.lists[-1] = number + 1

    def handle_endtag(self, tag: str) -> None:
        if tag in {"script", "style"}:
            self.muted = max(0, self.muted - 1)
        elif tag == "a" and self.links:
            href = self.links.pop()
            self.parts.append(f"]({href})" if href else "")
        elif tag in {"ul", "ol"}:
            self.lists = self.lists[:-1]
            self.parts.append("\n\n")
        elif tag in BLOCKS | HEADINGS:
            self.parts.append("\n\n")
        else:
            self.parts.append(MARKS.get(tag, ""))

    def handle_data(self, data: str) -> None:
        if not self.muted:
            self.parts.append(data)


def markdown(text: str) -> str:
    """A description as Markdown. One without tags stays as it is, but for control signs and blanks at the ends."""
    text = clean(text[:LONGEST_HTML])
    if not HTML.search(text):
        return text.strip()
    writer = _Writer()
    try:
        writer.feed(text)
        writer.close()
    except (AssertionError, ValueError, IndexError):  # declarations that no parser understands: the text without tags
        return HTML.sub("", unescape(text)).strip()
    lines = [row.strip() for row in "".join(writer.parts).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", clean("\n".join(lines))).strip()


def escaped(text: str) -> str:
    """Plain text so that Markdown shows it as it is."""
    return re.sub(r"([\\`*_\[\]<>#~])", r"\\\1", text)


def uri(text: str) -> str:
    """A web address as the schemas ask for it: signs that must not stand in one by their numbers; "" for a bad host."""
    found = URI.fullmatch(text)
    if not found:
        return ""
    host, *rest = found.groups()
    return host + "#".join(ODD.sub(lambda sign: f"%{ord(sign[0]):02X}", part) for part in rest if part is not None)


def address(text: str) -> str:
    """A web address out of a file (http or https, 500 characters at most), as `uri` has it; "" where it is none."""
    found = text.strip()
    made = uri(found) if len(found) <= 500 and HTTP.fullmatch(found) else ""
    return made if len(made) <= 500 else ""


def secure(text: str) -> str:
    """The same, but https only."""
    found = address(text)
    return found if found.lower().startswith("https://") else ""


# --- times ----------------------------------------------------------------------------------------
ISO_DURATION = re.compile(r"\+?P(?:(\d{1,3})W)?(?:(\d{1,3})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,5})M)?(?:(\d{1,6})S)?)?")
CLOCK = re.compile(r"(\d{1,2})[:.h](\d{2})(?::(\d{2})(?:\.\d+)?)?\s*([ap]\.?m\.?)?", re.IGNORECASE)
DAY_FORMS = ("%Y-%m-%d", "%d.%m.%Y", "%Y/%m/%d", "%Y%m%d", "%d %B %Y", "%d %b %Y", "%B %d, %Y")


def duration(text: str) -> timedelta | None:
    """A length: 01:30, 1:30:00, 1:00:30 with seconds, 2:00:00:00 with days, PT90M, or minutes as a number."""
    text = text.strip()
    if text.isascii() and text.isdigit() and len(text) < 6:
        return timedelta(minutes=int(text))
    if len(text) > 1 and (iso := ISO_DURATION.fullmatch(text)):
        weeks, days, hours, minutes, seconds = (int(part or 0) for part in iso.groups())
        return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    parts = text.split(":")
    if not 2 <= len(parts) <= 4 or not all(p.isascii() and p.isdigit() and len(p) < 5 for p in parts):
        return None
    numbers = [int(part) for part in parts]
    if len(numbers) == 4:
        days, hours, minutes, seconds = numbers
    else:
        days, (hours, minutes, seconds) = 0, [*numbers, 0][:3]
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def clock(text: str) -> time | None:
    """A time of day: 9:05, 21.30, 21:30:00, 9:30 pm."""
    found = CLOCK.fullmatch(text.strip())
    if not found:
        return None
    hour, minute, second, half = found.groups()
    hours = int(hour)
    if half:
        hours = hours % 12 + (12 if half[0] in "pP" else 0)
    try:
        return time(hours, int(minute), int(second or 0))
    except ValueError:
        return None


def day(text: str) -> date | None:
    """A date: 2020-07-22, 22.07.2020, 2020/07/22, 22 July 2020."""
    text = text.strip()
    for form in DAY_FORMS:
        try:
            found = datetime.strptime(text, form)  # noqa: DTZ007  a date has no zone
        except ValueError:
            continue
        return found.date() if 1990 <= found.year <= 2100 else None
    return None


def moment(text: str) -> datetime | None:
    """A date with a time, aware or naive as it stands there; None for anything else, and outside 1990 to 2100."""
    text = text.strip()
    try:
        found: datetime | None = datetime.fromisoformat(text)
    except ValueError:
        found = _loose(text)
    if found is None or len(text) <= 10 or not 1990 <= found.year <= 2100:
        return None
    return found.replace(microsecond=0)


def _loose(text: str) -> datetime | None:
    """“22.07.2020 14:00”, “2020-07-22 2:00 pm”, “22 July 2020 14:00”."""
    for count in (1, 2):
        words = text.rsplit(maxsplit=count)
        if len(words) == count + 1 and (hours := clock(" ".join(words[1:]))) and (date_part := day(words[0])):
            return datetime.combine(date_part, hours)
    return None
