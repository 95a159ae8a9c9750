"""The mails to focal points: they are named or not, somebody waits for them or has withdrawn, their places are used up, and
registration closes soon.

What is due is a question to the rows at this moment; the mail's key exists once, so two sweeps write it once.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db.models import Count, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import Message
from events.shared.formatting import times
from events.shared.formatting.names import forum_name, term
from events.shared.jobs.sweeps import Sweep, apart
from events.shared.mail import hooks as mail_hooks
from events.shared.mail import outbox, refused_kinds
from events.shared.mail.hooks import MailKind
from events.shared.mail.rendering import Content, MailLink, put, speaking, stop_link
from events.shared.mail.texts.originals import Original, original
from events.shared.pages.absolute_urls import absolute
from registration.accreditation import hooks as accreditation_hooks
from registration.accreditation import quotas
from registration.models import AccreditationStep, Approver, FocalPoint, FocalPointRequest, Kind, Registration

FOCAL_POINTS = Sweep("focal-points", gettext_lazy("Mails to focal points"), longest=timedelta(minutes=5))
NAMED, REFUSED, ASKED = "focal-point", "focal-point-refused", "focal-point-asked"
WITHDRAWN, FULL, CLOSING = "focal-point-withdrawn", "focal-point-full", "focal-point-closing"
CHOICE = "delegation"  # how people refuse those of their work
BEFORE_CLOSE = timedelta(days=3)
State = Registration.State
# The words of the mails (events.shared.mail.texts).
IS_NAMED = original(
    NAMED,
    gettext_lazy("Somebody is a focal point"),
    gettext_lazy("You are a focal point"),
    gettext_lazy("You answer for the people of your organisation: you approve or refuse their registrations."),
)
IS_NOT_NAMED = original(
    REFUSED,
    gettext_lazy("Somebody is not a focal point"),
    gettext_lazy("You are not a focal point"),
    gettext_lazy("The organisers did not agree to your request to be the focal point of this organisation."),
)
IS_ASKED = original(
    ASKED,
    gettext_lazy("Somebody waits for a focal point"),
    gettext_lazy("Somebody waits for your approval"),
    gettext_lazy("Somebody who says that they are of your organisation has registered."),
)
HAS_WITHDRAWN = original(
    WITHDRAWN,
    gettext_lazy("Somebody of a delegation has withdrawn"),
    gettext_lazy("%(name)s has withdrawn"),
    gettext_lazy("%(name)s, of your organisation, will not take part. A place that they had is free again."),
)
IS_FULL = original(
    FULL,
    gettext_lazy("All places of a delegation are given"),
    gettext_lazy("All your places are given"),
    gettext_lazy("Your organisation has no place left: %(kind)s. It had %(places)s."),
    gettext_lazy("Ask the organisers if you need more, or take an invitation back that nobody has answered."),
)
IS_CLOSING = original(
    CLOSING,
    gettext_lazy("Registration closes soon, to focal points with something to do"),
    gettext_lazy("Registration closes soon"),
    gettext_lazy("Registration closes on %(deadline)s: %(kind)s."),
    gettext_lazy("People who wait for your decision: %(waiting)s. Places that you have not given: %(left)s."),
)


def write_named(row: FocalPoint, *, now: datetime) -> None:
    """Tell somebody that they are the focal point of an organisation, and what they do."""
    with speaking(row.user.language):
        _write_to(row, IS_NAMED, about=row.pk, now=now)


def write_not_named(row: FocalPointRequest, *, now: datetime) -> None:
    """Tell somebody that they are not the focal point of an organisation, and why."""
    with speaking(row.user.language):
        _write_to(row, IS_NOT_NAMED, quote=row.reason, about=row.pk, now=now)


def write_asked(step: AccreditationStep, *, to: Iterable[FocalPoint], now: datetime) -> None:
    """Tell the focal points that somebody of their organisation waits for them."""
    for row in to:
        with speaking(row.user.language):
            _write_to(row, IS_ASKED, about=step.pk, names=[row.pk], now=now)


@accreditation_hooks.stops_taking_part()
def write_withdrawn(registration: Registration, now: datetime) -> None:
    """Tell the focal points that somebody on whom they decide has withdrawn; not of those who are refused."""
    kind = registration.kind
    if registration.withdrawn is None or kind is None or kind.approval != Approver.FOCAL_POINT:
        return
    to = FocalPoint.objects.filter(forum=registration.forum_id, organisation=registration.affiliation_id)
    for row in _reachable(to.exclude(user=registration.user_id)):
        with speaking(row.user.language):
            named = {"name": registration.name}
            _write_to(row, HAS_WITHDRAWN, named=named, about=row.pk, names=[registration.pk, times.stamp(now)], now=now)


def queue_mails(now: datetime) -> int:
    """Write what is due to focal points: their places are used up; registration closes within three days, and somebody waits for
    them, or they have places left. Return how many mails are new."""
    kinds = Kind.objects.filter(
        approval=Approver.FOCAL_POINT, forum__is_public=True, forum__is_sample=False, forum__archived=None
    )
    open_kinds = [kind for kind in kinds.select_related("forum") if kind.is_open(now)]
    return sum(FOCAL_POINTS.each(open_kinds, lambda kind: _of_kind(kind, now=now), now=now, is_whole=False))


def _of_kind(kind: Kind, *, now: datetime) -> int:
    moment = times.stamp(kind.last_moment)
    rows = _reachable(FocalPoint.objects.filter(forum=kind.forum))
    full = list(outbox.without_mail(rows, before=f"{FULL}:", after=f":{kind.pk}"))
    closing = []
    if kind.last_moment - now <= BEFORE_CLOSE:
        closing = list(outbox.without_mail(rows, before=f"{CLOSING}:", after=f":{kind.pk}:{moment}"))
    asked = {row.organisation for row in (*full, *closing)}
    places = {one.organisation.pk: one for one in quotas.places([kind], organisations=asked, now=now)} if asked else {}
    waiting = _waiting(kind) if closing else {}
    number = 0
    with apart("mails to focal points") as tries:
        for row in full:
            own = places.get(row.organisation_id)
            if own and not own.left:
                write = partial(_write_of_kind, row, IS_FULL, kind=kind, names=[kind.pk], places=own.limit, now=now)
                number += tries.one(row, write)
        for row in closing:
            own, people = places.get(row.organisation_id), waiting.get(row.organisation_id, 0)
            left = own.left if own else 0
            if people or left:
                write = partial(_write_of_kind, row, IS_CLOSING, kind=kind, waiting=people, left=left, now=now)
                number += tries.one(row, partial(write, names=[kind.pk, moment]))
    return number


def _write_of_kind(
    row: FocalPoint, words: Original, *, kind: Kind, names: Sequence[object], now: datetime, **named: int
) -> None:
    with speaking(row.user.language):
        deadline = times.deadline(kind.last_moment, zone=kind.forum.zone, forum=kind.forum)
        told = named | {"kind": term(kind), "deadline": deadline}
        _write_to(row, words, named=told, about=row.pk, names=names, now=now)


def _reachable(rows: QuerySet[FocalPoint]) -> QuerySet[FocalPoint]:
    """Those who want mails of their work."""
    wanted = refused_kinds.accepting(rows.filter(user__is_active=True), key=CHOICE)
    return wanted.select_related("forum", "organisation", "user").order_by("pk")


def _waiting(kind: Kind) -> dict[int | None, int]:
    """How many people of each organisation (its key) wait for a focal point in a kind."""
    rows = Registration.objects.standing().filter(kind=kind, state=State.WITH_FOCAL_POINT).order_by()
    return dict(rows.values_list("affiliation").annotate(n=Count("pk")))


def _write_to(
    row: FocalPoint | FocalPointRequest,
    words: Original,
    *,
    quote: str = "",
    named: dict[str, Any] | None = None,
    **mail: Any,
) -> None:
    """Write a mail to a focal point, or to somebody who asked to be one, in the active language. `named`: what the words name;
    `mail`: as for `put`."""
    forum, name = row.forum, forum_name(row.forum)
    said = words.said(forum, **(named or {}))
    said["subject"] = f"{said['subject']}: {name}"
    content = Content(
        **said,
        heading=row.organisation.name if isinstance(row, FocalPoint) else row.organisation_name,
        quote=quote,
        action=MailLink(_("My delegation"), absolute(reverse("registration:delegation", args=[forum.slug]))),
        why=_("You get this mail because you are, or asked to be, a focal point for %(forum)s.") % {"forum": name},
        stop=stop_link() if words.key in refused_kinds.refusable() else None,
    )
    put(content, kind=words.key, to=row.user, forum=forum, **mail)


@mail_hooks.mail_kinds()
def _kinds() -> list[MailKind]:
    name = gettext_lazy("About my delegation: who waits or withdraws, places used up, the end of registration")
    return [MailKind(CHOICE, name, frozenset({ASKED, WITHDRAWN, FULL, CLOSING}), roles=frozenset({"focal-point"}))]


@mail_hooks.unwanted(ASKED)
def _decided(messages: Sequence[Message], now: datetime) -> set[int]:
    """At send time: somebody has decided, or the person has withdrawn."""
    open_now = Registration.objects.standing().filter(state=State.WITH_FOCAL_POINT)
    return outbox.about_others(messages, AccreditationStep.objects.filter(registration__in=open_now))


@mail_hooks.unwanted(NAMED)
@mail_hooks.unwanted(WITHDRAWN)
@mail_hooks.unwanted(FULL)
@mail_hooks.unwanted(CLOSING)
def _not_named(messages: Sequence[Message], now: datetime) -> set[int]:
    """At send time: the organisers took it back."""
    return outbox.about_others(messages, FocalPoint.objects.all())
