"""Texts and addresses of other systems: HTML becomes Markdown, addresses become such as the schemas allow."""

import re
from html import unescape
from html.parser import HTMLParser

from events.shared.formatting.plain_text import clean

TAGS = (
    "a|b|blockquote|br|code|dd|del|div|dl|dt|em|font|h[1-6]|hr|i|img|li|ol|p|pre|s|script|small|span|strong|style|sub"
    "|sup|table|tbody|td|th|thead|tr|tt|u|ul"
)
HTML = re.compile(rf"</?(?:{TAGS})(?:\s[^<>]*)?/?>", re.IGNORECASE)
LONGEST_HTML = 40_000  # a description has 10,000 characters at the most
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
    """A description as Markdown. One without tags stays as it is, but for control characters and blanks at the ends."""
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
