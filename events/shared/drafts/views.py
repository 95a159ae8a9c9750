"""The pages of drafts: one step, saving while one types, and the check before a draft is submitted."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _

from events.shared.drafts import word_count
from events.shared.drafts.drafts import (
    CHECK,
    CHECK_NAME,
    AnsweredStep,
    Draft,
    FormQuestion,
    Problems,
    QuestionGroup,
    StepForm,
)
from events.shared.formatting.times import hours, place_name
from events.shared.pages.personal import View, arrival, person, personal, private
from events.shared.pages.refusals import show_refusal

type Where = dict[str, str]  # the parts of the address that say which draft


class ShownQuestion(NamedTuple):
    """A field on a page, with the question behind it and the number of words of its text."""

    field: forms.BoundField
    question: FormQuestion
    words: int | None


@dataclass(frozen=True)
class Box:
    """What a person confirms by a tick before submitting: `sentence` refuses a submission without it ("": it was not)."""

    name: str
    label: Any
    is_ticked: bool = False
    sentence: str = ""


def withdraw_page(
    request: HttpRequest, template: str, *, verb: Callable[..., object], done: str, to: str, **context: Any
) -> HttpResponse:
    """Ask (with what is in the `context`), then take something back: a POST calls `verb(by=…, reason=…, now=…)` and goes on
    `to` an address; what the rule refuses stands on the page."""
    reasons: list[str] = []
    if request.method == "POST":
        reason = request.POST.get("reason", "").replace("\0", "")[:2000]
        try:
            verb(by=person(request), reason=reason, now=arrival(request))
        except ValidationError as refusal:
            reasons = refusal.messages
        else:
            messages.success(request, done)
            return HttpResponseRedirect(to)
    return render(request, template, {**context, "reasons": reasons})


def rows_of(form: StepForm) -> Iterator[tuple[QuestionGroup | None, list[ShownQuestion], bool]]:
    """The fields of a step as they stand together on the page, and whether they are open: as the group says, and where one
    says something or is wrong. Spare ones stand there only then."""
    rows = []
    for question in form.step.questions:
        bound = form[question.name]
        words = word_count.count(str(bound.value() or "")) if question.counts_words else None
        rows.append(ShownQuestion(bound, question, words))
    for group, found in groupby(rows, key=lambda row: row.question.group):
        together = list(found)
        is_told = any(row.field.value() or row.field.errors for row in together)
        if is_told or group is None or not group.is_spare:
            yield group, together, is_told or group is None or group.is_open


class DraftPages[D: Draft](ABC):
    """The pages of one kind of draft. A room says how a draft is found, kept and submitted, and gives the addresses."""

    step_template: str
    check_template: str

    @abstractmethod
    def find(self, request: HttpRequest, **where: str) -> D:
        """The person's own draft; others look as if there was none (404)."""

    @abstractmethod
    def is_editable(self, draft: D, *, at: datetime) -> bool: ...

    @abstractmethod
    def keep(self, request: HttpRequest, draft: D, *, step: str, kept: Mapping[str, Any], seen: str) -> D:
        """Save answers to a step by the rule, whose refusals are raised; return the draft as it is then."""

    @abstractmethod
    def submit(self, request: HttpRequest, draft: D) -> HttpResponse:
        """Submit by the rule, whose refusals are raised; return where to go."""

    @abstractmethod
    def url(self, draft: D, step: str = "") -> str:
        """The address of a step, or of the page of what is drafted."""

    @abstractmethod
    def save_url(self, draft: D) -> str: ...

    @abstractmethod
    def context(self, draft: D) -> dict[str, Any]:
        """What all pages show: `forum`, and what the room's templates need."""

    def step_context(self, draft: D, form: StepForm) -> dict[str, Any]:
        return {}

    def check_context(self, request: HttpRequest, draft: D, refused: Mapping[str, Any]) -> dict[str, Any]:
        """`boxes` to tick, and what else the room's check shows. `refused`: the refusals by field."""
        return {}

    def problems(self, draft: D) -> Problems:
        """What stands against submitting, for the check."""
        return draft.problems()

    def after_keeping(self, request: HttpRequest, draft: D, form: StepForm) -> HttpResponse | None:
        """Where another button of the step leads."""
        return None

    # --- one step -------------------------------------------------------------------------------------
    def step(self, request: HttpRequest, *, step: str, **where: str) -> HttpResponse:
        """One step: shown, or saved and on to the next. What is right is kept even when something beside it is wrong."""
        return self.open_step(request, self.find(request, **where), step=step, where=where)

    def open_step(self, request: HttpRequest, draft: D, *, step: str, where: Where) -> HttpResponse:
        if step != CHECK and step not in draft.known_keys:
            raise Http404
        if request.method != "POST" and not self.is_editable(draft, at=arrival(request)):
            return HttpResponseRedirect(self.url(draft))
        if step == CHECK:
            return self._check(request, draft, where)
        form = self.form(draft, step=step, data=request.POST if request.method == "POST" else None)
        if form is None:
            return HttpResponseRedirect(self.url(draft, CHECK))
        if not form.is_bound:
            return self.step_page(request, draft, form=form)
        form.files = request.FILES
        draft, page = self.saved_step(request, draft, form=form, where=where)
        return page or HttpResponseRedirect(self.url(draft, draft.following(step)))

    def form(self, draft: D, *, step: str, data: Any = None) -> StepForm | None:
        """The form of a step; None where it is not asked of this draft."""
        found = draft.step(step)
        return StepForm(draft, found, data=data) if found else None

    def _kept(self, request: HttpRequest, draft: D, form: StepForm) -> D:
        if not form.is_valid() and not draft.saves_unfinished:
            return draft
        return self.keep(request, draft, step=form.step.key, kept=form.kept, seen=request.POST.get("seen", ""))

    def saved_step(
        self, request: HttpRequest, draft: D, *, form: StepForm, where: Where
    ) -> tuple[D, HttpResponse | None]:
        """Keep a step; return the draft, and a page to show where something is wrong or asked for (None: go on)."""
        try:
            draft = self._kept(request, draft, form)
        except ValidationError as refusal:
            fresh = self.find(request, **where)
            show_refusal(form, refusal)
            others = form.stored_elsewhere(fresh) if getattr(refusal, "code", "") == "outdated" else []
            return fresh, self.step_page(request, fresh, form=form, others=others)
        if page := self.after_keeping(request, draft, form):
            return draft, page
        if "later" in request.POST and not form.unkept:
            messages.success(request, _("Saved. You can finish on another device."))
            return draft, HttpResponseRedirect(self.url(draft))
        return draft, None if form.is_valid() else self.step_page(request, draft, form=form)

    def step_page(
        self,
        request: HttpRequest,
        draft: D,
        *,
        form: StepForm,
        others: list[tuple[str, str]] | None = None,
        **more: Any,
    ) -> HttpResponse:
        """A step with what is stored, typed and wrong. `others`: what another device has saved since."""
        context = {
            **self.context(draft),
            **self._place(draft, step=form.step.key, problems=draft.problems()),
            "form": form,
            "groups": list(rows_of(form)),
            "others": others or [],
            "seen": draft.digest(form.step.key),
            "save_url": self.save_url(draft) if draft.saves_unfinished else "",
            **self.step_context(draft, form),
            **more,
        }
        return render(request, self.step_template, context)

    def _place(self, draft: D, *, step: str, problems: Problems) -> dict[str, Any]:
        """Where a page stands among the steps. A step is done when nothing is missing; an empty one once it is passed."""
        names = {one.key: one.name for one in draft.steps} | {CHECK: CHECK_NAME}
        keys = list(names)
        place = keys.index(step)
        open_steps = {draft.step_of(name) for name in problems} | {CHECK}
        open_steps |= {one.key for one in draft.steps[place:] if draft.is_empty(one)}
        return {
            "draft": draft,
            "step": draft.step(step),
            "name": names[step],
            "number": place + 1,
            "last": len(keys),
            "previous": self.url(draft, keys[place - 1]) if place else "",
            "page_url": self.url(draft),
            "stepper": [
                {
                    "key": key,
                    "url": self.url(draft, key),
                    "name": name,
                    "is_current": key == step,
                    "is_done": key not in open_steps,
                }
                for key, name in names.items()
            ],
        }

    # --- saving while one types -----------------------------------------------------------------------
    def save(self, request: HttpRequest, **where: str) -> HttpResponse:
        """Keep what is typed in a step (`step`), for the page's script. Answers JSON: `saved`, `seen`, `unkept`.

        401 without a log-in; 409 where a rule refuses, with `message`, `code`, and `others`: what another device saved.
        """
        if request.method != "POST":
            return personal(self._visited)(request, **where)
        if not request.user.is_authenticated:
            words = _("Not saved: you are logged out. Log in on another page, then go on here")
            return JsonResponse({"message": words}, status=401)
        draft = self.find(request, **where)
        step = request.POST.get("step", "")
        form = self.form(draft, step=step, data=request.POST)
        if form is None or not draft.saves_unfinished:
            raise Http404
        try:
            draft = self._kept(request, draft, form)
        except ValidationError as refusal:
            code = getattr(refusal, "code", "")
            others = form.stored_elsewhere(self.find(request, **where)) if code == "outdated" else []
            note = render_to_string("events/drafts/others.html", {"others": others})
            return JsonResponse({"message": " ".join(refusal.messages), "code": code, "others": note}, status=409)
        unkept = [
            _("%(field)s: not saved. %(reason)s") % {"field": form.fields[name].label, "reason": " ".join(errors)}
            for name, errors in form.unkept.items()
            if name in form.fields
        ]
        forum, now = self.context(draft)["forum"], timezone.now()
        moment = {
            "time": hours(now, zone=forum.zone),
            "place": place_name(forum.zone, forum=forum),
            "utc": f"{now:%H:%M}",
        }
        saved = _("Saved %(time)s %(place)s (%(utc)s UTC)") % moment
        return JsonResponse({"saved": saved, "seen": draft.digest(step), "unkept": unkept})

    def _visited(self, request: HttpRequest, **where: str) -> HttpResponse:
        return HttpResponseRedirect(self.url(self.find(request, **where)))

    # --- the check ------------------------------------------------------------------------------------
    def _check(self, request: HttpRequest, draft: D, where: Where) -> HttpResponse:
        """All answers with what is still wrong; a POST submits them as a whole."""
        if request.method != "POST":
            return self.check_page(request, draft)
        try:
            return self.submit(request, draft)
        except ValidationError as refusal:
            return self.check_page(request, self.find(request, **where), refusal=refusal)

    def parts(self, draft: D) -> list[tuple[AnsweredStep, str]]:
        """The answers, each part with the address that changes it; "" for what is not asked any more."""
        return [(part, self.url(draft, part.key) if part.key else "") for part in draft.summary()]

    def check_page(self, request: HttpRequest, draft: D, *, refusal: ValidationError | None = None) -> HttpResponse:
        refused = getattr(refusal, "error_dict", {})
        problems = self.problems(draft)
        own = self.check_context(request, draft, refused)
        told = {*problems, *(box.name for box in own.get("boxes", ()))}
        # What the rule alone knows: a kind became full, or an invitation answers what the draft does not ask.
        others = {name: ValidationError(errors) for name, errors in refused.items() if name not in told}
        unasked = [name for name in others if draft.step_of(name) == CHECK]
        general = [words for name in unasked for words in others.pop(name).messages]
        context = {
            **self.context(draft),
            **self._place(draft, step=CHECK, problems=problems),
            "parts": self.parts(draft),
            "wrong": [self._linked(draft, name=name, problem=one) for name, one in {**problems, **others}.items()],
            "general": refusal.messages if refusal and not refused else general,
            "is_refused": refusal is not None,
            **own,
        }
        return render(request, self.check_template, context)

    def _linked(self, draft: D, *, name: str, problem: ValidationError) -> dict[str, str]:
        """A problem with the address of its field, or of its step."""
        key = draft.step_of(name)
        step = draft.step(key)
        question = next((one for one in step.questions if one.name == name), None) if step else None
        url, words = self.url(draft, key), " ".join(problem.messages)
        if question is None:
            return {"url": url, "words": words}
        if getattr(problem, "code", "") == "word-count":
            words = f"{question.field.label}: {words}"
        end = "_0" if isinstance(question.field.widget, forms.RadioSelect) else ""
        return {"url": f"{url}#id_{name}{end}", "words": words}

    @property
    def step_view(self) -> View:
        return personal(self.step)

    @property
    def save_view(self) -> View:
        return private(self.save)
