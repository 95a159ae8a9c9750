"""What those who are signed in cost: core time of their pages, the database's included, as a multiple of a bare view's.

And their bytes, as browsers ask; their queries: at most so many, and as many with 50 rows as with 1.
"""

from tests.benchmarks import limits, load

VISITOR, ONE, TWENTY, FIFTY, NEW = None, 1, 2, 3, 4  # persons of the world, by their bookings; NEW is not registered
MAX_QUERIES, MAX_BYTES = 6, 10_000
WAITS = 0.02  # seconds a request, beside its core time
BROWSER = {"Accept-Encoding": "gzip, deflate, br, zstd"}
# Page, address, whose, and how many times a bare view's core time at most.
PAGES = [
    ("log-in form", "/accounts/login/", VISITOR, 18),  # pretalx’s: 4 ms, 23 times
    ("fragment, visitor", "/now/me/", VISITOR, 10),
    ("fragment, signed in", "/now/me/", ONE, 15),
    ("session's fragment, signed in", "/now/me/{code}/", ONE, 18),
    ("registration step", "/now/register/you/", NEW, 34),  # with what two steps asked before, 29 each
    ("booking page", "/now/book/{code}/", ONE, 26),
    ("ballot category", "/now/prizes/vote/1/", ONE, 28),
    ("agenda with 20 sessions", "/now/agenda/", TWENTY, 45),
    ("account page", "/account/", TWENTY, 33),
]


def measure(bench):
    database = bench.copy(bench.world("year"), "people")
    known = bench.run("people.prepare", database=database)
    keys = known["keys"]
    with bench.site(database, WEB_PROCESSES="1") as site, bench.bare({"page": b""}) as bare:
        pages = {name: (site, path.format(**known), keys.get(str(who))) for name, path, who, _limit in PAGES}
        found = core_times(bench, bare, pages)
        sizes = {
            name: len(site.ask(path, **headers_of(site, path, key))[1]) for name, (site, path, key) in pages.items()
        }
    for name, _path, _who, limit in PAGES:
        judge(bench, name, found, limit)
    for name, size in sizes.items():
        bench.at_most(f"{name}, bytes", size, MAX_BYTES)
    for name, (few, many) in bench.run("people.queries", known, database=database).items():
        bench.at_most(f"{name}, queries", max(few, many), MAX_QUERIES)
        bench.holds(f"{name}, as many queries with 50 rows as with 1", few == many, note=f"{few} and {many}")


def core_times(bench, bare, pages, *, rounds=4, requests=30):
    """Seconds of a core for each request, by round: of pages (name → server, path, session), the database's included, and of `bare`."""

    def ours(site, path, headers):
        return load.core_seconds(site, path, requests=requests, beside=[bench.postgres], **headers)

    asked = {name: (site, path, headers_of(site, path, key)) for name, (site, path, key) in pages.items()}
    runs = {name: lambda page=page: ours(*page) for name, page in asked.items()}
    runs["bare"] = lambda: load.core_seconds(bare, "/page", requests=1_000)
    for run in runs.values():
        run()  # a process loads what it needs
    return limits.in_turns(runs, rounds=rounds)


def headers_of(site, path, key):
    """The headers with which the browser of the person with this session asks: with the cookies of an answer before."""
    cookies = [f"sessionid={key}"] if key else []
    before, _body = site.ask(path, **BROWSER, **({"Cookie": cookies[0]} if key else {}))
    cookies += [one.partition(";")[0] for one in before.get_all("Set-Cookie", [])]
    return BROWSER | ({"Cookie": "; ".join(cookies)} if cookies else {})


def judge(bench, name, found, limit):
    mine, theirs = (limits.median(found[one]) * 1000 for one in (name, "bare"))
    note = f"{mine:.1f} ms of a core, a bare view {theirs:.2f} ms"
    bench.core(f"{name}, times a bare view", limits.ratio(found[name], found["bare"]), limit, note=note)
    judge_clock(bench, name, found[name])


def judge_clock(bench, name, rounds):
    """What a page takes by the clock beside its core time: it waits for nothing."""
    bench.at_most(f"{name}, waits", limits.median([one.waited for one in rounds]), WAITS, unit=" s", is_timed=True)


# --- in processes of the site ---------------------------------------------------------------------
def prepare():
    """Give the persons their bookings and sessions; return the keys, and the code of a session that none has booked."""
    from django.utils import timezone

    from registration.models import Attendance, Booking, Registration, Stay
    from tests.benchmarks.world import sessions_of

    now = timezone.now()
    registrations = {one.user.email: one for one in Registration.objects.select_related("user").order_by("pk")[:100]}
    sessions = list(registrations["guest1@example.org"].forum.sessions.order_by("starts"))
    for number, count in ((ONE, 1), (TWENTY, 20), (FIFTY, 50)):
        own = registrations[f"guest{number}@example.org"]
        own.bookings.all().delete()
        Booking.objects.bulk_create(
            Booking(registration=own, session=sessions[n * 13], created=now) for n in range(count)
        )
    new = registrations[f"guest{NEW}@example.org"]
    Attendance.objects.filter(registration=new).delete()
    Stay.objects.filter(registration=new).delete()
    new.delete()
    keys = dict(zip((ONE, TWENTY, FIFTY, NEW), sessions_of(4, skip=1), strict=True))
    return {"code": sessions[-1].code, "keys": keys}


def queries(known):
    """How many queries each page needs for a person with 1 booking, and for one with 50, in a web process at work."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from events.shared import once_a_revision

    once_a_revision.keep_anew(is_watched=True)

    def count(path, key):
        client = Client(SERVER_NAME="localhost")
        if key:
            client.cookies["sessionid"] = key
        client.get(path)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(path).status_code == 200
        return len(captured)

    people = {ONE: (ONE, FIFTY), TWENTY: (ONE, FIFTY), VISITOR: (VISITOR,) * 2, NEW: (NEW,) * 2}
    return {
        name: [count(path.format(**known), known["keys"].get(str(one))) for one in people[who]]
        for name, path, who, _limit in PAGES
    }
