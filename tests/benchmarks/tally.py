"""How fast attendance is counted: every figure of 164 sessions and 15,000 attendances, on PostgreSQL.

Two figures: the reading against the same SELECTs sent by psql, and the whole tally (counted and written).
"""

import time

from tests.benchmarks import limits

ROUNDS = 7
LIMIT = 1.0  # seconds for the whole tally
RATIO = 2.0  # the reading against psql


def measure(bench):
    database = bench.copy(bench.world("sample"), "tally")
    found = bench.run("tally.count", bench.home, str(bench.binaries), database=database)
    bench.at_most("read, against psql", limits.ratio(found["reading"], found["psql"]), RATIO, note=found["sizes"])
    bench.seconds("counted and written", found["whole"], LIMIT)


def count(home, binaries):
    """In a process of the site: the seconds of each round."""
    from django.db import connection
    from django.utils import timezone

    from events.models import Forum
    from registration.attendance import tally
    from registration.models import Attendance, Tally
    from tests.benchmarks import psql

    forum = Forum.objects.get(slug="2020")
    readings = tally.readings(forum)
    statements = [connection.ops.compose_sql(reading.sql, reading.params) for reading in readings]

    def whole():
        began = time.perf_counter()
        tally.recount(forum, now=timezone.now())
        return time.perf_counter() - began

    def reading():
        began = time.perf_counter()
        with connection.cursor() as cursor:
            for one in tally.readings(forum):
                cursor.execute(one.sql, one.params)
                cursor.fetchall()
        return time.perf_counter() - began

    through_psql = psql.timed(statements, home=home, binaries=binaries, database=connection.settings_dict["NAME"])
    found = limits.in_turns({"whole": whole, "reading": reading, "psql": through_psql}, rounds=ROUNDS)
    sizes = (
        f"{len(statements)} SELECTs over {Attendance.objects.filter(session__forum=forum).count():,} attendances of "
        f"{forum.sessions.count()} sessions, {Tally.objects.filter(forum=forum).count():,} cells"
    )
    return found | {"sizes": sizes}
