"""How fast attendance is counted: every figure of 164 sessions and 15,000 attendances, on PostgreSQL.

Two figures: the whole tally (counted and written), and its reading alone against the same SELECTs sent by psql.
"""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from tests import engine

ATTENDANCES = 15_000
SESSIONS = 164
ROUNDS = 5
LIMIT = 1.0  # seconds for the whole tally
RATIO = 2.0  # the reading against psql
ROOT = Path(__file__).resolve().parents[2]


# --- the rows: `python -m tests.benchmarks.tally fill` ---------------------------------------------
def fill():
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    call_command("load_sample", attendees=ATTENDANCES, verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


# --- in a process of the site: `python -m tests.benchmarks.tally count` ------------------------------
def _through_psql(statements, database):
    """Send the statements with psql and return the seconds that it says each round trip took, added up."""
    script = "\\timing on\n\\o /dev/null\n" + "".join(f"{statement};\n" for statement in statements)
    psql = Path(os.environ["POSTGRES_BINARIES"]) / "psql"
    command = [psql, "-qX", "-h", database["HOST"], "-U", database["USER"], "-d", database["NAME"]]
    if database["PORT"]:
        command += ["-p", str(database["PORT"])]
    environment = os.environ | {"PGPASSWORD": database["PASSWORD"] or ""}
    done = subprocess.run(command, input=script, env=environment, check=True, capture_output=True, text=True)
    times = re.findall(r"^Time: ([\d.]+) ms", done.stdout, re.MULTILINE)
    assert len(times) == len(statements), done.stderr
    return sum(map(float, times)) / 1000


def count():
    """Print the sizes and the seconds of each round as JSON."""
    import django

    django.setup()
    from django.db import connection
    from django.utils import timezone

    from events.models import Forum
    from registration.attendance import tally
    from registration.attendance import tally as attendance_tally
    from registration.models import Attendance, Tally

    forum = Forum.objects.get(slug="2020")
    seconds = {"whole": [], "reading": [], "psql": []}
    for _round in range(ROUNDS):
        began = time.perf_counter()
        tally.recount(forum, now=timezone.now())
        seconds["whole"].append(time.perf_counter() - began)
        readings = attendance_tally.readings(forum)
        statements = [connection.ops.compose_sql(reading.sql, reading.params) for reading in readings]
        began = time.perf_counter()
        with connection.cursor() as cursor:
            for reading in attendance_tally.readings(forum):
                cursor.execute(reading.sql, reading.params)
                cursor.fetchall()
        seconds["reading"].append(time.perf_counter() - began)
        seconds["psql"].append(_through_psql(statements, connection.settings_dict))
    sizes = {
        "attendances": Attendance.objects.filter(session__forum=forum).count(),
        "sessions": forum.sessions.count(),
        "cells": Tally.objects.filter(forum=forum).count(),
        "statements": len(statements),
    }
    print(json.dumps(sizes | {name: median(values) for name, values in seconds.items()}))  # noqa: T201


# --- the measurement --------------------------------------------------------------------------------
def measure(found):
    data = found.folder / "bench-tally"
    data.mkdir()
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": found.postgres(durable=True),
        "DATA_DIR": str(data),
        "SECRET_KEY": "only-for-benchmarks-" + "x" * 50,
        "LOG_LEVEL": "WARNING",
        "PYTHONPATH": str(ROOT),
    }
    for step in ("fill", "count"):
        command = [sys.executable, "-m", "tests.benchmarks.tally", step]
        done = subprocess.run(command, env=environment, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


def main():
    """Print both figures with their limits; return whether they hold."""
    with engine.Services() as found:
        result = measure(found)
    ratio = result["reading"] / result["psql"]
    print(  # noqa: T201
        f"tally: {result['cells']:,} cells of {result['sessions']} sessions and {result['attendances']:,} attendances "
        f"counted and written in {result['whole']:.3f} s (limit {LIMIT:.0f} s); {result['statements']} SELECTs read in "
        f"{result['reading'] * 1000:.0f} ms, by psql in {result['psql'] * 1000:.0f} ms: ratio {ratio:.2f} (limit {RATIO:.0f})"
    )
    is_whole = (result["sessions"], result["attendances"]) == (SESSIONS, ATTENDANCES)
    return is_whole and result["whole"] < LIMIT and ratio <= RATIO


if __name__ == "__main__":
    steps = {"fill": fill, "count": count}
    if len(sys.argv) > 1:
        steps[sys.argv[1]]()
    else:
        sys.exit(0 if main() else 1)
