"""Runs every benchmark, or those named: `python -m tests.benchmarks [programme mail …]` (make bench ARGS=…).

Each module in this folder has a `main()` that prints its figures and returns whether its limits hold; each runs in a
process of its own, with services of its own that write to disk as in production.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent


def install_wrk():
    """`wrk` drives the load; as root on Debian it is installed, elsewhere each module drives the load itself."""
    if shutil.which("wrk") or os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    quiet = {"stdout": subprocess.DEVNULL, "env": os.environ | {"DEBIAN_FRONTEND": "noninteractive"}}
    subprocess.run(["apt-get", "update", "-q"], check=False, **quiet)
    subprocess.run(["apt-get", "install", "-qy", "--no-install-recommends", "wrk"], check=False, **quiet)


def main(names):
    """Run the modules; return how many missed a limit."""
    known = sorted(
        path.stem for path in FOLDER.glob("*.py") if "\ndef main(" in path.read_text() and path.stem != "__main__"
    )
    if unknown := set(names) - set(known):
        sys.exit(f"There is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(known)}.")
    install_wrk()
    missed = 0
    for name in names or known:
        print(f"== {name}", flush=True)  # noqa: T201
        code = f"import sys; from tests.benchmarks import {name}; sys.exit({name}.main() is False)"
        missed += subprocess.run([sys.executable, "-c", code], cwd=FOLDER.parent.parent).returncode != 0
    print(f"{missed} of {len(names or known)} missed a limit.")  # noqa: T201
    return missed


if __name__ == "__main__":
    sys.exit(min(main(sys.argv[1:]), 1))
