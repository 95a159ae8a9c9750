"""The experts' desk: what is left to review, one nomination with its criteria, and the answer to a conflict.

Everything starts from the person's own role and assignments: whoever has none finds nothing here (404).
"""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.shared.pages.file_views import stored_file_response
from events.shared.pages.find_forum import find_forum
from events.shared.pages.personal import arrival, person, personal
from events.shared.pages.refusals import show_refusal
from prizes.models import Assignment, Criterion, Expert
from prizes.review import anonymise, reviews, worklist
from prizes.review.forms import ConflictForm, RecusalForm, ReviewForm, field_name

State = Assignment.State


def _expert(request: HttpRequest, slug: str) -> Expert:
    """The active role of the person as an expert of the forum's prize; else 404."""
    forum = find_forum(slug)
    roles = Expert.objects.filter(user=person(request), edition__forum=forum, is_active=True)
    expert = get_object_or_404(roles.select_related("edition", "user").prefetch_related("edition__phases"))
    expert.edition.forum = forum
    return expert


def _assignment(request: HttpRequest, slug: str, code: str) -> Assignment:
    """The expert's own assignment of a nomination that is or was under review; else 404."""
    expert = _expert(request, slug)
    rows = Assignment.objects.filter(expert=expert, nomination__code=code.upper(), nomination__state__in=worklist.SHOWN)
    with_all = rows.select_related("nomination__category__action_line", "nomination__country", "nomination__nominator")
    found = get_object_or_404(with_all)
    found.expert, found.nomination.edition = expert, expert.edition
    return found


def _frame(request: HttpRequest, expert: Expert) -> dict[str, Any]:
    """What every page says: whose prize it is, and what can still be done."""
    edition, now = expert.edition, arrival(request)
    return {
        "forum": edition.forum,
        "zone": edition.zone,
        "edition": edition,
        "phase": edition.phase("review"),
        "is_published": edition.nominees_published is not None,
        "is_open": reviews.is_open(edition, now=now),
        "is_over": reviews.is_over(edition, now=now),
    }


def _sheet(request: HttpRequest, assignment: Assignment) -> dict[str, Any]:
    """The nomination as its expert may see it, in the frame of every page."""
    edition, nomination = assignment.expert.edition, assignment.nomination
    return {
        **_frame(request, assignment.expert),
        "assignment": assignment,
        "category": nomination.category,
        "sheet": anonymise.sheet(nomination, is_blind=edition.is_blind_review),
    }


def _address(name: str, assignment: Assignment) -> str:
    return reverse(f"prizes:{name}", args=[assignment.expert.edition.forum.slug, assignment.nomination.code])


@personal
def desk(request: HttpRequest, forum: str) -> HttpResponse:
    """What is left to review, by category."""
    expert = _expert(request, forum)
    context = {**_frame(request, expert), "desk": worklist.desk(expert)}
    return render(request, "prizes/review/desk.html", context)


@personal
def review(request: HttpRequest, forum: str, code: str) -> HttpResponse:
    """A nomination on one side, the criteria on the other. A conflict is answered first, a recusal shows its reason."""
    assignment = _assignment(request, forum, code)
    if assignment.state not in Assignment.READING:
        return HttpResponseRedirect(_address("review-conflict", assignment))
    given = assignment.scores.select_related("criterion")
    initial: dict[str, object] = {field_name(score.criterion): str(score.points) for score in given}
    return _page(request, assignment, _form(assignment, initial=initial | {"comment": assignment.comment}))


def _form(assignment: Assignment, **kwargs: Any) -> ReviewForm:
    edition = assignment.expert.edition
    criteria = Criterion.objects.filter(edition=edition)
    return ReviewForm(criteria=criteria, is_read_by_nominators=edition.is_feedback_given, **kwargs)


