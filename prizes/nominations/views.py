"""Nominating a project: my nominations, a form in steps that keeps itself, the check, and the page of each one."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from events.formatting import times
from events.pages.personal import arrival, person, personal, post_only, private
from prizes.models import Edition, Nomination, Phase
from prizes.nominations import check_views, states, submission
from prizes.nominations.form import answers as form_answers
from prizes.nominations.form.forms import CHECK, FORMS, STEP_NAMES, FileForm, StepForm
from prizes.nominations.form.summary import missing_steps, summary
from prizes.nominations.own import Entry, find_edition, find_own, is_editable, stepper, to_page, to_step, wrong_answers
from prizes.nominations.project_files import MOST_FILES


@personal
def mine(request: HttpRequest, forum: str) -> HttpResponse:
    """A person's nominations in the edition, with their states and what comes next, and how to begin one."""
    edition, now = find_edition(forum), timezone.now()
    rows = Nomination.objects.of(person(request)).filter(edition=edition)
    entries = []
    for row in rows.select_related("category__action_line").order_by("-created", "-pk"):
        row.edition = edition
        entries.append(Entry(row, states.shown(row, now=now), is_editable(row, at=now)))
    context = {
        "forum": edition.forum,
        "edition": edition,
        "entries": entries,
        "submission": states.submission(edition, now=now),
        "phase": edition.phase(Phase.Kind.SUBMISSION),
        "is_confirmed": person(request).has_confirmed_address(),
    }
    return render(request, "prizes/nominations/mine.html", context)


@personal
@post_only("prizes:nominations")
def begin(request: HttpRequest, forum: str) -> HttpResponse:
    """Begin a draft and open its first step."""
    edition = find_edition(forum)
    try:
        nomination = submission.begin(edition, by=person(request), now=arrival(request))
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return HttpResponseRedirect(reverse("prizes:nominations", args=[forum]))
    nomination.edition = edition
    return to_step(nomination, next(iter(FORMS)))


@personal
def state(request: HttpRequest, forum: str, code: str) -> HttpResponse:
    """The page of one nomination: its state, what comes next, what was submitted, its files and versions."""
    nomination, now = find_own(request, forum=forum, code=code), timezone.now()
    edition, is_open = nomination.edition, is_editable(nomination, at=now)
    answers = form_answers.submitted(nomination)
    context = {
        "forum": edition.forum,
        "edition": edition,
        "nomination": nomination,
        "shown": states.shown(nomination, now=now),
        "is_editable": is_open,
        "is_withdrawable": Nomination.State.WITHDRAWN in Nomination.TRANSITIONS[nomination.state]
        and not edition.nominees_published,
        "summary": summary(edition, answers=answers, now=now),
        "resume": _first_open(nomination) if is_open else "",
        "files": nomination.attachments.all(),
        "versions": nomination.versions.all(),
        "phase": edition.phase(Phase.Kind.SUBMISSION),
        "submission": states.submission(edition, now=now),
        "certificates": [row for of in states.certificates.of() for row in of(nomination, now)],
    }
    return render(request, "prizes/nominations/state.html", context)


def _first_open(nomination: Nomination) -> str:
    """The first step that is not complete; the check when all are."""
    answers = form_answers.current(nomination)
    return next(iter(missing_steps(wrong_answers(nomination, answers=answers))), CHECK)


def _next_step(nomination: Nomination, *, step: str) -> str:
    """The step after this one; straight to the check for whoever came back to mend one answer.

    Files are no one's duty: after the last step that is, they are offered although all is complete.
    """
    keys = list(STEP_NAMES)
    is_mended = step != "partnerships" and _first_open(nomination) == CHECK
    return CHECK if is_mended else keys[keys.index(step) + 1]


def step_page(
    request: HttpRequest,
    nomination: Nomination,
    *,
    form: StepForm,
    file_form: FileForm | None = None,
    others: list[tuple[str, str]] | None = None,
) -> HttpResponse:
    """Show a step with what is stored, typed and wrong. `others`: what another device saved meanwhile."""
    edition, keys = nomination.edition, list(STEP_NAMES)
    answers = form_answers.current(nomination)
    place = keys.index(form.step)
    context = {
        "forum": edition.forum,
        "edition": edition,
        "nomination": nomination,
        "form": form,
        "file_form": file_form or FileForm(auto_id="id_upload_%s"),
        "files": nomination.attachments.all() if form.step == "files" else [],
        "most_files": MOST_FILES,
        "others": others or [],
        "step": form.step,
        "name": STEP_NAMES[form.step],
        "number": place + 1,
        "last": len(keys),
        "previous": keys[place - 1] if place else None,
        "stepper": stepper(form.step, wrong=wrong_answers(nomination, answers=answers)),
        "seen": form_answers.digest(answers, step=form.step),
        "is_draft": nomination.state == Nomination.State.DRAFT,
        "phase": edition.phase(Phase.Kind.SUBMISSION),
    }
    return render(request, "prizes/nominations/step.html", context)


