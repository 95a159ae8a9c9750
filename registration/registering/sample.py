"""Sample kinds of registration and questions (open, full, by invitation, not open yet; each type of question, one retired), and people
in every state, with an organisation whose places are taken and its focal point."""

import json
import random
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.contrib.auth.hashers import make_password

from events.models import Forum, Organisation, SessionType, User
from events.sample import draw, people
from registration.models import (
    AccreditationStep,
    FocalPoint,
    FocalPointRequest,
    Kind,
    Quota,
    Registration,
    RegistrationInvitation,
    RegistrationQuestion,
    Waiting,
)

FACTS = json.loads(Path(__file__).with_suffix(".json").read_text())
OF_KINDS = {"share", "spare", "opens_in_days", "session_types"}  # not columns of theirs
OF_QUESTIONS = {"key", "after", "kinds", "is_retired", "fr", "ar"}
BATCH = 2000
FOCAL_POINT = "focal-point@sample.invalid"


def make(forum: Forum, registrations: Sequence[Registration], *, now: datetime) -> None:
    """Give a forum kinds and questions, and its sample people kinds and answers. Atomicity is the caller's."""
    rng = draw(f"kinds {forum.slug}")
    kinds = _kinds(forum, now=now)
    shares = [row["share"] for row in FACTS["kinds"]]
    for registration, kind in zip(registrations, rng.choices(kinds, shares, k=len(registrations)), strict=True):
        registration.kind, registration.mode = kind, kind.mode or registration.mode
    _limit(kinds, registrations)
    questions = _questions(forum, kinds={kind.slug: kind for kind in kinds}, now=now)
    for registration in registrations:
        registration.answers = _answers(registration, questions=questions, rng=rng)
    Registration.objects.bulk_update(registrations, ["kind", "mode", "answers"], batch_size=BATCH)
    home = _home(registrations, kind=next(kind for kind in kinds if kind.slug == "delegate"), now=now)
    if home:
        others = sorted({one.affiliation for one in registrations if one.affiliation} - {home}, key=lambda one: one.pk)
        _ask(forum, kinds={kind.slug: kind for kind in kinds}, home=home, others=others or [home], now=now, rng=rng)
        _invite(forum, kind=next(kind for kind in kinds if kind.is_invited), home=home, now=now)


def _kinds(forum: Forum, *, now: datetime) -> list[Kind]:
    made = []
    for order, row in enumerate(FACTS["kinds"], start=1):
        opens = now + timedelta(days=row["opens_in_days"]) if "opens_in_days" in row else None
        columns = {name: value for name, value in row.items() if name not in OF_KINDS}
        kind = Kind.objects.create(forum=forum, order=order, opens=opens, **columns)
        kind.session_types.set(SessionType.objects.filter(code__in=row.get("session_types", [])))
        made.append(kind)
    return made


def _limit(kinds: Sequence[Kind], registrations: Sequence[Registration]) -> None:
    """As many places as people have taken, and those that are spare: none, in the kind that is full."""
    for kind, row in zip(kinds, FACTS["kinds"], strict=True):
        if "spare" in row:
            kind.capacity = sum(one.kind == kind for one in registrations) + row["spare"]
            kind.save(update_fields=["capacity"])


def _questions(forum: Forum, *, kinds: dict[str, Kind], now: datetime) -> dict[str, RegistrationQuestion]:
    made: dict[str, RegistrationQuestion] = {}
    for order, row in enumerate(FACTS["questions"], start=1):
        columns = {name: value for name, value in row.items() if name not in OF_QUESTIONS}
        made[row["key"]] = question = RegistrationQuestion.objects.create(
            forum=forum,
            order=order,
            shown_if=made.get(row.get("after", "")),
            translations={code: row[code] for code in ("fr", "ar")},
            retired=now - timedelta(days=20) if row.get("is_retired") else None,
            **columns,
        )
        question.kinds.set(kinds[slug] for slug in row.get("kinds", []))
    return made


def _answers(
    registration: Registration, *, questions: dict[str, RegistrationQuestion], rng: random.Random
) -> dict[str, Any]:
    """What somebody answered to the questions that their kind is asked; some leave out what they need not say."""
    said: dict[str, Any] = {}
    for row in FACTS["questions"]:
        question = questions[row["key"]]
        if question.type == question.Type.FILE:  # registration.accreditation.documents.sample
            continue
        asked = not row.get("kinds") or (registration.kind and registration.kind.slug in row["kinds"])
        first = question.shown_if
        follows = first is None or question.holds_after(said.get(first.name))
        if asked and follows and (question.is_required or rng.random() < (0.05 if question.retired else 0.6)):
            said[question.name] = _answer(question, forum=registration.forum, rng=rng)
    return said


