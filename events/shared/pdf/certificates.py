"""The page of every certificate of the site: A4, in the active language, in any script that our fonts have."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from events.models import Forum
from events.shared.formatting import codes, qr_codes
from events.shared.formatting.names import forum_name, local_text
from events.shared.formatting.times import long_date
from events.shared.formatting.times import written as date_words
from events.shared.pages.absolute_urls import absolute
from events.shared.pdf.font_coverage import shown_name, without_boxes
from events.shared.pdf.pdf_files import PdfSource
from events.shared.pdf.text import written

TEMPLATE = Path(__file__).with_name("certificate.typ")


@dataclass(frozen=True)
class CertificatePage:
    """What a certificate says. `kind`: its first line; `name`: who or what is honoured; `latin_name`:
    a person’s in Latin letters, where the own one has others; `of`: from where that is; `about`: for
    which session or track; `where`: place and days, or the prize.

    The ornament is one of two. `days`: for each day of the forum its sessions, each with its length as a share of the longest
    one and whether it is drawn thick. `map`: the categories of the prize, each with its label and whether it is filled.
    """

    forum: Forum
    code: str
    issued: datetime
    dated: date
    kind: str
    name: str
    sentence: str
    caption: str
    where: str
    latin_name: str = ""
    of: str = ""
    about: str = ""
    sample: str = ""
    days: Sequence[Sequence[tuple[float, bool]]] = ()
    map: Sequence[dict[str, Any]] = ()


def source(certificate: CertificatePage) -> PdfSource:
    """What the page is drawn from."""
    made = int(certificate.issued.timestamp())
    return PdfSource(TEMPLATE.read_text(), content=content(certificate), made=made, accessible=True)


def content(certificate: CertificatePage) -> dict[str, object]:
    """What stands on the page: plain texts, with the direction of those that people wrote."""
    forum, address = certificate.forum, absolute(reverse("events:verify", args=[certificate.code]))
    square, elsewhere = BytesIO(), _("Named at the address below")
    name, below = shown_name(certificate.name, certificate.latin_name)
    about = without_boxes(certificate.about) or (elsewhere if certificate.about else "")
    qr_codes.qr_code(address).save(square, kind="svg", border=0, dark="#15172b", xmldecl=False)
    return {
        "language": translation.get_language() or "en",
        "direction": "rtl" if translation.get_language_bidi() else "ltr",
        "forum": written(forum_name(forum)),
        "where": certificate.where,
        "kind": certificate.kind,
        "sample": certificate.sample,
        "name": written(name or elsewhere),
        "below": written(below),
        "of": written(without_boxes(certificate.of)),
        "sentence": certificate.sentence,
        "about": written(about),
        "days": certificate.days,
        "map": certificate.map,
        "first": date_words(forum.starts, "j F"),
        "last": date_words(forum.ends, "j F") if forum.ends != forum.starts else "",
        "caption": certificate.caption,
        "signatory": {
            "name": written(without_boxes(forum.certificate_signatory)),
            "title": written(without_boxes(forum.certificate_signatory_title)),
        },
        "date": _("%(place)s, %(date)s") % {"place": local_text(forum, "place"), "date": long_date(certificate.dated)},
        "check": _("Check this certificate at"),
        "address": address.partition("://")[2],
        "link": address,
        "code": codes.groups(certificate.code),
        "square": square.getvalue().decode(),
    }
