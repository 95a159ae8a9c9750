"""How many small faults in the rules does the suite find? `python -m tests.benchmarks.mutants` (make mutants ARGS=…).

1. The suite runs once, without journeys, browser and services, and each line of the rules learns its tests.
2. Faults are drawn, evenly over the groups of rules and their modules (or `--like` an earlier run: as many of each
   kind in each group), and each runs in a process of its own against the tests that reach its line, fastest first.
3. Each fault is a line of `results.jsonl`. A run that was stopped goes on where it was; `--report` only reads it.

A fault that ends in time or not at all is found; one that no test reaches is not. A test that fails in the same way
without the fault finds nothing: it is left out, and the fault runs again.
"""

import argparse
import ast
import json
import os
import random
import resource
import signal
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from tests import engine
from tests.benchmarks.mutants.faults import faults, mutate
from tests.benchmarks.mutants.selection import Reach, files_of

ROOT = Path.cwd()
PLUGIN = "tests.benchmarks.mutants.plugin"
FAULTS = 300
OPTIONS = ("-p", "tests.environment", "-p", PLUGIN, "-p", "no:randomly", "-p", "no:cacheprovider", "-q")
ASKED = "not services and not browser and not whole"
HEAVY = "schemathesis"  # its plugin takes a fifth of the loading; only files that name it need it


# --- drawing --------------------------------------------------------------------------------------
def offered(groups):
    """Every fault that the rules offer: (group, module, number, kind, line)."""
    found = []
    for group, patterns in groups.items():
        for path in files_of(patterns):
            for number, fault in enumerate(faults(ast.parse((ROOT / path).read_text()))):
                found.append((group, path, number, fault.kind, fault.lines[0]))
    return found


def _in_turn(some, key, chance):
    """The faults in a drawn order that takes one of each key in turn."""
    by_key = defaultdict(list)
    for fault in some:
        by_key[key(fault)].append(fault)
    piles = list(by_key.values())
    for pile in piles:
        chance.shuffle(pile)
    chance.shuffle(piles)
    while piles:
        for pile in piles:
            yield pile.pop()
        piles = [pile for pile in piles if pile]


def draw(every, *, number, seed):
    """`number` faults, as many from each group; in a group from each module in turn, in a module of each kind."""
    chance = random.Random(seed)  # noqa: S311
    drawn = []
    groups = list(dict.fromkeys(fault[0] for fault in every))
    for index, group in enumerate(groups):
        modules = defaultdict(list)
        for fault in every:
            if fault[0] == group:
                modules[fault[1]].append(fault)
        turns = [_in_turn(module, lambda fault: fault[3], chance) for module in modules.values()]
        chance.shuffle(turns)
        share = number // len(groups) + (index < number % len(groups))
        while share and turns:
            for turn in list(turns):
                fault = next(turn, None)
                if fault is None:
                    turns.remove(turn)
                elif share:
                    drawn.append(fault)
                    share -= 1
    chance.shuffle(drawn)
    return drawn


def draw_like(every, counts, *, seed):
    """As many faults of each kind in each group as `counts` says; what a group does not offer comes from the others."""
    chance = random.Random(seed)  # noqa: S311
    drawn, missing = [], Counter()
    for (group, kind), count in sorted(counts.items()):
        fitting = _in_turn([f for f in every if (f[0], f[3]) == (group, kind)], lambda fault: fault[1], chance)
        found = [fault for fault, _number in zip(fitting, range(count), strict=False)]
        missing[kind] += count - len(found)
        drawn += found
    taken = set(drawn)
    for kind, count in sorted(missing.items()):
        rest = [fault for fault in every if fault[3] == kind and fault not in taken]
        drawn += chance.sample(rest, min(count, len(rest)))
    chance.shuffle(drawn)
    return drawn


