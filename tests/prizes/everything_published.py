"""A reader of everything that is published of a forum and its prize at once: with a linear solver, as `figures_reader` is one of attendance."""

import csv
import io
import re
from collections import Counter, defaultdict

from django.utils import translation

from events.models import ActionLine, Appearance, Speaker
from prizes.outcome_document import content
from registration.models import Registration, Tally
from tests.events.shared.disclosure.attacker import Reader
from tests.prizes.outcome_document.reading import parts_of
from tests.registration.statistics.figures_reader import reader_of_everything, reader_of_people, table

PEOPLE = ("region", "country", "stakeholder_type", "gender")
VOTERS = ("region", "country", "stakeholder_type", "eligible")


def rows(client, path):
    return list(csv.DictReader(io.StringIO(client.get(path).content.decode("utf-8-sig"), newline="")))


def reader(client, forum, *, now):
    """Keys: ("people" or "attendances" or "ballots", dimension, code), and ("voters", "attended" or "others", ""). The tables of nominees,
    champions, winners and commitments count projects and promises that the pages name, no people: the reader has nothing of them but
    the votes of people who attended."""
    base = reader_of_everything(client, forum, dimensions=PEOPLE)
    shown, sums = dict(base.shown), list(base.sums)
    for more, theirs in (_speakers(client, forum), _voters(client, forum), _elsewhere(client, forum, now=now)):
        shown |= more
        sums += theirs
    total = table(client, f"/{forum.slug}/statistics/country.csv", column="people")["total"]
    sums.append((total, [("voters", "attended", ""), ("people", "attended", "did not vote")]))
    mine = next(row for row in rows(client, f"/{forum.slug}/statistics/editions.csv") if row["forum"] == forum.slug)
    if mine["registrations"]:
        sums.append((int(mine["registrations"]), [("people", "registered", "did not come"), total]))
    return Reader(shown, sums)


def truth(forum, count):
    """How many people there are in each group of which the reader may ask."""
    cells = Tally.objects.filter(forum=forum, session=None, dimension__in=[*PEOPLE, "track", "action_line", "sdg"])
    found = {("people", cell.dimension, cell.value): cell.people for cell in cells}
    sessions = Tally.objects.filter(forum=forum, session__isnull=False, dimension="total").select_related("session")
    found |= {("attendances", "session", cell.session.code): cell.people for cell in sessions}
    found |= {("ballots", cell.dimension, cell.value): cell.people for cell in count.turnout.all()}
    speakers = Speaker.objects.filter(pk__in=Appearance.objects.public().filter(session__forum=forum).values("speaker"))
    found |= {
        ("people", "speakers", gender or "undisclosed"): n
        for gender, n in Counter(speakers.values_list("gender", flat=True)).items()
    }
    attended = count.attendee_ballots
    found |= {("voters", "attended", ""): attended, ("voters", "others", ""): count.valid_ballots - attended}
    came = Tally.objects.get(forum=forum, session=None, dimension="total").people
    return found | {
        ("people", "registered", "did not come"): Registration.objects.active().filter(forum=forum).count() - came
    }


def _speakers(client, forum):
    counted = table(client, f"/{forum.slug}/statistics/speakers.csv", column="people")
    total = counted.pop("total")
    shown = {("people", "speakers", code): number for code, number in counted.items()}
    return shown, [(total, list(shown))]


def _voters(client, forum):
    """Who voted was eligible. Of a full ballot each category has one vote."""
    address = f"/{forum.slug}/prizes/results/"
    read = reader_of_people(client, address, region_field="prize_region", dimensions=VOTERS)
    shown = {("ballots", *key): number for key, number in read.shown.items()}
    sums = [
        (whole if isinstance(whole, int) else ("ballots", *whole), [("ballots", *key) for key in parts])
        for whole, parts in read.sums
    ]
    countries = [code for dimension, code in read.shown if dimension == "country"]
    sums += [(("ballots", "eligible", c), [("ballots", "country", c), ("ballots", "idle", c)]) for c in countries]
    voters = [("voters", "attended", ""), ("voters", "others", "")]
    sums.append((table(client, f"{address}stakeholder_type.csv", column="people")["total"], voters))
    attended = defaultdict(int)
    for row in rows(client, f"{address}results.csv"):
        attended[row["category"]] += int(row["attendee_votes"]) if row["attendee_votes"] else 0
    sums += [(number, voters[:1]) for number in attended.values() if number]
    return shown, sums


def _elsewhere(client, forum, *, now):
    """What road maps and the Outcome Document say of attendances: numbers that their tables have, or else something new."""
    shown = {}
    name = forum.name
    for line in ActionLine.objects.all():
        page = client.get(f"/{forum.slug}/action-lines/{line.code}/").content.decode()
        cells = re.search(rf"<bdi>{re.escape(name)}</bdi></th>(.*?)</tr>", page, re.DOTALL)
        _sessions, number, *_more = (
            re.findall(r'<td class="num">(.*?)</td>', cells[1], re.DOTALL) if cells else ["", ""]
        )
        if (number := number.strip().replace(",", "")).isdecimal():
            shown["attendances", "action_line", line.code] = int(number)
    with translation.override("en"):
        parts = parts_of(content.document(forum, version=1, now=now))
    session = ""
    for part in parts:
        if part["kind"] == "heading":
            session = part.get("anchor", "").removeprefix("session-")
        for line in part["lines"] if part["kind"] == "lines" and session else ():
            label, text = line["runs"][0]["text"].strip(), line["runs"][-1]["text"]
            if label == "Attendances" and text != "not shown":
                shown["attendances", "session", session] = int(text.replace(",", ""))
    return shown, []
