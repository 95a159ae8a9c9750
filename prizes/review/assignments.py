"""Giving nominations to experts: one by one, evenly, at random, or from a table. Never one's own nomination."""

import secrets
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from events.models import User
from prizes.editions import log
from prizes.editions.verbs import PrizeVerb
from prizes.models import Assignment, Edition, Expert, Nomination, Phase
from prizes.review import conflicts_of_interest, criteria, review_mails

EVENLY, AT_RANDOM = "evenly", "random"


# --- the draw: pure functions on keys. Nobody who must not review a nomination is among its candidates ---
@dataclass(frozen=True)
class Need:
    """A nomination that needs `wanted` more experts. `doubtful`: candidates of whom the data propose a conflict."""

    nomination: int
    wanted: int
    candidates: frozenset[int]
    doubtful: frozenset[int] = frozenset()


type Pair = tuple[int, int]  # expert, nomination


def evenly(needs: Iterable[Need], *, loads: Mapping[int, int]) -> list[Pair]:
    """Give each nomination the experts who have least to do; the same rows always give the same pairs.

    `loads`: expert to the reviews that they have already. Nominations with few candidates choose first, so that
    theirs are not used up; experts in doubt are taken only where nobody else is left.
    """
    counts = dict(loads)
    pairs = []
    for need in sorted(needs, key=lambda need: (len(need.candidates), need.nomination)):
        order = sorted(need.candidates, key=lambda expert: (expert in need.doubtful, counts.get(expert, 0), expert))
        for expert in order[: max(need.wanted, 0)]:
            counts[expert] = counts.get(expert, 0) + 1
            pairs.append((expert, need.nomination))
    return pairs


def at_random(needs: Iterable[Need], *, seed: int) -> list[Pair]:
    """Draw each nomination's experts by chance. The same rows and `seed` give the same pairs, so a draw can be repeated."""
    chance = Random(seed)  # noqa: S311 - a lot that can be drawn again, no secret
    pairs = []
    for need in sorted(needs, key=lambda need: need.nomination):
        sure, doubtful = sorted(need.candidates - need.doubtful), sorted(need.candidates & need.doubtful)
        wanted = max(need.wanted, 0)
        drawn = chance.sample(sure, min(wanted, len(sure)))
        drawn += chance.sample(doubtful, min(wanted - len(drawn), len(doubtful)))
        pairs += [(expert, need.nomination) for expert in drawn]
    return pairs


# --- giving ---


@dataclass(frozen=True)
class Spread:
    """What a distribution did: the reviews it made, the nominations that still have too few experts, and its seed."""

    made: list[Assignment]
    short: list[Nomination]
    seed: int | None = None


def check_time(edition: Edition, *, now: datetime) -> None:
    """Nominations are given after the submission and before the end of the review. Refuses `submission-open`, `review-closed`."""
    submission, review = edition.phase(Phase.Kind.SUBMISSION), edition.phase(Phase.Kind.REVIEW)
    if submission is None or now < submission.ends:
        raise ValidationError(
            _("Nominations can change until the deadline. Assign experts after it"), code="submission-open"
        )
    if review is None or now >= review.ends:
        raise ValidationError(_("The review is over"), code="review-closed")


def check_pair(expert: Expert, nomination: Nomination) -> None:
    """Refuses `wrong-edition`, `not-active`, `own-nomination`, `not-in-review`, `not-checked`."""
    if expert.edition_id != nomination.edition_id:
        raise ValidationError(_("The expert belongs to another edition"), code="wrong-edition")
    if not expert.is_active:
        raise ValidationError(_("This expert is not active"), code="not-active")
    if nomination.nominator_id == expert.user_id:
        raise ValidationError(_("Nobody reviews their own nomination"), code="own-nomination")
    if nomination.state not in Nomination.REVIEWED:
        raise ValidationError(_("This nomination is not under review"), code="not-in-review")
    if nomination.edition.screening_readers and not nomination.screened:
        raise ValidationError(_("This nomination has not passed the first check yet"), code="not-checked")


