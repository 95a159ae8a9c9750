"""Words in braces that stand for what is each receiver's own: a fixed list, put in as they are and never run as a program."""

import re
from collections.abc import Collection, Mapping

from django.core.exceptions import ValidationError
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.shared.formatting import markdown
from events.shared.mail.outbox import one_line
from events.shared.mail.rendering import Rendered
from events.shared.mail.texts.originals import BRACES

WORDS = {
    "name": gettext_lazy("name"),
    "forum": gettext_lazy("forum"),
    "days": gettext_lazy("days of the forum"),
    "link": gettext_lazy("link"),
    "session": gettext_lazy("session"),
    "start": gettext_lazy("start"),
    "room": gettext_lazy("room"),
    "title": gettext_lazy("title"),
}
ALWAYS = frozenset({"name", "forum", "days", "link"})
PLACEHOLDER = re.compile(r"\{(name|forum|days|link|session|start|room|title)\}")
# A placeholder on its way through Markdown and the frames of mails: letters and digits, which nothing there changes.
MARK = re.compile(r"https://xq7link7qx\.invalid/|xq7([a-z]+)7qx")


def check(text: str, *, given: Collection[str]) -> None:
    """Refuse `unknown-placeholder` (nested ones and single braces too), and `placeholder-not-given` for one that stands for
    nothing in these groups. `given`: those that stand for something."""
    words = [found[0] for found in BRACES.finditer(text)]
    if wrong := next((word for word in words if not PLACEHOLDER.fullmatch(word)), ""):
        message = _("“%(word)s” is not a placeholder. There are: %(known)s")
        known = ", ".join(f"{{{word}}}" for word in WORDS)
        raise ValidationError(message % {"word": wrong, "known": known}, code="unknown-placeholder")
    if missing := next((word for word in words if word[1:-1] not in given), ""):
        message = _("“%(word)s” stands for nothing in one of the groups that you chose")
        raise ValidationError(message % {"word": missing}, code="placeholder-not-given")


def marked(text: str) -> str:
    """The text with marks in place of the placeholders."""
    return PLACEHOLDER.sub(
        lambda found: "https://xq7link7qx.invalid/" if found[1] == "link" else f"xq7{found[1]}7qx", text
    )


def marked_html(text: str) -> SafeString:
    """The Markdown as HTML, with marks in place of the placeholders. {link} is a link also where it stands alone."""
    return markdown.render(marked(text.replace("{link}", "<{link}>")))


def put_in(mail: Rendered, values: Mapping[str, str]) -> Rendered:
    """The mail with the values in place of the marks: literally in its text, as text in its HTML."""

    def value(found: re.Match[str]) -> str:
        return values.get(found[1] or "link", "")

    html = MARK.sub(lambda found: escape(value(found)), mail.html)
    return Rendered(one_line(MARK.sub(value, mail.subject)), MARK.sub(value, mail.text), html)


def put_in_html(html: str, values: Mapping[str, str]) -> SafeString:
    """A piece of HTML with the values as text in place of the marks."""
    return mark_safe(MARK.sub(lambda found: escape(values.get(found[1] or "link", "")), html))  # noqa: S308  escaped
