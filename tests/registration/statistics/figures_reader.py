"""What the public files of a forum's figures tell a reader, who also knows where countries lie and what sessions are about."""

import csv
import io

from events.models import Country, Session
from tests.events.shared.disclosure.attacker import Reader


def table(client, path, *, column):
    """The rows of a public file: code → number, None where it is not shown."""
    answer = client.get(path)
    assert answer.status_code == 200, path
    rows = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""))
    return {row["code"]: int(row[column]) if row["is_shown"] == "yes" else None for row in rows}


def matrix(client, path):
    """The cells of a public file of Action Lines by goals: (code, number of the goal) → number, None where it is not shown."""
    answer = client.get(path)
    assert answer.status_code == 200, path
    rows = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""))
    return {
        (row["action_line"], column.removeprefix("sdg_")): int(cell) if cell else None
        for row in rows
        for column, cell in row.items()
        if column != "action_line"
    }


def _read(client, base, *, column, dimensions):
    shown, totals = {}, {}
    for dimension in dimensions:
        rows = table(client, f"{base}{dimension}.csv", column=column)
        totals[dimension] = rows.pop("total")
        shown |= {(dimension, code): number for code, number in rows.items()}
    return shown, totals


def reader_of_people(client, base, *, region_field, dimensions, column="people"):
    """A reader of one column of the tables of groups of people under an address."""
    shown, totals = _read(client, base, column=column, dimensions=dimensions)
    region_of = dict(Country.objects.values_list("code", region_field)) | {"": ""}
    sums = [(totals[d], [key for key in shown if key[0] == d]) for d in dimensions if d != "country"]
    sums.append((totals["country"], [("country", code) for code in region_of]))
    for dimension, region in list(shown):
        if dimension == "region":
            countries = [("country", code) for code, theirs in region_of.items() if theirs == region]
            sums.append((("region", region), countries))
    return Reader(shown, sums)


def reader_of_sessions(client, forum):
    """A reader of the tables of attendances that sessions add up to."""
    dimensions = ["session", "track", "action_line", "sdg"]
    shown, totals = _read(client, f"/{forum.slug}/statistics/", column="attendances", dimensions=dimensions)
    members, weeks = {}, {}
    for session in Session.objects.public().filter(forum=forum).prefetch_related("action_lines", "sdgs"):
        lines = [line.code for line in session.action_lines.all()] or [""]
        goals = [str(goal.number) for goal in session.sdgs.all()] or [""]
        track = str(session.track_id or "")
        groups = [("track", track), *(("action_line", c) for c in lines), *(("sdg", n) for n in goals)]
        for group in groups:
            members.setdefault(group, []).append(("session", session.code))
        weeks.setdefault(forum.week_of(forum.local(session.starts).date()), []).append(("session", session.code))
    sums = [(totals["session"], [key for keys in weeks.values() for key in keys])]
    sums += members.items()
    sums.append((totals["track"], [group for group in members if group[0] == "track"]))
    for (line, goal), number in matrix(client, f"/{forum.slug}/statistics/attendance_matrix.csv").items():
        if number is not None:
            both = {*members.get(("action_line", line), [])} & {*members.get(("sdg", goal), [])}
            sums.append((number, sorted(both)))
    before, waiting = 0, []
    for week, number in table(client, f"/{forum.slug}/statistics/week.csv", column="attendances").items():
        waiting += weeks.get(int(week), []) if week != "total" else []
        if number is not None and week != "total":
            sums.append((number - before, waiting))
            before, waiting = number, []
    return Reader(shown, sums)


def reader_of_everything(client, forum, *, dimensions):
    """A reader of all tables of a forum at once, keys ("people" or "attendances", dimension, code): who also knows that nobody is
    counted more often among the people of a group than among its attendances."""
    base = f"/{forum.slug}/statistics/"
    asked = {"region_field": "region", "dimensions": dimensions}
    people = reader_of_people(client, base, **asked)
    parts = [("people", people), ("attendances", reader_of_people(client, base, **asked, column="attendances"))]
    parts.append(("attendances", reader_of_sessions(client, forum)))
    shown, sums = {}, []
    for what, reader in parts:
        shown |= {(what, *key): number for key, number in reader.shown.items()}
        for whole, members in reader.sums:
            known = whole if isinstance(whole, int) else (what, *whole)
            sums.append((known, [(what, *key) for key in members]))
    of_sessions, _totals = _read(client, base, column="people", dimensions=["track", "action_line", "sdg"])
    shown |= {("people", *key): number for key, number in of_sessions.items()}
    sums += [(("attendances", *key), [("people", *key), ("more", *key)]) for key in [*people.shown, *of_sessions]]
    return Reader(shown, sums)
