"""Badges as PDF: the name large and in Latin letters, organisation and country, the kind by its word on its colour, and the ticket's square."""

import base64
from collections.abc import Iterable, Sequence
from io import BytesIO
from pathlib import Path

from django.utils.translation import gettext as _

from events.shared.formatting import qr_codes
from events.shared.formatting.names import forum_name, term
from events.shared.pdf.font_coverage import shown_name, without_boxes
from events.shared.pdf.pdf_files import PdfSource
from events.shared.pdf.text import written
from registration.accreditation.documents import documents
from registration.door import tickets
from registration.models import Registration
from registration.models.kind import Colour

TEMPLATE = Path(__file__).with_name("badges.typ")
MOST = 1_000  # badges in one file
PORTRAIT = (280, 360)  # the shape of a photograph (accreditation.documents.portrait_drawing)
# White letters on each have a contrast of 4.5 or more.
COLOURS = {
    Colour.BLUE: "#2b2fbf",
    Colour.GREEN: "#0a6640",
    Colour.ORANGE: "#9a4a00",
    Colour.RED: "#ae0d2b",
    Colour.PURPLE: "#6b2fa0",
    Colour.GREY: "#4b4e68",
}


def source(people: Sequence[Registration], *, sheets: bool) -> PdfSource:
    """What the badges of people are drawn from: one to a page (A6), or four to a sheet (A4). Needs their forums, kinds and countries."""
    portraits = documents.photographs(people)
    content = {
        "title": _("Badges"),
        "sheets": sheets,
        "badges": [_badge(person, portraits.get(person.pk)) for person in people],
    }
    return PdfSource(TEMPLATE.read_text(), content=content)


def to_write_by_hand(people: Iterable[Registration]) -> list[Registration]:
    """Those whose names our fonts do not have, and not in Latin letters either: the badge says so, and somebody writes them."""
    return [person for person in people if not shown_name(person.name, person.name_below)[0]]


def _badge(person: Registration, portrait: bytes | None) -> dict[str, object]:
    kind = person.kind
    name, below = shown_name(person.name, person.name_below)
    square = BytesIO()
    qr_codes.qr_code(tickets.address(person)).save(square, kind="svg", border=4, light="#fff", xmldecl=False)
    return {
        "forum": written(forum_name(person.forum)),
        "name": written(name),
        "below": written(below),
        "by_hand": "" if name else _("Name, to be written by hand"),
        "organisation": written(without_boxes(person.organisation)),
        "country": written(term(person.country)),
        "kind": written(term(kind) if kind else _("Participant")),
        "colour": COLOURS[Colour(kind.colour)] if kind else COLOURS[Colour.BLUE],
        "portrait": _picture(portrait) if portrait else "",
        "square": square.getvalue().decode(),
        "alt": _("QR code of your ticket"),
    }


def _picture(portrait: bytes) -> str:
    """A photograph (JPEG) as a picture that can stand in JSON."""
    width, height = PORTRAIT
    data = base64.b64encode(portrait).decode()
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">'
        f'<image width="{width}" height="{height}" href="data:image/jpeg;base64,{data}"/></svg>'
    )
