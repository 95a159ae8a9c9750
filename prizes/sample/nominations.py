"""Sample nominations: submitted, shortlisted, published as nominees, each with its linkages and first version."""

import random
from datetime import datetime, timedelta
from typing import Any

from events.formatting.codes import SIGNS
from events.history import log as history
from events.models import MatrixLink, User
from prizes.editions.verbs import PrizeVerb
from prizes.models import Category, Edition, Linkage, Nomination, NominationVersion, Phase
from prizes.nominations import similar_titles
from prizes.nominations.nomination_draft import as_version, submitted
from prizes.review.shortlist import shortlisting
from prizes.sample import texts
from prizes.sample.bulk_rows import BATCH
from prizes.sample.cycle import phase
from prizes.sample.entities import Entity

# By category, 1 to 18. The sums are published (806 and 353); how they divide is not.
SUBMITTED_2020 = (44, 48, 38, 52, 37, 31, 58, 46, 60, 55, 34, 50, 46, 41, 38, 47, 32, 49)
NOMINATED_2020 = (19, 21, 17, 23, 16, 14, 25, 20, 25, 24, 15, 22, 20, 18, 17, 21, 14, 22)
NOMINATED_CURRENT = (12, 15, 9, 18, 10, 8, 20, 13, 19, 16, 8, 14, 13, 11, 10, 14, 9, 15)
SUBMITTED_NEXT = (2,) * 18  # so far
SUBMITTED_CURRENT = tuple(number * 3 // 2 + 3 for number in NOMINATED_CURRENT)
State = Nomination.State


Drafted = tuple[Nomination, list[Linkage]]  # not written yet


def make(
    edition: Edition,
    *,
    entities: list[Entity],
    submitted: tuple[int, ...],
    taken: set[str],
    rng: random.Random,
    until: datetime | None = None,
) -> list[Nomination]:
    """Submit projects `until` a moment, `submitted` by category; `taken`: keys of titles that are in use, added to. In random order."""
    window = phase(edition, Phase.Kind.SUBMISSION)
    window.ends = min(window.ends, until or window.ends)
    goals: dict[int, list[MatrixLink]] = {}
    for link in MatrixLink.objects.select_related("sdg"):
        goals.setdefault(link.action_line_id, []).append(link)
    ideas = texts.ideas()
    drafted: list[Drafted] = []
    categories = edition.categories.select_related("action_line").order_by("number")
    for category, count in zip(categories, submitted, strict=False):
        pool = ideas[category.action_line.code]
        order = [pool[place % len(pool)] for place in range(count)]
        for idea, entity in zip(order, rng.sample(entities, k=count), strict=True):
            row = _draft(category, idea=idea, entity=entity, window=window, taken=taken, rng=rng)
            drafted.append((row, _linkages(row, links=goals.get(category.action_line_id, []), rng=rng)))
    rng.shuffle(drafted)
    _write(drafted)
    return [row for row, _links in drafted]


def _draft(
    category: Category, *, idea: texts.Idea, entity: Entity, window: Phase, taken: set[str], rng: random.Random
) -> Nomination:
    edition = category.edition
    values = texts.facts(entity.name, year=edition.forum.starts.year, rng=rng)
    title = texts.title(idea, country=entity.country.name, taken=taken, rng=rng)
    # The nearer the deadline, the more are submitted.
    submitted = window.starts + (window.ends - window.starts) * (1 - rng.random() ** 3 * 0.98) - timedelta(minutes=5)
    ends = (submitted - timedelta(days=rng.randint(20, 700))).date()
    return Nomination(
        edition=edition,
        category=category,
        nominator=entity.nominator,
        code="".join(rng.choice(SIGNS) for _place in range(6)),
        state=State.SUBMITTED,
        entity_name=entity.name,
        entity_key=similar_titles.entity_key(entity.name, entity.country_code or ""),
        stakeholder_type=entity.stakeholder_type,
        country_id=entity.country_code,
        title=title,
        title_key=similar_titles.title_key(title),
        starts_on=ends - timedelta(days=rng.randint(300, 2000)),
        ends_on=ends,
        project_status=rng.choice([Nomination.ProjectStatus.COMPLETED, Nomination.ProjectStatus.PHASE_ENDED]),
        website=f"https://{entity.nominator.email.split('@')[1]}/",
        description=texts.description(idea, values=values, rng=rng),
        **texts.impacts(values, rng=rng),
        similar_confirmed=True,
        revision=8,
        created=max(window.starts, submitted - timedelta(days=rng.randint(1, 30))),
        updated=submitted,
        submitted=submitted,
        is_sample=True,
    )


def _linkages(row: Nomination, *, links: list[MatrixLink], rng: random.Random) -> list[Linkage]:
    values = texts.facts(row.entity_name, year=row.edition.forum.starts.year, rng=rng)
    chosen = rng.sample(links, k=min(len(links), rng.randint(1, 3)))
    return [
        Linkage(
            nomination=row,
            sdg_id=link.sdg_id,
            text=texts.linkage(link.sdg_id, title=link.sdg.title, values=values, rng=rng),
        )
        for link in sorted(chosen, key=lambda link: link.sdg_id)
    ]


def _write(drafted: list[Drafted]) -> None:
    rows = [row for row, _links in drafted]
    Nomination.objects.bulk_create(rows, batch_size=BATCH)
    Linkage.objects.bulk_create([link for _row, links in drafted for link in links], batch_size=BATCH)
    versions = []
    for row, links in drafted:
        data = as_version(submitted(row, linkages=links)) | {"category_title": str(row.category), "files": []}
        versions.append(NominationVersion(nomination=row, number=1, at=row.updated, by=row.nominator, data=data))
    NominationVersion.objects.bulk_create(versions, batch_size=BATCH)
    _log(rows, verb=PrizeVerb.SUBMIT_NOMINATION, after={"version": 1})


def _log(rows: list[Nomination], *, verb: str, **values: Any) -> None:
    """Log entries as the verb writes them, many at once; without `by` and `now` the submission's own."""
    entries = []
    for row in rows:
        said: dict[str, Any] = {"by": row.nominator, "now": row.updated} | values
        entries.append(history.entry(row, verb=verb, forum_id=row.edition.forum_id, label=row.code, **said))
    history.record_many(entries)


def begin(edition: Edition, *, entity: Entity, now: datetime) -> Nomination:
    """One that has been begun, and is not submitted yet."""
    return Nomination.objects.create(
        edition=edition,
        nominator=entity.nominator,
        entity_name=entity.name,
        stakeholder_type=entity.stakeholder_type,
        country_id=entity.country_code,
        title="A project that is still being described",
        created=now - timedelta(days=2),
        updated=now - timedelta(days=1),
        is_sample=True,
    )


def publish(edition: Edition, rows: list[Nomination], *, nominated: tuple[int, ...], by: User) -> list[Nomination]:
    """Shortlist the first of `rows` in each category, `nominated` by category, and publish them; return them."""
    window = phase(edition, Phase.Kind.REVIEW)
    left = dict(enumerate(nominated, start=1))
    chosen = []
    for row in rows:
        number = row.category.number if row.category else 0
        if left.get(number, 0) > 0:
            left[number] -= 1
            chosen.append(row)
    Nomination.objects.filter(pk__in=[row.pk for row in chosen]).update(state=State.SHORTLISTED)
    reason = "Among the best scores of its category"
    _log(chosen, verb=PrizeVerb.SHORTLIST, by=by, now=window.ends - timedelta(days=4), reason=reason)
    shortlisting.publish_nominees(
        edition, by=by, reason="The experts have finished their reviews", now=window.ends - timedelta(days=1)
    )
    edition.refresh_from_db()
    return chosen
