"""The door of a session at its rush: 30 scans a second to one web process, a day of 3,000 scans that come late and in any order, and
1,000 badges in one PDF, with photographs too.

Three devices send a scan each tenth of a second, as they do with a line; 2,000 people have come in before, and places are limited.
"""

import http.client
import json
import time
import uuid
from datetime import UTC, datetime, timedelta

from tests.benchmarks import load

DEVICES, EACH, SECONDS = 3, 10, 10  # so many scans a second by each
BEFORE, PEOPLE = 2_000, 2_700
P95, BADGES = 0.1, 16  # seconds
LATE, GUESTS = 3_000, 300  # scans of a day without a line, and of how many people


def measure(bench):
    database = bench.copy(bench.world("migrated"), "door")
    known = bench.run("door.prepare", database=database)
    with bench.site(database, WEB_PROCESSES="1") as site:
        devices = [Device(site.port, known, place) for place in range(DEVICES)]
        for device in devices:
            device.send(known["codes"][device.place])  # a process loads what it needs
        devices = [Device(site.port, known, place) for place in range(DEVICES)]
        load.at_once(*[device.run for device in devices])
    times = [seconds for device in devices for seconds in device.seconds]
    said = {word for device in devices for word in device.said}
    rate = len(times) / max(device.took for device in devices)
    bench.holds("each scan is answered", len(times) == DEVICES * EACH * SECONDS and said == {"in"}, note=str(said))
    bench.tell(f"{rate:.1f} scans a second, of {DEVICES * EACH} that were meant: a device waits for its answer")
    bench.seconds("a scan, at the 95th percentile", times, P95, share=0.95)
    merged = bench.run("door.merge", bench.scaled(LATE), database=database)
    bench.holds("a day without a line merges to what was seen", merged["is_same"], note=f"{merged['stays']:,} stays")
    for name, function in (("badges", "door.badges"), ("badges with photographs", "door.badges_with_photographs")):
        drawn = bench.run(function, database=database)
        bench.seconds(f"1,000 {name} in one PDF", drawn["seconds"], BADGES, note=f"{drawn['bytes']:,} bytes")


class Device:
    """A phone at the door: it scans at its pace, whatever the answers take."""

    def __init__(self, port, known, place):
        self.line = http.client.HTTPConnection("127.0.0.1", port)
        self.known, self.place, self.seconds, self.said, self.took = known, place, [], [], 0.0

    def run(self):
        began = time.perf_counter()
        codes = self.known["codes"][DEVICES + self.place :: DEVICES][: EACH * SECONDS]
        for number, code in enumerate(codes):
            time.sleep(max(0.0, began + number / EACH - time.perf_counter()))
            asked = time.perf_counter()
            self.said.append(self.send(code))
            self.seconds.append(time.perf_counter() - asked)
        self.took = time.perf_counter() - began

    def send(self, code):
        now, token = datetime.now(UTC).isoformat(), "a" * 32
        scans = [{"key": str(uuid.uuid4()), "text": code, "direction": "in", "at": now}]
        cookies = f"{self.known['door']}={self.known['secret']}; {self.known['csrf']}={token}"
        headers = {"Content-Type": "application/json", "Cookie": cookies, "X-CSRFToken": token}
        self.line.request("POST", "/rush/door/scans/", json.dumps({"now": now, "scans": scans}), headers)
        answer = self.line.getresponse()
        body = answer.read()
        assert answer.status == 200, (answer.status, body[:300])
        return json.loads(body)["answers"][0]["outcome"]


