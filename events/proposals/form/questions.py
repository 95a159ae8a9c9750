"""What a proposal is asked, step by step: by the call, by the kind of request, and by the call's own questions."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cached_property, partial
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from events.models import SDG, ActionLine, Call, Invitation, Proposal, SessionType
from events.models import Question as CallQuestion
from events.models.proposals import ProposalKind
from events.models.reference import WITHOUT_COUNTRY, StakeholderType
from events.proposals.form import answers as stored
from events.schedule.panels import MOST_SPEAKERS
from events.shared.drafts import fields, own_questions
from events.shared.drafts.drafts import AnsweredStep, Answers, Draft, FormQuestion, Problems, QuestionGroup, Step
from events.shared.formatting.names import local_text, said_choices, term

WISHED, AVOIDED = stored.WISHED, stored.AVOIDED
ROWS_READ = 100  # of speakers: a page that is open may have more than there are by now
FREE_ROWS = 2
MOST_CO_ORGANISERS = 20
MOST_RATIONALE = 2000  # characters
STEP_NAMES = {
    "who": _("Who asks"),
    "what": _("What for"),
    "goals": _("Action Lines and goals"),
    "speakers": _("Speakers"),
    "wishes": _("Wishes"),
}

ORGANISATION = FormQuestion(
    "organisation_name",
    fields.line(
        _("Organisation"),
        length=200,
        hint=_("In full, as it should stand in the programme"),
        autocomplete="organization",
    ),
    missing=_("Enter the organisation that asks"),
)
STAKEHOLDER_TYPE = FormQuestion(
    "stakeholder_type",
    fields.choice(_("Type of the organisation"), choices=StakeholderType.choices),
    missing=_("Choose the type of the organisation"),
)
COUNTRY = FormQuestion(
    "country",
    fields.country(hint=_("Not needed for the United Nations and international organizations")),
    missing=_("Choose the country of the organisation"),
)
TITLE = FormQuestion("title", fields.line(_("Title"), length=250), missing=_("Enter a title"))
DESCRIPTION = FormQuestion(
    "description",
    fields.box(
        _("Description"),
        length=10_000,
        rows=12,
        hint=_("What it is about, and why it matters to the Forum. You may use Markdown"),
    ),
    missing=_("Describe your request"),
)
MINUTES = FormQuestion(
    "minutes",
    fields.whole_number(_("Length in minutes"), least=15, most=480, hint=_("15 to 480; most sessions have 60")),
    missing=_("Enter how many minutes the session needs"),
)
EXPECTED = FormQuestion(
    "expected",
    fields.whole_number(_("People expected"), least=1, most=1_000_000, hint=_("To find a room that is large enough")),
)
_WITH_SPEAKERS = frozenset({ProposalKind.WORKSHOP, ProposalKind.SPEAKER})
_WITH_GOALS = frozenset({ProposalKind.WORKSHOP, ProposalKind.SPEAKER, ProposalKind.THEME})


class ProposalDraft(Draft):
    """A proposal on its way to a submission."""

    row: Proposal
    known_keys = frozenset(STEP_NAMES)

    def __init__(self, proposal: Proposal, *, call: Call | None) -> None:
        super().__init__(proposal)
        self.kinds: Sequence[str] = call.kinds if call else []
        self.call_questions: Sequence[CallQuestion] = list(call.questions.all()) if call else []

    def read(self) -> Answers:
        return stored.read(self.row)

    def ask(self, answers: Answers) -> list[Step]:
        kind = answers["kind"]
        steps = [self._who(answers), self._what(kind)]
        steps += [self._goals] if kind in _WITH_GOALS else []
        steps += [self._speakers] if kind in _WITH_SPEAKERS else []
        return [*steps, self._wishes(kind)]

    def rules(self, answers: Answers) -> Problems:
        """Speakers of a speakers' request, and what a workshop advances: an Action Line and a goal at least."""
        found: Problems = {}
        if answers["kind"] == ProposalKind.SPEAKER and not stored.speakers_of(answers):
            found["speaker-0-name"] = ValidationError(_("Name at least one speaker"), code="missing")
        if answers["kind"] == ProposalKind.WORKSHOP:
            sentences = {
                "line-": _("Say for at least one Action Line how the session advances it"),
                "goal-": _("Say for at least one goal how the session advances it"),
            }
            missing = [
                ValidationError(sentence, code="missing")
                for prefix, sentence in sentences.items()
                if not any(text.strip() for name, text in answers.items() if name.startswith(prefix))
            ]
            if missing:
                found["goals"] = ValidationError(missing)
        return found

    def problems_of_rows(self, key: str, changed: Answers) -> Problems:
        """What stands against keeping changed answers of a step that is kept as a whole."""
        step = self.step(key)
        return step.check({**self.answers, **changed}) if step and step.is_whole else {}

    def summary(self, *, has_addresses: bool = True) -> list[AnsweredStep]:
        """The answers in words, for its people and for organisers: the days in two lines, and each speaker with their answer;
        with addresses only where `has_addresses`."""
        found = {part.key: part for part in super().summary()}
        if part := found.get("speakers"):
            speakers = (_speaker_line(row, has_addresses=has_addresses) for row in stored.invited(self.row))
            found["speakers"] = replace(part, lines=list(speakers))
        if part := found.get("wishes"):
            labels = {str(question.field.label) for question in self.days}
            others = [line for line in part.lines if line[0] not in labels]
            found["wishes"] = replace(part, lines=[*self._day_lines(), *others])
        return list(found.values())

    def _day_lines(self) -> Iterator[tuple[str, str]]:
        for label, wish in ((_("Days that suit"), WISHED), (_("Days to avoid"), AVOIDED)):
            days = sorted(name[4:] for name, value in self.answers.items() if name.startswith("day-") and value == wish)
            if days:
                yield str(label), ", ".join(date_format(date.fromisoformat(day), "j F") for day in days)

    # --- the steps ------------------------------------------------------------------------------------
    def _who(self, answers: Answers) -> Step:
        kinds = [(value, label) for value, label in ProposalKind.choices if value in {*self.kinds, self.row.kind}]
        kind = FormQuestion(
            "kind",
            fields.choice(_("Kind of request"), choices=kinds, is_needed=True),
            accepts=self.kinds,
            refused=_("This call does not ask for requests of this kind. Choose another"),
        )
        co_organisers = FormQuestion(
            "co_organisers",
            fields.lines(
                _("Co-organisers"),
                # A merger can bring more together than one proposal may name: then none more are added.
                most=max(MOST_CO_ORGANISERS, len(self.answers["co_organisers"])),
                length=200,
                hint=_("One organisation on each line"),
            ),
        )
        country = COUNTRY if answers["stakeholder_type"] not in WITHOUT_COUNTRY else replace(COUNTRY, missing="")
        questions = [kind, ORGANISATION, STAKEHOLDER_TYPE, country, co_organisers]
        return Step(key="who", name=STEP_NAMES["who"], questions=questions)

    def _what(self, kind: str) -> Step:
        session_type = FormQuestion(
            "session_type",
            fields.choice(
                _("Type of session"), choices=self._session_types, is_list=True, coerce=int, empty_value=None
            ),
            missing=_("Choose the type of the session"),
        )
        of_workshops = [session_type, MINUTES, EXPECTED] if kind == ProposalKind.WORKSHOP else []
        return Step(key="what", name=STEP_NAMES["what"], questions=[TITLE, DESCRIPTION, *of_workshops])

    def _session_types(self) -> list[tuple[Any, Any]]:
        types = SessionType.objects.offered_in(self.row.forum_id).filter(is_secretariat_only=False)
        return [("", _("Choose a type")), *((one.pk, term(one)) for one in types)]

    @cached_property
    def _goals(self) -> Step:
        """A text for each Action Line and goal that the request advances; an empty one is not chosen."""
        lines = [(f"line-{row.pk}", f"{row.label} · {term(row.title)}", 0) for row in ActionLine.objects.all()]
        goals = [(f"goal-{row.pk}", f"{row.number} · {term(row.title)}", row.number) for row in SDG.objects.all()]
        return Step(
            key="goals",
            name=STEP_NAMES["goals"],
            lead=_(
                "Say in a few sentences how it advances an Action Line or a goal. Open those that fit; leave the others"
                " empty."
            ),
            questions=[
                FormQuestion(
                    name,
                    fields.box(label, length=MOST_RATIONALE, rows=3, is_needed=True),
                    is_folded=True,
                    goal=number,
                    group=QuestionGroup(heading=heading),
                )
                for heading, rows in ((_("Action Lines"), lines), (_("Goals"), goals))
                for name, label, number in rows
            ],
        )

    @cached_property
    def _speakers(self) -> Step:
        """The speakers that are named, and free rows, of which two are open. Where a row has a fault nothing is kept. A merger
        can bring more together than one proposal may name: then none more are added. Rows beyond them are read, for a page
        that was opened when there were more."""
        named = len(stored.speakers_of(self.answers))
        most = max(MOST_SPEAKERS, named)
        groups = [
            QuestionGroup(
                heading=_("Speaker %(number)s") % {"number": n + 1},
                look="frame",
                is_open=n < named + FREE_ROWS,
                is_spare=n >= most,
            )
            for n in range(max(ROWS_READ, named))
        ]
        speaker_fields = _speaker_fields()  # the same for all rows: a form copies them
        return Step(
            key="speakers",
            name=STEP_NAMES["speakers"],
            lead=_("We ask everyone you name by mail once you submit. Who says no, or nothing, is not published."),
            check=partial(check_speakers, most=most),
            is_whole=True,
            questions=[
                FormQuestion(f"speaker-{place}-{name}", field, group=group)
                for place, group in enumerate(groups)
                for name, field in speaker_fields.items()
            ],
        )

    def _wishes(self, kind: str) -> Step:
        days = self.days if kind in _WITH_SPEAKERS else []
        asked = [question for question in self.call_questions if kind in question.for_kinds]
        return Step(
            key="wishes",
            name=STEP_NAMES["wishes"],
            lead=_("Wishes, not promises: the organisers follow them where they can.") if days else "",
            questions=[*days, *map(_asked, asked)],
        )

    @cached_property
    def days(self) -> list[FormQuestion]:
        """Days that suit and days that do not, by week; the first one is open."""
        choices = [("", _("Either way")), (WISHED, _("Suits us")), (AVOIDED, _("Not this day"))]
        forum = self.row.forum
        days = [forum.starts + timedelta(days=n) for n in range((forum.ends - forum.starts).days + 1)]
        weeks: dict[int, list[date]] = {}
        for one in days:
            weeks.setdefault(forum.week_of(one), []).append(one)
        groups: dict[date, QuestionGroup] = {}
        for week in weeks.values():
            ends = " – ".join(date_format(one, "j F") for one in (week[0], week[-1]))
            groups |= dict.fromkeys(week, QuestionGroup(heading=ends, look="fold", is_open=week[0] == days[0]))
        return [
            FormQuestion(
                f"day-{one}", fields.choice(date_format(one, "l j F"), choices=choices, is_list=True), group=groups[one]
            )
            for one in days
        ]


