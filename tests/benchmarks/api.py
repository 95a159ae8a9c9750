"""The read API and the search with 1,000 sessions, on PostgreSQL: queries, seconds cold, the warm rate against a bare view.

The list is asked for as a client does that keeps a copy: five pages of 200. Yardstick: the same 1,000 sessions as frab
JSON cost pretalx 2,010 statements, at 0.6 requests a second. Search: words as people type them, each query a new one,
at the 95th percentile: the search itself, the API's answer of 20 rows, and the page of the programme.
"""

import contextlib
import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from statistics import median, quantiles

from config.serving import process_group
from tests import engine
from tests.benchmarks import exchange, pages

LIST = "/api/v1/sessions/?forum=thousand&page_size=200"
PAGES = 5
SEARCHES = 100
MAX_QUERIES, MAX_COLD, MIN_SHARE = 12, 0.5, 0.5  # of one page; ours: a client waits no longer for it than for a file
# Seconds at the 95th percentile. The page's is ours: it draws every session that was found, up to all 1,000.
SEARCH_LIMITS = {"bare": 0.150, "api": 0.150, "page": 0.500}
YARDSTICK = 2_010  # statements


def fill():
    """The forum of 1,000 sessions of exchange.py, with speakers, on the database of the environment."""
    with contextlib.redirect_stdout(sys.stderr):
        exchange.fill()
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


# --- in a process of the site -----------------------------------------------------------------------
def count():
    """Print queries and seconds as JSON."""
    import django

    django.setup()
    from django.test import Client

    client = Client(SERVER_NAME="localhost")
    client.get("/2020/programme/")  # imports, templates and the connection are no part of an answer
    print(json.dumps(_lists(client) | _searches(client)))  # noqa: T201


def _lists(client):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    colds, wholes = [], []
    for _round in range(3):
        found, began = 0, time.perf_counter()
        for number in range(1, PAGES + 1):
            with CaptureQueriesContext(connection) as queries:
                started = time.perf_counter()
                answer = client.get(f"{LIST}&page={number}")
                colds.append(time.perf_counter() - started)
            statements = len(queries)  # the next request empties the log
            found += len(answer.json()["results"])
        wholes.append(time.perf_counter() - began)
    changed = []
    for _round in range(5):
        started = time.perf_counter()
        answer = client.get(f"{LIST}&changed_since=2020-01-01T00:00:00Z")
        changed.append(time.perf_counter() - started)
    assert answer.json()["count"] == found
    result = {"cold": median(colds), "whole": median(wholes), "changed": median(changed)}
    return {"sessions": found, "queries": statements} | result


def _searches(client):
    from django.utils import timezone

    from events.models import Forum, Session
    from events.programme.search import search

    forum, now = Forum.objects.get(slug="thousand"), timezone.now()
    chance = random.Random(6)  # noqa: S311  the same queries every time
    words = [
        word for title in Session.objects.filter(forum=forum).values_list("title", flat=True) for word in title.split()
    ]
    typed = set()
    while len(typed) < SEARCHES:
        first, second = chance.sample(words, 2)
        typed.add(chance.choice([first, first[:4], f"{first} {second[:3]}"]))
    client.get("/thousand/programme/", {"q": "a"})  # makes the words of the forum, once for a revision

    def at_95(ask):
        seconds, worked = [], time.process_time()
        for query in sorted(typed):
            began = time.perf_counter()
            ask(query)
            seconds.append(time.perf_counter() - began)
        return quantiles(seconds, n=20)[-1], (time.process_time() - worked) / len(typed)

    def by_api(query):
        assert (
            client.get("/api/v1/sessions/", {"forum": "thousand", "search": query, "page_size": 20}).status_code == 200
        )

    def by_page(query):
        assert client.get("/thousand/programme/", {"q": query}).status_code == 200

    hits = [len(search.ranked(forum, query=query, now=now) or ()) for query in sorted(typed)]
    return {
        "hits": median(hits),
        "bare": at_95(lambda query: search.ranked(forum, query=query, now=now)),
        "api": at_95(by_api),
        "page": at_95(by_page),
    }


