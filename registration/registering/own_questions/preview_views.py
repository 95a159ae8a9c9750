"""The registration form as people of a kind see it in a language, for organisers who build it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from events.models import Forum
from events.shared.drafts.drafts import Answers, Draft, FormQuestion, QuestionGroup, Step, StepForm
from events.shared.drafts.views import rows_of
from events.shared.formatting.names import local_text, said_choices
from registration.accreditation.documents import documents
from registration.models import Kind, RegistrationQuestion
from registration.registering import kinds, questions
from registration.registering.own_questions import questions as own_questions
from registration.registering.own_questions.questions import AskedQuestion


class PreviewDraft(Draft):
    """A draft in which nothing is answered, and every question asked."""

    def __init__(self, steps: Sequence[Step]) -> None:
        super().__init__(None)
        self.all = list(steps)

    def read(self) -> Answers:
        return {}

    def ask(self, _answers: Answers) -> list[Step]:
        return self.all


def _dependent(row: RegistrationQuestion) -> FormQuestion:
    """A question that is asked only after another one, under a heading that says so."""
    shown = own_questions.question(row)
    if row.shown_if is None:
        return shown
    names = dict(said_choices(row.shown_if))
    said = ", ".join(names.get(one, one) for one in row.shown_for) or _("anything")
    heading = _("Only after “%(question)s”: %(answer)s") % {
        "question": local_text(row.shown_if, "text"),
        "answer": said,
    }
    return replace(shown, group=QuestionGroup(heading=heading))


def _own_steps(known: Iterable[AskedQuestion], *, kind: int | None) -> list[Step]:
    levels = own_questions.all_levels(known, kind=kind)
    found = [own_questions.step(rows, number=number) for number, rows in enumerate(levels, start=1)]
    return [
        replace(step, questions=[_dependent(row) for row in rows]) for step, rows in zip(found, levels, strict=True)
    ]


def form(forum: Forum, *, kind: Kind | None, language: str, now: datetime) -> SafeString:
    """All steps of the form as HTML."""
    with translation.override(language):
        known = kinds.of(forum.pk)
        draft = PreviewDraft(
            [
                questions.joined(questions.taking_part(known, kept=None, now=now) if known else None, questions.YOU),
                questions.access(forum, kind),
                *documents.steps(kind, forum=forum),
                *_own_steps(own_questions.of(forum.pk), kind=kind.pk if kind else None),
            ]
        )
        steps = [(step, list(rows_of(StepForm(draft, step)))) for step in draft.steps]
        return render_to_string("registration/registering/preview.html", {"steps": steps})