# --- in processes of the site ---------------------------------------------------------------------
def prepare():
    """A session with a door, those who are inside, and those who come; return a pass and their tickets."""
    from django.conf import settings
    from django.utils import timezone

    from events.models import Country, User
    from registration.door import door_views, passes, tickets
    from registration.models import Registration, Scan
    from tests.factories import CountryFactory, DoorFactory, ForumFactory, SessionFactory, UserFactory, boss

    now = timezone.now()
    forum = ForumFactory(slug="rush", starts=now.date() - timedelta(days=1), ends=now.date() + timedelta(days=1))
    session = SessionFactory(forum=forum, capacity=PEOPLE, starts=now, ends=now + timedelta(hours=1))
    door = DoorFactory(forum=forum, session=session)
    country = Country.objects.first() or CountryFactory()
    users = User.objects.bulk_create(UserFactory.build(email=f"door{n}@example.org") for n in range(PEOPLE))
    given = {"forum": forum, "country": country, "stakeholder_type": "academia", "gender": "woman", "time_zone": "UTC"}
    rows = [Registration(user=user, name=user.name, consented=now, created=now, **given) for user in users]
    people = Registration.objects.bulk_create(rows)
    secret = passes.make(door, day=forum.today(now), holder="Desk", by=boss(), now=now).token
    seen = {"door": door, "direction": "in", "outcome": "in", "at": now, "received": now}
    Scan.objects.bulk_create(Scan(key=uuid.uuid4(), registration=one, **seen) for one in people[:BEFORE])
    codes = [tickets.code(one) for one in people[BEFORE:]]
    return {"secret": secret, "codes": codes, "csrf": settings.CSRF_COOKIE_NAME, "door": door_views.COOKIE}


def merge(number):
    """What three devices saw in a day without a line, which they send in the evening, part by part, some twice: whether the stays
    are those of the day in its order."""
    import random

    from django.utils import timezone

    from events.models import Forum
    from registration.door import scanning
    from registration.door.presences import Passage, presences
    from registration.models import Registration, Stay
    from tests.factories import DoorFactory, DoorPassFactory

    draw, forum = random.Random(7), Forum.objects.get(slug="rush")  # noqa: S311
    doors = [DoorFactory(forum=forum, name=f"Entrance {device}") for device in range(DEVICES)]
    passes = {door: DoorPassFactory(door=door) for door in doors}
    midnight = forum.local(timezone.now()).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    guests = list(Registration.objects.filter(forum=forum).order_by("pk").values_list("pk", flat=True)[:GUESTS])
    sent, day = [], {}
    for second in sorted(draw.sample(range(24 * 3600), number)):
        guest, way, at = draw.choice(guests), draw.choice(["in", "in", "out"]), midnight + timedelta(seconds=second)
        sent.append((draw.choice(doors), scanning.Seen(uuid.uuid4(), guest, way, at)))
        day.setdefault(guest, []).append(Passage(at, way == "in"))
    sent += draw.sample(sent, number // 10)
    draw.shuffle(sent)
    for door, seen in sent:
        scanning.scan(seen, door_pass=passes[door], now=midnight + timedelta(days=1))
    found = Stay.objects.filter(door__forum=forum).values_list("registration", "began", "ended")
    known = {(guest, one.began, one.ended) for guest, passages in day.items() for one in presences(passages)}
    return {"stays": len(found), "is_same": len(found) == len(known) and set(found) == known}


def badges():
    """Draw the badges of 1,000 people, four to a sheet: from their rows to the file."""
    from events.shared.pdf import pdf_files
    from registration.door import badges as room
    from registration.models import Registration

    began = time.perf_counter()
    people = Registration.objects.select_related("forum", "kind").order_by("pk")[: room.MOST]
    file = pdf_files.draw(room.source(people, sheets=True))
    return {"seconds": time.perf_counter() - began, "bytes": len(file)}


def badges_with_photographs():
    """The same, each with a photograph of its own."""
    import io
    import os

    from django.core.files.base import ContentFile
    from django.utils import timezone
    from PIL import Image

    from registration.door import badges as room
    from registration.models import Registration, RegistrationFile

    now = timezone.now()
    for person in Registration.objects.order_by("pk")[: room.MOST]:
        drawn, file = Image.frombytes("L", (35, 45), os.urandom(35 * 45)).resize(room.PORTRAIT), io.BytesIO()
        drawn.convert("RGB").save(file, "JPEG")
        kept = ContentFile(file.getvalue(), name="me.jpg")
        RegistrationFile.objects.create(
            forum_id=person.forum_id, user_id=person.user_id, name="photograph", title="me", file=kept, uploaded=now
        )
    return badges()
