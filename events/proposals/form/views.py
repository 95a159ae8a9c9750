"""Proposing: the public page of the call, my proposals, a form in steps that keeps itself, taking a proposal back."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from events.formatting import numbers, times
from events.models import Call, HostedSession, Proposal, Question
from events.models.consultation import ProposalKind
from events.models.reference import Region, StakeholderType
from events.pages.find_forum import find_forum
from events.pages.personal import arrival, person, personal, private
from events.pages.public import public_page
from events.proposals import states, statistics, submission, telling
from events.proposals.form import answers as proposal_answers
from events.proposals.form import validation
from events.proposals.form.answers import CHECK, STEP_NAMES
from events.proposals.form.fields import show_refusal
from events.proposals.form.forms import FORMS, SpeakersForm, StepForm
from events.proposals.form.summary import summary

BADGES = {"accepted": "ok", "changes": "moved", "declined": "cancelled", "withdrawn": "cancelled"}
TYPE_NAMES = {**dict(StakeholderType.choices)}
REGION_NAMES = {**dict(Region.choices)}


@public_page
def call(request: HttpRequest, forum: str) -> HttpResponse:
    """The call: its dates, its kinds of request, and after it the figures."""
    found, now = find_forum(forum), timezone.now()
    row = states.call_of(found)
    if row is None:
        raise Http404
    kinds = dict(ProposalKind.choices)
    context: dict[str, Any] = {
        "forum": found,
        "call": row,
        "kinds": [kinds[kind] for kind in row.kinds if kind in kinds],
        "state": row.phase(now),
    }
    if now >= row.closes:
        context |= _tables(statistics.public_figures(found))
    return render(request, "events/proposals/call.html", context)


def _tables(counted: statistics.Figures) -> dict[str, Any]:
    """The two tables with names instead of values; a table without lines is withheld."""

    def named(lines: list[statistics.Line] | None, *, names: dict[str, Any], rest: str) -> list[tuple[str, int | None]]:
        return [(str(names.get(one.value, rest)), one.number) for one in lines or []]

    return {
        "total": counted.total,
        "tables": [
            (_("By stakeholder type"), named(counted.by_type, names=TYPE_NAMES, rest=_("Not said"))),
            (_("By region"), named(counted.by_region, names=REGION_NAMES, rest=_("No country"))),
        ],
    }


@personal
def mine(request: HttpRequest, forum: str) -> HttpResponse:
    """A person's proposals with their states, the sessions they look after, and how to begin one."""
    found, now = find_forum(forum), arrival(request)
    row = states.call_of(found)
    untold = telling.untold(person(request), forum=found)
    proposals = list(telling.known(person(request), forum=found, untold=untold).select_related("session"))
    for proposal in proposals:
        telling.as_told(proposal, untold=untold)
        proposal.badge = BADGES.get(proposal.state, "")  # type: ignore[attr-defined]
        proposal.is_open = states.is_editable(proposal, call=row, now=now)  # type: ignore[attr-defined]
    hosted = HostedSession.objects.filter(user=person(request), session__forum=found).select_related("session")
    hosted = hosted.exclude(session__proposal__in=untold)
    context = {
        "forum": found,
        "call": row,
        "state": row.phase(now) if row else "none",
        "proposals": proposals,
        "hosted": hosted.order_by("session__starts", "pk"),
        "is_confirmed": person(request).has_confirmed_address(),
    }
    return render(request, "events/proposals/mine.html", context)


@personal
def new(request: HttpRequest, forum: str) -> HttpResponse:
    """POST begins a draft and opens its first step; whoever comes by a link goes to their proposals."""
    found = find_forum(forum)
    home = HttpResponseRedirect(reverse("events:proposals-mine", args=[found.slug]))
    if request.method != "POST":
        return home
    try:
        proposal = submission.begin(found, by=person(request), now=arrival(request))
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return home
    return _to_step(proposal, next(iter(FORMS)))


def find(request: HttpRequest, *, forum: str, code: str) -> Proposal:
    """The person's own proposal of this code, as they know it; others look as if there was none (404)."""
    found = find_forum(forum)
    untold = telling.untold(person(request), forum=found)
    rows = telling.known(person(request), forum=found, untold=untold).filter(code=code)
    row = rows.select_related("proposer", "country", "session_type", "session", "merged_into").first()
    if row is None:
        raise Http404
    row.forum = found
    telling.as_told(row, untold=untold)
    return row


def call_and_questions(proposal: Proposal) -> tuple[Call, list[Question]]:
    row = states.call_of(proposal.forum)
    if row is None:
        raise Http404
    return row, list(row.questions.all())