def _page(request: HttpRequest, assignment: Assignment, form: ReviewForm) -> HttpResponse:
    context = _sheet(request, assignment)
    if not context["is_open"] and not form.is_bound:  # what was sent too late is shown as it was typed
        for field in form.fields.values():
            field.disabled = True
    context |= {
        "form": form,
        "criteria": [(criterion, form[field_name(criterion)]) for criterion in form.criteria],
        "has_weights": len({criterion.weight for criterion in form.criteria}) > 1,
        "left": len(reviews.missing(assignment)),
        "is_done": assignment.state == State.DONE,
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
    assignment = _assignment(request, forum, code)
    is_script = request.headers.get("X-Requested-With") == "fetch"
    if assignment.state not in Assignment.READING and not is_script:
        return HttpResponseRedirect(_address("review", assignment))
    action = request.POST.get("action", "save")
    form = _form(assignment, data=request.POST, finishing=action == "finish")
    form.is_valid()  # what is right is kept even when something beside it is wrong
    try:
        _act(action, form, assignment=assignment, request=request)
    except ValidationError as refusal:
        if getattr(refusal, "code", "") in {"conflict-open", "recused"} and not is_script:
            return HttpResponseRedirect(_address("review", assignment))
        show_refusal(form, refusal)
    if is_script:
        return _told(form, assignment)
    return _page(request, assignment, form) if form.errors else _onward(request, assignment, action=action)


def _act(action: str, form: ReviewForm, *, assignment: Assignment, request: HttpRequest) -> None:
    by, now = person(request), arrival(request)
    if action == "reopen":
        assignment.state = reviews.reopen(assignment, by=by, now=now).state
        return
    reviews.give_points(assignment, by=by, points=form.points(), comment=form.sent_comment(), now=now)
    if action == "finish" and not form.errors:
        assignment.state = reviews.finish(assignment, by=by, now=now).state


def _told(form: ReviewForm, assignment: Assignment) -> JsonResponse:
    if form.errors:
        sentences = [sentence for errors in form.errors.values() for sentence in errors]
        return JsonResponse({"words": " ".join(map(str, sentences))}, status=400)
    left = len(reviews.missing(assignment))
    words = ngettext("%(n)s criterion is left.", "%(n)s criteria are left.", left) % {"n": left}
    return JsonResponse(
        {"words": _("Saved."), "left": left, "progress": words if left else _("Every criterion has points.")}
    )


def _onward(request: HttpRequest, assignment: Assignment, *, action: str) -> HttpResponse:
    following = worklist.next_open(assignment.expert, after=assignment) if action == "finish" else assignment
    if following is None:
        messages.success(request, _("Your review is finished. Nothing is left on your desk."))
        return HttpResponseRedirect(reverse("prizes:review-desk", args=[assignment.expert.edition.forum.slug]))
    words = {
        "finish": _("Your review is finished. This is the next one."),
        "reopen": _("You can change your review again. It counts when you finish it."),
    }
    messages.success(request, words.get(action, _("Saved.")))
    return HttpResponseRedirect(_address("review", following))


@personal
def conflict(request: HttpRequest, forum: str, code: str) -> HttpResponse:
    """The answer to a proposed conflict; where none waits, stepping back with a reason."""
    assignment = _assignment(request, forum, code)
    is_asked = assignment.state == State.CONFLICT
    form_class: type[forms.Form] = ConflictForm if is_asked else RecusalForm
    form = form_class(request.POST if request.method == "POST" and assignment.state != State.RECUSED else None)
    if form.is_valid():
        try:
            return _answered(request, assignment, **form.cleaned_data)
        except ValidationError as refusal:
            show_refusal(form, refusal)
    context = {
        **_sheet(request, assignment),
        "conflicts": [label for value, label in Assignment.Conflict.choices if value in assignment.conflicts],
        "is_asked": is_asked,
        "is_recused": assignment.state == State.RECUSED,
        "form": form,
    }
    return render(request, "prizes/review/conflict.html", context)


def _answered(request: HttpRequest, assignment: Assignment, *, text: str, has_conflict: str = "") -> HttpResponse:
    by, now = person(request), arrival(request)
    if has_conflict:
        done = reviews.answer(assignment, by=by, has_conflict=has_conflict == "yes", text=text, now=now)
    else:
        done = reviews.recuse(assignment, by=by, reason=text, now=now)
    if done.state == State.RECUSED:
        messages.success(request, _("You have stepped back from this review. The organisers are told why."))
        return HttpResponseRedirect(reverse("prizes:review-desk", args=[assignment.expert.edition.forum.slug]))
    messages.success(request, _("Your answer is kept. You can review this nomination."))
    return HttpResponseRedirect(_address("review", assignment))


@personal
def document(request: HttpRequest, forum: str, code: str, pk: int) -> HttpResponse:
    """A document of a nomination that the expert reviews, as a download. Its name says nothing about the entity."""
    assignment = _assignment(request, forum, code)
    found = anonymise.document(assignment, key=pk)
    if found is None:
        raise Http404
    title = f"{assignment.nomination.code}-{pk}"
    return stored_file_response(found.file, title=title)  # type: ignore[return-value]
