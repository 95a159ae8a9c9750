"""The experts' desk: what is left to review, one nomination with its criteria, and the answer to a conflict.

Everything starts from the person's own role and assignments: whoever has none finds nothing here (404).
"""

from collections.abc import Mapping
from datetime import datetime

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.models import Forum, uploads
from events.pages.file_views import POLICY, TYPES
from events.pages.find_forum import find_forum
from events.pages.personal import arrival, person, personal
from prizes.models import Assignment, Criterion, Expert
from prizes.review import anonymise, reviews
from prizes.review import worklist as desks
from prizes.review.forms import ConflictForm, RecusalForm, ReviewForm, field_name

State = Assignment.State


def _expert(request: HttpRequest, slug: str) -> tuple[Forum, Expert]:
    forum = find_forum(slug)
    expert = desks.expert_of(request.user, forum=forum)
    if expert is None:
        raise Http404
    expert.edition.forum = forum
    return forum, expert


def _assignment(expert: Expert, code: str) -> Assignment:
    """The expert's own assignment of a nomination that is or was under review; else 404."""
    rows = Assignment.objects.filter(expert=expert, nomination__code=code.upper(), nomination__state__in=desks.SHOWN)
    found = rows.select_related(
        "nomination__category__action_line", "nomination__country", "nomination__nominator"
    ).first()
    if found is None:
        raise Http404
    found.expert = expert
    found.nomination.edition = expert.edition
    return found


def _phase_words(expert: Expert, *, now: datetime) -> dict[str, object]:
    """What the pages say of the time: whether points can be given, and whether nothing can be changed any more."""
    phase, is_published = expert.edition.phase("review"), expert.edition.nominees_published is not None
    return {
        "phase": phase,
        "is_published": is_published,
        "is_open": reviews.is_open(expert.edition, now=now) and not is_published,
        "is_over": phase is None or phase.ends <= now or is_published,
    }


@personal
def desk(request: HttpRequest, forum: str) -> HttpResponse:
    """What is left to review, by category."""
    place, expert = _expert(request, forum)
    context = {
        "forum": place,
        "zone": expert.edition.zone,
        "edition": expert.edition,
        "desk": desks.desk(expert),
        **_phase_words(expert, now=arrival(request)),
    }
    return render(request, "prizes/review/desk.html", context)


@personal
def review(request: HttpRequest, forum: str, code: str) -> HttpResponse:
    """A nomination on one side, the criteria on the other. A conflict is answered first, a recusal shows its reason."""
    _place, expert = _expert(request, forum)
    assignment = _assignment(expert, code)
    if assignment.state in {State.CONFLICT, State.RECUSED}:
        return HttpResponseRedirect(reverse("prizes:review-conflict", args=[forum, assignment.nomination.code]))
    criteria = list(Criterion.objects.filter(edition=expert.edition))
    initial: dict[str, object] = {
        field_name(score.criterion): str(score.points) for score in assignment.scores.select_related("criterion")
    }
    form = ReviewForm(initial=initial | {"comment": assignment.comment}, criteria=criteria)
    return _page(request, expert, assignment, form)


def _page(request: HttpRequest, expert: Expert, assignment: Assignment, form: ReviewForm) -> HttpResponse:
    words = _phase_words(expert, now=arrival(request))
    if not words["is_open"] and not form.is_bound:  # what was sent too late is shown as it was typed
        for field in form.fields.values():
            field.disabled = True
    context = {
        "forum": expert.edition.forum,
        "zone": expert.edition.zone,
        "edition": expert.edition,
        "assignment": assignment,
        "category": assignment.nomination.category,
        "sheet": anonymise.sheet(assignment.nomination, is_blind=expert.edition.is_blind_review),
        "form": form,
        "criteria": [(criterion, form[field_name(criterion)]) for criterion in form.criteria],
        "has_weights": len({criterion.weight for criterion in form.criteria}) > 1,
        "left": len(reviews.missing(assignment)),
        "is_done": assignment.state == State.DONE,
        **words,
    }
    return render(request, "prizes/review/review.html", context)


@personal
def save(request: HttpRequest, forum: str, code: str) -> HttpResponse:
    """POST writes the points and the comment that it names; `action` may finish the review or take it up again.

    The page's script sends single fields and reads JSON: `words` to show and how many criteria are `left`.
    """
    if request.method != "POST":  # back from the log-in
        shown: HttpResponse = review(request, forum=forum, code=code)
        return shown
    _place, expert = _expert(request, forum)
    assignment = _assignment(expert, code)
    here = reverse("prizes:review", args=[forum, assignment.nomination.code])
    is_script = request.headers.get("X-Requested-With") == "fetch"
    if assignment.state in {State.CONFLICT, State.RECUSED} and not is_script:  # whatever the time: they read no more
        return HttpResponseRedirect(here)
    action = request.POST.get("action", "save")
    criteria = list(Criterion.objects.filter(edition=expert.edition))
    form = ReviewForm(request.POST, criteria=criteria, finishing=action == "finish")
    form.is_valid()  # what is right is kept even when something beside it is wrong
    try:
        done = _act(action, form, assignment=assignment, request=request)
    except ValidationError as refusal:
        if refusal.code in {"conflict-open", "recused"} and not is_script:
            return HttpResponseRedirect(here)
        form.add_error(None, ValidationError(refusal.messages))
        done = assignment
    if is_script:
        return _told(form, done)
    if form.errors:
        done.expert, done.nomination = expert, assignment.nomination
        return _page(request, expert, done, form)
    return _onward(request, expert, done, action=action)


