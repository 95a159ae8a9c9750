"""Groups of registered people to whom organisers write: by what they are, booked and attended, and what they wait for."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from events.mailings import hooks
from events.mailings.hooks import MailGroup, mail_receivers
from events.mailings.options import ChosenSessionForm, GroupForm, in_sessions
from events.models import Country, Forum
from events.shared.formatting.names import row_name
from registration.models import Attendance, Booking, Kind, Registration, Waiting
from registration.registering.desk import chosen_people

type Options = Mapping[str, Any]
State = Registration.State
UNDECIDED = (State.WITH_FOCAL_POINT, State.WITH_SECRETARIAT)


class PeopleForm(GroupForm):
    """Everybody, or those who are all that is chosen here."""

    kind = forms.ModelMultipleChoiceField(
        Kind.objects.none(), label=_("Kind"), required=False, widget=forms.CheckboxSelectMultiple
    )
    mode = forms.ChoiceField(
        label=_("Attendance"), choices=[("", _("any")), *Registration.Mode.choices], required=False
    )
    country = forms.ModelMultipleChoiceField(Country.objects.all(), label=_("Country"), required=False)
    organisation = forms.CharField(label=_("Organisation, or a part of its name"), max_length=200, required=False)

    def __init__(self, *args: Any, forum: Forum, **more: Any) -> None:
        super().__init__(*args, forum=forum, **more)
        self.fields["kind"].queryset = forum.kinds.all()  # type: ignore[attr-defined]
        self.fields["country"].label_from_instance = row_name  # type: ignore[attr-defined]


def _receivers(rows: QuerySet[Registration]) -> QuerySet[Any, Any]:
    return mail_receivers(rows, user="user", name="name", language="language")


def _matching(rows: QuerySet[Registration], options: Options) -> QuerySet[Registration]:
    if kinds := options["kind"]:
        rows = rows.filter(kind__in=kinds)
    if mode := options["mode"]:
        rows = rows.filter(mode=mode)
    if countries := options["country"]:
        rows = rows.filter(country__in=countries)
    if words := options["organisation"]:
        rows = rows.filter(Q(organisation__icontains=words) | Q(affiliation__name__icontains=words))
    return rows


def _registered(forum: Forum, options: Options, _now: datetime) -> QuerySet[Any, Any]:
    return _receivers(_matching(Registration.objects.active().filter(forum=forum), options))


def _undecided(forum: Forum, options: Options, _now: datetime) -> QuerySet[Any, Any]:
    rows = Registration.objects.standing().filter(forum=forum, state__in=UNDECIDED)
    return _receivers(_matching(rows, options))


def _with(rows: QuerySet[Any], forum: Forum, options: Options, *, without: QuerySet[Any] | None = None) -> Any:
    """People who take part and have such a row about the sessions chosen (`without`: and none of these about the same one)."""
    found = rows.filter(in_sessions(options, forum=forum), registration=OuterRef("pk"))
    if without is not None:
        found = found.exclude(
            Exists(without.filter(registration=OuterRef("registration"), session=OuterRef("session")))
        )
    return _receivers(Registration.objects.active().filter(Exists(found), forum=forum))


def _booked(forum: Forum, options: Options, _now: datetime) -> QuerySet[Any, Any]:
    return _with(Booking.objects.order_by(), forum, options)


def _attended(forum: Forum, options: Options, _now: datetime) -> QuerySet[Any, Any]:
    return _with(Attendance.objects.order_by(), forum, options)


def _missed(forum: Forum, options: Options, now: datetime) -> QuerySet[Any, Any]:
    """Booked, and not there when it took place."""
    booked = Booking.objects.order_by().filter(session__state="scheduled", session__ends__lte=now)
    return _with(booked, forum, options, without=Attendance.objects.order_by())


def _waiting(forum: Forum, options: Options, _now: datetime) -> QuerySet[Any, Any]:
    """For a place in a session; where none is chosen, for one in a kind too."""
    if options["session"] or options["day"]:
        return _with(Waiting.objects.order_by(), forum, options)
    waiting = Waiting.objects.order_by().filter(registration=OuterRef("pk"))
    return _receivers(Registration.objects.standing().filter(Exists(waiting), forum=forum))


def _agenda(forum: Forum) -> str:
    return reverse("registration:agenda", args=[forum.slug])


def _own_registration(forum: Forum) -> str:
    return reverse("registration:register", args=[forum.slug])


@hooks.mail_groups("registration")
def groups() -> list[MailGroup]:
    """The groups of this app."""
    registered = _("You get this mail because you registered for %(forum)s.")
    booked = _("You get this mail because you booked a session of %(forum)s.")
    there = _("You get this mail because you were in a session of %(forum)s.")
    wait = _("You get this mail because you are on a waiting list of %(forum)s.")
    people, attendances, lists = (f"registration.view_{model}" for model in ("registration", "attendance", "waiting"))
    undecided, missed = _("Accreditation waiting"), _("Booked and did not come")
    return [
        MailGroup("registered", _("Registered people"), people, _registered, registered, _agenda, PeopleForm),
        MailGroup(
            chosen_people.KEY,
            _("Chosen in the list"),
            people,
            chosen_people.people,
            registered,
            _agenda,
            chosen_people.ChosenForm,
            is_offered=False,
        ),
        MailGroup("booked", _("Booked"), "registration.view_booking", _booked, booked, _agenda, ChosenSessionForm),
        MailGroup("attended", _("Attended"), attendances, _attended, there, _agenda, ChosenSessionForm),
        MailGroup("missed", missed, attendances, _missed, booked, _agenda, ChosenSessionForm),
        MailGroup("waiting", _("On a waiting list"), lists, _waiting, wait, _agenda, ChosenSessionForm),
        MailGroup("undecided", undecided, people, _undecided, registered, _own_registration, PeopleForm),
    ]
