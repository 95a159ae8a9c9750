"""A release of 1,000 sessions that all moved, with 15,000 people to tell.

How long the action takes; how long a page takes that shows the new version; and the mails as rows, beside a plain
INSERT … SELECT of the same rows. A worker that is killed in between costs nobody a mail, and nobody gets two.
"""

import os
import signal
import time

from tests.benchmarks import limits

RELEASE_LIMIT = 2.0  # seconds for the action
PAGE_LIMIT = 1.0  # seconds of the first page after it
LOOKED = 1.2  # seconds after which a process that is asked has to look whether there is something new
TIMES_PLAIN = 5.0  # the rows of the mails against INSERT … SELECT
ROUNDS = 2
# The draft, without a room or a speaker that is taken twice: eight rooms, a session every two hours.
MOVE = """
DELETE FROM events_appearance late USING events_appearance WHERE late.speaker_id = events_appearance.speaker_id AND late.id > events_appearance.id;
UPDATE events_placement place SET room_id = spot.room, starts = spot.starts, ends = spot.starts + interval '90 min'
FROM (
    SELECT placed.id, (SELECT min(id) FROM events_room) + n % 8 AS room,
           first.starts + n / 64 * interval '1 day' + n / 8 % 8 * interval '2 hours' AS starts
    FROM (SELECT id, row_number() OVER (ORDER BY id) - 1 AS n FROM events_placement) placed,
         (SELECT date_trunc('hour', min(starts)) + interval '35 min' AS starts FROM events_placement) first
) spot
WHERE spot.id = place.id
"""
WRITTEN = "SELECT count(*) FROM events_message WHERE kind = 'changed'"


def measure(bench):
    database, people = bench.copy(bench.world("year"), "release"), bench.scaled(15_000)
    bench.psql(MOVE, database)
    with bench.site(database) as site:
        assert b"/now/releases/1/" not in site.ask("/now/releases/", Accept_Encoding="identity")[1]
        made = bench.run("release.release", database=database)
        time.sleep(LOOKED)
        began = time.perf_counter()
        shown = site.ask("/now/releases/", Accept_Encoding="identity")[1]
        page = time.perf_counter() - began
    bench.seconds(
        "the action", made["seconds"], RELEASE_LIMIT, loops=made["loops"], note=f"{made['changes']:,} changes"
    )
    bench.seconds("the page after it", page, PAGE_LIMIT)
    bench.holds("the page shows it", b"/now/releases/1/" in shown)
    killed_at = _kill(bench, database, when=people // 3)
    bench.run("release.tell", database=database)
    rows = bench.run("release.rows", database=database)
    note = f"a worker was killed at {killed_at:,} of {people:,}"
    bench.holds("everybody is told once", rows == [people, people, True] and 0 < killed_at < people, note=note)
    found = bench.run("release.beside_plain", database=database)
    said = " : ".join(f"{limits.median(found[name]):.2f} s" for name in ("tell", "plain"))
    bench.at_most(
        "mails as rows, against INSERT … SELECT", limits.ratio(found["tell"], found["plain"]), TIMES_PLAIN, note=said
    )


def _kill(bench, database, *, when):
    """Start telling, kill it once so many rows are written; return how many there are."""
    worker = bench.start("release.tell", database=database)
    while int(bench.psql(WRITTEN, database)) < when and worker.poll() is None:
        time.sleep(0.02)
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()
    return int(bench.psql(WRITTEN, database))


# --- in processes of the site ---------------------------------------------------------------------
def release():
    from django.utils import timezone

    from events.models import Forum
    from events.schedule.releases import releases

    forum = Forum.objects.get(slug="now")
    loops = [limits.loop()]
    began = time.perf_counter()
    made = releases.release(forum, note="", by=None, now=timezone.now())
    seconds = time.perf_counter() - began
    return {"seconds": seconds, "changes": len(made.changes), "loops": [*loops, limits.loop()]}


def tell():
    """Write the mails; return the seconds."""
    from django.utils import timezone

    from registration.sessions.agenda import change_mails

    began = time.perf_counter()
    change_mails.tell(timezone.now())
    return time.perf_counter() - began


def rows():
    """How many mails there are, to how many people, and whether the release says that all are told."""
    from events.models import Message, Release

    mails = Message.objects.filter(kind="changed")
    return [mails.count(), mails.values("to").distinct().count(), Release.objects.get().told is not None]


def beside_plain():
    """Tell everybody anew, and copy the rows in SQL; the seconds of each round."""
    from django.conf import settings
    from django.db import connection
    from django.urls import reverse
    from django.utils import translation

    from events.models import Message, Release

    for language, _name in settings.LANGUAGES:  # a worker at work has loaded the addresses of the site
        with translation.override(language):
            reverse("events:releases", args=["now"])

    columns = [field.column for field in Message._meta.concrete_fields if not field.primary_key]
    quoted = ", ".join(f'"{name}"' for name in columns)
    taken = ", ".join("'again:' || dedupe_key" if name == "dedupe_key" else f'"{name}"' for name in columns)
    copied = Message.objects.filter(dedupe_key__startswith="again:")

    def again():
        Message.objects.filter(kind="changed")._raw_delete("default")
        Release.objects.update(told=None)
        return tell()

    def plain():
        with connection.cursor() as cursor:
            began = time.perf_counter()
            cursor.execute(
                f"INSERT INTO events_message ({quoted}) SELECT {taken} FROM events_message WHERE kind = 'changed'"
            )
            seconds = time.perf_counter() - began
        copied._raw_delete("default")
        return seconds

    return limits.in_turns({"tell": again, "plain": plain}, rounds=ROUNDS)
