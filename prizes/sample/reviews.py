"""Sample reviews: experts, what each reviewed, their points, and who recused themselves and why."""

import random
from collections.abc import Iterator
from datetime import timedelta

from events.models import Country
from events.sample import people
from prizes.models import Assignment, Criterion, Edition, Expert, Nomination, Phase, Score
from prizes.review import criteria
from prizes.sample.bulk_rows import BATCH, accounts, insert
from prizes.sample.cycle import phase
from prizes.sample.texts import TEXTS

EXPERTS = 40
KINDS = ("academia", "government", "international_org", "civil_society", "technical_community", "united_nations")
RECUSED = 0.04  # share of reviews that an expert gave back
State, Conflict = Assignment.State, Assignment.Conflict


def experts(edition: Edition, *, rng: random.Random) -> list[Expert]:
    """Make the expert group of an edition; the accounts serve both editions."""
    persons = people.persons(EXPERTS, women=EXPERTS // 2, rng=rng)
    contacts = [(f"expert{number:02d}@experts.sample.invalid", p.name) for number, p in enumerate(persons, start=1)]
    known = set(Country.objects.values_list("pk", flat=True))
    rows = [
        Expert(
            edition=edition,
            user=user,
            organisation=f"{rng.choice(people.WORDS)} {rng.choice(['Observatory', 'College', 'Policy Centre'])}",
            stakeholder_type=KINDS[number % len(KINDS)],
            country_id=person.country if person.country in known else None,
        )
        for number, (user, person) in enumerate(zip(accounts(contacts), persons, strict=True))
    ]
    return Expert.objects.bulk_create(rows)


def review(
    edition: Edition, rows: list[Nomination], *, good: set[int], per_nomination: int, rng: random.Random
) -> None:
    """Let experts review nominations; those in `good` (keys) receive more points, as those that were shortlisted."""
    group = experts(edition, rng=rng)
    asked, window = criteria.ensure(edition), phase(edition, Phase.Kind.REVIEW)
    made = [one for row in rows for one in _assign(row, experts=group, wanted=per_nomination, window=window, rng=rng)]
    Assignment.objects.bulk_create(made, batch_size=BATCH)
    insert(Score, list(_scores(made, asked=asked, good=good, rng=rng)))


def _assign(
    row: Nomination, *, experts: list[Expert], wanted: int, window: Phase, rng: random.Random
) -> Iterator[Assignment]:
    """The experts of a nomination; one who is recused is replaced by another."""
    span = window.ends - window.starts - timedelta(days=6)
    order = rng.sample(experts, k=wanted * 3)
    done = 0
    for expert in order:
        if done == wanted:
            return
        governments = expert.stakeholder_type == row.stakeholder_type == "government"
        is_partial = governments and expert.country_id == row.country_id
        is_recused = is_partial or rng.random() < RECUSED
        done += not is_recused
        yield Assignment(
            expert=expert,
            nomination=row,
            state=State.RECUSED if is_recused else State.DONE,
            conflicts=[Conflict.SAME_GOVERNMENT] if is_partial else [],
            answer=rng.choice(TEXTS["conflicts_of_experts"]) if is_recused else "",
            comment="" if is_recused or rng.random() < 0.6 else rng.choice(TEXTS["comments_of_experts"]),
            assigned=window.starts + timedelta(days=1, minutes=rng.randint(0, 600)),
            updated=window.starts + timedelta(days=2) + span * rng.random(),
        )


def _scores(
    made: list[Assignment], *, asked: list[Criterion], good: set[int], rng: random.Random
) -> Iterator[dict[str, int]]:
    """Points around the project's own quality, some experts milder than others."""
    mildness = {one.expert_id: rng.gauss(0, 0.3) for one in made}
    quality: dict[int, float] = {}
    for one in made:
        if one.state != State.DONE:
            continue
        key = one.nomination_id
        middle = quality.setdefault(key, rng.gauss(3.9 if key in good else 2.7, 0.35))
        for criterion in asked:
            points = round(rng.gauss(middle + mildness[one.expert_id], 0.7))
            yield {"assignment_id": one.pk, "criterion_id": criterion.pk, "points": min(5, max(0, points))}
