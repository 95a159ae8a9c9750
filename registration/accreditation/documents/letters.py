"""Letters of invitation: for people who are approved and come on site, drawn from data (events.shared.pdf). By the code on it anybody can
look up whether a letter still holds."""

from datetime import datetime
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from events.shared.formatting import codes
from events.shared.formatting.names import forum_name, local_text, term
from events.shared.history import log
from events.shared.pages.absolute_urls import absolute
from events.shared.pdf import hooks
from events.shared.pdf.font_coverage import lacking, without_boxes
from events.shared.pdf.hooks import Issued
from events.shared.pdf.pdf_files import PdfSource
from events.shared.pdf.text import written
from registration.models import Approver, InvitationLetter, Registration
from registration.people.accounts.verbs import RegistrationVerb

TEMPLATE = Path(__file__).with_name("letter.typ")


def _comes(registration: Registration) -> bool:
    """Whether somebody is expected on site whom somebody else has approved: a form alone is no reason for a visa."""
    is_decided = registration.kind is not None and registration.kind.approval != Approver.NONE
    takes_part = registration.withdrawn is None and registration.state == Registration.State.APPROVED
    return is_decided and takes_part and registration.mode == Registration.Mode.ON_SITE


def is_offered(registration: Registration) -> bool:
    """Whether a person may have a letter: they are approved and come, and somebody signs for the forum."""
    return _comes(registration) and bool(registration.forum.letter_signatory)


def _said(registration: Registration) -> dict[str, str]:
    """The person whom a letter names, as in the passport. A letter with a former name is no longer valid."""
    name = f"{registration.title} {registration.name_below or registration.name}".strip()
    return {"name": name, "organisation": registration.organisation}


@transaction.atomic
def issue(registration: Registration, *, now: datetime) -> InvitationLetter:
    """The letter that says what the registration says now; made when it is first asked for. Refuses `no-letter` where the person
    may not have one, and `name-not-shown` where our fonts cannot show their name."""
    row = (
        Registration.objects.select_for_update(of=("self",))
        .select_related("forum", "user", "kind")
        .get(pk=registration.pk)
    )
    if not is_offered(row):
        words = _("Letters of invitation are for people who are approved and take part on site")
        raise ValidationError(words, code="no-letter")
    said = _said(row)
    if lacking(said["name"]):
        words = _(
            "The letter cannot show your name: there is no font for its script. Write it in Latin letters, as in your passport"
        )
        raise ValidationError(words, code="name-not-shown")
    made, is_new = InvitationLetter.objects.get_or_create(registration=row, **said, defaults={"issued": now})
    if is_new:
        log.record(row, verb=RegistrationVerb.ISSUE_LETTER, by=row.user, now=now, label=f"#{row.pk}")
    return made


def holds(letter: InvitationLetter) -> bool:
    """Whether what a letter says is still so: the person takes part, by this name, for this organisation, on site."""
    row = letter.registration
    return _comes(row) and _said(row) == {"name": letter.name, "organisation": letter.organisation}


@hooks.issued()
def issued(code: str, now: datetime) -> Issued | None:
    """What the page that verifies a letter shows: for whom it is, and whether it holds."""
    rows = InvitationLetter.objects.select_related("registration__forum", "registration__kind", "registration__country")
    letter = rows.filter(code=code, registration__forum__is_public=True).first()
    if letter is None:
        return None
    context = {"forum": letter.registration.forum, "letter": letter, "holds": holds(letter)}
    return Issued("registration/accreditation/verify_letter.html", context)


# --- the file -------------------------------------------------------------------------------------
def source(letter: InvitationLetter) -> PdfSource:
    """What the letter, an A4 page in the active language, is drawn from."""
    made = int(letter.issued.timestamp())
    return PdfSource(TEMPLATE.read_text(), content=content(letter), made=made, accessible=True)


def content(letter: InvitationLetter) -> dict[str, object]:
    """What stands on the page, in the active language: plain texts, with the direction of those that people wrote."""
    row = letter.registration
    forum, address = row.forum, absolute(reverse("events:verify", args=[letter.code]))
    first, last = (date_format(day, "j F Y") for day in (forum.starts, forum.ends))
    facts = [
        (_("Name"), letter.name),
        (_("Organisation"), without_boxes(letter.organisation)),
        (_("Country"), term(row.country)),
        (_("Takes part as"), term(row.kind) if row.kind else _("Participant")),
        (_("Forum"), forum_name(forum)),
        (_("Place"), local_text(forum, "place")),
        (_("First day"), first),
        (_("Last day"), last),
    ]
    return {
        "language": translation.get_language() or "en",
        "direction": "rtl" if translation.get_language_bidi() else "ltr",
        "forum": written(forum_name(forum)),
        "heading": _("Letter of invitation"),
        "sample": _("This person is made up: sample data") if row.is_sample or forum.is_sample else "",
        "sentence": _("We invite this person to take part in the Forum. The registration is approved."),
        "facts": [{"label": label, "value": written(value)} for label, value in facts if value],
        "purpose": _("This letter may be shown to authorities, such as those that decide on a visa."),
        "signatory": written(without_boxes(forum.letter_signatory)),
        "host": written(forum.host.name if forum.host else ""),
        "date": date_format(letter.issued.astimezone(forum.zone), "j F Y"),
        "check": _("Whether this letter still holds"),
        "address": address.partition("://")[2],
        "link": address,
        "code": codes.groups(letter.code),
    }