def _speaker_fields() -> dict[str, forms.Field]:
    return {
        "name": fields.line(_("Name"), length=150),
        "email": fields.email(_("E-mail"), hint=_("We ask them when you submit the proposal")),
        "position": fields.line(_("Position"), length=200),
        "organisation_name": fields.line(_("Organisation"), length=200),
        "is_moderator": forms.BooleanField(label=_("Moderates the session"), required=False),
    }


def _speaker_line(row: Invitation, *, has_addresses: bool) -> tuple[str, str]:
    name = f"{row.name} ({_('moderates')})" if row.is_moderator else row.name
    answer = row.get_state_display() if row.invited else _("Asked when you submit")
    parts = [row.position, row.organisation_name, row.email if has_addresses else "", str(answer)]
    return name, " · ".join(filter(None, parts))


def check_speakers(answers: Answers, *, most: int) -> Problems:
    """A row in which something is written has a name and an address (`missing`), each address once (`duplicate-speaker`),
    and there are no more than `most` (`too-many`, at the first row that is one too many)."""
    found: Problems = {}
    rows = stored.speaker_rows(answers)
    seen: set[str] = set()
    sentences = {"name": _("Enter the name"), "email": _("Enter the e-mail address")}
    for place, one in rows.items():
        for name, sentence in sentences.items():
            if not one[name]:
                found[f"speaker-{place}-{name}"] = ValidationError(sentence, code="missing")
        if one["email"] and one["email"] in seen:
            sentence = _("This address stands here twice")
            found[f"speaker-{place}-email"] = ValidationError(sentence, code="duplicate-speaker")
        seen.add(one["email"])
    if len(rows) > most:
        too_many = _("Name at most %(number)s speakers") % {"number": most}
        found[f"speaker-{list(rows)[most]}-name"] = ValidationError(too_many, code="too-many")
    return found


def _asked(question: CallQuestion) -> FormQuestion:
    """A question of the call: some answers to choose from, or any text."""
    kind = question.kind
    choices: list[tuple[str, Any]] = said_choices(question)
    if kind == CallQuestion.Kind.YES_NO:
        kind, choices = CallQuestion.Kind.CHOICE, [("yes", _("Yes")), ("no", _("No"))]
    return own_questions.question(
        f"question-{question.pk}",
        kind,
        text=local_text(question, "text"),
        hint=local_text(question, "hint"),
        choices=choices,
        is_required=question.is_required,
        group=QuestionGroup(heading=_("Questions of the organisers")),
    )
