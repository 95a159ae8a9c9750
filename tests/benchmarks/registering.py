"""A rush of registrations through the real forms: sixteen browsers, signed in, each sends step after step as people do.

A registration is every request from the first step to the last button: three pages with their tokens, three forms. Kinds have
places, so each of them is counted under its lock.
"""

import re
import time
from datetime import timedelta
from urllib.parse import urlencode

from tests.benchmarks import load
from tests.benchmarks.casting import Line

PEOPLE, CLIENTS, KINDS = 400, 16, 4
EACH = 1 / 50  # seconds between two registrations, at the most
P99 = 0.5  # seconds that somebody waits for an answer, at the most
TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="(\w+)"')
SEEN = re.compile(rb'name="seen" value="(\w*)"')
COOKIE = re.compile(rb"(?mi)^set-cookie:\s*(\w+=[^;\s]*)")
ASKED = ["you", "access", "check"]


def measure(bench):
    people = bench.scaled(PEOPLE)
    database = bench.copy(bench.world("migrated"), "registering")
    known = bench.run("registering.prepare", people, database=database)
    with bench.site(database) as site:
        warm = Clients(site.port, known["keys"][:CLIENTS], kinds=known["kinds"])
        warm.run()
        clients = Clients(site.port, known["keys"][CLIENTS:], kinds=known["kinds"])
        before = site.core_time(), bench.postgres.core_time()
        took = clients.run()
        by_web, by_postgres = site.core_time() - before[0], bench.postgres.core_time() - before[1]
    checked = bench.run("registering.check", database=database)
    bench.holds(
        "everybody is registered once, in their kind",
        checked["people"] == people + CLIENTS and checked["is_counted"],
        note=f"statuses {sorted(clients.statuses)}",
    )
    web, postgres = by_web / people * 1000, by_postgres / people * 1000
    bench.tell(
        f"{people / took:.1f} registrations a second, each {web:.0f} + {postgres:.0f} ms of a core (web, database)"
    )
    bench.seconds("a registration after the other", took / people, EACH, note=f"{people} in {took:.1f} s")
    bench.seconds("an answer, at the 99th percentile", clients.seconds, P99, share=0.99)


class Clients:
    """Browsers that register one person after the other, from one list of log-in sessions."""

    def __init__(self, port, keys, *, kinds):
        self.port, self.kinds, self.waiting = port, kinds, list(enumerate(keys))
        self.seconds, self.statuses = [], set()

    def run(self):
        """Let them register; return the seconds that it took."""
        return load.at_once(*[self.work] * CLIENTS)

    def work(self):
        line = Line(self.port)
        while True:
            try:
                number, key = self.waiting.pop()
            except IndexError:
                return
            self.register(line, number, key)

    def register(self, line, number, key):
        cookies = [f"sessionid={key}"]
        for step in ASKED:
            path = f"/rush/register/{step}/"
            page = self.ask(line, "GET", path, cookies)
            cookies = [cookies[0], *(found.decode() for found in COOKIE.findall(page))] if step == "you" else cookies
            said = answers(step, number, self.kinds) | {"csrfmiddlewaretoken": TOKEN.search(page)[1].decode()}
            seen = SEEN.search(page)
            self.ask(line, "POST", path, cookies, urlencode(said | ({"seen": seen[1].decode()} if seen else {})))

    def ask(self, line, method, path, cookies, body=""):
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {'; '.join(cookies)}\r\n"
        if body:
            head += f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
        began = time.perf_counter()
        status, answer = line.ask(f"{head}\r\n{body}".encode())
        self.seconds.append(time.perf_counter() - began)
        self.statuses.add(f"{method} {status}")
        assert status == (302 if body else 200), (method, path, status, answer[-3000:])
        return answer


def answers(step, number, kinds):
    """What a person says in a step."""
    return {
        "you": {
            "kind": kinds[number % len(kinds)],
            "name": f"Guest {number}",
            "gender": "undisclosed",
            "organisation": ORGANISATIONS[number % len(ORGANISATIONS)],
            "stakeholder_type": "academia",
            "country": "ML",
            "time_zone": "Africa/Bamako",
        },
        "access": {"mode": "on_site", "languages": "en", "language": "en"},
        "check": {"consent": "on"},
    }[step]


ORGANISATIONS = [
    "Atlas Open Data", "Bamako Institute of Technology", "Cedar Broadcasting", "Delta Water Board", "Ministry of Posts",
    "Northern Teachers", "Orchid Software", "Pacific Cables", "Quiet Seas Foundation", "River Library",
]  # fmt: skip


# --- in processes of the site ---------------------------------------------------------------------
def prepare(people):
    """A forum with kinds that have places, organisations, and people who are logged in; return what browsers need."""
    from django.utils import timezone

    from events.models import Country, User
    from tests.benchmarks.world import sessions_of
    from tests.factories import CountryFactory, ForumFactory, KindFactory, OrganisationFactory, UserFactory

    day, count = timedelta(days=1), people + CLIENTS
    now = timezone.now()
    window = {"registration_opens": now - day, "registration_closes": now + 10 * day}
    forum = ForumFactory(slug="rush", starts=now.date() + 20 * day, ends=now.date() + 24 * day, **window)
    if not Country.objects.filter(pk="ML").exists():
        CountryFactory(code="ML")
    for name in ORGANISATIONS:
        OrganisationFactory(name=name)
    kinds = [KindFactory(forum=forum, name=f"Kind {n}", capacity=count).pk for n in range(KINDS)]
    User.objects.bulk_create(UserFactory.build(email=f"guest{n}@example.org") for n in range(count))
    return {"keys": sessions_of(count), "kinds": kinds}


def check():
    """How many are registered, and whether each kind has its share."""
    from django.db.models import Count

    from registration.models import Registration

    rows = Registration.objects.filter(forum__slug="rush", state="approved")
    by_kind = list(rows.order_by().values_list("kind").annotate(n=Count("pk")))
    return {"people": rows.values("user").distinct().count(), "is_counted": len(by_kind) == KINDS}
