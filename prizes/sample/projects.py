"""Sample projects: the texts that their files leave out, their linkages, first versions, history and reviews."""

import json
import random
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from events.models import SDG, User
from events.sample.loader import BATCH, Loader, Row, read
from events.shared.drafts import word_count
from events.shared.history import log as history
from prizes.editions.verbs import PrizeVerb
from prizes.models import Assignment, Edition, Linkage, Nomination, NominationVersion, Phase, Score
from prizes.nominations import similar_titles
from prizes.nominations.nomination_draft import as_version, submitted
from prizes.review import criteria, shortlisting

DATA = Path(__file__).resolve().parent.parent / "data" / "sample"
TEXTS: dict[str, Any] = json.loads((DATA / "texts.json").read_text(encoding="utf-8"))
IDEAS = {
    name: sentence
    for rows in json.loads((DATA / "projects.json").read_text(encoding="utf-8")).values()
    for name, sentence in rows
}
MOST_WORDS = 192  # of a description; the rules allow 150 to 200
NOTE = "This project is made up: it is sample data, to show how the prize works."


def texts(row: Row) -> Row:
    """What a project of the file has besides: its description of 150 to 192 words and the texts on its impact, composed so that no two
    read the same, and the keys under which it is searched. One that is a draft has none."""
    if "idea" not in row:
        return {}
    rng = random.Random(row["code"])  # noqa: S311  sample data, not secrets
    values = _facts(row, rng=rng)
    parts = [IDEAS[row["idea"]], _sentence(rng.choice(TEXTS["starts"]), values)]
    left = MOST_WORDS - word_count.count(" ".join([*parts, NOTE]))
    for bank in TEXTS["middles"]:
        sentence = _sentence(rng.choice(bank), values)
        if (length := word_count.count(sentence)) <= left:
            parts.append(sentence)
            left -= length
    impacts = {
        name: " ".join(_sentence(text, values) for text in rng.sample(bank, k=3))
        for name, bank in TEXTS["impacts"].items()
    }
    return impacts | {
        "description": f"{' '.join(parts)} {NOTE}",
        "title_key": similar_titles.title_key(row["title"]),
        "entity_key": similar_titles.entity_key(row["entity_name"], row["country"]),
        "website": f"https://{row['nominator'].split('@')[1]}/",
    }


def _facts(row: Row, *, rng: random.Random) -> dict[str, str]:
    """The made-up facts that the sentences of one project share."""
    entity = row["entity_name"]
    return {
        "entity": f"the {entity}" if entity.split()[0] in {"Ministry", "University", "Agency", "City"} else entity,
        "year": str(rng.randint(2014, 2018)),
        "team": str(rng.randint(3, 19)),
        "places": str(rng.choice([6, 9, 12, 14, 18, 23, 31, 40, 56, 70])),
        "users": f"{rng.choice([2, 3, 5, 8, 12, 19, 34, 60, 110])},{rng.randint(0, 9)}00",
        "days": str(rng.randint(4, 28)),
        "percent": str(rng.randint(15, 64)),
    }


def _sentence(text: str, values: dict[str, str]) -> str:
    text = text.format(**values)
    return text[0].upper() + text[1:]


def submit(sample: Loader, rows: list[Row]) -> None:
    """Write the linkages, first versions and history of the projects of the file."""
    goals = {str(goal.pk): goal for goal in SDG.objects.all()}
    linkages, versions = [], []
    for row in rows:
        nomination: Nomination = sample.row(Nomination, row["code"])
        rng = random.Random(row["code"])  # noqa: S311
        values = _facts(row, rng=rng)
        links = []
        for goal in (goals[key] for key in row["linkages"].split("|")):
            text = rng.choice(TEXTS["linkages"]).format(number=goal.pk, title=goal.title, **values)
            links.append(Linkage(nomination=nomination, sdg=goal, text=text))
        linkages += links
        data = as_version(submitted(nomination, linkages=links)) | {"category_title": str(nomination.category)}
        by, at = nomination.nominator, nomination.updated
        versions.append(NominationVersion(nomination=nomination, number=1, at=at, by=by, data=data | {"files": []}))
    Linkage.objects.bulk_create(linkages, batch_size=BATCH)
    NominationVersion.objects.bulk_create(versions, batch_size=BATCH)
    nominations = [version.nomination for version in versions]
    Nomination.objects.filter(pk__in=[row.pk for row in nominations]).update(state=Nomination.State.SUBMITTED)
    _log(nominations, verb=PrizeVerb.SUBMIT_NOMINATION, after={"version": 1})


def _log(rows: Iterable[Nomination], *, verb: str, **values: Any) -> None:
    """Log entries as the verb writes them, many at once; without `by` and `now` the submission's own."""
    entries = []
    for row in rows:
        said: dict[str, Any] = {"by": row.nominator, "now": row.updated} | values
        entries.append(history.entry(row, verb=verb, forum_id=row.edition.forum_id, label=row.code, **said))
    history.record_many(entries)


def review(sample: Loader, editions: list[Edition]) -> None:
    """Write the experts' reviews of the file, with their points: a digit for each criterion."""
    asked = {edition.pk: criteria.ensure(edition) for edition in editions}
    rows = read(DATA / "reviews.csv")
    made = Assignment.objects.bulk_create((_assignment(sample, row) for row in rows), batch_size=BATCH)
    Score.objects.bulk_create(_scores(made, rows, asked), batch_size=BATCH)


def _assignment(sample: Loader, row: Row) -> Assignment:
    own: Row = {name: row[name] for name in ("state", "answer", "comment")}
    own |= {name: sample.moment(row[name]) for name in ("assigned", "updated")}
    own["conflicts"] = json.loads(row["conflicts"] or "[]")
    expert = sample.row(Assignment._meta.get_field("expert").related_model, row["expert"])
    return Assignment(nomination=sample.row(Nomination, row["nomination"]), expert=expert, **own)


def _scores(made: list[Assignment], rows: list[dict[str, str]], asked: dict[int, list[Any]]) -> Iterator[Score]:
    for one, row in zip(made, rows, strict=True):
        for criterion, points in zip(asked[one.nomination.edition_id], row["points"], strict=False):
            yield Score(assignment=one, criterion=criterion, points=int(points))


def publish(sample: Loader, edition: Edition, rows: list[Row], *, by: User) -> None:
    """Shortlist the projects of which the file says so, and publish them as nominees."""
    window = edition.phases.get(kind=Phase.Kind.REVIEW)
    chosen = [sample.row(Nomination, row["code"]) for row in rows if row["state"] == Nomination.State.SHORTLISTED]
    chosen = [row for row in chosen if row.edition == edition]
    Nomination.objects.filter(pk__in=[row.pk for row in chosen]).update(state=Nomination.State.SHORTLISTED)
    reason, at = "Among the best scores of its category", window.ends - timedelta(days=4)
    _log(chosen, verb=PrizeVerb.SHORTLIST, by=by, now=at, reason=reason)
    published: datetime = window.ends - timedelta(days=1)
    shortlisting.publish_nominees(edition, by=by, reason="The experts have finished their reviews", now=published)
    edition.refresh_from_db()