def _answer(question: RegistrationQuestion, *, forum: Forum, rng: random.Random) -> Any:
    Type = RegistrationQuestion.Type
    if question.type == Type.CHOICE:
        return rng.choice(question.choices)
    if question.type == Type.SEVERAL:
        chosen = set(rng.sample(question.choices, k=rng.randint(1, len(question.choices))))
        return [choice for choice in question.choices if choice in chosen]
    if question.type == Type.DATE:
        return (forum.starts - timedelta(days=rng.randint(0, 3))).isoformat()
    if question.type == Type.NUMBER:
        return rng.randint(0, 4)
    if question.type == Type.CONSENT:
        return True
    return rng.choice(["Geneva", "Bern", "Paris"])


def _account(email: str, name: str) -> User:
    """Without a password: whoever has the mails of the site logs in by a code."""
    user, _is_new = User.objects.get_or_create(email=email, defaults={"name": name, "password": make_password(None)})
    return user


def _home(registrations: Sequence[Registration], *, kind: Kind, now: datetime) -> Organisation | None:
    """The organisation with the most delegates has no place left, and a focal point."""
    found = Counter(one.affiliation for one in registrations if one.kind == kind and one.affiliation).most_common(1)
    if not found:
        return None
    home, number = found[0]
    user = _account(FOCAL_POINT, "Sample focal point")
    Quota.objects.create(kind=kind, organisation=home, places=number)
    FocalPoint.objects.create(forum=kind.forum, organisation=home, user=user, named_by=user, named_at=now)
    return home


def _invite(forum: Forum, *, kind: Kind, home: Organisation, now: datetime) -> None:
    """An invitation in each state that needs nobody's registration, and somebody who asks to be a focal point. Their links are in no
    mail: “Send again” writes one."""
    State, by = RegistrationInvitation.State, _account(FOCAL_POINT, "Sample focal point")
    for number, (state, days) in enumerate([(State.INVITED, 9), (State.INVITED, -5), (State.TAKEN_BACK, 9)], start=1):
        asked = now + timedelta(days=days) - RegistrationInvitation.LIVES
        RegistrationInvitation.objects.create(
            forum=forum,
            kind=kind,
            organisation=home,
            name=f"Invited speaker {number}",
            email=f"invited{number}@sample.invalid",
            state=state,
            digest=f"sample {forum.pk} {number}",
            invited_by=by,
            invited=asked,
            changed=asked,
            ends=asked + RegistrationInvitation.LIVES,
        )
    FocalPointRequest.objects.create(forum=forum, user=by, organisation_name="Ministry of Sample Affairs", asked=now)


def _ask(
    forum: Forum,
    *,
    kinds: dict[str, Kind],
    home: Organisation,
    others: Sequence[Organisation],
    now: datetime,
    rng: random.Random,
) -> None:
    """People on whom nobody has decided, who are refused, who wait, and one who has withdrawn; of the organisation whose places are
    taken, or of `others`."""
    made = people.persons(len(FACTS["people"]), women=len(FACTS["people"]) // 2, rng=rng)
    for number, (row, who) in enumerate(zip(FACTS["people"], made, strict=True), start=1):
        asked, kind, state = now - timedelta(days=2, hours=-number), kinds[row["kind"]], row["state"]
        organisation = home if row.get("at_home") else rng.choice(others)
        person = Registration.objects.create(
            forum=forum,
            user=_account(f"asked{number:02d}@sample.invalid", who.name),
            kind=kind,
            state=state,
            name=who.name,
            organisation=organisation.name,
            affiliation=organisation,
            stakeholder_type="government",
            country_id=who.country,
            gender=who.gender,
            time_zone=forum.time_zone,
            mode=kind.mode or Registration.Mode.REMOTE,
            consented=asked,
            created=asked,
            withdrawn=now - timedelta(days=1) if row.get("is_withdrawn") else None,
            is_sample=True,
        )
        first = state if state in {"focal_point", "secretariat"} else "secretariat"
        if not row.get("is_withdrawn"):
            AccreditationStep.objects.create(registration=person, before="", after=first, by=person.user, at=asked)
        if "reason" in row:
            AccreditationStep.objects.create(
                registration=person,
                before=first,
                after=state,
                by=None,
                at=now - timedelta(days=1),
                reason=row["reason"],
            )
        if state == Registration.State.WAITING:
            Waiting.objects.create(registration=person, joined=now - timedelta(days=1))
