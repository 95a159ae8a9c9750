"""The mail with the ticket for everybody who takes part, and a mail for each other step of a registration."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import Message, User
from events.shared.formatting.names import forum_name, local_text, term
from events.shared.formatting.times import date_range, deadline, known_zone, stamp
from events.shared.mail import hooks, outbox
from events.shared.mail.hooks import MailKind
from events.shared.mail.rendering import Content, MailLink, put, qr_code_image, speaking
from events.shared.mail.texts.kind_names import named
from events.shared.mail.texts.originals import Original, original
from events.shared.pages.absolute_urls import absolute
from registration.accreditation.delegations import focal_point_mails
from registration.accreditation.invitation_mails import INVITED
from registration.models import AccreditationStep, Registration

REGISTERED, WITHDRAWN = "registered", "registration-withdrawn"
KIND = named("accreditation", gettext_lazy("What is decided on a registration"))
State = Registration.State
# The words of the mails (events.shared.mail.texts).
REGISTERED_SUBJECT = gettext_lazy("You are registered: %(forum)s")
HAVE_IT = gettext_lazy("We have your registration: %(forum)s")
LISTED = gettext_lazy("You are on the waiting list: %(forum)s")
ALL_TAKEN = gettext_lazy(
    "All places are taken, and you are on the waiting list. We write to you as soon as there is a place."
)
TAKES_PART = original(
    REGISTERED,
    gettext_lazy("Somebody takes part at once, with the ticket"),
    REGISTERED_SUBJECT,
    gettext_lazy("You take part. Add sessions to your agenda now."),
)
IS_APPROVED = original(
    "registered-approved",
    gettext_lazy("A registration is approved, with the ticket"),
    REGISTERED_SUBJECT,
    gettext_lazy("Your registration is approved. Add sessions to your agenda now."),
)
HAS_PLACE = original(
    "registered-from-list",
    gettext_lazy("A place in a kind became free, with the ticket"),
    REGISTERED_SUBJECT,
    gettext_lazy("A place became free, and it is yours. Add sessions to your agenda now."),
)
IS_NEW_TICKET = original(
    "registered-new-ticket",
    gettext_lazy("Organisers make a new ticket for somebody"),
    gettext_lazy("Your new ticket: %(forum)s"),
    gettext_lazy("Here is your new ticket. The one before is not valid any more."),
)
IS_REFUSED = original(
    "registration-refused",
    gettext_lazy("A registration is refused"),
    gettext_lazy("Your registration was not approved: %(forum)s"),
    gettext_lazy("Your registration was not approved."),
)
IS_WITH_FOCAL_POINT = original(
    "registration-with-focal-point",
    gettext_lazy("A registration waits for the focal point"),
    HAVE_IT,
    gettext_lazy("We have your registration. The focal point of your organisation decides on it first."),
)
IS_WITH_US = original(
    "registration-with-secretariat",
    gettext_lazy("A registration waits for the secretariat"),
    HAVE_IT,
    gettext_lazy("The secretariat decides on your registration, and we write to you then."),
)
IS_WAITING = original("registration-waiting", gettext_lazy("A registration waits for a place"), LISTED, ALL_TAKEN)
IS_APPROVED_AND_WAITING = original(
    "registration-approved-waiting",
    gettext_lazy("A registration is approved and waits for a place"),
    LISTED,
    gettext_lazy("Your registration is approved."),
    ALL_TAKEN,
)
HAS_WITHDRAWN = original(
    WITHDRAWN,
    gettext_lazy("Somebody has withdrawn"),
    gettext_lazy("You have withdrawn: %(forum)s"),
    gettext_lazy("You are not registered any more. Your bookings are gone."),
)
IS_WITHDRAWN = original(
    "registration-withdrawn-by-us",
    gettext_lazy("The organisers withdraw a registration"),
    gettext_lazy("Your registration was withdrawn: %(forum)s"),
    gettext_lazy("The organisers have withdrawn your registration. Your bookings are gone."),
)


def write_step(step: AccreditationStep, *, now: datetime) -> None:
    """Tell a person of a step of their registration."""
    person = step.registration
    if step.after == State.APPROVED:
        write_registered(person, before=step.before, by=step.by, reason=step.reason, now=now)
        return
    with speaking(person.language):
        content = _of_person(
            person,
            _words(before=step.before, after=step.after).said(person.forum, also=_place_in_line(person, step.after)),
            is_brought=_is_brought(person, before=step.before, by=step.by),
            quote=step.reason,
            action=_link("registration:register", person, words=_("Your registration")),
            links=_links_to_place(person, before=step.before, after=step.after),
        )
        put(content, kind=KIND, about=step.pk, to=person.user, forum=person.forum, now=now)


def write_registered(
    person: Registration,
    *,
    before: str = "",
    by: User | None,
    reason: str = "",
    words: Original | None = None,
    now: datetime,
) -> None:
    """Send a person who takes part from now on their ticket, and what else they need. `before`: the former state, "" where nobody
    decided; `by`: who registered them, or decided; `words`: where it is about neither."""
    with speaking(person.language):
        told, square = _told(person), ""
        if person.mode == Registration.Mode.ON_SITE:
            square = qr_code_image(_("QR code of your ticket"))
        page = _link("registration:ticket", person, words=_("Your ticket"))
        if person.is_online_only:
            page = _link("registration:agenda", person, words=_("My agenda"))
        content = _of_person(
            person,
            (words or _words(before=before, after=State.APPROVED)).said(person.forum),
            is_brought=words is None and _is_brought(person, before=before, by=by),
            quote=reason,
            own_text="\n".join(_("%(label)s: %(value)s") % {"label": label, "value": value} for label, value in told),
            own_html=render_to_string(
                "registration/accreditation/mail/registered.html", {"told": told, "square": square}
            ),
            action=page,
            links=[
                *_links_to_place(person, before=before, after=State.APPROVED),
                _link("registration:register", person, words=_("Your registration")),
                _link("events:programme", person, words=_("Programme")),
            ],
        )
        names = [stamp(now)]
        put(content, kind=REGISTERED, about=person.pk, names=names, to=person.user, forum=person.forum, now=now)


def write_withdrawn(person: Registration, *, by: User, reason: str = "", now: datetime) -> None:
    """Tell a person that they are not registered any more: they have withdrawn, or somebody else did it for a reason."""
    with speaking(person.language):
        words, also = HAS_WITHDRAWN if by.pk == person.user_id else IS_WITHDRAWN, []
        page = _link("events:programme", person, words=_("Programme"))
        if person.forum.is_registration_open(now):
            until = _moment(person.forum.registration_closes, person)
            also = [_("You can register again until %(time)s.") % {"time": until}]
            page = _link("registration:register", person, words=_("Register"))
        content = _of_person(
            person,
            words.said(person.forum, also=also),
            is_brought=False,
            quote=reason,
            action=page,
            links=[],
        )
        put(content, kind=WITHDRAWN, about=person.pk, names=[stamp(now)], to=person.user, forum=person.forum, now=now)


def _of_person(
    person: Registration, words: dict[str, Any], *, is_brought: bool, links: Sequence[MailLink], **more: Any
) -> Content:
    """What a mail says to a person about their registration. `words`: as `Original.said` gives them; `is_brought`: the organisers
    have registered them; `more`: as for `Content`."""
    named = {"forum": forum_name(person.forum)}
    lead, paragraphs = words["lead"], words["paragraphs"]
    if is_brought:
        paragraphs = [
            lead,
            *paragraphs,
            _("To see it, log in with this address: we mail you a code. There you can change it, or withdraw."),
        ]
        lead = _("The organisers have registered you for %(forum)s, as you asked them to.") % named
        links = [*links, MailLink(_("Privacy notice"), absolute(reverse("events:privacy")))]
    return Content(
        subject=words["subject"],
        heading=person.name,
        lead=lead,
        paragraphs=paragraphs,
        links=links,
        why=_("You get this mail because you registered for %(forum)s.") % named,
        **more,
    )


def _is_brought(person: Registration, *, before: str, by: User | None) -> bool:
    """Whether somebody else has just registered a person."""
    return not before and by is not None and by.pk != person.user_id


def _told(person: Registration) -> list[tuple[str, str]]:
    """When and where a person takes part, and as what."""
    forum = person.forum
    place = local_text(forum, "place") if person.mode == Registration.Mode.ON_SITE else person.get_mode_display()
    told = [(_("When"), date_range(forum.starts, forum.ends)), (_("Where"), place)]
    return told + ([(_("Kind"), term(person.kind))] if person.kind else [])


def _link(page: str, person: Registration, *, words: str) -> MailLink:
    return MailLink(words, absolute(reverse(page, args=[person.forum.slug])))


def _links_to_place(person: Registration, *, before: str, after: str) -> list[MailLink]:
    """The link for somebody who waits for a place in their kind, or has one from the waiting list."""
    if State.WAITING not in {before, after} or after == State.REFUSED:
        return []
    return [_link("registration:register", person, words=_("See or give up the place"))]


def _words(*, before: str, after: str) -> Original:
    """The words on a state that a registration got."""
    if after == State.APPROVED:
        return HAS_PLACE if before == State.WAITING else IS_APPROVED if before else TAKES_PART
    if after == State.WAITING:  # `before`: whether somebody has just approved it
        return IS_WAITING if before in {"", State.WAITING} else IS_APPROVED_AND_WAITING
    return {State.REFUSED: IS_REFUSED, State.WITH_FOCAL_POINT: IS_WITH_FOCAL_POINT}.get(State(after), IS_WITH_US)


def _place_in_line(person: Registration, state: str) -> list[str]:
    """The place of a person who waits for one in their kind, and until when the list moves up, as sentences."""
    row = person.waitings.filter(session=None).first() if state == State.WAITING else None
    place = row.place_in_line() if row else None
    if not place or person.kind is None:
        return []
    until = _moment(person.kind.last_moment, person)
    return [
        _("You are number %(place)s on the list.") % {"place": place},
        _("Places that become free are given out until %(time)s.") % {"time": until},
    ]


def _moment(moment: datetime, person: Registration) -> str:
    """A moment in words, in the zone of a person."""
    forum = person.forum
    return deadline(moment, zone=known_zone(person.time_zone, default=forum.zone), forum=forum)


def waiting_words(registration: Registration) -> str:
    """What somebody reads who waits for a place in their kind."""
    return " ".join([str(ALL_TAKEN), *_place_in_line(registration, State.WAITING)])


@hooks.mail_kinds()
def _kinds() -> list[MailKind]:
    name = gettext_lazy("Your ticket, and what is decided on your registration")
    kinds = frozenset({REGISTERED, WITHDRAWN, KIND, INVITED, focal_point_mails.NAMED, focal_point_mails.REFUSED})
    return [MailKind("accreditation", name, kinds, is_refusable=False)]


@hooks.unwanted(REGISTERED)
def _not_taking_part(messages: Sequence[Message], now: datetime) -> set[int]:
    """At send time: the person has withdrawn, or was refused."""
    return outbox.about_others(messages, Registration.objects.mailable())


@hooks.unwanted(WITHDRAWN)
def _registered_again(messages: Sequence[Message], now: datetime) -> set[int]:
    """At send time: the person has registered again."""
    return outbox.about_others(messages, Registration.objects.reachable().filter(withdrawn__isnull=False))


@hooks.unwanted(KIND)
def _outdated(messages: Sequence[Message], now: datetime) -> set[int]:
    """At send time: the registration has another state by now, or is withdrawn."""
    people = Registration.objects.standing().reachable()
    steps = AccreditationStep.objects.filter(pk__in=outbox.rows_of(messages), registration__in=people)
    later = AccreditationStep.objects.filter(registration__in=steps.values("registration")).order_by("pk")
    latest = dict(later.values_list("registration", "pk"))
    return outbox.all_but(messages, latest.values())
