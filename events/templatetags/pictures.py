"""`{% load pictures %}`: pictures that people uploaded, in the sizes of `events.shared.drawings.picture_sizes`."""

from typing import Any, NamedTuple

from django import template
from django.db.models.fields.files import FieldFile

from events.shared.drawings import picture_sizes

register = template.Library()


class Place(NamedTuple):
    """Its pixels, and how wide it is, by which browsers choose (without: by the dots of the screen). What is seen at once is not lazy."""

    width: int
    height: int
    sizes: str = ""
    is_first: bool = False


PLACES = {
    "line": Place(64, 80, "64px"),
    "card": Place(64, 80, "(min-width: 60rem) 200px, 64px"),
    "profile": Place(240, 300, "(min-width: 60rem) 240px, max(112px, 25vw)", is_first=True),
    "logo": Place(160, 44),
    "news": Place(736, 414, "(min-width: 48rem) 46rem, 100vw", is_first=True),
}


@register.inclusion_tag("components/picture.html")
def picture(stored: FieldFile, place: str, **more: Any) -> dict[str, Any]:
    """A picture in a place. `instead`: the address of what stands there where there is none; `css`: its classes; `alt`, and its
    `language` where that is another one than the page's."""
    at = PLACES[place]
    widths = picture_sizes.of_folder(stored.name) if stored and stored.name else {}
    addresses = [picture_sizes.address(stored, width) for width in widths]
    units = [f"{width}w" if at.sizes else f"{number}x" for number, width in enumerate(widths, 1)]
    srcset = ", ".join(f"{address} {unit}" for address, unit in zip(addresses, units, strict=True))
    return more | {"place": at, "src": addresses[0] if addresses else more.get("instead", ""), "srcset": srcset}
