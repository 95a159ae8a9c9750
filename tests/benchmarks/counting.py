"""How fast two million votes are counted, and recounted by a stranger from the public bundle.

The count (aggregates, ranking, rows of the result) takes turns with the one SELECT that gives the same rows, sent by
psql. Its 110,000 full ballots are the sample's 5,500, multiplied in SQL. The bundle and `recount.py` are measured on
the sample as it is: both go through the votes one by one, so seconds and memory are told for each of two million.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks import limits

TIMES, CATEGORIES, NOMINEES = 20, 18, 353
VOTES = 1_980_000
ROUNDS = 5
RATIO = 1.5  # the counting against psql
RECOUNT_SECONDS, RECOUNT_BYTES = 20, 300_000_000  # of two million votes
GROW = """
SET session_replication_role = replica;
CREATE TEMP TABLE grown AS
    SELECT ballot.id AS old, nextval(pg_get_serial_sequence('prizes_ballot', 'id')) AS ballot,
           nextval(pg_get_serial_sequence('events_user', 'id')) AS account
    FROM prizes_ballot ballot CROSS JOIN generate_series(2, {times})
    WHERE edition_id = {edition} AND is_complete AND NOT is_quarantined;
ALTER TABLE prizes_vote DROP CONSTRAINT vote_once;
{copies}
ALTER TABLE prizes_vote ADD CONSTRAINT vote_once UNIQUE (ballot_id, category_id);
"""
# Table, the new values of its columns, and from where.
COPIED = {
    "events_user": (
        {"id": "account", "email": "'grown' || account || '@sample.invalid'"},
        "grown JOIN prizes_ballot ballot ON ballot.id = old JOIN events_user source ON source.id = ballot.user_id",
    ),
    "prizes_ballot": (
        {"id": "ballot", "user_id": "account"},
        "grown JOIN prizes_ballot source ON source.id = old",
    ),
    "prizes_vote": (
        {"id": "nextval(pg_get_serial_sequence('prizes_vote', 'id'))", "ballot_id": "ballot"},
        "grown JOIN prizes_vote source ON source.ballot_id = old",
    ),
}


def measure(bench):
    database = bench.copy(bench.world("sample"), "counting")
    _judge_recount(bench, bench.run("counting.recount", database=database))
    began = time.monotonic()
    _grow(bench, database)
    bench.tell(f"the votes were multiplied by {TIMES} in {time.monotonic() - began:.0f} s")
    found = bench.run("counting.count", bench.home, str(bench.binaries), database=database)
    said = f"{found['votes']:,} votes; " + " : ".join(
        f"{limits.median(found[name]):.2f} s" for name in ("counting", "psql")
    )
    bench.at_most(
        "counted, ranked and written, against psql", limits.ratio(found["counting"], found["psql"]), RATIO, note=said
    )
    is_whole = found["votes"] == bench.scaled(VOTES) and found["results"] == NOMINEES
    bench.holds("every vote and nominee is counted", is_whole)


def _grow(bench, database):
    """Multiply the full ballots of 2020 that count, with their votes and an account each."""
    edition = bench.psql("SELECT edition_id FROM prizes_count ORDER BY id LIMIT 1", database)
    copies = []
    for table, (values, source) in COPIED.items():
        names = f"SELECT column_name FROM information_schema.columns WHERE table_name = '{table}' AND table_schema = 'public'"
        columns = bench.psql(names, database).splitlines()
        chosen = ", ".join(values.get(name, f'source."{name}"') for name in columns)
        quoted = ", ".join(f'"{name}"' for name in columns)
        copies.append(f"INSERT INTO {table} ({quoted}) SELECT {chosen} FROM {source};")
    bench.psql(GROW.format(times=TIMES, edition=edition, copies="\n".join(copies)), database)
    bench.psql("VACUUM ANALYZE", database)


def _judge_recount(bench, found):
    share = VOTES / found["votes"]
    said = f"{found['votes']:,} votes, times {share:.0f}; bundle written in {limits.median(found['bundle']):.2f} s"
    start, recount = limits.median(found["start"]), limits.median(found["recount"])
    seconds = start + (recount - start) * share
    bench.seconds("recount.py, of two million votes", seconds, RECOUNT_SECONDS, loops=found["loops"], note=said)
    size = found["bytes_bare"] + max(0, found["bytes"] - found["bytes_bare"]) * share
    bench.at_most("recount.py, memory for two million votes", round(size / 1e6), RECOUNT_BYTES / 1e6, unit=" MB")
    bench.holds("recount.py comes to the same result", found["code"] == 0, note=found["said"])


# --- in processes of the site ---------------------------------------------------------------------
def count(home, binaries):
    """Count in turns with psql; the seconds of each round."""
    from django.db import connection
    from django.utils import timezone

    from prizes.count import counting
    from tests.benchmarks import psql

    first = counting.Count.objects.select_related("edition").earliest("pk")
    statement = (
        "SELECT vote.nominee_id, count(*) FROM prizes_vote vote JOIN prizes_ballot ballot ON ballot.id = vote.ballot_id "
        f"WHERE ballot.edition_id = {first.edition_id} AND ballot.is_complete AND NOT ballot.is_quarantined "
        "GROUP BY vote.nominee_id"
    )
    made = [first]

    def once():
        began = time.perf_counter()
        number = made[-1].number + 1
        made.append(counting.write_results(first.edition, number=number, now=timezone.now(), reason="bench"))
        return time.perf_counter() - began

    by_psql = psql.timed([statement], home=home, binaries=binaries, database=connection.settings_dict["NAME"])
    found = limits.in_turns({"counting": once, "psql": by_psql}, rounds=ROUNDS)
    return found | {"votes": made[-1].valid_votes, "results": made[-1].results.count()}


def recount():
    """Write the bundle and run its own recount.py, three times; the seconds, the peak memory and its last line."""
    from prizes.count import bundle
    from prizes.models import Count

    counted = Count.objects.earliest("pk")
    with tempfile.TemporaryDirectory() as folder:

        def write():
            began = time.perf_counter()
            with (Path(folder) / "bundle.zip").open("w+b") as file:
                bundle.write(counted, file)
            return time.perf_counter() - began

        write()
        subprocess.run([sys.executable, "-m", "zipfile", "-e", "bundle.zip", "out"], cwd=folder, check=True)
        ran = []

        def run():
            ran.append(_run([sys.executable, "out/recount.py", "bundle.zip"], folder))
            return ran[-1]["seconds"]

        def start():
            bare.append(_run([sys.executable, "-c", "import csv, hashlib, json, zipfile"], folder))
            return bare[-1]["seconds"]

        bare = []
        runs = {"bundle": write, "recount": run, "start": start, "loops": limits.loop}
        found = limits.in_turns(runs, rounds=3)
    last = {name: ran[-1][name] for name in ("bytes", "code", "said")}
    return found | last | {"votes": counted.valid_votes, "bytes_bare": bare[-1]["bytes"]}


def _run(command, folder):
    said = Path(folder) / "said"
    with said.open("w") as file:
        began = time.perf_counter()
        child = subprocess.Popen(command, cwd=folder, stdout=file, stderr=file)
        _pid, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    lines = said.read_text().strip().splitlines()
    return {"seconds": seconds, "bytes": usage.ru_maxrss * 1024, "code": child.returncode, "said": "".join(lines[-1:])}