def address(name: str, proposal: Proposal, *parts: str) -> str:
    return reverse(f"events:{name}", args=[proposal.forum.slug, proposal.code, *parts])


def _to_step(proposal: Proposal, step: str) -> HttpResponse:
    return HttpResponseRedirect(address("proposal-step", proposal, step))


def wrong_answers(proposal: Proposal, *, row: Call, questions: list[Question]) -> dict[str, ValidationError]:
    return validation.refusals(proposal_answers.current(proposal), call=row, questions=questions)


def _steps(proposal: Proposal) -> list[str]:
    return [*proposal_answers.steps_of(proposal.kind), CHECK]


def _stepper(proposal: Proposal, *, step: str, wrong: dict[str, ValidationError]) -> list[dict[str, Any]]:
    keys = _steps(proposal)
    missing = {*map(proposal_answers.step_of, wrong), CHECK}
    untouched = _left_empty(proposal) & {*keys[keys.index(step) :]}
    return [
        {
            "key": key,
            "name": STEP_NAMES[key],
            "is_current": key == step,
            "is_done": key not in missing and key not in untouched,
        }
        for key in keys
    ]


def _left_empty(proposal: Proposal) -> set[str]:
    """The steps that may stay empty, and are."""
    has_wishes = proposal.wished_days or proposal.avoided_days or proposal.answers
    filled = {"speakers": proposal_answers.invited(proposal).exists(), "wishes": bool(has_wishes)}
    return {key for key, is_filled in filled.items() if not is_filled}


# --- one step ---------------------------------------------------------------------------------------
def _step_page(request: HttpRequest, proposal: Proposal, *, form: StepForm, status: int = 200) -> HttpResponse:
    steps = _steps(proposal)
    place = steps.index(form.step)
    wrong = wrong_answers(proposal, row=form.call, questions=list(form.questions))
    context = {
        "forum": proposal.forum,
        "proposal": proposal,
        "call": form.call,
        "form": form,
        "step": form.step,
        "name": STEP_NAMES[form.step],
        "number": place + 1,
        "last": len(steps),
        "previous": steps[place - 1] if place else None,
        "stepper": _stepper(proposal, step=form.step, wrong=wrong),
        "seen": proposal_answers.digest(proposal_answers.current(proposal), step=form.step),
        "can_add": isinstance(form, SpeakersForm) and form.size < proposal_answers.MOST_SPEAKERS,
    }
    return render(request, "events/proposals/step.html", context, status=status)


def _make_form(proposal: Proposal, *, step: str, data: Any = None) -> StepForm:
    row, questions = call_and_questions(proposal)
    return FORMS[step](data, proposal=proposal, call=row, questions=questions)


def _keep(request: HttpRequest, proposal: Proposal, *, form: StepForm) -> Proposal:
    """Save what the form can keep; the rule's refusals are raised."""
    form.is_valid()
    saved = submission.save(
        proposal,
        by=person(request),
        step=form.step,
        data=form.kept,
        seen=request.POST.get("seen", ""),
        now=arrival(request),
    )
    saved.forum = proposal.forum
    return saved


@personal
def step(request: HttpRequest, forum: str, code: str, step: str) -> HttpResponse:
    """One step: shown, or saved and on to the next; what is right is kept even when something beside it is wrong."""
    proposal = find(request, forum=forum, code=code)
    if step != CHECK and step not in FORMS:
        raise Http404
    row, _questions = call_and_questions(proposal)
    if request.method != "POST" and not states.is_editable(proposal, call=row, now=arrival(request)):
        return HttpResponseRedirect(address("proposal", proposal))
    if step == CHECK:
        return _check(request, proposal)
    if step not in _steps(proposal):
        return _to_step(proposal, CHECK)
    form = _make_form(proposal, step=step, data=request.POST if request.method == "POST" else None)
    if request.method != "POST":
        return _step_page(request, proposal, form=form)
    try:
        proposal = _keep(request, proposal, form=form)
    except ValidationError as refusal:
        show_refusal(form, refusal)
        return _step_page(request, find(request, forum=forum, code=code), form=form)
    if "more" in request.POST and isinstance(form, SpeakersForm) and not form.unkept:
        return _step_page(request, proposal, form=_more_rows(proposal, form=form))
    if "later" in request.POST and not form.unkept:
        messages.success(request, _("Saved. You can finish on another device."))
        return HttpResponseRedirect(address("proposal", proposal))
    if not form.is_valid():
        return _step_page(request, proposal, form=form)
    return _to_step(proposal, _next(proposal, step=step))