# --- running --------------------------------------------------------------------------------------
class Site:
    """A database, a broker and a folder of its own for one line of runs after each other."""

    def __init__(self, services, name, *, test):
        self.name, self.folder = name, services.folder / name
        self.folder.mkdir(mode=0o700)
        self.server = _postgres(services)
        static = services.folder / "static"
        (self.folder / "static").symlink_to(static)
        self.environment = _environment(
            DATABASE_URL=self.server.replace("/postgres", f"/{name}"),
            REDIS_URL=services.valkey(f"{name}-valkey"),
            DATA_DIR=str(self.folder),
            HYPOTHESIS_STORAGE_DIRECTORY=str(self.folder / "hypothesis"),
        )
        self._run_pytest(["--create-db", test.split("::")[0]], task={"tests": [test]})
        with _connect(self.server) as server:
            server.execute(f"ALTER DATABASE test_{name} RENAME TO made_{name}")
        with _connect(self.server, f"made_{name}") as made:
            made.execute("DELETE FROM auth_group_permissions")  # each run writes down the rights again: its own
        if self.run([test], cpu=600)["code"]:
            sys.exit(f"{test} fails without a fault:\n{(self.folder / 'log').read_text()}")

    def run(self, tests, *, fault=None, cpu, is_patient=False):
        """Run the tests, in this order, up to the first that fails; return what the plugin wrote down."""
        test, made = f"test_{self.name}", f"made_{self.name}"
        with _connect(self.server) as server:
            server.execute(f"DROP DATABASE IF EXISTS {test} WITH (FORCE)")
            server.execute(f"CREATE DATABASE {test} TEMPLATE {made} STRATEGY file_copy")
        files = sorted({test.split("::")[0] for test in tests})
        arguments = [] if is_patient else ["-x"]
        if not any(HEAVY in (ROOT / file).read_text() for file in files):
            arguments += ["-p", f"no:{HEAVY}"]
        return self._run_pytest([*files, *arguments], task={"tests": tests, "fault": fault, "cpu": cpu}, cpu=cpu)

    def _run_pytest(self, arguments, *, task, cpu=600):
        task_file, answer = self.folder / "task.json", self.folder / "answer.json"
        task_file.write_text(json.dumps(task | {"answer": str(answer)}))
        answer.unlink(missing_ok=True)
        command = [sys.executable, "-m", "pytest", "--reuse-db", *OPTIONS, *arguments]
        with (self.folder / "log").open("wb") as log:
            process = subprocess.Popen(
                command,
                env=self.environment | {"MUTANTS_TASK": str(task_file)},
                cwd=ROOT,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                code = process.wait(60 + 8 * cpu)
            except subprocess.TimeoutExpired:
                code = -signal.SIGXCPU
            finally:
                _kill_group(process)
        told = json.loads(answer.read_text()) if answer.exists() else {}
        return {"failed": [], "seconds": None} | told | {"code": code}


def _kill_group(process):
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _postgres(services):
    if not hasattr(services, "mutants_server"):
        services.mutants_server = services.postgres()
    return services.mutants_server


def _connect(address, database="postgres"):
    socket = urlsplit(address).path.rpartition("/")[0].replace("//", "/")
    return psycopg.connect(host=socket, user="forum", dbname=database, autocommit=True)


def _environment(**more):
    kept = {name: value for name, value in os.environ.items() if name not in {"EMAIL_URL", "BASE_URL", "HOST", "PORT"}}
    fixed = {"SECRET_KEY": "only-for-tests-" + "x" * 50, "LOG_LEVEL": "WARNING"}
    return kept | fixed | {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "", "TEST_BROWSER": ""} | more


class Judge:
    """Runs faults and says which test found each. `unsound`: tests that fail without a fault too, and find nothing."""

    def __init__(self, reach, unsound):
        self.reach, self.unsound = reach, unsound

    def judge(self, site, fault):
        """The line of results for a fault."""
        group, path, number, kind, line = fault
        source = (ROOT / path).read_text()
        tree, before, after = mutate(source, number)
        compile(tree, path, "exec")
        tests = self.reach.tests(path, faults(ast.parse(source))[number])
        tests = [test for test in tests if test not in self.unsound]
        begun, found_by, seconds = time.monotonic(), None, 0.0
        if tests:
            cpu = round(40 + 3 * sum(self.reach.cost[test] for test in tests))
            told = site.run(tests, fault={"path": path, "number": number}, cpu=cpu)
            found_by, seconds = self._found_by(site, told, tests), told["seconds"] or cpu
        start = next((i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), 0)
        shown = slice(max(0, start - 60), start + 120)
        return {
            **{"group": group, "module": path, "number": number, "kind": kind, "line": line},
            **{"before": before[shown], "after": after[shown], "killed_by": found_by, "tests": len(tests)},
            **{"seconds": round(seconds, 1), "wall": round(time.monotonic() - begun, 1)},
        }

    def _found_by(self, site, told, tests):
        """The test that failed; "time" or "exit …" when the run ended otherwise, and does not without the fault."""
        if told["code"] == 0:
            return None
        if told["failed"]:
            return told["failed"][0]
        if (control := site.run(tests, cpu=1000))["code"] > 1:
            raise RuntimeError(f"The tests do not run: {control}, {tests}")
        return "time" if told["code"] == -signal.SIGXCPU else f"exit {told['code']}"

    def still_unsound(self, site, tests):
        """Those of the tests that fail without a fault, together with the others and alone."""
        failed = site.run(sorted(tests), cpu=3000, is_patient=True)["failed"] if tests else []
        return {test for test in failed if site.run([test], cpu=600)["code"]}


# --- the commands ---------------------------------------------------------------------------------
def map_lines(folder, groups):
    """Run the suite once, without what is too slow to be asked about a fault; leave `reach/*.json` in the folder."""
    (folder / "reach").mkdir(exist_ok=True)
    files = [path for patterns in groups.values() for path in files_of(patterns)]
    task = folder / "map.json"
    task.write_text(json.dumps({"map": str(folder / "reach"), "files": files}))
    command = [sys.executable, "-m", "tests.run", "-n", "2", "--dist", "worksteal", *OPTIONS]
    command += ["-m", ASKED, "--ignore=tests/journeys", "--ignore=tests/test_project.py"]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | {"MUTANTS_TASK": str(task)}, check=False)
    if done.returncode not in {0, 1}:
        sys.exit("The suite does not run.")
    (folder / "reach" / "done").touch()


