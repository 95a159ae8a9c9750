"""In which kind, and where, people may take part now; how many places are left; which sessions a kind may book."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from django.core.exceptions import ValidationError
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import Forum, Session
from events.shared.formatting.names import term
from events.shared.formatting.times import deadline
from events.shared.once_a_revision import once_a_revision
from registration.accreditation import quotas
from registration.models import Kind, Registration, Waiting
from registration.models.kind import Approver, ModeOfAttendance

# Fewer free places are “few”. Their number is for organisers: read a minute apart, the numbers of a kind and of its sessions
# would tell strangers that one person registered, as what, and what they booked.
FEW = 10
CHOOSE = gettext_lazy("Choose in what capacity you take part")


@once_a_revision
def of(forum: int) -> list[Kind]:
    """The kinds of a forum (its key), with the forum, in their order."""
    return list(Kind.objects.filter(forum=forum).select_related("forum"))


@once_a_revision
def session_types(kind: int) -> frozenset[int]:
    """The types of session that a kind (its key) may book; empty: all."""
    return frozenset(Kind.session_types.through.objects.filter(kind=kind).values_list("sessiontype", flat=True))


def may_book(registration: Registration, *, session: Session) -> bool:
    """Whether the kind of a registration may book sessions of this type."""
    types = session_types(registration.kind_id) if registration.kind_id else None
    return not types or session.type_id in types


def modes(forum: Forum, kind: Kind | None) -> list[str]:
    """Where people may take part: where the kind says; else online, and on site where the forum has a place."""
    if kind and kind.mode:
        return [kind.mode]
    remote, on_site = ModeOfAttendance.REMOTE, ModeOfAttendance.ON_SITE
    return [remote] if forum.is_virtual else [remote, on_site]


_OWN = quotas.holders().filter(kind=OuterRef("pk")).values("kind").annotate(n=Count("pk")).values("n")
_LINE = Waiting.objects.of_kind(OuterRef("pk")).filter(offered_until=None).order_by()  # type: ignore[arg-type]
_WAITS = _LINE.values("registration__kind").annotate(n=Count("pk")).values("n")
# To annotate kinds with: how many people of each have a place, and how many wait for one.
PEOPLE = {"people": Coalesce(Subquery(_OWN), 0), "waits": Coalesce(Subquery(_WAITS), 0)}


def taken(kinds: Iterable[Kind]) -> dict[int, int]:
    """How many people have a place in each of these kinds of a forum that has a limit, by its key. One query."""
    limited = [kind for kind in kinds if kind.capacity is not None]
    holders = quotas.holders().filter(kind__in=limited).values_list("kind").annotate(people=Count("pk"))
    people = dict(holders) if limited else {}
    return {kind.pk: people.get(kind.pk, 0) for kind in limited}


def places_left(kind: Kind, *, people: int | None = None) -> int | None:
    """How many places of a kind are free; None: there is no limit. `people`: how many have one, else one query."""
    if kind.capacity is None:
        return None
    return max(kind.capacity - (quotas.people_in(kind) if people is None else people), 0)


def check(
    kind: int | None, *, forum: Forum, is_brought: bool = False, is_tried: bool = False, now: datetime
) -> Kind | None:
    """The kind (its key) in which somebody is to register, locked until the end of the transaction; None in a forum
    without kinds. `is_tried`: nobody registers, so nothing is locked.

    `is_brought`: organisers bring the person in; then the kind's dates and invitations do not count. Refuses
    `no-kind`, `kind-unknown`, `kind-by-invitation` and `kind-closed`. Where all places are taken people wait
    (registration.accreditation.states).
    """
    if kind is None:
        if of(forum.pk):
            raise ValidationError(CHOOSE, code="no-kind")
        return None
    if is_tried:
        found = next((one for one in of(forum.pk) if one.pk == kind), None)
    elif found := next(iter(quotas.lockable_kinds().filter(pk=kind, forum=forum.pk).order_by()), None):
        found.forum = forum
    if found is None:
        raise ValidationError(_("This kind of registration is not there any more. Choose another"), code="kind-unknown")
    if found.is_invited and not is_brought:
        raise ValidationError(_("%(kind)s: by invitation only") % {"kind": term(found)}, code="kind-by-invitation")
    if not found.is_open(now) and not is_brought:
        raise ValidationError(window_words(found, now=now), code="kind-closed")
    return found


# --- in words -------------------------------------------------------------------------------------
def window_words(kind: Kind, *, now: datetime) -> str:
    """When a kind that is not open opens, or that it is closed since."""
    opens, closes = kind.opens or kind.forum.registration_opens, kind.last_moment
    words = _("%(kind)s: opens on %(time)s") if now < opens else _("%(kind)s: closed on %(time)s")
    moment = deadline(opens if now < opens else closes, zone=kind.forum.zone, forum=kind.forum)
    return words % {"kind": term(kind), "time": moment}


@dataclass(frozen=True)
class Offer:
    """A kind that people may choose now."""

    kind: Kind
    people: Callable[[], Mapping[int, int]]  # counts who has a place, by the key of the kind

    @property
    def left(self) -> int | None:
        """The free places; None: no limit. Who does not ask for them counts nobody."""
        return places_left(self.kind, people=self.people().get(self.kind.pk, 0))

    @property
    def facts(self) -> list[str]:
        """Where one takes part, what is left, who decides, and until when where that is not the forum’s day, in few words."""
        kind, found = self.kind, []
        if kind.mode:
            found.append(str(kind.get_mode_display()))
        if self.left == 0:
            found.append(_("all places are taken: you join the waiting list"))
        elif self.left is not None:
            found.append(_("few places are left") if self.left < FEW else _("places are free"))
        if kind.approval == Approver.SECRETARIAT:
            found.append(_("the secretariat decides"))
        elif kind.approval == Approver.FOCAL_POINT:
            found.append(_("your organisation’s focal point decides, then the secretariat"))
        if kind.closes:
            closes = deadline(kind.closes, zone=kind.forum.zone, forum=kind.forum)
            found.append(_("open until %(time)s") % {"time": closes})
        return found


def offers(kinds: Iterable[Kind], *, now: datetime) -> list[Offer]:
    """Those of the kinds that people may choose at a moment, the full ones too. One query, once somebody asks what is left."""
    open_now = [kind for kind in kinds if not kind.is_invited and kind.is_open(now)]
    people = cache(lambda: taken(open_now))
    return [Offer(kind, people) for kind in open_now]


def others(kinds: Iterable[Kind], *, now: datetime) -> list[str]:
    """Why the others cannot be chosen, in words: when they open or closed; those by invitation are left out."""
    return [window_words(kind, now=now) for kind in kinds if not kind.is_invited and not kind.is_open(now)]


class OfferedName(str):
    """The name of a kind, on forms with its facts below."""

    offer: Offer

    def __html__(self) -> str:
        facts = " · ".join(self.offer.facts)
        return format_html("<bdi>{}</bdi><br><small>{}</small>" if facts else "<bdi>{}</bdi>", str(self), facts)


def names(offered: Iterable[Offer], *, kept: Kind | None) -> list[tuple[int, str]]:
    """The kinds to choose from in a form: those on offer, and the one that the person has (`kept`). Somebody who has one is not
    offered one that is full: they would lose their place and wait."""
    found: dict[int, str] = {kept.pk: term(kept)} if kept else {}
    for offer in offered:
        if not kept or offer.left != 0:
            found[offer.kind.pk] = name = OfferedName(term(offer.kind))
            name.offer = offer
    return list(found.items())