def _give(
    edition: Edition,
    pairs: Collection[tuple[Expert, Nomination]],
    *,
    verb: str,
    by: User,
    now: datetime,
    row: Nomination | None = None,
    reason: str = "",
    evidence: conflicts_of_interest.Evidence | None = None,
    is_told: bool = True,
    **after: Any,
) -> list[Assignment]:
    """Write the assignments of these pairs, with the conflicts that the data propose, an entry of the log and the mails."""
    criteria.ensure(edition)
    if evidence is None:
        evidence = conflicts_of_interest.gather({expert for expert, _n in pairs}, {row for _e, row in pairs})
    made = [Assignment(expert=expert, nomination=nomination, assigned=now) for expert, nomination in pairs]
    for one in made:
        found = conflicts_of_interest.find(one.expert, one.nomination, evidence=evidence)
        one.conflicts = [str(each) for each in found]
        one.state = Assignment.State.CONFLICT if found else Assignment.State.ASSIGNED
    Assignment.objects.bulk_create(made)
    if row:  # the only nomination: its history names the conflicts
        after["conflicts"] = made[0].conflicts
    else:
        doubtful = [one for one in made if one.state == Assignment.State.CONFLICT]
        after |= {"assigned": len(made), "conflicts": len(doubtful)}
    log.record(edition, row=row, verb=verb, by=by, now=now, reason=reason, after=after)
    if is_told:
        review_mails.write_assigned(made, now=now)
    return made


@transaction.atomic
def appoint(expert: Expert, *, by: User, now: datetime) -> Expert:
    """Write a new or changed expert, with a log entry. Reviews that an expert has stay when they are not active any more."""
    verb = PrizeVerb.APPOINT_EXPERT if expert.pk is None else PrizeVerb.CHANGE_EXPERT
    expert.save()
    details = {"expert": expert.pk, "active": expert.is_active}
    log.record(expert.edition, row=expert, verb=verb, by=by, now=now, subject=expert.pk, after=details)
    return expert


@transaction.atomic
def assign(
    *, expert: Expert, nomination: Nomination, by: User, now: datetime, reason: str = "", is_told: bool = True
) -> Assignment:
    """Give one nomination to one expert. Where the data propose a conflict, the expert has to answer it first.

    Not `is_told`: the caller writes one mail for several of them (`review_mails.write_assigned`).
    Refuses `submission-open`, `review-closed`, `wrong-edition`, `not-active`, `own-nomination`, `not-in-review`
    and `already-assigned`.
    """
    edition = Edition.objects.lock(nomination.edition_id)
    check_time(edition, now=now)
    role = Expert.objects.select_related("user").get(pk=expert.pk)
    row = (
        Nomination.objects.select_for_update(of=("self",)).select_related("edition", "nominator").get(pk=nomination.pk)
    )
    check_pair(role, row)
    if Assignment.objects.filter(expert=role, nomination=row).exists():
        raise ValidationError(_("This expert has this nomination already"), code="already-assigned")
    pairs, verb = [(role, row)], PrizeVerb.ASSIGN
    made = _give(edition, pairs, verb=verb, by=by, now=now, row=row, reason=reason, is_told=is_told, expert=role.pk)
    return made[0]


def is_begun(row: Assignment) -> bool:
    """Whether an expert has answered, given points or stepped back, so that the review stays."""
    is_decided = row.state in {Assignment.State.DONE, Assignment.State.RECUSED}
    return is_decided or bool(row.answer) or row.scores.exists()


@transaction.atomic
def unassign(assignment: Assignment, *, by: User, now: datetime, reason: str = "") -> None:
    """Take a nomination away from an expert who has not begun. Refuses `review-begun` once there are points or answers."""
    row = Assignment.objects.select_for_update(of=("self",)).select_related("nomination__edition").get(pk=assignment.pk)
    if is_begun(row):
        raise ValidationError(_("The expert has begun this review or answered. It stays as it is"), code="review-begun")
    about, after = row.nomination, {"expert": row.expert_id}
    row.delete()
    log.record(about.edition, row=about, verb=PrizeVerb.UNASSIGN, by=by, now=now, reason=reason, after=after)


# --- many at once ---------------------------------------------------------------------------------
def under_review(
    edition: Edition, *, nominations: Collection[Nomination] = (), categories: Collection[int] = ()
) -> QuerySet[Nomination]:
    """Those of the given `nominations` and `categories` (numbers) that are under review; of each, none means all."""
    reviewed = Nomination.objects.filter(edition=edition, state__in=Nomination.REVIEWED).checked()
    rows = reviewed.select_related("edition", "nominator")
    if nominations:
        rows = rows.filter(pk__in=[nomination.pk for nomination in nominations])
    if categories:
        rows = rows.filter(category__number__in=categories)
    return rows.order_by("pk")


