"""Runs the tests against real services: `python -m tests.run [pytest’s arguments]` (make test ARGS=…).

Without arguments all tests but those that `make faults` runs (the slow ones that start and kill the site's processes) and the whole
tables of `make test-all`.
Starts a throw-away PostgreSQL (unless DATABASE_URL is set) and a Valkey for each pytest process, makes sure of a
browser, collects the static files once, and stops everything at the end, whatever happens.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests import engine

ROOT = Path(__file__).resolve().parent.parent
PROCESSES = 4  # on two cores: some wait for a browser, the database or a clock while the others work
OF_SITES = 3  # where each of them runs whole sites, whose answers are timed
COVERAGE = 95  # percent of all code, by branch
OPTIONS = ["-p", "tests.environment", "-p", "tests.slowest", "--durations=10", "--durations-min=5"]


def _processes(arguments):
    """How many pytest processes the arguments ask for, and the arguments with our default added."""
    for index, argument in enumerate(arguments):
        if argument == "-n":
            return int(arguments[index + 1]), arguments
        if argument.startswith(("-n", "--numprocesses=")):
            return int(argument.removeprefix("--numprocesses=").removeprefix("-n")), arguments
        if argument in {"-s", "--pdb"}:
            return 0, arguments
    number = OF_SITES if "services" in arguments else PROCESSES
    return number, ["-n", str(number), "--dist", "worksteal", *arguments]


def _environment(found, *, processes, database):
    """The environment of the run: every path and address is this run's own."""
    names = ["main"] if processes == 0 else [f"gw{number}" for number in range(processes)]
    data = found.folder / "data"
    data.mkdir(mode=0o700)
    kept = {name: value for name, value in os.environ.items() if name not in {"EMAIL_URL", "BASE_URL", "HOST", "PORT"}}
    return kept | {
        "DATABASE_URL": database,
        "REDIS_URL": found.valkey("main"),
        "DATA_DIR": str(data),
        "SECRET_KEY": "only-for-tests-" + "x" * 50,
        "LOG_LEVEL": "WARNING",
        "TEST_REDIS_URLS": " ".join(f"{name}={found.valkey(name)}" for name in names if name != "main"),
        "PYTHONDONTWRITEBYTECODE": "",  # else each process compiles the site and its tests again: 6 s of the collection
        "PYTHONPATH": str(ROOT),
    }


def _collect_static(environment):
    done = engine.manage_py("collectstatic", "--noinput", environment=environment)
    if done.returncode:
        sys.exit(done.stderr)


def main(arguments):
    """Run pytest and return its exit code; 1 when all passed but a browser is missing.

    `--coverage` as the first argument measures which lines and branches the run passes (make coverage).
    """
    try:
        browser = engine.browser()
    except engine.Missing as reason:
        print(reason, flush=True)  # noqa: T201
        browser = ""
    is_measured = arguments[:1] == ["--coverage"]
    arguments = arguments[is_measured:] or ["-m", "not services and not whole"]
    processes, arguments = _processes(arguments)
    with engine.Services() as found:
        environment = _environment(
            found, processes=processes, database=os.environ.get("DATABASE_URL") or found.postgres()
        ) | {"TEST_BROWSER": browser}
        _collect_static(environment)
        command = [sys.executable, "-m", "pytest", *OPTIONS, *arguments]
        if is_measured:
            environment["COVERAGE_FILE"] = str(found.folder / "coverage")
            command += ["--cov", "--cov-report=term:skip-covered", f"--cov-fail-under={COVERAGE}"]
        tests = subprocess.Popen(command, cwd=ROOT, env=environment)
        try:
            code = tests.wait()
        except KeyboardInterrupt:
            tests.wait(20)
            code = 130
        finally:
            if tests.poll() is None:
                tests.kill()
    return code or (0 if browser else 1)


def _stop(number, frame):
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _stop)
    sys.exit(main(sys.argv[1:]))
