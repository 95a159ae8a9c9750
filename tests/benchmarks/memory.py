"""What the whole of `make run` holds, all its processes together, once it has been used: shared pages count once."""

import contextlib
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from tests.benchmarks import bench as processes

WHOLE = 450_000_000  # bytes, six processes
PAGES = (
    "/2020/",
    "/2020/programme/",
    "/2020/speakers/",
    "/2020/matrix/",
    "/2020/prizes/",
    "/accounts/login/",
    "/2020/schedule.xml",
)
FIRST = 300  # seconds until the sample is loaded and the site answers
SETTLES = 30  # seconds


def measure(bench):
    folder, port = Path(bench.folder) / "make-run", processes.free_port()
    folder.mkdir()
    own = {"REDIS_URL", "DATABASE_URL", "BASE_URL", "EMAIL_URL", "SECRET_KEY", "DJANGO_SETTINGS_MODULE"}
    environment = {name: value for name, value in os.environ.items() if name not in own}
    environment |= {"DATA_DIR": str(folder / "data"), "PORT": str(port)}
    command = [sys.executable, "manage.py", "run"]  # what `make run` starts
    with (folder / "log").open("wb") as log:
        child = subprocess.Popen(command, cwd=processes.ROOT, env=environment, stdout=log, stderr=log)
    try:
        _until_it_answers(child, f"http://127.0.0.1:{port}/2020/")
        for _round in range(3):
            for page in PAGES:
                _ask(f"http://127.0.0.1:{port}{page}")
        time.sleep(SETTLES)
        held = held_by(child.pid)
    finally:
        child.terminate()
        child.wait(30)
    note = ", ".join(f"{round(size / 1e6)} MB" for size in sorted(held, reverse=True))
    bench.at_most("the whole of make run", sum(held), WHOLE, unit=" bytes", note=f"{len(held)} processes: {note}")


def held_by(pid):
    """Bytes that a process and each that descends from it hold: what they share is parted among them."""
    found = []
    for one in processes.tree(pid):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            lines = Path(f"/proc/{one}/smaps_rollup").read_text().splitlines()
            found.append(next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")))
    return found


def _until_it_answers(child, address):
    deadline = time.monotonic() + FIRST
    while True:
        with contextlib.suppress(OSError):
            return _ask(address)
        assert child.poll() is None and time.monotonic() < deadline, "make run does not answer"  # noqa: PT018
        time.sleep(0.5)


def _ask(address):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(address, timeout=30) as answer:
        return answer.read()
