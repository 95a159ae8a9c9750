"""Registering step by step, changing answers, and leaving the forum again."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from events.models import Forum
from events.models.time_zones import zone_names
from registration.accounts.access import find_forum, find_registration, person, personal, way_back
from registration.models import Registration, RegistrationDraft
from registration.registering import registrations
from registration.registering.forms import (
    CHECK,
    STEP_NAMES,
    STEPS,
    CheckForm,
    complete_answers,
    done_steps,
    first_answers,
    missing_step,
    summary,
)

WANTED_PAGE = "after_registration"


@personal
def register(request: HttpRequest, forum: str, step: str = "") -> HttpResponse:
    """A step of registering; for those who are registered, their answers and how to change them."""
    edition = find_forum(forum)
    if step and step not in {*STEPS, CHECK}:
        raise Http404
    registration = find_registration(request, edition)
    if registration is not None:
        return _change(request, registration, step)
    try:
        registrations.check_window(edition, now=timezone.now())
    except ValidationError as refusal:
        context = {"forum": edition, "code": refusal.code}
        return render(request, "registration/registering/closed.html", context, status=200)
    if "next" in request.GET:
        request.session[WANTED_PAGE] = way_back(request, default=_agenda(edition))
    answers = registrations.draft(edition, user=person(request))
    if not step:
        return _to_step(edition, missing_step(answers) or CHECK)
    if step == CHECK:
        return _check(request, edition, answers)
    return _step(request, edition, step, answers)


def _agenda(forum: Forum) -> str:
    return reverse("registration:agenda", args=[forum.slug])


def _to_step(forum: Forum, step: str) -> HttpResponse:
    return HttpResponseRedirect(reverse("registration:register", args=[forum.slug, step]))


def _stepper(step: str, *, done: set[str]) -> list[dict[str, Any]]:
    return [
        {"key": key, "name": name, "is_current": key == step, "is_done": key in done}
        for key, name in STEP_NAMES.items()
    ]


def _step_context(forum: Forum, *, step: str, form: forms.Form) -> dict[str, Any]:
    keys = list(STEP_NAMES)
    place = keys.index(step)
    return {
        "forum": forum,
        "form": form,
        "step": step,
        "number": place + 1,
        "last": len(keys),
        "previous": keys[place - 1] if place else None,
        "zones": zone_names() if step == "organisation" else [],
    }


def _step(request: HttpRequest, forum: Forum, step: str, answers: dict[str, Any]) -> HttpResponse:
    user = person(request)
    known = first_answers(user) | answers
    form = STEPS[step](request.POST if request.method == "POST" else None, initial=known)
    if form.is_bound:
        is_valid = form.is_valid()
        # What is right is kept even when something beside it is wrong.
        answers = registrations.save_draft(forum, user=user, data=form.cleaned_data)
        if is_valid:
            return _to_step(forum, _next_step(step, answers))
    context = _step_context(forum, step=step, form=form) | {
        "stepper": _stepper(step, done=done_steps(answers)),
        "draft": RegistrationDraft.objects.filter(forum=forum, user=user).first(),
    }
    return render(request, "registration/registering/step.html", context)


def _next_step(step: str, answers: dict[str, Any]) -> str:
    """The step after this one; but straight to the check for whoever came back from it to mend one answer."""
    keys = list(STEP_NAMES)
    return CHECK if missing_step(answers) is None else keys[keys.index(step) + 1]


def _check(request: HttpRequest, forum: Forum, answers: dict[str, Any]) -> HttpResponse:
    complete = complete_answers(answers)
    if complete is None:
        return _to_step(forum, missing_step(answers) or "you")
    form = CheckForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            registrations.register(
                forum,
                user=person(request),
                data=complete,
                has_consented=form.cleaned_data["consent"],
                now=timezone.now(),
            )
        except ValidationError as refusal:
            form.add_error(None, ValidationError(refusal.messages))
        else:
            messages.success(request, _("You are registered. Add sessions to your agenda from the programme."))
            return HttpResponseRedirect(request.session.pop(WANTED_PAGE, _agenda(forum)))
    context = _step_context(forum, step=CHECK, form=form) | {
        "stepper": _stepper(CHECK, done=set(STEPS)),
        "summary": _named(summary(answers)),
    }
    return render(request, "registration/registering/check.html", context)


def _named(lines: list[tuple[str, list[tuple[str, str]]]]) -> list[dict[str, Any]]:
    return [{"key": step, "name": STEP_NAMES[step], "lines": answers} for step, answers in lines]


def _change(request: HttpRequest, registration: Registration, step: str) -> HttpResponse:
    """The answers of a registered person; a step changes them at once."""
    forum = registration.forum
    answers = registrations.profile(registration)
    if step in {"", CHECK}:
        context = {"forum": forum, "registration": registration, "summary": _named(summary(answers))}
        return render(request, "registration/registering/registered.html", context)
    form = STEPS[step](request.POST if request.method == "POST" else None, initial=answers)
    if form.is_valid():
        registrations.edit(registration, data=form.cleaned_data)
        messages.success(request, _("Your answers are saved."))
        return HttpResponseRedirect(reverse("registration:register", args=[forum.slug]))
    context = _step_context(forum, step=step, form=form) | {"registration": registration, "name": STEP_NAMES[step]}
    return render(request, "registration/registering/step.html", context)


@personal
def withdraw(request: HttpRequest, forum: str) -> HttpResponse:
    """GET asks, POST withdraws. Whoever is not registered reads so, and how to register again."""
    edition = find_forum(forum)
    registration = find_registration(request, edition)
    if request.method == "POST":
        if registration is not None:
            registrations.withdraw(registration, now=timezone.now())
            messages.success(request, _("You are not registered any more. Your bookings are gone."))
        return HttpResponseRedirect(request.path)
    if registration is None:
        return render(request, "registration/registering/not_registered.html", {"forum": edition})
    return render(request, "registration/registering/withdraw.html", {"forum": edition, "registration": registration})
