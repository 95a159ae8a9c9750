"""What people wrote, in CommonMark without HTML: to HTML by an allow-list of tags, and to plain parts for documents."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

TAGS = {
    "p",
    "br",
    "hr",
    "strong",
    "em",
    "s",
    "ul",
    "ol",
    "li",
    "blockquote",
    "code",
    "pre",
    "a",
    "h3",
    "h4",
    "h5",
    "h6",
}
ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
SCHEMES = {"http", "https", "mailto"}
SCHEME = re.compile(r"([a-z][a-z\d+.-]*):", re.IGNORECASE)
HEADING_SHIFT = 2  # h1 is the page's title, h2 its parts


@cache
def _parser() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": False}).enable("strikethrough").disable("image")
    made.validateLink = _is_link  # type: ignore[assignment,method-assign]  # its documentation says so
    return made


def _is_link(address: str) -> bool:
    """Whether an address becomes a link; else it stays text."""
    found = SCHEME.match(address)
    return not found or found[1].lower() in SCHEMES


def render(text: str) -> SafeString:
    """Turn Markdown into safe HTML. Tags in the text are shown as text; links lead to http, https or mailto only.

    Headings begin at h3, so that they stand below the page's own.
    """
    parser = _parser()
    tokens = parser.parse(text)
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(6, int(token.tag[1]) + HEADING_SHIFT)}"
    html = parser.renderer.render(tokens, parser.options, {})
    clean = nh3.clean(
        html, tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES, link_rel="nofollow noopener noreferrer"
    )
    return mark_safe(clean)  # noqa: S308  nh3 has cleaned it


# --- as plain text ---------------------------------------------------------------------------------
MARKUP = re.compile(r"[*_`~\[\\#<&]|^ {0,3}(?:>|[-+] |\d+[.)] |=+$|-+$)", re.MULTILINE)


def plain(text: str) -> str:
    """A Markdown text without its marks, for what shows none (calendars): items begin with a dash or their number, a link has its
    address behind it. A text without marks stays as it is."""
    if not MARKUP.search(text):
        return text
    lines: list[str] = []
    before = ""
    for block in blocks(text):
        said = "".join(
            run.text + (f" ({run.link})" if run.link.removeprefix("mailto:") not in {"", run.text} else "")
            for run in block.runs
        )
        start = (f"{block.number}. " if block.number else "– ") if block.kind == "item" else ""
        lines += [*([""] if lines and not block.kind == before == "item" else []), start + said.strip()]
        before = block.kind
    return "\n".join(lines)


# --- for documents --------------------------------------------------------------------------------
@dataclass(frozen=True)
class Run:
    """A stretch of text in one form. `link`: a web or mail address, or empty."""

    text: str
    is_bold: bool = False
    is_italic: bool = False
    link: str = ""


@dataclass(frozen=True)
class TextBlock:
    """A paragraph. `kind`: text, item, quote or heading; `number`: of an item in a numbered list, else 0."""

    kind: str
    runs: Sequence[Run]
    number: int = 0


def blocks(text: str) -> list[TextBlock]:
    """The paragraphs of a Markdown text. Lists within lists are one list; what is struck out, and rules, lose their form."""
    found: list[TextBlock] = []
    within: list[str] = []  # the kinds of blocks that are open
    numbers: list[int] = []  # of the lists that are open; the next item of a plain one has 0
    has_begun = False  # whether the item that is open has a paragraph
    for token in _parser().parse(text):
        if token.nesting == 1:
            within.append(token.type)
        elif token.nesting == -1:
            within.pop()
        if token.type in {"bullet_list_open", "ordered_list_open"}:
            numbers.append(int(token.attrs.get("start", 1)) if token.type == "ordered_list_open" else 0)
        elif token.type in {"bullet_list_close", "ordered_list_close"}:
            numbers.pop()
        elif token.type == "list_item_open":
            has_begun = False
        elif token.type in {"fence", "code_block"} and token.content.strip():
            found.append(TextBlock("text", [Run(token.content)]))
        elif token.type == "inline" and (runs := _runs(token.children or [])):
            is_item = "list_item_open" in within and not has_begun
            kind = "heading" if "heading_open" in within else "quote" if "blockquote_open" in within else "text"
            found.append(TextBlock("item" if is_item else kind, runs, numbers[-1] if is_item else 0))
            if is_item and numbers[-1]:
                numbers[-1] += 1
            has_begun = True
    return found


def _runs(tokens: Sequence[Token]) -> list[Run]:
    """The stretches of a paragraph; a line end is a space."""
    found, bold, italic, links = [], 0, 0, [""]
    for token in tokens:
        bold += token.nesting if token.tag == "strong" else 0
        italic += token.nesting if token.tag == "em" else 0
        if token.type == "link_open":
            address = str(token.attrs.get("href", ""))
            links.append(address if SCHEME.match(address) else "")
        elif token.type == "link_close":
            links.pop()
        shown = " " if token.type in {"softbreak", "hardbreak"} else token.content
        if shown:
            found.append(Run(shown, bold > 0, italic > 0, links[-1]))
    return found