def _act(action: str, form: ReviewForm, *, assignment: Assignment, request: HttpRequest) -> Assignment:
    by, now = person(request), arrival(request)
    if action == "reopen":
        return reviews.reopen(assignment, by=by, now=now)
    done = reviews.give_points(assignment, by=by, points=form.points(), comment=form.sent_comment(), now=now)
    return reviews.finish(assignment, by=by, now=now) if action == "finish" and not form.errors else done


def _told(form: ReviewForm, assignment: Assignment) -> JsonResponse:
    if form.errors:
        sentences = [sentence for errors in form.errors.values() for sentence in errors]
        return JsonResponse({"words": " ".join(map(str, sentences))}, status=400)
    left = len(reviews.missing(assignment))
    return JsonResponse({"words": _("Saved."), "left": left, "progress": _left_words(left)})


def _left_words(left: int) -> str:
    if not left:
        return _("Every criterion has points.")
    return ngettext("%(n)s criterion is left.", "%(n)s criteria are left.", left) % {"n": left}


def _onward(request: HttpRequest, expert: Expert, assignment: Assignment, *, action: str) -> HttpResponse:
    slug, code = expert.edition.forum.slug, assignment.nomination.code
    if action != "finish":
        words = (
            _("You can change your review again. It counts when you finish it.") if action == "reopen" else _("Saved.")
        )
        messages.success(request, words)
        return HttpResponseRedirect(reverse("prizes:review", args=[slug, code]))
    following = desks.next_open(expert, after=assignment)
    if following is None:
        messages.success(request, _("Your review is finished. Nothing is left on your desk."))
        return HttpResponseRedirect(reverse("prizes:review-desk", args=[slug]))
    messages.success(request, _("Your review is finished. This is the next one."))
    return HttpResponseRedirect(reverse("prizes:review", args=[slug, following.nomination.code]))


@personal
def conflict(request: HttpRequest, forum: str, code: str) -> HttpResponse:
    """The answer to a proposed conflict; where none waits, stepping back with a reason."""
    place, expert = _expert(request, forum)
    assignment = _assignment(expert, code)
    is_asked = assignment.state == State.CONFLICT
    form_class: type[forms.Form] = ConflictForm if is_asked else RecusalForm
    form = form_class(request.POST if request.method == "POST" and assignment.state != State.RECUSED else None)
    if form.is_valid():
        try:
            done = _answered(request, assignment, is_asked=is_asked, data=form.cleaned_data)
        except ValidationError as refusal:
            form.add_error(None, ValidationError(refusal.messages))
        else:
            return _after_answer(request, place, done)
    context = {
        "forum": place,
        "zone": expert.edition.zone,
        "edition": expert.edition,
        "assignment": assignment,
        "category": assignment.nomination.category,
        "sheet": anonymise.sheet(assignment.nomination, is_blind=expert.edition.is_blind_review),
        "conflicts": [label for value, label in Assignment.Conflict.choices if value in assignment.conflicts],
        "is_asked": is_asked,
        "is_recused": assignment.state == State.RECUSED,
        "form": form,
        **_phase_words(expert, now=arrival(request)),
    }
    return render(request, "prizes/review/conflict.html", context)


def _answered(request: HttpRequest, assignment: Assignment, *, is_asked: bool, data: Mapping[str, str]) -> Assignment:
    by, now, text = person(request), arrival(request), data["text"]
    if is_asked:
        return reviews.answer(assignment, by=by, has_conflict=data["has_conflict"] == "yes", text=text, now=now)
    return reviews.recuse(assignment, by=by, reason=text, now=now)


def _after_answer(request: HttpRequest, forum: Forum, assignment: Assignment) -> HttpResponse:
    if assignment.state == State.RECUSED:
        messages.success(request, _("You have stepped back from this review. The organisers are told why."))
        return HttpResponseRedirect(reverse("prizes:review-desk", args=[forum.slug]))
    messages.success(request, _("Your answer is kept. You can review this nomination."))
    return HttpResponseRedirect(reverse("prizes:review", args=[forum.slug, assignment.nomination.code]))


@personal
def document(request: HttpRequest, forum: str, code: str, pk: int) -> HttpResponse:
    """A document of a nomination that the expert reviews, as a download. Its name says nothing about the entity."""
    _place, expert = _expert(request, forum)
    assignment = _assignment(expert, code)
    found = assignment.nomination.attachments.filter(pk=pk).first()
    if found is None or assignment.state not in {State.ASSIGNED, State.DONE}:
        raise Http404
    try:
        file = found.file.open()
    except OSError as lost:
        raise Http404 from lost
    kind = uploads.content_type_of(file.read(16))
    file.seek(0)
    if kind is None:
        file.close()
        raise Http404
    response = FileResponse(
        file, content_type=TYPES[kind], as_attachment=True, filename=f"{assignment.nomination.code}-{found.pk}.{kind}"
    )
    response["Content-Security-Policy"] = POLICY
    response["X-Content-Type-Options"] = "nosniff"
    return response  # type: ignore[return-value]
