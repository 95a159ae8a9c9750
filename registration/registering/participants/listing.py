"""The public list of participants: who wishes to be on it, and what it says of them. Nothing else of a registration is read here."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from events.models import Forum
from events.models.reference import ListOfParticipants
from events.shared.formatting import times
from events.shared.formatting.names import country_choices, folded, forum_name
from events.shared.history import log
from events.shared.pdf.pdf_files import PdfSource
from events.shared.pdf.text import written
from registration.models import Registration
from registration.people.accounts.verbs import RegistrationVerb

TEMPLATE = Path(__file__).with_name("participants.typ")


class Listed(NamedTuple):
    """One person, in the words of the registration; the country in the page's language."""

    country: str
    organisation: str
    name: str


class Organisation(NamedTuple):
    name: str
    people: list[str]


type Countries = list[tuple[str, list[Organisation]]]


def is_asked(forum: Forum) -> bool:
    """Whether people can go on the list."""
    return forum.list_of_participants != ListOfParticipants.NONE


@transaction.atomic
def set_listed(registration: Registration, *, wanted: bool, now: datetime) -> Registration:
    """Put somebody on the list, or take them off, by their own wish. Refuses `no-list` where there will be none, and
    `not-registered` after a withdrawal. Leaving it is always possible."""
    row = Registration.objects.select_for_update(of=("self",)).select_related("forum", "user").get(pk=registration.pk)
    if row.withdrawn is not None:
        raise ValidationError(_("You are not registered for this forum"), code="not-registered")
    if wanted and not is_asked(row.forum):
        raise ValidationError(_("This forum has no list of participants"), code="no-list")
    if row.is_listed != wanted:
        row.is_listed = wanted
        row.save(update_fields=["is_listed", "updated"])
        change = {"before": {"is_listed": not wanted}, "after": {"is_listed": wanted}}
        log.record(row, verb=RegistrationVerb.SET_LISTED, by=row.user, now=now, label=f"#{row.pk}", **change)
    return row


def state_words(forum: Forum, *, now: datetime) -> str:
    """What kind of list it is, and of which day: the provisional one changes with people, the final one is of when it was published."""
    if forum.list_of_participants == ListOfParticipants.FINAL:
        words, moment = _("Final list, published on %(day)s"), forum.list_published or now
    else:
        words, moment = _("Provisional list, as it stands on %(day)s"), now
    return words % {"day": times.long_date(forum.today(moment))}


def people(forum: Forum) -> list[tuple[str, Listed]]:
    """Those who take part and wish to be on the list, with the codes of their countries: by country, organisation and name, as one
    sorts in the page's language; who names no organisation comes last in a country. One query."""
    names = dict(country_choices())
    rows = Registration.objects.active().filter(forum=forum, is_listed=True).order_by()
    found = [
        (code, Listed(names.get(code, code), organisation.strip(), f"{title} {name}".strip()), folded(name))
        for code, organisation, title, name in rows.values_list("country_id", "organisation", "title", "name")
    ]
    found.sort(key=lambda one: (folded(one[1].country), not one[1].organisation, folded(one[1].organisation), one[2]))
    return [(code, one) for code, one, _name in found]


def grouped(listed: Sequence[Listed]) -> Countries:
    """What `people` gives, put together by country and organisation, however its letters are written."""
    return [
        (
            country,
            [
                Organisation(same[0].organisation, [one.name for one in same])
                for _name, group in groupby(theirs, key=lambda one: folded(one.organisation))
                if (same := list(group))
            ],
        )
        for country, theirs in groupby(listed, key=attrgetter("country"))
    ]


def source(forum: Forum, *, now: datetime) -> PdfSource:
    """What the list is drawn from as a PDF, in the active language."""
    name, heading, state = forum_name(forum), _("List of participants"), state_words(forum, now=now)
    countries = [
        {
            "name": country,
            "organisations": [
                {
                    "name": written(one.name or _("No organisation")),
                    "people": [written(person) for person in one.people],
                }
                for one in organisations
            ],
        }
        for country, organisations in grouped([one for _code, one in people(forum)])
    ]
    content = {
        "language": translation.get_language() or "en",
        "direction": "rtl" if translation.get_language_bidi() else "ltr",
        "forum": name,
        "heading": heading,
        "title": f"{name} · {heading}",
        "state": state,
        "foot": f"{name} · {state}",
        "empty": _("Nobody is on the list yet."),
        "countries": countries,
    }
    return PdfSource(TEMPLATE.read_text(), content=content)
