"""Documents that organisers read as pages of the admin: the guide (docs/organisers.md) and those that it leads to."""

from typing import Any

from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from markdown_it import MarkdownIt

FOLDER = settings.BASE_DIR / "docs"
GUIDE = "organisers"
TITLES: dict[str, Any] = {
    GUIDE: _("Organisers’ guide"),
    "drill": _("When something fails"),
    "exchange": _("Programmes in and out"),
}
PICTURES = "../config/static/"  # where the pictures stand, seen from docs/


def address(name: str) -> str:
    """Where a document is read."""
    return reverse("admin:guide") if name == GUIDE else reverse("admin:guide", args=[name])


def render(name: str) -> SafeString:
    """Return a document as HTML: our own text, rendered without HTML of its own, its pictures from the static files."""
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse((FOLDER / f"{name}.md").read_text())
    for token in [child for block in tokens for child in block.children or []]:
        link = str(token.attrGet("href") or "").removesuffix(".md")
        if link in TITLES:
            token.attrSet("href", address(link))
        source = str(token.attrGet("src") or "")
        if source.startswith(PICTURES):
            token.attrSet("src", static(source.removeprefix(PICTURES)))
            token.attrSet("loading", "lazy")
    html = parser.renderer.render(tokens[3:], parser.options, {})  # without its title: the page has one
    return mark_safe(html)  # noqa: S308  a file of the project's own