@transaction.atomic
def spread(
    edition: Edition,
    *,
    method: str,
    by: User,
    now: datetime,
    nominations: Collection[Nomination] = (),
    categories: Collection[int] = (),
    seed: int | None = None,
    reason: str = "",
) -> Spread:
    """Give nominations experts up to the edition's number, `evenly` or at `random`; what is assigned already stays.

    Which ones: see `under_review`. An expert is drawn for their categories only (none chosen: for all), and one in
    doubt only where nobody else is left. The seed of a random draw is returned and logged. Refuses
    `submission-open`, `review-closed`, `no-experts`.
    """
    locked = Edition.objects.lock(edition.pk)
    check_time(locked, now=now)
    rows = under_review(locked, nominations=nominations, categories=categories)
    chosen = {nomination.pk: nomination for nomination in rows}
    active = Expert.objects.filter(edition=locked, is_active=True).select_related("user")
    experts = {expert.pk: expert for expert in active.prefetch_related("categories")}
    if not experts:
        raise ValidationError(_("This edition has no active expert. Add experts first"), code="no-experts")
    evidence = conflicts_of_interest.gather(experts.values(), chosen.values())
    needs = _needs(locked, nominations=chosen.values(), experts=experts.values(), evidence=evidence)
    if method == AT_RANDOM:
        seed = secrets.randbits(32) if seed is None else seed
        pairs = at_random(needs, seed=seed)
    else:
        seed = None
        loads = Assignment.objects.filter(expert__edition=locked).exclude(state=Assignment.State.RECUSED)
        pairs = evenly(needs, loads=dict(loads.order_by().values_list("expert").annotate(Count("pk"))))
    given = Counter(nomination for _expert, nomination in pairs)
    short = [chosen[need.nomination] for need in needs if given[need.nomination] < need.wanted]
    drawn, verb = [(experts[expert], chosen[row]) for expert, row in pairs], PrizeVerb(f"assign-{method}")
    after: dict[str, Any] = {"short": [nomination.code for nomination in short], "seed": seed}
    made = _give(locked, drawn, verb=verb, by=by, now=now, reason=reason, evidence=evidence, **after)
    return Spread(made=made, short=short, seed=seed)


def _needs(
    edition: Edition,
    *,
    nominations: Iterable[Nomination],
    experts: Iterable[Expert],
    evidence: conflicts_of_interest.Evidence,
) -> list[Need]:
    known: dict[int, dict[int, str]] = {}
    assigned = Assignment.objects.filter(nomination__edition=edition)
    for key, reviewer, state in assigned.values_list("nomination_id", "expert_id", "state"):
        known.setdefault(key, {})[reviewer] = state
    fields = {expert.pk: {category.pk for category in expert.categories.all()} for expert in experts}
    needs = []
    for nomination in nominations:
        had = known.get(nomination.pk, {})
        wanted = edition.reviews_per_nomination - sum(state != Assignment.State.RECUSED for state in had.values())
        if wanted <= 0:
            continue
        free = [
            expert
            for expert in experts
            if expert.pk not in had
            and expert.user_id != nomination.nominator_id
            and (not fields[expert.pk] or nomination.category_id in fields[expert.pk])
        ]
        doubtful = [expert.pk for expert in free if conflicts_of_interest.find(expert, nomination, evidence=evidence)]
        candidates = frozenset(expert.pk for expert in free)
        needs.append(Need(nomination.pk, wanted, candidates, frozenset(doubtful)))
    return needs


# --- from a table ---------------------------------------------------------------------------------
@transaction.atomic
def give(
    edition: Edition, pairs: Collection[tuple[Expert, Nomination]], *, by: User, now: datetime
) -> list[Assignment]:
    """Give nominations to experts as a table says (`tables`): all pairs, or none. Refuses `submission-open`,
    `review-closed`, and for a pair what `check_pair` refuses."""
    locked = Edition.objects.lock(edition.pk)
    check_time(locked, now=now)
    for expert, nomination in pairs:
        check_pair(expert, nomination)
    return _give(locked, pairs, verb=PrizeVerb.ASSIGN_IMPORT, by=by, now=now)
