"""Django's test client, whose pages come without the white space of their templates: a test says what stands on a page, not how the
sources are laid out."""

import re

from django import test

# Elements at whose edges white space is not seen.
BLOCK = (
    "html|head|body|title|header|footer|nav|main|section|article|aside|div|p|h[1-6]|ul|ol|li|dl|dt|dd|table|caption|thead"
    "|tbody|tr|th|td|form|fieldset|legend|details|summary|figure|button|option|select"
)
KEPT = re.compile(r"(<(?:pre|textarea|script)\b.*?</(?:pre|textarea|script)>)", re.DOTALL)
TAG = re.compile(r"<[a-zA-Z](?=[^<>]*?(?:\s\s|[^\S ]|\s/?>))[^<>]*>")  # that has more white space than it needs
BEGIN = re.compile(rf"(<(?:{BLOCK})\b[^<>]*>)\s+")
END = re.compile(rf"\s++(?=</(?:{BLOCK})>)")


def tidy(page):
    """A page with the white space that a reader sees, between words, and no other."""
    parts = KEPT.split(page)
    parts[::2] = map(_tidy, parts[::2])
    return "".join(parts)


def _tidy(part):
    without_edges = END.sub("", BEGIN.sub(r"\1", TAG.sub(_on_one_line, part)))
    return re.sub(r"\n\s+", "\n", without_edges)


def _on_one_line(tag):
    return re.sub(r"\s+(/?>)$", r"\1", re.sub(r"\s+", " ", tag[0]))


class Client(test.Client):
    def request(self, **request):
        response = super().request(**request)
        if response.headers.get("Content-Type", "").startswith("text/html") and not response.streaming:
            response.content = tidy(response.content.decode()).encode()
        return response
