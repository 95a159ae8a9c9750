"""A day at a forum as the public sees it: every page and file of figures, minute by minute, while people come in."""

import csv
import io
import random
import re
from datetime import timedelta
from itertools import pairwise

import pytest

from registration.models import Tally
from registration.tasks import tally_running
from tests.factories import (
    NOW,
    ActionLineFactory,
    AttendanceFactory,
    CountryFactory,
    ForumFactory,
    RegistrationFactory,
    SDGFactory,
    SessionFactory,
)

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
DIMENSIONS = ["region", "stakeholder_type", "gender", "country", "track", "action_line", "sdg", "week", "session"]
PAGES = ["statistics/", "statistics/editions/", "figures/"]
FILES = [*(f"statistics/{name}.csv" for name in DIMENSIONS), "statistics/editions.csv"]
COUNTRIES = {"CH": "western-europe", "FR": "western-europe", "JP": "asia", "CN": "asia", "KE": "africa", "GH": "africa"}
COUNTRIES_NAMED = "statistics/country.csv", "", "countries"
TIMES = {
    "first": (0, 7),
    "parallel": (3, 10),
    "at once after": (7, 17),
    "last": (15, 25),
}  # from when to when, in minutes


@pytest.fixture
def sessions():
    """Four sessions of which one begins before another ends: there is no moment between the first and the last at which none runs."""
    forum = ForumFactory()
    made = []
    for number, (name, (begins, ends)) in enumerate(TIMES.items()):
        session = SessionFactory(forum=forum, title=name, starts=NOW + begins * MINUTE, ends=NOW + ends * MINUTE)
        session.action_lines.set([ActionLineFactory(code=["C1", "C2"][number % 2])])
        session.sdgs.set([SDGFactory(number=1 + number // 2), SDGFactory(number=9)])
        made.append(session)
    return made


def come(rng, sessions, *, now):
    """Some people more are in what runs, and one of the forum's people is in another of its sessions."""
    for session in sessions:
        if session.starts <= now < session.ends:
            for _n in range(rng.choice([0, 1, 2, 3, 5])):
                country = rng.choice(list(COUNTRIES))
                person = RegistrationFactory(
                    forum=session.forum,
                    country=CountryFactory(code=country, region=COUNTRIES[country]),
                    gender=rng.choice(["woman", "woman", "man", "man", "other"]),
                    stakeholder_type=rng.choice(["government", "government", "academia"]),
                )
                AttendanceFactory(registration=person, session=session, first_seen=now, last_seen=now)


def tables(html):
    """The numbers of a page's tables: (table, first cell of the row, column) → number."""
    for name, inner in re.findall(r'<table[^>]*aria-labelledby="([^"]*)"(.*?)</table>', html, re.DOTALL):
        for row in re.findall(r"<tr.*?</tr>", inner, re.DOTALL):
            cells = re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL)
            label, *others = [" ".join(re.sub(r"<.*?>", "", cell).split()) for cell in cells]
            for place, cell in enumerate(others):
                if cell.isdigit():
                    yield (name, label, place), int(cell)


def seen(client, sessions):
    """Every number of the public files and pages: (where, of what, which) → number."""
    found = {}
    for path in FILES:
        rows = csv.DictReader(io.StringIO(client.get(f"/2020/{path}").content.decode("utf-8-sig"), newline=""))
        if path == "statistics/country.csv":
            rows = list(rows)
            found[path, "", "countries"] = len(rows) - 1
        for row in rows:
            code = row.pop("code", None) or row.pop("forum", "")
            found |= {(path, code, name): int(cell) for name, cell in row.items() if cell.isdigit()}
    for path in PAGES:
        html = client.get(f"/2020/{path}").content.decode()
        found |= {(path, *key): number for key, number in tables(html)}
        for number, words in re.findall(r"<b>(\d+)</b>\s*<span\s*>(.*?)</span>", html, re.DOTALL):
            found[path, "tile", " ".join(words.split())] = int(number)
    for session in sessions:
        html = client.get(f"/2020/figures/{session.code}/").content.decode()
        for number in re.findall(r"<strong>(\d+)</strong>", html):
            found["session", session.code, ""] = int(number)
    return found


def is_of_names(key):
    """Whether it says how many sessions or countries a page names."""
    return key[1] in {"by-countries", "by-sessions"} or str(key[2]).startswith(("countr", "session"))


@pytest.mark.whole
def test_no_public_number_moves_by_one_to_four_and_all_say_the_same(sessions, client, time_machine):
    rng, looks = random.Random("2020 a day"), []  # noqa: S311

    for minute in range(28):
        now = NOW + minute * MINUTE
        time_machine.move_to(now, tick=False)
        come(rng, sessions, now=now)
        tally_running()
        looks.append(seen(client, sessions))

    keys = {key for look in looks for key in look}
    values = {key: sorted({0, *(look[key] for look in looks if key in look)}) for key in keys if not is_of_names(key)}
    assert {key: those for key, those in values.items() if any(b - a < 5 for a, b in pairwise(those))} == {}
    people = [look["statistics/country.csv", "total", "people"] for look in looks]
    for look, number in zip(looks, people, strict=True):
        assert {look["statistics/editions.csv", "2020", "people"], *of_tile(look, "people")} == {number}
        assert {look["statistics/editions.csv", "2020", "countries"], *of_tile(look, "countr")} <= {
            look[COUNTRIES_NAMED]
        }
    true = Tally.objects.get(session=None, dimension="total").people
    assert (people[6], people[7] > 0, people[16] > people[7], true - people[-1] < 5) == (0, True, True, True)


def of_tile(look, word):
    return {number for key, number in look.items() if key[1] == "tile" and word in key[2]}
