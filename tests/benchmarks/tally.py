"""How fast attendance is counted: every figure of 164 sessions and 15,000 attendances, on PostgreSQL.

Two figures: the reading against the same SELECTs sent by psql, and the whole tally (counted and written). The same of 1,020,000
stays of 60,000 attendances in 1,000 sessions; and how long it takes to look at a meeting's report of 10,000 rows.
"""

import time

from tests.benchmarks import limits

ROUNDS, LARGE_ROUNDS = 5, 3
LIMIT = 1.0  # seconds for the whole tally
RATIO = 2.0  # the reading against psql
STAYS_LIMIT, REPORT_LIMIT = 3.0, 3.0  # seconds
REJOINS, ROWS = 17, 10_000


def measure(bench):
    database = bench.copy(bench.world("sample"), "tally")
    found = bench.run("tally.count", bench.home, str(bench.binaries), database=database)
    bench.at_most("read, against psql", limits.ratio(found["reading"], found["psql"]), RATIO, note=found["sizes"])
    bench.seconds("counted and written", found["whole"], LIMIT)
    database = bench.copy(bench.world("year"), "stays")
    bench.run("tally.fill", database=database)
    found = bench.run("tally.count", bench.home, str(bench.binaries), "now", LARGE_ROUNDS, database=database)
    bench.at_most("read with a million stays, against psql", limits.ratio(found["reading"], found["psql"]), RATIO)
    bench.seconds("a million stays counted and written", found["whole"], STAYS_LIMIT, note=found["sizes"])
    bench.seconds(f"a report of {ROWS:,} rows looked at", bench.run("tally.look", database=database), REPORT_LIMIT)


def fill():
    """In a process of the site: each attendance of the forum `now` has many stays, every fifth without an end."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SET session_replication_role = replica"
        )  # nobody asks a million times whether the session is there
        cursor.execute(
            """
            INSERT INTO registration_stay (registration_id, session_id, began, ended, source, device)
            SELECT seen.registration_id, seen.session_id, session.starts + again * interval '5 minutes',
                CASE WHEN again %% 5 > 0 THEN session.starts + again * interval '5 minutes' + interval '7 minutes' END,
                CASE WHEN again %% 5 > 0 THEN 'report' ELSE 'join' END, ''
            FROM registration_attendance seen JOIN events_session session ON session.id = seen.session_id,
                generate_series(1, %s) again
            """,
            [REJOINS],
        )
        cursor.execute("ANALYZE registration_stay")


def look():
    """In a process of the site: the seconds of each look at a report, half of whose people are registered."""
    from events.models import Forum
    from registration.sessions.attendance.reports import formats, participants

    forum = Forum.objects.get(slug="now")
    session = forum.sessions.filter(starts__isnull=False).earliest("starts")
    times = f"{session.starts:%m/%d/%Y %I:%M:%S %p},{session.ends:%m/%d/%Y %I:%M:%S %p}"
    rows = [f"Person {n},{f'guest{n}@example.org' if n % 2 else ''},{times}" for n in range(ROWS)]
    data = "\n".join(["Name (Original Name),User Email,Join Time,Leave Time", *rows]).encode()

    def seen():
        began = time.perf_counter()
        report = formats.read(data, zone=forum.zone, near=session.starts)
        participants.match(participants.participants(report.entries), session=session)
        return time.perf_counter() - began

    return [seen() for _round in range(ROUNDS)]


def count(home, binaries, slug="2020", rounds=ROUNDS):
    """In a process of the site: the seconds of each round."""
    from django.db import connection
    from django.utils import timezone

    from events.models import Forum
    from registration.models import Attendance, Tally
    from registration.sessions.attendance import minutes, tally
    from tests.benchmarks import psql

    forum, now = Forum.objects.get(slug=slug), timezone.now()

    def readings():
        return [*((one.sql, one.params) for one in tally.readings(forum)), minutes.by_session(forum, now=now)]

    statements = [connection.ops.compose_sql(*one) for one in readings()]

    def whole():
        began = time.perf_counter()
        tally.recount(forum, now=timezone.now())
        return time.perf_counter() - began

    def reading():
        began = time.perf_counter()
        with connection.cursor() as cursor:
            for one in readings():
                cursor.execute(*one)
                cursor.fetchall()
        return time.perf_counter() - began

    through_psql = psql.timed(statements, home=home, binaries=binaries, database=connection.settings_dict["NAME"])
    found = limits.in_turns({"whole": whole, "reading": reading, "psql": through_psql}, rounds=rounds)
    sizes = (
        f"{len(statements)} SELECTs over {Attendance.objects.filter(session__forum=forum).count():,} attendances of "
        f"{forum.sessions.count()} sessions, {Tally.objects.filter(forum=forum).count():,} cells"
    )
    return found | {"sizes": sizes}