def make_form(nomination: Nomination, *, step: str, data: Any = None) -> StepForm:
    answers = form_answers.current(nomination)
    return FORMS[step](data, edition=nomination.edition, answers=answers, now=timezone.now())


def keep(request: HttpRequest, nomination: Nomination, *, form: StepForm) -> Nomination:
    """Save what the form can keep; the rule's refusals are raised."""
    form.is_valid()
    saved = submission.save(
        nomination,
        by=person(request),
        step=form.step,
        data=form.kept,
        seen=request.POST.get("seen", ""),
        arrived=arrival(request),
        now=timezone.now(),
    )
    saved.edition = nomination.edition
    return saved


def refuse(form: StepForm, refusal: ValidationError) -> None:
    """Put a rule's refusal at its field, else into the summary."""
    if hasattr(refusal, "error_dict"):
        for name, errors in refusal.error_dict.items():
            form.add_error(name if name in form.fields else None, errors)
    else:
        form.add_error(None, refusal)


def other_texts(nomination: Nomination, *, form: StepForm) -> list[tuple[str, str]]:
    """What is stored now of the fields that the form wants to change: (label, text)."""
    stored = make_form(nomination, step=form.step)
    part = summary(nomination.edition, answers=stored.answers, now=timezone.now())
    lines = dict(next(one["lines"] for one in part if one["key"] == form.step))
    changed = [bound for bound in form if bound.value() != stored[bound.name].value()]
    return [(str(bound.label), lines.get(str(bound.label), "")) for bound in changed]


def saved_step(
    request: HttpRequest, nomination: Nomination, *, form: StepForm
) -> tuple[Nomination, HttpResponse | None]:
    """Keep a step; return the nomination, and a page to show where something is wrong (None: go on)."""
    try:
        nomination = keep(request, nomination, form=form)
    except ValidationError as refusal:
        fresh = find_own(request, forum=nomination.edition.forum.slug, code=nomination.code)
        refuse(form, refusal)
        others = other_texts(fresh, form=form) if getattr(refusal, "code", "") == "outdated" else None
        return fresh, step_page(request, fresh, form=form, others=others)
    if "later" in request.POST and not form.unkept:
        messages.success(request, _("Saved. You can finish on another device."))
        return nomination, to_page(nomination)
    return nomination, None if form.is_valid() else step_page(request, nomination, form=form)


@personal
def step(request: HttpRequest, forum: str, code: str, step: str) -> HttpResponse:
    """One step: shown, or saved and on to the next; what is right is kept even when something beside it is wrong."""
    nomination = find_own(request, forum=forum, code=code)
    if step != CHECK and step not in FORMS:
        raise Http404
    is_post = request.method == "POST"
    if not is_post and not is_editable(nomination, at=arrival(request)):
        return to_page(nomination)
    if step == CHECK:
        return check_views.check(request, nomination)
    form = make_form(nomination, step=step, data=request.POST if is_post else None)
    if not is_post:
        return step_page(request, nomination, form=form)
    nomination, page = saved_step(request, nomination, form=form)
    return page or to_step(nomination, _next_step(nomination, step=step))


# --- saving while typing ----------------------------------------------------------------------------
@personal
def _visited(request: HttpRequest, forum: str, code: str) -> HttpResponse:
    return to_page(find_own(request, forum=forum, code=code))


@private
def save(request: HttpRequest, forum: str, code: str) -> HttpResponse:
    """Keep what is typed in a step (`step`), for the page's script. Answers JSON: `saved`, `seen`, `unkept`; or `message`.

    401 without a log-in; 409 where a rule refuses: the deadline, or another device saved the step meanwhile.
    """
    if request.method != "POST":
        return _visited(request, forum=forum, code=code)
    if not request.user.is_authenticated:
        return JsonResponse(
            {"message": _("Not saved: you are logged out. Log in on another page, then go on here")}, status=401
        )
    nomination = find_own(request, forum=forum, code=code)
    step = request.POST.get("step", "")
    if step not in FORMS:
        raise Http404
    form = make_form(nomination, step=step, data=request.POST)
    try:
        nomination = keep(request, nomination, form=form)
    except ValidationError as refusal:
        return JsonResponse({"message": " ".join(refusal.messages), "code": getattr(refusal, "code", "")}, status=409)
    answers = form_answers.current(nomination)
    return JsonResponse(
        {
            "saved": saved_words(nomination.edition),
            "seen": form_answers.digest(answers, step=step),
            "unkept": [
                _("%(field)s: not saved. %(reason)s") % {"field": form.fields[name].label, "reason": " ".join(errors)}
                for name, errors in form.unkept.items()
            ],
        }
    )


def saved_words(edition: Edition) -> str:
    """“Saved 14:02 Geneva (12:02 UTC)”, in the edition's zone."""
    now = timezone.now()
    parts = {
        "time": times.hours(now, zone=edition.zone),
        "place": times.place_name(edition.zone, forum=edition.forum),
        "utc": f"{now:%H:%M}",
    }
    return _("Saved %(time)s %(place)s (%(utc)s UTC)") % parts