def run(folder, drawn, *, workers):
    """Run what has no line in the results yet, until every test that found something passes without a fault."""
    results, unsound = folder / "results.jsonl", folder / "unsound.json"
    judge = Judge(Reach(folder / "reach", ROOT), set(json.loads(unsound.read_text())) if unsound.exists() else set())
    with engine.Services() as services:
        _collect_static(services)
        sites = [Site(services, f"w{number}", test=judge.reach.widest) for number in range(workers)]
        while waiting := _waiting(drawn, read(results)):
            _run_all(waiting, results, judge, list(sites))
            rows = read(results)
            judge.unsound |= judge.still_unsound(sites[0], {row["killed_by"] for row in rows} & judge.reach.cost.keys())
            unsound.write_text(json.dumps(sorted(judge.unsound), indent=1))
            kept = [row for row in rows if row["killed_by"] not in judge.unsound]
            results.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in kept))


def _waiting(drawn, rows):
    done = {(row["module"], row["number"]) for row in rows}
    return [fault for fault in drawn if (fault[1], fault[2]) not in done]


def _run_all(waiting, results, judge, free):
    lock, local = threading.Lock(), threading.local()

    def one(fault):
        with lock:
            if not hasattr(local, "site"):
                local.site = free.pop()
        row = judge.judge(local.site, fault)
        with lock, results.open("a") as file:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")

    with ThreadPoolExecutor(len(free)) as pool:
        for _done in pool.map(one, waiting):
            pass


def _collect_static(services):
    folder = services.folder / "collected"
    folder.mkdir(mode=0o700)
    done = engine.manage_py(
        "collectstatic", "--noinput", environment=_environment(DATA_DIR=str(folder), DATABASE_URL=_postgres(services))
    )
    if done.returncode:
        sys.exit(done.stderr)
    (folder / "static").rename(services.folder / "static")


def read(path):
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def report(rows, *, like=()):
    """Print how many of the faults the suite found, by group and by kind, beside those of the earlier run."""
    for name in ("group", "kind"):
        keys = sorted({row[name] for row in (*rows, *like)})
        for key in (*keys, None):
            parts = [_share([row for row in some if key in (None, row[name])]) for some in (rows, like) if some]
            print(f"{key or 'all':14}", *parts, sep="  ")  # noqa: T201


def _share(rows):
    killed = sum(row["killed_by"] is not None for row in rows)
    return f"{killed:3} of {len(rows):3} ({killed / max(1, len(rows)):6.1%})"


def _options():
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, default=ROOT / "var" / "mutants", help="the folder of map and results")
    parser.add_argument("--groups", type=Path, help="a JSON file: group of rules → patterns of its modules")
    parser.add_argument("--number", type=int, default=FAULTS)
    parser.add_argument("--seed", type=int, default=9)
    parser.add_argument("--like", type=Path, help="results of an earlier run: as many of each kind in each group")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--report", action="store_true", help="only read the results that are there")
    return parser.parse_args()


def _main():
    os.setpriority(os.PRIO_PROCESS, 0, 15)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGTERM, lambda *_args: sys.exit(1))
    options = _options()
    groups_file = options.groups or Path(__file__).with_name("groups.json")
    groups = json.loads(groups_file.read_text())
    options.out.mkdir(parents=True, exist_ok=True)
    like = read(options.like) if options.like else []
    if not options.report:
        if not (options.out / "reach" / "done").exists():
            map_lines(options.out, groups)
        every = offered(groups)
        counts = Counter((row["group"], row["kind"]) for row in like)
        drawn = (
            draw_like(every, counts, seed=options.seed)
            if like
            else draw(every, number=options.number, seed=options.seed)
        )
        print(f"{len(drawn)} of {len(every)} faults", flush=True)  # noqa: T201
        run(options.out, drawn, workers=options.workers)
    report(read(options.out / "results.jsonl"), like=like)
    unsound = options.out / "unsound.json"
    print("Left out, as they fail without a fault:", unsound.read_text() if unsound.exists() else "[]")  # noqa: T201


if __name__ == "__main__":
    _main()
