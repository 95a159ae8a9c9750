"""A draft in steps: what it asks, says and lacks, what another device has saved since, and the form of one step."""

import copy
import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import KW_ONLY, dataclass
from datetime import date
from functools import cached_property
from typing import Any, Self

from django import forms
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import QuerySet
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from events.shared.drafts import word_count
from events.shared.drafts.fields import CHOOSE, LinesField

type Answers = Mapping[str, Any]  # name of a question → its answer; "", None, [] and False say nothing
type Problems = dict[str, ValidationError]  # by the name of a question, or the key of a step

CHECK = "check"  # the last step, which asks nothing
CHECK_NAME = gettext_lazy("Check")
MOST_DRAFTS = 20  # unfinished ones of one person


def is_said(answer: Any) -> bool:
    """Whether an answer says something. Zero does."""
    return answer is not None and answer is not False and answer != "" and answer != []


def day_of(text: str) -> date | None:
    """A day as JSON keeps it; None for another text."""
    with suppress(ValueError):
        return date.fromisoformat(text)
    return None


def encoded(answers: Answers) -> dict[str, Any]:
    """Answers as JSON keeps them: days as text."""
    kept: dict[str, Any] = json.loads(json.dumps(dict(answers), cls=DjangoJSONEncoder))
    return kept


@dataclass(frozen=True, kw_only=True)
class QuestionGroup:
    """Questions that stand together on a page. `look`: under a “heading”, in a “frame”, or in a “fold” that opens. One that
    `is_spare` is read, but shown only where something is said in it."""

    heading: Any
    look: str = "heading"
    is_open: bool = True
    is_spare: bool = False


@dataclass(frozen=True)
class FormQuestion:
    """One question. Its field says how it is asked, and which answers cannot be kept, not even in a draft. One that a
    submission needs is not called optional.

    A submission needs more: an answer where there is a sentence for its absence (`missing`), a number of words
    (`words`: fewest and most, 0 for no limit), one of what is `accepts` still (else the sentence `refused`).
    """

    name: str
    field: forms.Field
    _: KW_ONLY
    missing: Any = ""
    words: tuple[int, int] = (0, 0)
    accepts: Collection[Any] | None = None
    refused: Any = CHOOSE
    group: QuestionGroup | None = None
    is_folded: bool = False  # one of many texts, of which people write a few
    goal: int = 0  # the number of the goal (SDG) that it speaks of, for its square
    badge: Any = ""

    def __post_init__(self) -> None:
        # A lazy sentence is one; to ask whether it is empty would translate it while modules are imported.
        is_needed = isinstance(self.missing, Promise) or bool(self.missing)
        self.field.required = self.field.required or is_needed

    @property
    def counts_words(self) -> bool:
        return self.words != (0, 0)

    def problem(self, answer: Any) -> ValidationError | None:
        """What stands against submitting an answer: `missing` (also where it has no letter and no digit), `bad-choice`,
        `word-count`; None: nothing."""
        number = word_count.count(answer) if self.counts_words and answer else 0
        if not is_said(answer) or (isinstance(answer, str) and not any(map(str.isalnum, answer))):
            return ValidationError(self.missing, code="missing") if self.missing else None
        if self.accepts is not None and answer not in self.accepts:
            return ValidationError(self.refused, code="bad-choice")
        least, most = self.words
        if number < least or (most and number > most):
            return _wrong_number(number, least=least, most=most)
        return None

    def text(self, answer: Any) -> str:
        """An answer as people read it; "" for none."""
        if isinstance(self.field, forms.DateField) and isinstance(answer, str):
            answer = day_of(answer) or answer
        if isinstance(answer, date):
            return date_format(answer, "j F Y")
        if not is_said(answer):
            return ""
        if answer is True:
            return _("Yes")
        given = answer if isinstance(answer, list) else [answer]
        names = {str(value): name for value, name in getattr(self.field, "choices", [])}
        return ("\n" if isinstance(self.field, LinesField) else ", ").join(str(names.get(str(o), o)) for o in given)