# --- the measurement --------------------------------------------------------------------------------
def _report(what, value, limit, *, holds):
    print(f"api: {what}: {value} (limit {limit}){'' if holds else '  MISSED'}")  # noqa: T201
    return holds


def _warm(environment, folder):
    """The rates of a page of the list from the site and from the bare view, which take turns."""
    children, bare_folder = [], folder / "bare"
    bare_folder.mkdir()
    try:
        child, site = pages._serve("config.rsgi:application", environment=environment)
        children.append(child)
        (bare_folder / "list").write_bytes(pages._ask(f"{site}{LIST}").read())
        own = environment | {"BARE_FOLDER": str(bare_folder), "DJANGO_SETTINGS_MODULE": "tests.benchmarks.bare"}
        child, bare = pages._serve("tests.benchmarks.bare:application", environment=own)
        children.append(child)
        runs = {"site": f"{site}{LIST}", "bare": f"{bare}/list"}
        found = {name: [] for name in runs}
        for url in runs.values():
            pages._rate(url, seconds=1)
        for _round in range(pages.ROUNDS):
            for name, url in runs.items():
                found[name].append(pages._rate(url))
    finally:
        process_group.end(children, seconds=5)
    return median(found["site"]), median(found["bare"])


def measure(services):
    folder = Path(services.folder) / "bench-api"
    folder.mkdir()
    environment = {k: v for k, v in os.environ.items() if k != "REDIS_URL"} | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": services.postgres(durable=True),
        "DATA_DIR": str(folder / "data"),
        "SECRET_KEY": "only-for-benchmarks-" + "x" * 50,
        "LOG_LEVEL": "ERROR",
    }
    for step in ("fill", "count"):
        command = [sys.executable, "-m", "tests.benchmarks.api", step]
        done = subprocess.run(command, env=environment, cwd=pages.ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1]), _warm(environment, folder)


def main():
    """Print each figure with its limit; return whether all hold."""
    with engine.Services() as services:
        found, (mine, theirs) = measure(services)
    statements = found["queries"] * PAGES
    kept = [
        _report(
            "a page of 200 sessions, queries",
            f"{found['queries']} ({statements} for all {found['sessions']:,}; pretalx needs {YARDSTICK:,} for its JSON)",
            f"≤ {MAX_QUERIES}",
            holds=found["queries"] <= MAX_QUERIES,
        ),
        _report(
            "a page of 200, cold",
            f"{found['cold']:.3f} s ({found['whole']:.2f} s for all {found['sessions']:,})",
            f"≤ {MAX_COLD} s",
            holds=found["cold"] <= MAX_COLD,
        ),
        _report(
            "a page of 200 of what changed since a moment, cold",
            f"{found['changed']:.3f} s",
            f"≤ {MAX_COLD} s",
            holds=found["changed"] <= MAX_COLD,
        ),
        _report(
            "a page of 200, warm",
            f"{mine / theirs:.2f} of a bare view ({mine:,.0f} : {theirs:,.0f} requests/s)",
            f"≥ {MIN_SHARE}",
            holds=mine / theirs >= MIN_SHARE,
        ),
    ]
    for name, what in {"bare": "the search itself", "api": "the API, 20 rows", "page": "the programme's page"}.items():
        (at_95, busy), limit = found[name], SEARCH_LIMITS[name]
        value = (
            f"{at_95 * 1000:.0f} ms at the 95th percentile, {busy * 1000:.0f} ms of this process in the mean, "
            f"{found['hits']:.0f} sessions found by the median"
        )
        kept.append(_report(f"search, {what}", value, f"< {limit * 1000:.0f} ms", holds=at_95 < limit))
    return found["sessions"] == 1_000 and all(kept)


if __name__ == "__main__":
    steps = {"fill": fill, "count": count}
    if len(sys.argv) > 1:
        steps[sys.argv[1]]()
    else:
        sys.exit(0 if main() else 1)
