"""The questions of a forum's organisers: which of them a person is asked, in which steps, and which answers are kept.

A question that depends on another one stands in a later step: then the page works without a script. What is answered is
kept under the key of its question; a question that was retired since keeps its answers.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import User
from events.shared.drafts import own_questions
from events.shared.drafts.drafts import Answers, FormQuestion, Step, encoded, is_said
from events.shared.formatting.names import local_text, said_choices
from events.shared.history import log
from events.shared.once_a_revision import once_a_revision
from events.shared.pages import revision
from events.shared.tables.cells import joined
from registration.models import Registration, RegistrationDraft, RegistrationQuestion
from registration.people.accounts.verbs import RegistrationVerb

PREFIX = "question-"
STEP = "questions"
NAME, LATER_NAME = gettext_lazy("Questions"), gettext_lazy("More questions")


class AskedQuestion(NamedTuple):
    """A question with the keys of the kinds that it is asked of; none: everybody."""

    row: RegistrationQuestion
    kinds: frozenset[int]


@once_a_revision
def of(forum: int) -> list[AskedQuestion]:
    """All questions of a forum (its key) in their order, those that are retired too."""
    rows = RegistrationQuestion.objects.filter(forum=forum).select_related("shown_if").prefetch_related("kinds")
    return [AskedQuestion(row, frozenset(kind.pk for kind in row.kinds.all())) for row in rows]


def all_levels(
    known: Iterable[AskedQuestion],
    *,
    kind: int | None,
    leads: Callable[[RegistrationQuestion, RegistrationQuestion], bool] = lambda _first, _row: True,
) -> list[list[RegistrationQuestion]]:
    """The questions to people of a kind: first what depends on nothing, then what depends on that, and so on.

    `leads`: whether a question that is asked leads to one that depends on it.
    """
    own = [one.row for one in known if one.row.retired is None and (not one.kinds or kind in one.kinds)]
    found = [[row for row in own if row.shown_if_id is None]]
    while found[-1]:
        before = {row.pk: row for row in found[-1]}
        found.append([row for row in own if (first := before.get(row.shown_if_id or 0)) and leads(first, row)])
    return found[:-1]


def levels(known: Iterable[AskedQuestion], *, kind: int | None, answers: Answers) -> list[list[RegistrationQuestion]]:
    """What a person of a kind who answers so is asked."""
    return all_levels(known, kind=kind, leads=lambda first, row: row.holds_after(answers.get(first.name)))


def question(row: RegistrationQuestion) -> FormQuestion:
    """How it is asked, in the language of the page."""
    return own_questions.question(
        row.name,
        row.type,
        text=local_text(row, "text"),
        hint=local_text(row, "hint"),
        choices=said_choices(row),
        is_required=row.is_required,
    )


def key(number: int) -> str:
    """The key of the step of a level; they are counted from 1."""
    return STEP if number == 1 else f"{STEP}-{number}"


def step(rows: Sequence[RegistrationQuestion], *, number: int) -> Step:
    """The step of the questions of a level."""
    return Step(
        key=key(number),
        name=NAME if number == 1 else LATER_NAME,
        questions=[question(row) for row in rows],
        why=[gettext_lazy("The organisers of this Forum ask this. Only they read your answers.")],
    )


def steps(known: Iterable[AskedQuestion], *, kind: int | None, answers: Answers) -> list[Step]:
    """The steps of a person's questions; none where there are none."""
    found = levels(known, kind=kind, answers=answers)
    return [step(rows, number=number) for number, rows in enumerate(found, start=1)]


