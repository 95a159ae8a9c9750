"""Runs every benchmark, or those named: `python -m tests.benchmarks [pages mail …]` (make bench ARGS=…).

Each part has `measure(bench)`. All share one PostgreSQL that writes to disk as in production, and the worlds of
world.py. A limit is a ratio to something that was measured in the same run, in turns. Exits with 1 when one is missed.
SIZE=small tries the parts on worlds a tenth as large; figures and limits say nothing then.
"""

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
from tests.benchmarks.bench import Bench

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


def main(names):
    """Measure the parts; return how many limits were missed."""
    if unknown := set(names) - set(PARTS):
        sys.exit(f"There is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}.")
    install_tools()
    began = time.monotonic()
    with engine.Services() as services:
        bench = Bench(services, size=os.environ.get("SIZE", "full"))
        for name in names or PARTS:
            try:
                bench.measure(name, importlib.import_module(f"tests.benchmarks.{name}").measure)
            except Exception:
                traceback.print_exc()
                bench.holds("measured to the end", is_so=False)
    minutes, seconds = divmod(round(time.monotonic() - began), 60)
    print(f"Measured in {minutes} min {seconds:02} s.", *limits.conclusion(bench.findings), sep="\n")  # noqa: T201
    return sum(one.is_missed for one in bench.findings)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the services end
    sys.exit(min(main(sys.argv[1:]), 1))
