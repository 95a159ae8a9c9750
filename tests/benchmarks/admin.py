"""The admin at scale: core time of its lists as a multiple of a bare view's, and of what a tenth of the rows costs.

To the 15,000 registrations, 50,000 mails and 60,000 attendances of the year come 15,000 ballots, 100,000 entries of the
history and the tally of all attendances. The lists that are not named are measured too; the dearest of them is judged.
Last, how long four people wait who open lists at once.
"""

import time

from tests.benchmarks import limits, load, people

PAIR = 0.3  # seconds for the figures by any two groups
MORE = 1.5  # times the core time with ten times the rows, at most
# List, address, and how many times a bare view's core time at most.
LISTS = [
    ("dashboard", "/admin/", 90),
    ("registrations", "/admin/registration/registration/", 130),
    ("registrations, searched", "/admin/registration/registration/?q=person+12", 150),
    ("attendances", "/admin/registration/attendance/", 125),
    ("attendances, searched", "/admin/registration/attendance/?q=person+12", 150),
    ("bookings", "/admin/registration/booking/", 100),
    ("outbox", "/admin/events/message/", 130),
    ("outbox, searched", "/admin/events/message/?q=guest12", 145),
    ("outbox, one kind and state", "/admin/events/message/?kind=letter&state__exact=sent", 150),
    ("accounts", "/admin/events/user/", 100),
    ("accounts, searched", "/admin/events/user/?q=person+12", 125),
    ("history", "/admin/events/historyentry/", 150),
    ("history, searched", "/admin/events/historyentry/?q=session+12", 150),
    ("ballots", "/admin/prizes/ballot/", 105),
    ("tallies", "/admin/registration/tally/", 150),
    ("sessions", "/admin/events/session/", 150),
    ("sessions, searched", "/admin/events/session/?q=last+mile", 150),
]
AT_ONCE, TIMES, WAIT = 4, 15, 0.3  # people, lists of each kind for each of them, seconds at the 95th percentile
WATCHED = {"registrations", "outbox", "history", "history, searched"}
BALLOTS, ENTRIES = 15_000, 100_000
SAME = {"dashboard", "sessions", "sessions, searched", "tallies"}  # as many rows there
TENTH = """
DELETE FROM registration_attendance WHERE registration_id % 10 <> 0;
DELETE FROM registration_booking WHERE registration_id % 10 <> 0;
DELETE FROM registration_registration WHERE id % 10 <> 0;
DELETE FROM events_message WHERE id % 10 <> 0;
DELETE FROM events_historyentry WHERE id % 10 <> 0;
DELETE FROM prizes_ballot WHERE id % 10 <> 0;
"""


def measure(bench):
    large = bench.copy(bench.world("year"), "admin")
    bench.run("admin.grow", bench.scaled(BALLOTS), bench.scaled(ENTRIES), database=large)
    bench.psql("VACUUM ANALYZE", large)
    (key,) = bench.run("world.sessions_of", 1, database=large)
    small = bench.copy(large, "admin_tenth")
    bench.psql(TENTH, small)
    bench.psql("VACUUM ANALYZE", small)
    others = bench.run("admin.others", database=large)
    one = {"WEB_PROCESSES": "1"}
    with bench.bare({"page": b""}) as bare, bench.site(large, **one) as site, bench.site(small, **one) as tenth:
        pages = {name: (site, path, key) for name, path, _limit in LISTS}
        pages |= {f"{name}, a tenth": (tenth, path, key) for name, path, _limit in LISTS}
        found = people.core_times(bench, bare, pages, rounds=3, requests=4)
        rest = {name: (site, path, key) for name, path in others.items()}
        once = people.core_times(bench, bare, rest, rounds=1, requests=2)
        dearest = max(rest, key=lambda name: once[name])
        beside = people.core_times(bench, bare, {dearest: rest[dearest]}, requests=4)
    for name, _path, limit in LISTS:
        people.judge(bench, name, found, limit)
        if name not in SAME:
            more = limits.ratio(found[name], found[f"{name}, a tenth"])
            bench.at_most(f"{name}, times the core time of a tenth of the rows", more, MORE)
    pair, slowest = bench.run("admin.dearest_pair", database=large)
    bench.seconds("figures by any two groups, the dearest two", slowest, PAIR, note=pair)
    people.judge(bench, dearest, beside, 150)
    with bench.site(large, WEB_PROCESSES="2") as site:
        for name, path, _limit in LISTS:
            if name in WATCHED:
                bench.seconds(
                    f"{name}, {AT_ONCE} at once, at the 95th percentile", waits(site, path, key), WAIT, share=0.95
                )


def waits(site, path, key):
    """How long each answer took while several people asked for the same list."""
    headers, found = people.headers_of(site, path, key), []
    load.ask(site, [path] * 10, headers)  # processes load what they need

    def person():
        for _time in range(TIMES):
            began = time.perf_counter()
            load.ask(site, [path], headers)
            found.append(time.perf_counter() - began)

    load.at_once(*[person] * AT_ONCE)
    return found


# --- in processes of the site ---------------------------------------------------------------------
def others():
    """The lists that are not named above and that the person sees: model → address."""
    from django.contrib import admin
    from django.test import RequestFactory
    from django.urls import reverse

    from events.models import User
    from events.shared.admin.admin_page_bases import admins_of

    request = RequestFactory().get("/admin/")
    request.user = User.objects.get(email="guest0@example.org")

    named = {path.partition("?")[0] for _name, path, _limit in LISTS}
    lists = {
        model._meta.label: reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for model, pages in admins_of(admin.site).items()
        if pages.has_view_or_change_permission(request)
    }
    return {label: path for label, path in lists.items() if path not in named}


def dearest_pair():
    """The two groups whose table takes longest, and its seconds in each of three rounds."""
    import itertools
    import time

    from django.utils import timezone

    from registration.models import Attendance
    from registration.statistics import cross_tables

    forum = Attendance.objects.select_related("session__forum")[0].session.forum
    dear = (cross_tables.Counted.PEOPLE, cross_tables.Counted.MINUTES)  # these take longest to count
    pairs = [(one, *two) for one in dear for two in itertools.combinations(cross_tables.COLUMNS[one], 2)]

    def seconds(measure, *by):
        began = time.perf_counter()
        cross_tables.tables(forum, measure=measure, by=by, now=timezone.now())
        return time.perf_counter() - began

    dearest = max(pairs, key=lambda pair: seconds(*pair))
    return ", ".join(map(str, dearest)), [seconds(*dearest) for _round in range(3)]


def grow(ballots, entries):
    """Rows that the year has not: the tally, ballots, and the history of a year."""
    from datetime import timedelta

    from django.utils import timezone

    from events.models import Forum, HistoryEntry, User
    from prizes.models import Ballot, Edition
    from registration.sessions.attendance import tally
    from tests.benchmarks.bulk_rows import insert

    now, forum, edition = timezone.now(), Forum.objects.get(slug="now"), Edition.objects.get()
    tally.recount(forum=forum, now=now)
    users = list(User.objects.order_by("pk").values_list("pk", flat=True)[:ballots])
    common = {"edition_id": edition.pk, "chosen": 18, "is_complete": True, "began": now}
    insert(Ballot, [common | {"user_id": user} for user in users])
    common = {"forum_id": forum.pk, "actor_id": users[0], "verb": "move_session", "model": "events.session"}
    insert(
        HistoryEntry,
        [
            common | {"at": now - timedelta(minutes=n), "key": str(n), "subject": f"Session {n}: partnerships"}
            for n in range(entries)
        ],
    )
