"""Runs every benchmark, or those named: `python -m tests.benchmarks [pages mail …]` (make bench ARGS=…).

Each part has `measure(bench)`. All share one PostgreSQL that writes to disk as in production, and the worlds of
world.py. A limit is a ratio to something that was measured in the same run, in turns; figures of core time have a reference, kept
in reference.json. Exits with 1 when a limit is missed, with 3 when the machine has other work, so that nothing can be judged.

`--record` keeps the figures of this run, a calm one, as reference, beside those of the last four. `--anyway` measures on a busy
machine too, and judges what is not timed. SIZE=small tries the parts on worlds a tenth as large; figures say nothing then.
"""

import ctypes
import importlib
import os
import shutil
import signal
import subprocess
import sys
import time
import traceback

from tests import engine
from tests.benchmarks import limits
from tests.benchmarks.bench import Bench, Others

PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h
PARTS = (
    "pages",
    "documents",
    "exchange",
    "people",
    "admin",
    "tally",
    "counting",
    "board",
    "release",
    "mail",
    "mailing",
    "casting",
    "registering",
    "seats",
    "door",
    "slow",
    "memory",
)


def install_tools():
    """`wrk` drives the load and nginx is a yardstick; as root on Debian they are installed, elsewhere their rows are left out."""
    missing = [tool for tool in ("wrk", "nginx") if not shutil.which(tool, path=f"{os.environ['PATH']}:/usr/sbin")]
    if not missing or os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    quiet = {"stdout": subprocess.DEVNULL, "env": os.environ | {"DEBIAN_FRONTEND": "noninteractive"}}
    subprocess.run(["apt-get", "update", "-q"], check=False, **quiet)
    subprocess.run(["apt-get", "install", "-qy", "--no-install-recommends", *missing], check=False, **quiet)
    if "nginx" in missing and shutil.which("systemctl"):  # the package starts a server of its own
        subprocess.run(["systemctl", "disable", "--now", "nginx"], check=False, stderr=subprocess.DEVNULL, **quiet)


def adopt_orphans():
    """Processes of this run whose parents end before them are this process's from then on, and are not taken for others'."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def refuse_if_busy(seconds=3):
    """End with 3 and a sentence where others use the machine."""
    others = Others()
    time.sleep(seconds)
    _seconds, share = others.so_far()
    if share > limits.BUSY:
        print(f"This machine is busy: others use {share:.2f} of a core. Run it when it is calm, or with --anyway.")  # noqa: T201
        sys.exit(3)


def main(arguments):
    """Measure the parts; return the exit code."""
    options = {one for one in arguments if one.startswith("--")}
    names = [one for one in arguments if one not in options]
    if unknown := (set(names) - set(PARTS)) | (options - {"--record", "--anyway"}):
        sys.exit(f"There is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}.")
    size = os.environ.get("SIZE", "full")
    install_tools()
    if size == "full" and "--anyway" not in options:
        refuse_if_busy()
    adopt_orphans()
    began = time.monotonic()
    with engine.Services() as services:
        bench = Bench(services, size=size)
        for name in names or PARTS:
            try:
                bench.measure(name, importlib.import_module(f"tests.benchmarks.{name}").measure)
            except Exception:
                traceback.print_exc()
                bench.holds("measured to the end", is_so=False)
    minutes, seconds = divmod(round(time.monotonic() - began), 60)
    last = limits.conclusion(bench.findings, busy=bench.busy)
    if "--record" in options:
        calm = [one for one in bench.findings if one.part not in bench.busy]
        kept = bench.reference.record(calm) if size == "full" else 0
        last.append(f"{kept} figures are kept as reference." if kept else "Nothing was calm enough to be kept.")
    print(f"Measured in {minutes} min {seconds:02} s.", *last, sep="\n")  # noqa: T201
    return limits.code(bench.findings, busy=bench.busy)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the services end
    sys.exit(main(sys.argv[1:]))
