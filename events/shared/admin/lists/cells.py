"""What stands in a cell of a list, or beside a label, where it is more than words: links, and texts that people wrote."""

from collections.abc import Iterable

from django.template.loader import render_to_string


def links(found: Iterable[tuple[str, object]], *, as_rows: bool = False) -> str:
    """Links (address, words) beside each other, or one below the other; without an address the words alone. “–” without any."""
    shown = list(found)
    return render_to_string("admin/cells/links.html", {"links": shown, "as_rows": as_rows}) if shown else "–"


def texts(found: Iterable[tuple[object, object, object]]) -> str:
    """Texts (title, who wrote it or nothing, text), each in a paragraph. “–” without any."""
    shown = list(found)
    return render_to_string("admin/cells/texts.html", {"texts": shown}) if shown else "–"
