"""The admin at scale: core time of its lists as a multiple of a bare view's, and of what a tenth of the rows costs."""

from tests.benchmarks import limits, people

MORE = 4.5  # times the core time with ten times the rows, at most
# List, address, and how many times a bare view's core time at most.
LISTS = [
    ("dashboard", "/admin/", 1_100),
    ("registrations", "/admin/registration/registration/", 450),
    ("attendances", "/admin/registration/attendance/", 950),
    ("outbox", "/admin/events/message/", 1_600),
    ("outbox, searched", "/admin/events/message/?q=guest12", 2_200),
    ("sessions", "/admin/events/session/", 450),
    ("sessions, searched", "/admin/events/session/?q=last+mile", 1_200),
]
SAME = {"dashboard", "sessions", "sessions, searched"}  # as many rows there
TENTH = """
DELETE FROM registration_attendance WHERE registration_id % 10 <> 0;
DELETE FROM registration_booking WHERE registration_id % 10 <> 0;
DELETE FROM registration_registration WHERE id % 10 <> 0;
DELETE FROM events_message WHERE id % 10 <> 0;
"""


def measure(bench):
    large = bench.copy(bench.world("year"), "admin")
    (key,) = bench.run("world.sessions_of", 1, database=large)
    small = bench.copy(large, "admin_tenth")
    bench.psql(TENTH, small)
    bench.psql("VACUUM ANALYZE", small)
    one = {"WEB_PROCESSES": "1"}
    with bench.bare({"page": b""}) as bare, bench.site(large, **one) as site, bench.site(small, **one) as tenth:
        pages = {name: (site, path, key) for name, path, _limit in LISTS}
        pages |= {f"{name}, a tenth": (tenth, path, key) for name, path, _limit in LISTS}
        found = people.core_times(bench, bare, pages, rounds=3, requests=4)
    for name, _path, limit in LISTS:
        people.judge(bench, name, found, limit)
        if name not in SAME:
            more = limits.ratio(found[name], found[f"{name}, a tenth"])
            bench.at_most(f"{name}, times the core time of a tenth of the rows", more, MORE)
