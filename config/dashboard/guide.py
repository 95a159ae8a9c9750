"""The organisers' guide (docs/organisers.md) as a page of the admin, with its pictures."""

from django.conf import settings
from django.templatetags.static import static
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

FILE = settings.BASE_DIR / "docs" / "organisers.md"
PICTURES = "../config/static/"  # where the pictures stand, seen from docs/


def guide() -> SafeString:
    """Return the guide as HTML: our own text, rendered without HTML of its own, its pictures from the static files."""
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse(FILE.read_text())
    for token in [child for block in tokens for child in block.children or []]:
        source = str(token.attrGet("src") or "")
        if source.startswith(PICTURES):
            token.attrSet("src", static(source.removeprefix(PICTURES)))
            token.attrSet("loading", "lazy")
    html = parser.renderer.render(tokens[3:], parser.options, {})  # without its title: the page has one
    return mark_safe(html)  # noqa: S308  a file of the project's own
