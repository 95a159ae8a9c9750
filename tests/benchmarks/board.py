"""How fast the scheduling board answers: moves among 1,000 sessions, through Django's client, on PostgreSQL.

A move (saved, with the clashes of the whole forum and the day drawn anew) at the 95th percentile, all clashes of 1,000
sessions recomputed; the fair hours of a session that is taken up (with its best free slots), with 15,000 people in 150 time zones.
"""

import random
import time
from datetime import timedelta
from statistics import median

from tests.benchmarks import limits

MOVES, HELD, CHECKS = 100, 40, 5
MOVE_LIMIT = 0.150  # seconds at the 95th percentile
CHECK_LIMIT = 0.1
HOURS_LIMIT = 0.300  # ours: what a bar may lag behind the hand


def measure(bench):
    found = bench.run("board.count", database=bench.copy(bench.world("year"), "board"))

    def judge(name, kind, limit, *, share=0.5, note=""):
        name += f", at the {share * 100:.0f}th percentile" * (share > 0.5)
        bench.seconds(name, found[kind], limit, loops=found["loops"], share=share, note=note)

    work = f"median {median(found['moves']) * 1000:.0f} ms, {median(found['busy']) * 1000:.0f} ms of it this process"
    judge("a move", "moves", MOVE_LIMIT, share=0.95, note=work)
    read = f"{found['clashes']:,} among {found['sessions']:,} sessions, read in {median(found['reads']) * 1000:.0f} ms"
    judge("all clashes recomputed", "checks", CHECK_LIMIT, note=read)
    judge("fair hours of a session", "hours", HOURS_LIMIT, share=0.95)


def count():
    """In a process of the site, loaded as one of the web is: the seconds of each kind."""
    from django.test import Client

    from events.models import Forum, Placement, User
    from events.schedule import draft_timetable

    forum = Forum.objects.get(slug="now")
    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.filter(is_staff=True).order_by("pk")[0])
    places = list(Placement.objects.filter(session__forum=forum).order_by("pk").select_related("session"))
    found = {"loops": [], "reads": [], "checks": []}
    found |= _moves(client, forum, places, found["loops"])
    for _round in range(CHECKS):
        began = time.perf_counter()
        draft = draft_timetable.read(forum)
        read = time.perf_counter()
        clashes = len(draft.clashes())
        found["reads"].append(read - began)
        found["checks"].append(time.perf_counter() - read)
    found |= _fair_hours(client, forum, places, found["loops"])
    return found | {"sessions": len(draft.places), "clashes": clashes}


def _moves(client, forum, places, loops):
    chance, rooms = random.Random(5), list(forum.rooms.values_list("pk", flat=True))  # noqa: S311
    seconds, busy = [], []
    for place in chance.sample(places, MOVES):
        day = forum.starts + timedelta(days=3 + chance.randrange(77))
        body = {
            "verb": "move",
            "version": place.version,
            "date": day.isoformat(),
            "time": f"{chance.randrange(8, 20):02}:{chance.choice(['00', '15', '30'])}",
            "minutes": 60,
            "room": chance.choice(rooms),
        }
        address = f"/admin/events/forum/{forum.pk}/board/{place.session.code}/?day={day}"
        began, worked = time.perf_counter(), time.process_time()
        answer = client.post(address, body, headers={"Accept": "application/json"})
        seconds.append(time.perf_counter() - began)
        busy.append(time.process_time() - worked)
        assert answer.status_code == 200, answer.content[:500]
        assert answer.json()["html"]
        loops.append(limits.loop(0.1))
    return {"moves": seconds, "busy": busy}


def _fair_hours(client, forum, places, loops):
    """Seconds of each answer while a session is held."""
    hours = []
    for number, place in enumerate(places[:HELD]):
        day = forum.starts + timedelta(days=3 + number)
        address = f"/admin/events/forum/{forum.pk}/board/hours/{place.session.code}/?day={day}"
        began = time.perf_counter()
        answer = client.get(address, headers={"Accept": "application/json"})
        hours.append(time.perf_counter() - began)
        assert "<ol>" in answer.json()["html"], answer.content[:500]
        loops.append(limits.loop(0.1))
    return {"hours": hours}
