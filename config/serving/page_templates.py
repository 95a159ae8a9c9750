"""Templates are laid out for people; what a page sends of them is not: white space that nobody sees goes as they are loaded.

Between words, and between elements that stand in a line of text, white space is kept as one character.
"""

import re

from django.template import Origin
from django.template.loaders.filesystem import Loader

# Elements at whose edges white space is not seen.
BLOCK = (
    "html|head|body|title|header|footer|nav|main|section|article|aside|div|p|h[1-6]|ul|ol|li|dl|dt|dd|table|caption|thead"
    "|tbody|tr|th|td|form|fieldset|legend|details|summary|figure|button|option|select"
)
TAG = r"(?:\{%(?:(?!%\}).)*%\}|\{\{(?:(?!\}\}).)*\}\}|[^<>{])*"  # what stands in an element's tag after its name
ELEMENT = re.compile(rf"<[a-zA-Z]{TAG}>", re.DOTALL)
CHOICE = re.compile(r"\s(\{% if [^%]*%\})\s?((?:(?!\{% (?:if|el|endif)).)*?)\s?(\{% endif %\})")
OPENING = re.compile(rf"(<(?:{BLOCK})\b{TAG}>)\s+", re.DOTALL)
CLOSING = re.compile(rf"\s+(</(?:{BLOCK})>)")
INDENT = re.compile(r"\n\s+")
# A line that holds nothing but a tag that ends no branch: the line break before it is kept, so none is lost between words.
CONTROL = re.compile(r"(?m)^(\{% (?:if|with|endwith|load)\b(?:(?!%\}).)*%\})\n")
# Where each line break is seen, or nothing is.
KEPT = re.compile(r"(<(pre|textarea)\b.*?</\2>|\{% comment %\}.*?\{% endcomment %\})", re.DOTALL)


def _on_one_line(tag: re.Match[str]) -> str:
    """An element's tag with its attributes on one line; one that depends takes the space before it along."""
    text = re.sub(r"\s+", " ", tag[0])
    text = CHOICE.sub(lambda choice: f"{choice[1]} {choice[2]}{choice[3]}" if choice[2] else choice[0], text)
    return re.sub(r" (?=/?>$)", "", text)


def compact(template: str) -> str:
    """A template of a page without the white space that nobody sees."""
    parts = KEPT.split(template)
    for number in range(0, len(parts), 3):  # the text between what is kept, its name stands beside it
        text = CONTROL.sub(r"\1", INDENT.sub("\n", parts[number]))
        parts[number] = CLOSING.sub(r"\1", OPENING.sub(r"\1", ELEMENT.sub(_on_one_line, text)))
        if number + 2 < len(parts):
            parts[number + 2] = ""
    return "".join(parts)


class CompactLoader(Loader):
    """Reads templates of pages compacted; those of plain text, in which line breaks are seen, as they are."""

    def get_contents(self, origin: Origin) -> str:
        contents = super().get_contents(origin)
        return compact(contents) if origin.name.endswith(".html") else contents
