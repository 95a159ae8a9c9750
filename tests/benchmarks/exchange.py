"""The programme as files, with 1,000 sessions: queries, seconds cold, and the warm rate against a bare view.

The bare view sends the same gzipped bytes under the same server; the two take turns (see pages.py).
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from config.serving import process_group
from tests.benchmarks import pages

ENDINGS = ("xml", "json", "ics", "csv")
MAX_QUERIES, MAX_SECONDS, MIN_SHARE = 10, 0.5, 0.5


def fill():
    """The forum of 1,000 sessions of pages.py, each with speakers; print queries and cold seconds of each file."""
    pages.fill()
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from events.models import Appearance, Forum, Session

    big = Forum.objects.get(slug="thousand")
    panels = {}
    for row in Appearance.objects.filter(session__forum__slug="2020").values(
        "session__title", "speaker", "role", "order"
    ):
        panels.setdefault(row.pop("session__title"), []).append(row)
    lists = list(panels.values())
    Appearance.objects.bulk_create(
        Appearance(session=session, speaker_id=row["speaker"], role=row["role"], order=row["order"], is_released=True)
        for number, session in enumerate(Session.objects.filter(forum=big))
        for row in lists[number % len(lists)]
    )
    client = Client(SERVER_NAME="localhost")
    client.get("/2020/programme/")  # imports, templates and the connection are no part of a file
    for ending in ENDINGS:
        found = []
        for _round in range(3):
            with CaptureQueriesContext(connection) as queries:
                started = time.perf_counter()
                answer = client.get(f"/thousand/schedule.{ending}")
                found.append(time.perf_counter() - started)
        assert answer.status_code == 200
        print(f"{ending} {len(queries)} {median(found)} {len(answer.content)}")  # noqa: T201


def _report(what, value, limit, *, holds):
    print(f"exchange: {what}: {value} (limit {limit}){'' if holds else '  MISSED'}")  # noqa: T201
    return holds


def _rates(site, bare):
    runs = {e: f"{site}/thousand/schedule.{e}" for e in ENDINGS} | {f"bare {e}": f"{bare}/{e}" for e in ENDINGS}
    found = {name: [] for name in runs}
    for url in runs.values():
        pages._rate(url, seconds=1)
    for _round in range(pages.ROUNDS):
        for name, url in runs.items():
            found[name].append(pages._rate(url))
    return {name: median(rates) for name, rates in found.items()}


def main():
    """Print each figure with its limit; return whether all hold."""
    children, kept = [], []
    with tempfile.TemporaryDirectory(prefix="wf-exchange-") as folder:
        bare_folder = Path(folder) / "bare"
        bare_folder.mkdir()
        base = {k: v for k, v in os.environ.items() if k not in {"REDIS_URL", "DATABASE_URL"}}
        base |= {"DATA_DIR": f"{folder}/data", "DJANGO_SETTINGS_MODULE": "config.settings", "LOG_LEVEL": "ERROR"}
        command = [sys.executable, "-m", "tests.benchmarks.exchange", "fill"]
        said = subprocess.run(command, env=base, cwd=pages.ROOT, check=True, capture_output=True, text=True).stdout
        for line in said.splitlines():
            if not line.startswith(ENDINGS):
                continue
            ending, queries, seconds, size = line.split()
            kept.append(_report(f"{ending}, queries", queries, f"≤ {MAX_QUERIES}", holds=int(queries) <= MAX_QUERIES))
            value = f"{float(seconds):.3f} s for {int(size):,} bytes"
            kept.append(_report(f"{ending}, cold", value, f"≤ {MAX_SECONDS} s", holds=float(seconds) <= MAX_SECONDS))
        try:
            child, site = pages._serve("config.rsgi:application", environment=base)
            children.append(child)
            for ending in ENDINGS:
                (bare_folder / ending).write_bytes(pages._ask(f"{site}/thousand/schedule.{ending}").read())
            environment = base | {"BARE_FOLDER": str(bare_folder), "DJANGO_SETTINGS_MODULE": "tests.benchmarks.bare"}
            child, bare = pages._serve("tests.benchmarks.bare:application", environment=environment)
            children.append(child)
            rates = _rates(site, bare)
        finally:
            process_group.end(children, seconds=5)
    for ending in ENDINGS:
        mine, theirs = rates[ending], rates[f"bare {ending}"]
        value = f"{mine / theirs:.2f} of a bare view ({mine:,.0f} : {theirs:,.0f} requests/s)"
        kept.append(_report(f"{ending}, warm", value, f"≥ {MIN_SHARE}", holds=mine / theirs >= MIN_SHARE))
    return len(kept) == 3 * len(ENDINGS) and all(kept)


if __name__ == "__main__":
    if sys.argv[1:] == ["fill"]:
        fill()
    else:
        sys.exit(0 if main() else 1)
