"""The page of a focal point: the people of their organisations, and what is decided on them."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from events.models import Forum, Organisation, User, Viewing
from events.shared.drafts import fields
from events.shared.history import viewings
from events.shared.invitations import there
from events.shared.pages.find_forum import bare_forum
from events.shared.pages.personal import Button, arrival, person, personal, press, takes_files
from events.shared.pages.refusals import is_taken
from registration.accreditation import decisions, invitations, quotas
from registration.accreditation.delegations import focal_point_requests, focal_points
from registration.accreditation.documents import documents
from registration.models import Approver, FocalPointRequest, Kind, Registration, RegistrationInvitation

VERBS: dict[str, Callable[..., Any]] = {"approve": decisions.pass_on, "refuse": decisions.refuse_own}


class ChosenDelegatesForm(forms.Form):
    act = forms.ChoiceField(choices=[(key, key) for key in VERBS])
    chosen = forms.TypedMultipleChoiceField(coerce=int)
    reason = forms.CharField(max_length=2000, required=False)

    def __init__(self, data: QueryDict, *, waiting: Iterable[Registration]) -> None:
        super().__init__(data)
        self.fields["chosen"].choices = [(str(row.pk), row.name) for row in waiting]  # type: ignore[attr-defined]
        if "all" in data:
            self.data = self._with_all(data)

    def _with_all(self, data: QueryDict) -> QueryDict:
        """Where “all” is ticked, those whom the page showed (`shown`) and who still wait are chosen."""
        known = {value for value, _name in self.fields["chosen"].choices}  # type: ignore[attr-defined]
        chosen = data.copy()
        chosen.setlist("chosen", [key for key in data.getlist("shown") if key in known])
        return chosen


class BecomeFocalPointForm(forms.Form):
    """Asks to be the focal point of an organisation."""

    organisation = fields.line(
        gettext_lazy("Organisation"),
        length=200,
        hint=gettext_lazy("Its whole name"),
        autocomplete="organization",
        is_needed=True,
    )
    letter = forms.FileField(
        label=gettext_lazy("Letter"),
        error_messages={"required": gettext_lazy("Choose the letter")},
        help_text=gettext_lazy(
            "In which the organisation says that you answer for its people. PDF, PNG or JPEG, 10 MB at the most."
        ),
        widget=forms.FileInput(attrs={"accept": ".pdf,.png,.jpg,.jpeg"}),
    )


@takes_files(1)
@personal
def ask(request: HttpRequest, forum: str) -> HttpResponse:
    """What a focal point is, and how one becomes one: a POST asks the organisers, with a letter."""
    edition, user = bare_forum(forum), person(request)
    form = BecomeFocalPointForm(request.POST, request.FILES) if request.method == "POST" else BecomeFocalPointForm()
    if form.is_bound and is_taken(form, focal_point_requests.ask, forum=edition, by=user, now=arrival(request)):
        messages.success(request, _("We have your request. The organisers decide on it, and we write to you then."))
        return HttpResponseRedirect(request.path)
    context = {
        "forum": edition,
        "form": form,
        "own": focal_points.organisations(user, forum=edition),
        "asked": FocalPointRequest.objects.filter(forum=edition, user=user),
    }
    return render(request, "registration/accreditation/ask.html", context)


@personal
def delegation(request: HttpRequest, forum: str) -> HttpResponse:
    """The people of a focal point's organisations. A POST approves or refuses those who are chosen, one after the other, or sends
    an invitation again, or takes it back. Whoever is no focal point is led to the page where one asks to be one."""
    edition, user, now = bare_forum(forum), person(request), timezone.now()
    own = focal_points.organisations(user, forum=edition)
    if not own:
        return HttpResponseRedirect(reverse("registration:ask-focal-point", args=[edition.slug]))
    invited = _invited(own, forum=edition)
    if request.method == "POST" and request.POST.get("act") in BUTTONS:
        press(request, invited, button=BUTTONS[request.POST["act"]])
        return HttpResponseRedirect(request.path)
    rows, waiting = _people(user, forum=edition)
    typed, chosen = "", set()
    if request.method == "POST":
        form = ChosenDelegatesForm(request.POST, waiting=waiting)
        if form.is_valid() and _decide(request, form.cleaned_data, waiting=waiting):
            return HttpResponseRedirect(request.path)
        if "chosen" in form.errors:
            messages.error(request, _("Choose people who wait for your decision"))
        for sentence in form.errors.get("reason", ()):
            messages.error(request, str(sentence))
        rows, waiting = _people(user, forum=edition)  # as they stand now: some may be decided
        typed, chosen = request.POST.get("reason", ""), set(request.POST.getlist("chosen"))
    people, waiting_keys = [row.user_id for row in rows], {row.pk for row in waiting}
    viewings.record(
        by=user, kind=Viewing.Kind.LIST, model="registration.registration", people=people, forum_id=edition.pk, now=now
    )
    given = documents.shown(edition, people=people)
    for row in rows:
        row.files = given.get(row.user_id, [])  # type: ignore[attr-defined]
    kinds = list(Kind.objects.filter(forum=edition, approval=Approver.FOCAL_POINT))
    context = {
        "forum": edition,
        "organisations": own,
        "is_of_one": len(own) == 1,
        "places": quotas.places(kinds, organisations=own, now=now),
        "waiting": waiting,
        "others": [row for row in rows if row.pk not in waiting_keys],
        "invited": [(row, row.is_open(now)) for row in invited],
        "typed": typed,
        "chosen": chosen,
    }
    return render(request, "registration/accreditation/delegation.html", context)


def _invited(own: Sequence[Organisation], *, forum: Forum) -> QuerySet[RegistrationInvitation]:
    """The invitations of these organisations that nobody has used, in kinds on which focal points decide."""
    rows = RegistrationInvitation.objects.filter(forum=forum, organisation__in=own, kind__approval=Approver.FOCAL_POINT)
    return rows.exclude(state=RegistrationInvitation.State.ACCEPTED).select_related("forum", "kind", "organisation")


def _again(invited: QuerySet[RegistrationInvitation], *, invitation: int, by: User, now: datetime) -> None:
    invitations.send_again(there(invited, invitation), as_focal_point=True, by=by, now=now)


def _back(invited: QuerySet[RegistrationInvitation], *, invitation: int, by: User, now: datetime) -> None:
    invitations.take_back(there(invited, invitation), by=by, now=now)


# Buttons beside an invitation (events.shared.pages.personal.press).
BUTTONS: dict[str, Button] = {
    "again": (_again, "invitation", gettext_lazy("The mail goes out again.")),
    "back": (_back, "invitation", gettext_lazy("The invitation is taken back. Its place is free.")),
}


def _people(user: User, *, forum: Forum) -> tuple[list[Registration], list[Registration]]:
    """The people of a focal point's organisations, and those who wait for the focal point."""
    rows = list(focal_points.people(user, forum=forum))
    return rows, [row for row in rows if row.state == row.State.WITH_FOCAL_POINT and row.user_id != user.pk]


def _decide(request: HttpRequest, data: dict[str, Any], *, waiting: list[Registration]) -> bool:
    """Call the verb for each; tell how many it took and which it refused. Whether nothing is left to correct."""
    good, refused = 0, []
    for row in waiting:
        if row.pk not in data["chosen"]:
            continue
        try:
            VERBS[data["act"]](row, reason=data["reason"], by=request.user, now=timezone.now())
        except ValidationError as refusal:
            refused.append(_("%(name)s: %(reason)s") % {"name": row.name, "reason": " ".join(refusal.messages)})
        else:
            good += 1
    if good and data["act"] == "approve":
        words = ngettext("%(n)s person approved.", "%(n)s people approved.", good)
        messages.success(request, words % {"n": good} + " " + _("The secretariat decides next."))
    elif good:
        messages.success(request, ngettext("%(n)s person refused.", "%(n)s people refused.", good) % {"n": good})
    for sentence in refused:
        messages.error(request, sentence)
    return not refused
