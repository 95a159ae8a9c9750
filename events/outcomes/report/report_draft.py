"""The report of a session as its hosts write it: what is asked, and where the answers wait until it is submitted."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from events.models import SDG, ActionLine, Outcome, SessionReport, Theme
from events.models.programme import DESCRIPTION_LIMIT
from events.shared.drafts import fields
from events.shared.drafts.drafts import Answers, Draft, FormQuestion, Problems, QuestionGroup, Step, day_of, is_said
from events.shared.formatting.names import term

MOST_OUTCOMES = 20
FREE_ROWS = 2
TEXTS = ("key_issues", "quotes", "way_forward")
FIRST, FORWARD, OUTCOMES = "issues", "forward", "outcomes"  # the keys of the steps


def name_of(place: int, name: str) -> str:
    """What an answer about the outcome of a row is called."""
    return f"outcome-{place}-{name}"


def outcome_rows(answers: Answers) -> dict[int, dict[str, Any]]:
    """The rows of outcomes in which something is said, by their place: their answers."""
    rows: dict[int, dict[str, Any]] = {}
    for key, answer in answers.items():
        start, _dash, rest = key.partition("-")
        if start == "outcome" and is_said(answer):
            place, _dash, name = rest.partition("-")
            rows.setdefault(int(place), {})[name] = answer
    return dict(sorted(rows.items()))


class ReportDraft(Draft):
    """A report on its way to a submission. Three texts stand in its columns; the outcomes wait in `answers`."""

    row: SessionReport
    known_keys = (FIRST, FORWARD, OUTCOMES)

    def read(self) -> Answers:
        waiting = {name: day_of(text) if name.endswith("-date") else text for name, text in self.row.answers.items()}
        return {name: getattr(self.row, name) for name in TEXTS} | waiting

    def ask(self, answers: Answers) -> list[Step]:
        way_forward = fields.box(
            _("Way forward"), length=DESCRIPTION_LIMIT, rows=10, hint=_("What comes next, who does it, and by when")
        )
        return [
            self._first(),
            Step(key=FORWARD, name=_("Way forward"), questions=[FormQuestion("way_forward", way_forward)]),
            self._outcomes(answers),
        ]

    @staticmethod
    def _first() -> Step:
        key_issues = fields.box(
            _("Key issues"), length=DESCRIPTION_LIMIT, rows=10, hint=_("What was discussed. You may use Markdown")
        )
        quotes = fields.box(
            _("Quotes"), length=DESCRIPTION_LIMIT, rows=6, hint=_("Sentences worth keeping, with who said them")
        )
        missing = _("Say in a few sentences what was discussed")
        return Step(
            key=FIRST,
            name=_("What was discussed"),
            questions=[FormQuestion("key_issues", key_issues, missing=missing), FormQuestion("quotes", quotes)],
            why=[_("The public reads the report on the page of the session, once the organisers have approved it.")],
        )

    def _outcomes(self, answers: Answers) -> Step:
        last = max(outcome_rows(answers), default=-1)
        asked = _outcome_fields()  # the same for all rows: a form copies them
        groups = [
            QuestionGroup(
                heading=_("Outcome %(number)s") % {"number": place + 1},
                look="frame",
                is_open=place <= max(last, 0),
                is_spare=place > last + FREE_ROWS,
            )
            for place in range(MOST_OUTCOMES)
        ]
        return Step(
            key=OUTCOMES,
            name=_("Outcomes"),
            lead=_(
                "What was announced, launched, agreed, committed to or published? Leave this empty if there is nothing."
            ),
            questions=[
                FormQuestion(name_of(place, name), field, group=group)
                for place, group in enumerate(groups)
                for name, field in asked.items()
            ],
        )

    def rules(self, answers: Answers) -> Problems:
        """Each outcome has a kind and a title."""
        sentences = {"kind": _("Choose what kind of outcome this is"), "title": _("Enter a title for this outcome")}
        return {
            name_of(place, name): ValidationError(sentence, code="missing")
            for place, row in outcome_rows(answers).items()
            for name, sentence in sentences.items()
            if name not in row
        }


def _outcome_fields() -> dict[str, Any]:
    lines = [(line.code, f"{line.label} {term(line.short_name)}") for line in ActionLine.objects.all()]
    goals = [(str(goal.number), f"{goal.number} {term(goal.title)}") for goal in SDG.objects.all()]
    themes = [(theme.code, term(theme)) for theme in Theme.objects.all()]
    kinds = [("", _("Choose a kind")), *Outcome.Kind.choices]
    own = _("One on each line. Empty: the organisation for which you hold the session")
    of_session = _("Choose none to take those of the session")
    return {
        "kind": fields.choice(_("Kind"), choices=kinds, is_list=True, is_needed=True),
        "title": fields.line(_("Title"), length=250, is_needed=True),
        "text": fields.box(_("Text"), length=DESCRIPTION_LIMIT, rows=5, hint=_("You may use Markdown")),
        "date": fields.day(_("Date"), hint=_("Empty: the day of the session")),
        "organisations": fields.lines(_("Organisations"), most=10, length=200, hint=own),
        "themes": fields.several(_("Themes"), choices=themes),
        "action_lines": fields.several(_("Action Lines"), choices=lines, hint=of_session),
        "sdgs": fields.several(_("Sustainable Development Goals"), choices=goals, hint=of_session),
    }