# --- answers --------------------------------------------------------------------------------------
def given(data: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the answers that questions of organisers got, as JSON keeps them."""
    return {name: answer for name, answer in encoded(data).items() if name.startswith(PREFIX)}


def kept(known: Sequence[AskedQuestion], *, kind: int | None, answers: Mapping[str, Any]) -> dict[str, Any]:
    """Those of a new registration's answers that stay: of what is asked, and of questions that were retired."""
    asked = {row.name for rows in levels(known, kind=kind, answers=answers) for row in rows}
    waiting = {one.row.name for one in known if one.row.retired is None} - asked
    return {key: answer for key, answer in answers.items() if is_said(answer) and key not in waiting}


def kept_after(
    known: Sequence[AskedQuestion], *, before: Mapping[str, Any], answers: Mapping[str, Any]
) -> dict[str, Any]:
    """Those of changed answers that stay. An answer goes only where the person now says something else to a
    question on which it depends: what organisers change of their questions loses none."""
    rows = {one.row.pk: one.row for one in known}
    left = {key: answer for key, answer in answers.items() if is_said(answer)}
    changed = {key for key in {**before, **left} if before.get(key) != left.get(key)}
    for rows_of_level in _by_depth(rows):
        for row in rows_of_level:
            first = rows[row.shown_if_id or 0].name
            if first in changed and row.name in left and not row.holds_after(left.get(first)):
                del left[row.name]
                changed.add(row.name)
    return left


def _by_depth(rows: Mapping[int, RegistrationQuestion]) -> list[list[RegistrationQuestion]]:
    """The questions that depend on others: first those that depend on one that depends on nothing."""
    found, before = [], {key for key, row in rows.items() if row.shown_if_id is None}
    while level := [row for row in rows.values() if row.shown_if_id in before]:
        found.append(level)
        before = {row.pk for row in level}
    return found


def lines(known: Iterable[AskedQuestion], *, answers: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(question, answer) of what a registration says, as people read it."""
    texts = ((one.row, question(one.row).text(answers.get(one.row.name))) for one in known)
    return [(local_text(row, "text"), text) for row, text in texts if text]


def in_words(answers: Mapping[str, Any]) -> str:
    """The answers of a registration as people read them, a line each."""
    rows = RegistrationQuestion.objects.filter(pk__in=[name.removeprefix(PREFIX) for name in answers])
    return "\n".join(
        f"{text}: {answer}"
        for text, answer in lines([AskedQuestion(row, frozenset()) for row in rows], answers=answers)
    )


def cell(answer: Any) -> Any:
    """An answer in a table: as it is kept, several in one cell."""
    if answer is True:
        return "yes"
    return joined(answer) if isinstance(answer, list) else answer


def is_answered(row: RegistrationQuestion) -> bool:
    """Whether somebody has answered it, in a registration or in a draft."""
    registered = Registration.objects.filter(forum=row.forum_id, answers__has_key=row.name)
    return registered.exists() or RegistrationDraft.objects.filter(forum=row.forum_id, data__has_key=row.name).exists()


def may_delete(row: RegistrationQuestion, *, now: datetime) -> bool:
    """Whether a question may be deleted: before registration opens, and unanswered. From then on somebody may be answering."""
    return now < row.forum.registration_opens and not is_answered(row)


@transaction.atomic
def retire(row: RegistrationQuestion, *, by: User, now: datetime) -> RegistrationQuestion:
    """Ask nobody any more; the answers stay. Refuses `retired` (it is already) and `others-follow`: a question that is
    asked depends on it."""
    locked = RegistrationQuestion.objects.select_for_update(of=("self",)).get(pk=row.pk)
    if locked.retired:
        raise ValidationError(_("“%(question)s” is retired already") % {"question": locked}, code="retired")
    if locked.following.filter(retired=None).exists():
        words = _("Other questions depend on “%(question)s”. Retire them first") % {"question": locked}
        raise ValidationError(words, code="others-follow")
    return _set_retired(locked, moment=now, verb=RegistrationVerb.RETIRE_QUESTION, by=by, now=now)


@transaction.atomic
def ask_again(row: RegistrationQuestion, *, by: User, now: datetime) -> RegistrationQuestion:
    """Ask a retired question again. Refuses `not-retired`, and `follows-retired`: the question that it depends on is not asked."""
    locked = RegistrationQuestion.objects.select_for_update(of=("self",)).get(pk=row.pk)
    if not locked.retired:
        raise ValidationError(_("“%(question)s” is not retired") % {"question": locked}, code="not-retired")
    if locked.shown_if and locked.shown_if.retired:
        words = _("It depends on “%(question)s”, which is retired") % {"question": locked.shown_if}
        raise ValidationError(words, code="follows-retired")
    return _set_retired(locked, moment=None, verb=RegistrationVerb.ASK_QUESTION_AGAIN, by=by, now=now)


def _set_retired(
    row: RegistrationQuestion, *, moment: datetime | None, verb: RegistrationVerb, by: User, now: datetime
) -> RegistrationQuestion:
    row.retired = moment
    row.save(update_fields=["retired"])
    log.record(row, verb=verb, by=by, now=now)
    revision.bump()
    return row


def gone(sent: Mapping[str, Any], *, step: Step | None) -> str:
    """What to tell somebody who sent an answer to a question that this step does not ask any more; "" for nothing."""
    asked = set(step.names) if step else set()
    odd = [name for name in sent if name.startswith(PREFIX) and sent[name] and name not in asked]
    return _("The organisers took back a question that you were answering. You need not answer it.") if odd else ""