def _wrong_number(number: int, *, least: int, most: int) -> ValidationError:
    sentence = (
        ngettext(
            "This text has %(number)s word. It needs %(least)s to %(most)s",
            "This text has %(number)s words. It needs %(least)s to %(most)s",
            number,
        )
        if most
        else ngettext(
            "This text has %(number)s word. It needs at least %(least)s",
            "This text has %(number)s words. It needs at least %(least)s",
            number,
        )
    )
    return ValidationError(sentence % {"number": number, "least": least, "most": most}, code="word-count")


@dataclass(frozen=True, kw_only=True)
class Step:
    """One idea a page. `check` says by question which answers cannot be kept beside each other; of a step that `is_whole`
    nothing is kept unless everything can be."""

    key: str
    name: Any
    questions: Sequence[FormQuestion]
    lead: Any = ""
    why: Sequence[Any] = ()  # sentences beside the form
    check: Callable[[Answers], Problems] = lambda _answers: {}
    is_whole: bool = False

    @property
    def names(self) -> list[str]:
        return [question.name for question in self.questions]

    def lines(self, answers: Answers) -> list[tuple[str, str]]:
        """(question, answer) of what is answered, as people read it."""
        texts = ((one, one.text(answers.get(one.name))) for one in self.questions)
        return [(str(one.field.label), text) for one, text in texts if text]


@dataclass(frozen=True)
class AnsweredStep:
    """A step as people read it: its key, its name, and (question, answer) of what is answered."""

    key: str
    name: str
    lines: list[tuple[str, str]]


class Draft(ABC):
    """The answers that are kept in a row. Each kind of draft says what it asks (`ask`), where its answers are kept
    (`read`), and the rules that no single question knows (`rules`)."""

    saves_unfinished = True  # else a step is saved only when nothing is missing

    def __init__(self, row: Any) -> None:
        self.row = row

    def kept_in(self, row: Any) -> Self:
        """The same draft, once its row is saved: what was read of it is read again."""
        self.row = row
        for name in ("answers", "steps"):
            self.__dict__.pop(name, None)
        return self

    @abstractmethod
    def read(self) -> Answers:
        """What is stored."""

    @abstractmethod
    def ask(self, answers: Answers) -> list[Step]:
        """The steps; what is asked may depend on what is answered."""

    def rules(self, answers: Answers) -> Problems:
        return {}

    def suggested(self) -> Answers:
        """What stands in the fields where nothing is stored yet."""
        return {}

    @cached_property
    def answers(self) -> Answers:
        return self.read()

    @cached_property
    def steps(self) -> list[Step]:
        return self.ask(self.answers)

    @property
    def known_keys(self) -> Collection[str]:
        """The keys of all steps that there are for drafts of this kind."""
        return [step.key for step in self.steps]

    def step(self, key: str) -> Step | None:
        return next((step for step in self.steps if step.key == key), None)

    def step_of(self, name: str) -> str:
        """The key of the step in which a question stands (or a problem, which may be a step's own)."""
        return next((step.key for step in self.steps if name == step.key or name in step.names), CHECK)

    def problems(self, answers: Answers | None = None) -> Problems:
        """What stands against submitting these answers (else those stored), by question or step, in the order asked."""
        steps, given = (self.steps, self.answers) if answers is None else (self.ask(answers), answers)
        questions = (question for step in steps for question in step.questions)
        found = {one.name: one.problem(given.get(one.name)) for one in questions}
        return {name: problem for name, problem in found.items() if problem} | self.rules(given)

    def is_empty(self, step: Step) -> bool:
        return not any(is_said(self.answers.get(name)) for name in step.names)

    def following(self, key: str) -> str:
        """The step after this one; straight to the check for who comes back to mend one answer of what is complete."""
        place = [step.key for step in self.steps].index(key) + 1
        after = self.steps[place] if place < len(self.steps) else None
        if after is None or (not self.is_empty(after) and not self.problems()):
            return CHECK
        return after.key

    # --- two devices ------------------------------------------------------------------------------
    def digest(self, key: str) -> str:
        """A short mark of a step's answers; it tells whether they changed since a form was shown."""
        step = self.step(key)
        said = {name: self.answers[name] for name in (step.names if step else []) if is_said(self.answers.get(name))}
        text = json.dumps(said, sort_keys=True, cls=DjangoJSONEncoder)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def differing(self, key: str, given: Answers) -> dict[str, Any]:
        """Those of the given answers to a step that are not stored; names of other steps are left out."""
        step = self.step(key)
        names = [name for name in (step.names if step else []) if name in given]
        kept = {name: self.answers.get(name) for name in names}
        return {
            name: given[name]
            for name in names
            if given[name] != kept[name] and (is_said(given[name]) or is_said(kept[name]))
        }

    def changed(self, key: str, given: Answers, *, seen: str) -> dict[str, Any]:
        """What is to be saved of a step's answers.

        `seen`: the digest of the step when the form was shown ("": not asked). Refuses `outdated` where the stored
        answers changed since, on another device, and differ from the given ones.
        """
        found = self.differing(key, given)
        if found and seen and seen != self.digest(key):
            raise ValidationError(
                _("This step was changed on another device since you opened it. What you entered is not saved yet"),
                code="outdated",
            )
        return found

    def summary(self) -> list[AnsweredStep]:
        """Everything that is answered, step by step, as people read it."""
        return [AnsweredStep(step.key, str(step.name), step.lines(self.answers)) for step in self.steps]


