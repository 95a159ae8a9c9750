"""The last step of a nomination: read it all, submit it, or drop the changes; and taking it back."""

from collections.abc import Mapping

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from events.formatting.numbers import whole_number
from events.pages.personal import arrival, person, personal
from prizes.models import Nomination, Phase
from prizes.nominations import submission
from prizes.nominations.form import answers as form_answers
from prizes.nominations.form.forms import CHECK, STEP_NAMES
from prizes.nominations.form.summary import summary
from prizes.nominations.own import address, find_own, is_editable, stepper, to_page


def check(request: HttpRequest, nomination: Nomination) -> HttpResponse:
    """All answers with what is still wrong; a POST submits them as a whole, or drops the changes."""
    if request.method != "POST":
        return _check_page(request, nomination)
    user, now = person(request), timezone.now()
    if "discard" in request.POST:
        submission.discard(nomination, by=user, now=now)
        messages.success(request, _("The changes are dropped. What you submitted stands."))
        return to_page(nomination)
    revision = request.POST.get("revision", "")
    is_first = nomination.state == Nomination.State.DRAFT
    try:
        submission.submit(
            nomination,
            by=user,
            is_different="similar_confirmed" in request.POST,
            revision=whole_number(revision),
            arrived=arrival(request),
            now=now,
        )
    except ValidationError as refusal:
        fresh = find_own(request, forum=nomination.edition.forum.slug, code=nomination.code)
        return _check_page(request, fresh, refusal=refusal)
    messages.success(request, _("Your nomination is submitted.") if is_first else _("Your changes are submitted."))
    return to_page(nomination)


def _check_page(
    request: HttpRequest, nomination: Nomination, *, refusal: ValidationError | None = None
) -> HttpResponse:
    edition, now = nomination.edition, timezone.now()
    answers = form_answers.current(nomination)
    found = submission.findings(nomination, answers=answers, now=now)
    steps = list(STEP_NAMES)
    fields = getattr(refusal, "error_dict", {})
    context = {
        "forum": edition.forum,
        "edition": edition,
        "nomination": nomination,
        "summary": summary(edition, answers=answers, now=now),
        "wrong": _linked(found.refusals, nomination=nomination),
        "general": refusal.messages if refusal and not fields else [],
        "is_refused": refusal is not None,
        "near": found.near,
        "is_unconfirmed": "similar_confirmed" in fields,
        "is_confirmed": nomination.similar_confirmed and answers["title"] == nomination.title,
        "files": nomination.attachments.all(),
        "is_draft": nomination.state == Nomination.State.DRAFT,
        "is_editable": is_editable(nomination, at=arrival(request)),
        "has_changes": bool(nomination.changes),
        "has_address": person(request).has_confirmed_address(),
        "stepper": stepper(CHECK, wrong=found.refusals),
        "number": len(steps),
        "last": len(steps),
        "previous": steps[-2],
        "phase": edition.phase(Phase.Kind.SUBMISSION),
    }
    return render(request, "prizes/nominations/check.html", context)


def _linked(refusals: Mapping[str, ValidationError], *, nomination: Nomination) -> list[dict[str, str]]:
    """The refusals in the order of the steps, each with the address of its field."""
    found = []
    for name, refusal in refusals.items():
        step = form_answers.step_of(name)
        anchor = (
            "" if name == "linkages" else f"#id_{name}{'_0' if name in {'stakeholder_type', 'project_status'} else ''}"
        )
        found.append(
            {
                "step": step,
                "url": address("nominate-step", nomination, step) + anchor,
                "words": " ".join(refusal.messages),
            }
        )
    return sorted(found, key=lambda one: list(STEP_NAMES).index(one["step"]))


@personal
def withdraw(request: HttpRequest, forum: str, code: str) -> HttpResponse:
    """Ask, then take the nomination back."""
    nomination = find_own(request, forum=forum, code=code)
    reasons: list[str] = []
    if request.method == "POST":
        try:
            reason = request.POST.get("reason", "").replace("\0", "")[:2000]
            submission.withdraw(nomination, by=person(request), reason=reason, now=timezone.now())
        except ValidationError as refusal:
            reasons = refusal.messages
        else:
            messages.success(request, _("The nomination is withdrawn."))
            return HttpResponseRedirect(reverse("prizes:nominations", args=[forum]))
    context = {
        "forum": nomination.edition.forum,
        "edition": nomination.edition,
        "nomination": nomination,
        "reasons": reasons,
    }
    return render(request, "prizes/nominations/withdraw.html", context)
