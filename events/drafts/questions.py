"""What a draft asks, step by step, and what one answer lacks before it can be submitted. No database."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.formats import date_format
from django.utils.translation import ngettext

from events.drafts import word_count
from events.drafts.fields import CHOOSE, LinesField

type Answers = Mapping[str, Any]  # name of a question → its answer; "", None, [] and False say nothing
type Problems = dict[str, ValidationError]  # by the name of a question, or the key of a step


@dataclass(frozen=True, kw_only=True)
class Group:
    """Questions that stand together on a page. `look`: under a “heading”, in a “frame”, or in a “fold” that opens."""

    heading: Any
    look: str = "heading"
    is_open: bool = True


@dataclass(frozen=True, kw_only=True)
class Question:
    """One question. Its field says how it is asked, and which answers cannot be kept, not even in a draft.

    A submission needs more: an answer where there is a sentence for its absence (`missing`), a number of words
    (`words`: fewest and most, 0 for no limit), one of what is `accepts` still (else the sentence `refused`).
    """

    name: str
    field: forms.Field
    missing: Any = ""
    words: tuple[int, int] = (0, 0)
    accepts: Collection[Any] | None = None
    refused: Any = CHOOSE
    group: Group | None = None
    is_folded: bool = False  # one of many texts, of which people write a few
    goal: int = 0  # the number of the goal (SDG) that it speaks of, for its square
    badge: Any = ""

    @property
    def counts_words(self) -> bool:
        return self.words != (0, 0)

    def problem(self, answer: Any) -> ValidationError | None:
        """What stands against submitting an answer: `missing`, `bad-choice`, `word-count`; None: nothing."""
        number = word_count.count(answer) if self.counts_words and answer else 0
        if not answer or (isinstance(answer, str) and not answer.strip()) or (self.counts_words and not number):
            return ValidationError(self.missing, code="missing") if self.missing else None
        if self.accepts is not None and answer not in self.accepts:
            return ValidationError(self.refused, code="bad-choice")
        least, most = self.words
        if number < least or (most and number > most):
            return _wrong_number(number, least=least, most=most)
        return None

    def text(self, answer: Any) -> str:
        """An answer as people read it; "" for none."""
        if isinstance(answer, date):
            return date_format(answer, "j F Y")
        given = answer if isinstance(answer, list) else [] if answer in (None, "") else [answer]
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


def nothing_wrong(_answers: Answers) -> Problems:
    return {}


@dataclass(frozen=True, kw_only=True)
class Step:
    """One idea a page. `check` says by question which answers cannot be kept beside each other; of a step that `is_whole`
    nothing is kept unless everything can be."""

    key: str
    name: Any
    questions: Sequence[Question]
    lead: Any = ""
    why: Sequence[Any] = ()  # sentences beside the form
    check: Callable[[Answers], Problems] = nothing_wrong
    is_whole: bool = False

    @property
    def names(self) -> list[str]:
        return [question.name for question in self.questions]

    def lines(self, answers: Answers) -> list[tuple[str, str]]:
        """(question, answer) of what is answered, as people read it."""
        texts = ((str(one.field.label), one.text(answers.get(one.name))) for one in self.questions)
        return [(label, text) for label, text in texts if text]