class StepForm(forms.Form):
    """One step of a draft. After `is_valid`: `kept` is what can be saved, `unkept` why not, by question. The errors say
    also what the step still lacks before the draft can be submitted."""

    use_required_attribute = False

    def __init__(self, draft: Draft, step: Step, *, data: Any = None) -> None:
        self.draft, self.step = draft, step
        self.kept: dict[str, Any] = {}
        self.unkept: dict[str, list[str]] = {}
        super().__init__(data, initial={**draft.suggested(), **draft.answers})
        for question in step.questions:
            self.fields[question.name] = field = copy.copy(question.field)  # its choices and validators are shared
            field.widget = copy.deepcopy(field.widget)
            if question.counts_words:
                field.widget.attrs["data-words"] = "{}-{}".format(*question.words)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name, problem in self.step.check(cleaned).items():
            if name not in self.errors:
                self.add_error(name, problem)
        self.unkept = {name: [str(one) for one in errors] for name, errors in self.errors.items()}
        if not (self.step.is_whole and self.unkept):
            self.kept = {name: value for name, value in cleaned.items() if not self._is_left_out(name, value)}
        for name, problem in self.draft.problems({**self.draft.answers, **self.kept}).items():
            if name in self.fields and name not in self.errors:
                self.add_error(name, problem)
            elif name == self.step.key:
                self.add_error(None, problem)
        return cleaned

    def _is_left_out(self, name: str, value: Any) -> bool:
        """Radio buttons that were not sent change nothing: nobody can take a choice back on the page."""
        return value in (None, "") and isinstance(self.fields[name].widget, forms.RadioSelect)

    def stored_elsewhere(self, draft: Draft) -> list[tuple[str, str]]:
        """(question, answer) of what is stored by now, where this form says something else."""
        differing = {*draft.differing(self.step.key, self.kept), *self.unkept}
        questions = [question for question in self.step.questions if question.name in differing]
        return [(str(one.field.label), one.text(draft.answers.get(one.name))) for one in questions]


def check_columns(row: Any, names: Collection[str]) -> None:
    """The last defence behind the forms: refuse, by field, what these columns of a row cannot hold."""
    row.clean_fields(exclude={field.name for field in row._meta.concrete_fields} - set(names))


def check_number(drafts: QuerySet[Any]) -> None:
    """Refuse (`too-many-drafts`) to begin one more beside 20 unfinished ones of a person."""
    if drafts.count() >= MOST_DRAFTS:
        sentence = _("You have %(number)s unfinished drafts. Finish or withdraw one first") % {"number": MOST_DRAFTS}
        raise ValidationError(sentence, code="too-many-drafts")


def check_read(row: Any, *, revision_seen: int | None) -> None:
    """Refuse (`outdated`) to submit a row that was changed since the person read it; None: not asked."""
    if revision_seen is not None and revision_seen != row.revision:
        raise ValidationError(
            _("This was changed since you opened this page. Read it again, then submit it"), code="outdated"
        )
