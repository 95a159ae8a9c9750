"""Whose nomination a page is about: the person's own in a public edition, else 404."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from events.models import Forum
from events.pages.find_forum import find_forum
from events.pages.personal import person
from prizes.editions import public_edition
from prizes.models import Edition, Nomination
from prizes.nominations import states, submission
from prizes.nominations.form.forms import CHECK, STEP_NAMES
from prizes.nominations.form.summary import missing_steps
from prizes.nominations.form.validation import problems
from prizes.nominations.locks import EDITABLE


def find_edition(slug: str) -> Edition:
    """The public edition of a public forum, with its forum as whole pages show it; else 404."""
    forum: Forum = find_forum(slug)
    edition = public_edition.edition_of(slug)
    if edition is None:
        raise Http404
    edition.forum = forum
    return edition


def find_own(request: HttpRequest, *, forum: str, code: str) -> Nomination:
    """The person's own nomination of this code; others look as if there was none (404)."""
    edition = find_edition(forum)
    row = (
        Nomination.objects.of(person(request))
        .filter(edition=edition, code=code)
        .select_related("category__action_line", "country")
        .first()
    )
    if row is None:
        raise Http404
    row.edition = edition
    return row


def is_editable(nomination: Nomination, *, at: datetime) -> bool:
    """Whether its nominator may still change it at this moment."""
    return nomination.state in EDITABLE and states.submission(nomination.edition, now=at) == "open"


@dataclass(frozen=True)
class Entry:
    """A line of “My nominations”."""

    nomination: Nomination
    shown: states.Shown
    is_editable: bool


def address(name: str, nomination: Nomination, *parts: object) -> str:
    return reverse(f"prizes:{name}", args=[nomination.edition.forum.slug, nomination.code, *parts])


def to_page(nomination: Nomination) -> HttpResponse:
    return HttpResponseRedirect(address("nomination", nomination))


def to_step(nomination: Nomination, step: str) -> HttpResponse:
    return HttpResponseRedirect(address("nominate-step", nomination, step))


def wrong_answers(nomination: Nomination, *, answers: Mapping[str, Any]) -> dict[str, ValidationError]:
    """What the rules still ask for, by field."""
    edition = nomination.edition
    today = submission.today_of(edition, now=timezone.now())
    return problems(answers, languages=edition.languages, today=today)


def stepper(step: str, *, wrong: Mapping[str, ValidationError]) -> list[dict[str, Any]]:
    missing = {*missing_steps(wrong), CHECK}
    return [
        {"key": key, "name": name, "is_current": key == step, "is_done": key not in missing}
        for key, name in STEP_NAMES.items()
    ]
