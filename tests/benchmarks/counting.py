"""How fast a prize of 110,000 full ballots (1,980,000 votes) is counted, on PostgreSQL, and recounted by a stranger.

Three figures: the sample's loading (`load_sample --ballots`); the counting (aggregates, ranking, rows of the result)
against the one SELECT that gives the same rows, sent by psql; and `recount.py` on the public bundle.
"""

import json
import os
import re
import resource
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from tests import engine

BALLOTS, CATEGORIES, NOMINEES = 110_000, 18, 353
ROUNDS = 5
LOADING = 300  # seconds
RATIO = 3.0  # the counting against psql
RECOUNT_SECONDS, RECOUNT_BYTES = 20, 300_000_000
ROOT = Path(__file__).resolve().parents[2]


# --- in processes of the site: `python -m tests.benchmarks.counting fill|count FOLDER` ----------------------
def fill(_folder):
    """Load the sample; print its seconds and the memory of this process."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    began = time.perf_counter()
    call_command("load_sample", ballots=BALLOTS, stdout=open(os.devnull, "w"))  # noqa: SIM115
    seconds = time.perf_counter() - began
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    print(json.dumps({"loading": seconds, "loading_memory": _peak(resource.RUSAGE_SELF)}))  # noqa: T201


def _peak(whose):
    return resource.getrusage(whose).ru_maxrss * 1024


def _through_psql(statement, database):
    """Send one statement with psql; return the seconds that it says it took."""
    psql = Path(os.environ["POSTGRES_BINARIES"]) / "psql"
    command = [psql, "-qX", "-h", database["HOST"], "-U", database["USER"], "-d", database["NAME"]]
    script = f"\\timing on\n\\o /dev/null\n{statement};\n"
    done = subprocess.run(command, input=script, check=True, capture_output=True, text=True)
    return float(re.search(r"^Time: ([\d.]+) ms", done.stdout, re.MULTILINE)[1]) / 1000


def count(folder):
    """Count in turns with psql; then write the bundle into a file. Print sizes and the median seconds."""
    import django

    django.setup()
    from django.db import connection
    from django.utils import timezone

    from prizes.count import bundle, counting
    from prizes.models import Edition

    edition = Edition.objects.get(forum__slug="2020")
    statement = (
        "SELECT vote.nominee_id, count(*) FROM prizes_vote vote JOIN prizes_ballot ballot ON ballot.id = vote.ballot_id "
        f"WHERE ballot.edition_id = {edition.pk} AND ballot.is_complete AND NOT ballot.is_quarantined GROUP BY vote.nominee_id"
    )
    first = counting.latest(edition)
    found = {"counting": [], "psql": []}
    for number in range(ROUNDS):
        began = time.perf_counter()
        counted = counting.write_results(edition, number=first.number + 1 + number, now=timezone.now(), reason="bench")
        found["counting"].append(time.perf_counter() - began)
        found["psql"].append(_through_psql(statement, connection.settings_dict))
    began = time.perf_counter()
    with open(Path(folder) / "bundle.zip", "w+b") as file:
        bundle.write(counted, file)
    sizes = {
        "bundle": time.perf_counter() - began,
        "bundle_memory": _peak(resource.RUSAGE_SELF),
        "votes": counted.valid_votes,
        "results": counted.results.count(),
        "champions": counted.results.filter(is_champion=True).count(),
    }
    print(json.dumps(sizes | {name: median(values) for name, values in found.items()}))  # noqa: T201


# --- the measurement ------------------------------------------------------------------------------------------
def _recount(folder):
    """Run the bundle's own recount.py; its seconds, peak memory and last line."""
    subprocess.run([sys.executable, "-m", "zipfile", "-e", "bundle.zip", "out"], cwd=folder, check=True)
    with (folder / "said").open("w") as said:
        began = time.perf_counter()
        child = subprocess.Popen([sys.executable, "out/recount.py", "bundle.zip"], cwd=folder, stdout=said, stderr=said)
        _pid, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    return {
        "recount": seconds,
        "recount_memory": usage.ru_maxrss * 1024,
        "recount_code": child.returncode,
        "recount_said": (folder / "said").read_text().strip().splitlines()[-1],
        "bundle_bytes": (folder / "bundle.zip").stat().st_size,
    }


def measure(found):
    data = found.folder / "bench-counting"
    data.mkdir()
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": found.postgres(durable=True),
        "DATA_DIR": str(data),
        "SECRET_KEY": "only-for-benchmarks-" + "x" * 50,
        "LOG_LEVEL": "WARNING",
        "PYTHONPATH": str(ROOT),
    }
    environment["POSTGRES_BINARIES"] = os.environ["POSTGRES_BINARIES"]
    result = {}
    for step in ("fill", "count"):
        command = [sys.executable, "-m", "tests.benchmarks.counting", step, str(data)]
        done = subprocess.run(command, env=environment, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
        result |= json.loads(done.stdout)
    return result | _recount(data)


def main():
    """Print the figures with their limits; return whether they hold."""
    with engine.Services() as found:
        result = measure(found)
    ratio = result["counting"] / result["psql"]
    mega = 1_000_000
    print(  # noqa: T201
        f"counting: sample of {BALLOTS:,} full ballots loaded and counted in {result['loading']:.0f} s (limit {LOADING}), "
        f"peak memory {result['loading_memory'] / mega:.0f} MB\n"
        f"counting: {result['votes']:,} votes counted, ranked and written ({result['results']} rows, "
        f"{result['champions']} champions) in {result['counting']:.2f} s, the one SELECT by psql in {result['psql']:.2f} s: "
        f"ratio {ratio:.2f} (limit < {RATIO:.0f})\n"
        f"counting: bundle of {result['bundle_bytes'] / mega:.0f} MB written in {result['bundle']:.1f} s, "
        f"peak memory {result['bundle_memory'] / mega:.0f} MB\n"
        f"counting: recount.py in {result['recount']:.1f} s (limit {RECOUNT_SECONDS}), peak memory "
        f"{result['recount_memory'] / mega:.0f} MB (limit {RECOUNT_BYTES / mega:.0f}): {result['recount_said']}"
    )
    is_whole = result["votes"] == BALLOTS * CATEGORIES and result["results"] == NOMINEES
    is_recounted = result["recount_code"] == 0 and result["recount"] < RECOUNT_SECONDS
    is_small = result["recount_memory"] < RECOUNT_BYTES
    return is_whole and result["loading"] < LOADING and ratio < RATIO and is_recounted and is_small


if __name__ == "__main__":
    steps = {"fill": fill, "count": count}
    if len(sys.argv) > 1:
        steps[sys.argv[1]](*sys.argv[2:])
    else:
        sys.exit(0 if main() else 1)
