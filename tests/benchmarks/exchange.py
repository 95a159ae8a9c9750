"""The programme as files, the read API and the search, with 1,000 sessions: queries and seconds cold.

The list of the API is asked for as a client does that keeps a copy: five pages of 200. Yardstick: the same sessions cost
pretalx 2,009 statements as XML and 2,010 as JSON, at 0.6 requests a second. Search: words as people type them, each
query a new one, at the 95th percentile. How fast they are once they are made stands in pages.py.
"""

import random
import time
from datetime import timedelta
from statistics import median

from tests.benchmarks import limits

ENDINGS = ("xml", "json", "ics", "csv")
LIST = "/api/v1/sessions/?forum=thousand&page_size=200"
PAGES, ROUNDS, SEARCHES = 5, 5, 60
MAX_FILE_QUERIES, MAX_LIST_QUERIES = 10, 12
IMPORTED = 5_000  # registrations of a table that is looked at, before anything is saved
SESSIONS = 2_000  # and sessions of another one
MAX_PREVIEW = {"registrations": 15.0, "sessions": 6.0}  # seconds of the processor
MAX_COLD = 0.3  # seconds
# Seconds at the 95th percentile. The page draws every session that was found, up to all 1,000.
SEARCH_LIMITS = {"the search itself": 0.150, "the API, 20 rows": 0.150, "the programme's page": 0.500}


def measure(bench):
    found = bench.run("exchange.count", database=bench.world("sample"))
    for name, queries in found["queries"].items():
        limit = MAX_FILE_QUERIES if name in ENDINGS else MAX_LIST_QUERIES
        bench.at_most(f"{name}, queries", queries, limit)
    for name, seconds in found["seconds"].items():
        bench.seconds(f"{name}, cold", seconds, MAX_COLD, loops=found["loops"])
    for name, limit in MAX_PREVIEW.items():
        bench.seconds(f"preview of a table of {name}", found["previews"][name], limit, loops=found["beside"], share=0.5)
    said = f"{found['hits']:.0f} sessions found by the median"
    for name, limit in SEARCH_LIMITS.items():
        name, seconds = f"search, {name}, at the 95th percentile", found["searches"][name]
        bench.seconds(name, seconds, limit, loops=found["beside"], share=0.95, note=said)


def count():
    """In a process of the site."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(SERVER_NAME="localhost")
    client.get("/2020/programme/")  # imports, templates and the connection are no part of an answer
    paths = {ending: f"/thousand/schedule.{ending}" for ending in ENDINGS}
    paths |= {f"page {n} of the API": f"{LIST}&page={n}" for n in (1, PAGES)}
    paths["what changed by the API"] = f"{LIST}&changed_since=2020-01-01T00:00:00Z"
    queries = {}
    for name, path in paths.items():
        with CaptureQueriesContext(connection) as captured:
            assert client.get(path).status_code == 200
        queries[name] = len(captured)

    def cold(path):
        began = time.perf_counter()
        client.get(path)
        return time.perf_counter() - began

    runs = {name: lambda path=path: cold(path) for name, path in paths.items()}
    seconds = limits.in_turns(runs | {"loop": limits.loop}, rounds=ROUNDS)
    return {"queries": queries, "loops": seconds.pop("loop"), "seconds": seconds, "previews": _previews()} | _searches(
        client
    )


def _previews():
    """The seconds of the processor that it takes to look at large tables."""
    from django.utils import timezone

    from events.exchange import apply
    from events.models import Forum
    from events.shared.tables import table_import
    from events.shared.tables.answers import Answers
    from registration.registering.registration_table import RegistrationResource

    now = timezone.now()
    Forum.objects.filter(slug="thousand").update(registration_opens=now, registration_closes=now + timedelta(days=1))
    forum = Forum.objects.get(slug="thousand")
    people = [f"p{n}@example.org,Person {n},University {n % 300},academia,NO,woman,yes" for n in range(IMPORTED)]
    head = "email,name,organisation,stakeholder_type,country,gender,agreed"
    day = forum.starts.isoformat()
    sessions = [f"Session {n},Workshop,{day},09:00,09:45,Room {n},Speaker {n % 500}" for n in range(SESSIONS)]
    data = {
        "registrations": [head, *people],
        "sessions": ["title,type,date,starts,ends,room,speakers", *sessions],
    }
    found = {}
    for name, lines in data.items():
        file, began = "\n".join(lines).encode(), time.process_time()
        if name == "sessions":
            look = apply.bring_in(file, slug=forum.slug, answers=Answers(), by=None, now=now, is_dry=True)
        else:
            reader = RegistrationResource(forum=forum)
            look = table_import.bring_in(reader, file, answers=Answers(), by=None, is_dry=True)
        found[name] = time.process_time() - began
        assert (len(look.new), look.errors) == (len(lines) - 1, [])
    return found


def _searches(client):
    from django.utils import timezone

    from events.models import Forum, Session
    from events.programme.search import search

    forum, now = Forum.objects.get(slug="thousand"), timezone.now()
    chance = random.Random(6)  # noqa: S311  the same queries every time
    titles = Session.objects.filter(forum=forum).order_by("pk").values_list("title", flat=True)
    words = [word for title in titles for word in title.split()]
    typed = set()
    while len(typed) < SEARCHES:
        first, second = chance.sample(words, 2)
        typed.add(chance.choice([first, first[:4], f"{first} {second[:3]}"]))
    client.get("/thousand/programme/", {"q": "a"})  # makes the words of the forum, once for a revision
    asked = [
        lambda query: search.ranked(forum, query=query, now=now),
        lambda query: client.get("/api/v1/sessions/", {"forum": "thousand", "search": query, "page_size": 20}),
        lambda query: client.get("/thousand/programme/", {"q": query}),
    ]
    seconds = {name: [] for name in SEARCH_LIMITS}
    loops = []
    for query in sorted(typed):
        for name, ask in zip(SEARCH_LIMITS, asked, strict=True):
            began = time.perf_counter()
            answer = ask(query)
            seconds[name].append(time.perf_counter() - began)
            assert getattr(answer, "status_code", 200) == 200
        loops.append(limits.loop(0.1))
    hits = [len(search.ranked(forum, query=query, now=now) or ()) for query in sorted(typed)]
    return {"searches": seconds, "beside": loops, "hits": median(hits)}
