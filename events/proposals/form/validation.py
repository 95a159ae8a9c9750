"""What stands against submitting a proposal, and which values cannot be kept at all. No writing."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from events.models import SDG, ActionLine, Call, Country, Forum, Invitation, Proposal, Question, SessionType
from events.models.consultation import ProposalKind
from events.models.reference import StakeholderType
from events.proposals.form.answers import MOST_CO_ORGANISERS, MOST_SPEAKERS, WITHOUT_COUNTRY, asked, days_of

MOST_RATIONALE = 2000
MOST_ANSWER = 4000
YES_NO = ("yes", "no")

type Found = Iterator[tuple[str, str, str]]  # field, sentence, code


def refusals(answers: Mapping[str, Any], *, call: Call, questions: Sequence[Question]) -> dict[str, ValidationError]:
    """Return by field what a proposal still needs before it can be submitted: code `missing`, and `bad-kind`,
    `days-both`, `bad-choice`. Fields of questions are called question-<id>, those of speakers speaker-<place>-name.
    """
    kind = answers["kind"]
    found = [*_who(answers, call=call), *_what(answers), *_asked(answers, questions=asked(questions, kind=kind))]
    if kind == ProposalKind.SPEAKER and not answers["speakers"]:
        found.append(("speaker-0-name", _("Name at least one speaker"), "missing"))
    if set(answers["wished_days"]) & set(answers["avoided_days"]):
        found.append(("wished_days", _("A day is both wished for and to be avoided"), "days-both"))
    return {name: ValidationError(sentence, code=code) for name, sentence, code in found}


def _who(answers: Mapping[str, Any], *, call: Call) -> Found:
    if answers["kind"] not in call.kinds:
        yield "kind", _("This call does not ask for requests of this kind. Choose another"), "bad-kind"
    if not answers["organisation_name"].strip():
        yield "organisation_name", _("Enter the organisation that asks"), "missing"
    if not answers["stakeholder_type"]:
        yield "stakeholder_type", _("Choose the type of the organisation"), "missing"
    if not answers["country"] and answers["stakeholder_type"] not in WITHOUT_COUNTRY:
        yield "country", _("Choose the country of the organisation"), "missing"


def _what(answers: Mapping[str, Any]) -> Found:
    if not answers["title"].strip():
        yield "title", _("Enter a title"), "missing"
    if not answers["description"].strip():
        yield "description", _("Describe your request"), "missing"
    if answers["kind"] == ProposalKind.WORKSHOP:
        if not answers["session_type"]:
            yield "session_type", _("Choose the type of the session"), "missing"
        if not answers["minutes"]:
            yield "minutes", _("Enter how many minutes the session needs"), "missing"
        for prefix, sentence in (
            ("line-", _("Say for at least one Action Line how the session advances it")),
            ("goal-", _("Say for at least one goal how the session advances it")),
        ):
            if not any(key.startswith(prefix) for key in answers["links"]):
                yield f"{prefix}links", sentence, "missing"


def _asked(answers: Mapping[str, Any], *, questions: Sequence[Question]) -> Found:
    for question in questions:
        answer = answers["answers"].get(str(question.pk), "")
        if question.is_required and not answer.strip():
            yield f"question-{question.pk}", _("Answer this question"), "missing"
        elif answer and answer not in (choices_of(question) or [answer]):
            yield f"question-{question.pk}", _("Choose from the list"), "bad-choice"


def choices_of(question: Question) -> list[str]:
    """The answers a question allows; empty: any text."""
    if question.kind == Question.Kind.YES_NO:
        return list(YES_NO)
    return [str(choice) for choice in question.choices] if question.kind == Question.Kind.CHOICE else []


# --- values that cannot be kept, not even in a draft ---------------------------------------------
def check_values(data: Mapping[str, Any], *, known: Mapping[str, Any], forum: Forum) -> None:
    """The last defence behind the forms: refuse by field (`bad-value`, `too-many`, `duplicate-speaker` and those of the
    columns) what a proposal of this forum cannot hold. `known`: the answers so far."""
    found = {**dict(_of_columns(data)), **dict(_too_many(data, known=known))}
    for name, check in _CHECKS.items():
        if name in data:
            found |= {field: ValidationError(words, code=code) for field, words, code in check(data[name], forum)}
    if found:
        raise ValidationError(found)


def _of_columns(data: Mapping[str, Any]) -> Iterator[tuple[str, ValidationError]]:
    plain = {name: value for name, value in data.items() if name not in _CHECKS}
    scratch = Proposal(**plain)
    others = {field.name for field in Proposal._meta.concrete_fields} - set(plain)
    try:
        scratch.clean_fields(exclude=others)
    except ValidationError as refusal:
        for name, errors in refusal.error_dict.items():
            yield name, ValidationError(errors)


def _too_many(data: Mapping[str, Any], *, known: Mapping[str, Any]) -> Iterator[tuple[str, ValidationError]]:
    """A merger can bring more together than one proposal may name: then none more are added."""
    for name, most, field, words in (
        ("co_organisers", MOST_CO_ORGANISERS, "co_organisers", _("Name 20 organisations at the most")),
        ("speakers", MOST_SPEAKERS, "speaker-0-name", _("Name 12 speakers at the most")),
    ):
        if len(data.get(name, ())) > max(most, len(known[name])):
            yield field, ValidationError(words, code="too-many")


def _bad(field: str) -> tuple[str, str, str]:
    return field, _("Choose from the list"), "bad-value"


def _country(value: str, _forum: Forum) -> Found:
    if value and not Country.objects.filter(pk=value).exists():
        yield _bad("country")


def _session_type(value: int | None, _forum: Forum) -> Found:
    if value and not SessionType.objects.filter(pk=value, is_secretariat_only=False).exists():
        yield _bad("session_type")


def _stakeholder_type(value: str, _forum: Forum) -> Found:
    if value and value not in StakeholderType.values:
        yield _bad("stakeholder_type")


def _co_organisers(value: Sequence[str], _forum: Forum) -> Found:
    if any(len(name) > 200 for name in value):
        yield "co_organisers", _("A name of an organisation has over 200 signs"), "bad-value"


def _links(value: Mapping[str, str], _forum: Forum) -> Found:
    known = {f"line-{pk}" for pk in ActionLine.objects.values_list("pk", flat=True)}
    known |= {f"goal-{number}" for number in SDG.objects.values_list("pk", flat=True)}
    for key, text in value.items():
        if key not in known:
            yield _bad("links")
        elif len(text) > MOST_RATIONALE:
            yield key, _("This has over 2,000 signs. Shorten it"), "bad-value"


def _speakers(value: Sequence[Mapping[str, Any]], _forum: Forum) -> Found:
    seen = set()
    for place, one in enumerate(value):
        if one["email"] in seen:
            yield f"speaker-{place}-email", _("This address stands here twice"), "duplicate-speaker"
        seen.add(one["email"])
        try:
            validate_email(one["email"])
            Invitation(**one).clean_fields(exclude=["proposal", "token", "state"])
        except ValidationError:
            yield f"speaker-{place}-email", _("Check the name and the address of this speaker"), "bad-value"


def _days(value: Sequence[str], forum: Forum) -> Found:
    if set(value) - {day.isoformat() for day in days_of(forum)}:
        yield "wished_days", _("Choose days of the forum"), "bad-value"


def _answers(value: Mapping[str, str], forum: Forum) -> Found:
    known = set(map(str, Question.objects.filter(call__forum=forum).values_list("pk", flat=True)))
    for key, text in value.items():
        if key not in known or len(text) > MOST_ANSWER:
            yield f"question-{key}", _("This answer has over 4,000 signs, or its question is gone"), "bad-value"


_CHECKS: dict[str, Any] = {
    "country": _country,
    "session_type": _session_type,
    "stakeholder_type": _stakeholder_type,
    "co_organisers": _co_organisers,
    "links": _links,
    "speakers": _speakers,
    "wished_days": _days,
    "avoided_days": _days,
    "answers": _answers,
}
