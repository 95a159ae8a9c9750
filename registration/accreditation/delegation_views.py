"""The page of a focal point: the people of their organisations, and what is decided on them."""

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.history import viewings
from events.models import Forum, User, Viewing
from events.pages.find_forum import bare_forum
from events.pages.personal import person, personal
from registration.accreditation import decisions, focal_points, quotas
from registration.models import FocalPoint, Registration

VERBS: dict[str, Callable[..., Any]] = {"approve": decisions.pass_on, "refuse": decisions.refuse_own}


class ChosenForm(forms.Form):
    act = forms.ChoiceField(choices=[(key, key) for key in VERBS])
    chosen = forms.TypedMultipleChoiceField(coerce=int)
    reason = forms.CharField(max_length=2000, required=False)

    def __init__(self, data: Any, *, waiting: Iterable[Registration]) -> None:
        super().__init__(data)
        self.fields["chosen"].choices = [(str(row.pk), row.name) for row in waiting]  # type: ignore[attr-defined]


@personal
def delegation(request: HttpRequest, forum: str) -> HttpResponse:
    """Their own organisations' people. A POST approves or refuses those who are chosen, each by itself. For nobody else there
    is such a page."""
    edition, user, now = bare_forum(forum), person(request), timezone.now()
    own = FocalPoint.objects.filter(forum=edition, user=user).select_related("organisation")
    if not own:
        raise Http404
    rows, waiting = _people(user, forum=edition)
    typed, chosen = "", set()
    if request.method == "POST":
        form = ChosenForm(request.POST, waiting=waiting)
        if form.is_valid() and _decide(request, form.cleaned_data, waiting=waiting):
            return HttpResponseRedirect(request.path)
        if "chosen" in form.errors:
            messages.error(request, _("Choose people who wait for your decision"))
        for sentence in form.errors.get("reason", ()):
            messages.error(request, str(sentence))
        rows, waiting = _people(user, forum=edition)  # as they stand now: some may be decided
        typed, chosen = request.POST.get("reason", ""), set(request.POST.getlist("chosen"))
    people = [row.user_id for row in rows]
    viewings.record(
        by=user, kind=Viewing.Kind.LIST, model="registration.registration", people=people, forum_id=edition.pk, now=now
    )
    context = {
        "forum": edition,
        "organisations": [one.organisation for one in own],
        "places": quotas.left(rows),
        "waiting": waiting,
        "others": [row for row in rows if row not in waiting],
        "typed": typed,
        "chosen": chosen,
    }
    return render(request, "registration/accreditation/delegation.html", context)


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
