"""How busy the machine is meanwhile: a process that does the same small sum each second, and how much longer it takes.

On a machine that others use too, a limit in seconds says more of them than of the site: limits are stretched by this.
`python -m tests.services.whole_site.yardstick FILE` measures until it is ended.
"""

import sys
import time

MOST = 5.0  # a machine busier than that proves nothing: the limits hold no longer than this


def slowness(path, *, began, ended):
    """How many times as long as alone the sum took between two moments (time.monotonic); 1.0 on an idle machine."""
    rows = [tuple(map(float, line.split())) for line in path.read_text().splitlines() if line.count(" ") == 2]
    found = [took / needed for moment, took, needed in rows if began - 1 <= moment <= ended + 1]
    return min(max(1.0, sum(found) / len(found)), MOST) if found else 1.0


def measure(path):
    with open(path, "a", buffering=1) as file:
        while True:
            began, needed = time.perf_counter(), time.thread_time()
            sum(range(2_000_000))
            file.write(f"{time.monotonic()} {time.perf_counter() - began} {time.thread_time() - needed}\n")
            time.sleep(1)


if __name__ == "__main__":
    measure(sys.argv[1])