def _more_rows(proposal: Proposal, *, form: SpeakersForm) -> StepForm:
    """The speakers that are kept, and more free rows."""
    fresh = _make_form(proposal, step=form.step)
    assert isinstance(fresh, SpeakersForm)  # noqa: S101
    fresh.rows_sent = str(form.size + 2)
    fresh.build()
    return fresh


def _next(proposal: Proposal, *, step: str) -> str:
    steps = _steps(proposal)
    return steps[steps.index(step) + 1]


@private
def save(request: HttpRequest, forum: str, code: str) -> HttpResponse:
    """Keep what is typed in a step (`step`), for the page's script. Answers JSON: `saved`, `seen`, `unkept`; or `message`.

    401 without a log-in; 409 where a rule refuses: the deadline, or another device saved the step meanwhile.
    """
    if request.method != "POST":
        return _visited(request, forum=forum, code=code)
    if not request.user.is_authenticated:
        words = _("Not saved: you are logged out. Log in on another page, then go on here")
        return JsonResponse({"message": words}, status=401)
    proposal = find(request, forum=forum, code=code)
    step = request.POST.get("step", "")
    if step not in FORMS:
        raise Http404
    form = _make_form(proposal, step=step, data=request.POST)
    try:
        proposal = _keep(request, proposal, form=form)
    except ValidationError as refusal:
        return JsonResponse({"message": " ".join(refusal.messages), "code": getattr(refusal, "code", "")}, status=409)
    zone, now = proposal.forum.zone, timezone.now()
    parts = {
        "time": times.hours(now, zone=zone),
        "place": times.place_name(zone, forum=proposal.forum),
        "utc": f"{now:%H:%M}",
    }
    return JsonResponse(
        {
            "saved": _("Saved %(time)s %(place)s (%(utc)s UTC)") % parts,
            "seen": proposal_answers.digest(proposal_answers.current(proposal), step=step),
            "unkept": [
                _("%(field)s: not saved. %(reason)s") % {"field": form.fields[name].label, "reason": " ".join(errors)}
                for name, errors in form.unkept.items()
                if name in form.fields
            ],
        }
    )


@personal
def _visited(request: HttpRequest, forum: str, code: str) -> HttpResponse:
    return HttpResponseRedirect(address("proposal", find(request, forum=forum, code=code)))


# --- the check, taking it back ------------------------------------------------------------------------
def _check(request: HttpRequest, proposal: Proposal) -> HttpResponse:
    """All answers and what is missing; POST submits."""
    row, questions = call_and_questions(proposal)
    general: list[str] = []
    wrong = wrong_answers(proposal, row=row, questions=questions)
    is_refused = False
    if request.method == "POST":
        try:
            submission.submit(
                proposal,
                by=person(request),
                revision_seen=numbers.whole_number(request.POST.get("revision", "")),
                now=arrival(request),
            )
        except ValidationError as refusal:
            is_refused = True
            general = [] if hasattr(refusal, "error_dict") else refusal.messages
        else:
            messages.success(request, _("Your proposal is submitted."))
            return HttpResponseRedirect(address("proposal", proposal))
    steps = _steps(proposal)
    context = {
        "forum": proposal.forum,
        "proposal": proposal,
        "call": row,
        "wrong": _missing(proposal, wrong=wrong),
        "general": general,
        "is_refused": is_refused,
        "parts": summary(proposal, questions=questions),
        "is_editable": True,
        "has_address": person(request).has_confirmed_address(),
        "number": len(steps),
        "last": len(steps),
        "previous": steps[-2],
        "stepper": _stepper(proposal, step=CHECK, wrong=wrong),
    }
    return render(request, "events/proposals/check.html", context)


def _missing(proposal: Proposal, *, wrong: dict[str, ValidationError]) -> list[dict[str, str]]:
    """What is wrong in words, each with the address of its field."""
    steps = {name: address("proposal-step", proposal, proposal_answers.step_of(name)) for name in wrong}
    return [{"url": f"{steps[name]}#id_{name}", "words": " ".join(error.messages)} for name, error in wrong.items()]


@personal
def withdraw(request: HttpRequest, forum: str, code: str) -> HttpResponse:
    """GET asks, POST takes the proposal back."""
    proposal = find(request, forum=forum, code=code)
    reasons: list[str] = []
    if request.method == "POST":
        try:
            submission.withdraw(
                proposal, by=person(request), reason=request.POST.get("reason", "")[:2000], now=arrival(request)
            )
        except ValidationError as refusal:
            reasons = refusal.messages
        else:
            messages.success(request, _("Your proposal is withdrawn."))
            return HttpResponseRedirect(reverse("events:proposals-mine", args=[proposal.forum.slug]))
    return render(
        request, "events/proposals/withdraw.html", {"forum": proposal.forum, "proposal": proposal, "reasons": reasons}
    )
