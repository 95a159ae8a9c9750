"""Load on a web server, by wrk where it is there, else by our own connection.

A speed is requests for each second of a core that the server uses: what else the machine does hardly changes it, and a
client that is slower than the server (ours is) does not either. The rate, requests a second, is only told.
"""

import http.client
import re
import shutil
import subprocess
import tempfile
import threading
import time

CLIENTS = 8
OWN_REQUESTS = 400
# Each connection asks for the addresses one after the other.
SCRIPT = """
local paths, place = {{{paths}}}, 0
request = function() place = place % #paths + 1; return wrk.format("GET", paths[place]) end
"""


class Speed(float):
    """Requests for each second of a core; `rate`: requests a second."""

    rate = 0.0


def speed(server, *paths, beside=(), together=False, seconds=1, **headers):
    """How fast the paths, in turns, are answered with 2xx or 304; the core time of the processes `beside` counts too.

    `together`: all of them count as one, such as a page and what it loads.
    """
    given = {"Accept-Encoding": "gzip"} | {name.replace("_", "-"): value for name, value in headers.items()}
    drive = _by_wrk if shutil.which("wrk") else _by_ourselves
    used, began = _core_time(server, *beside), time.monotonic()
    requests = drive(server, paths, seconds, given) / (len(paths) if together else 1)
    found = Speed(requests / max(_core_time(server, *beside) - used, 1e-6))
    found.rate = requests / (time.monotonic() - began)
    return found


class CoreSeconds(float):
    """Seconds of a core for each request; `waited`: seconds by the clock that each took beside them."""

    waited = 0.0


def core_seconds(server, path, *, requests, beside=(), **headers):
    """Ask on one connection; the seconds of a core for each request."""
    before, began = _core_time(server, *beside), time.perf_counter()
    ask(server, [path] * requests, headers)
    seconds = time.perf_counter() - began
    time.sleep(0.02)  # what is done after an answer
    found = CoreSeconds((_core_time(server, *beside) - before) / requests)
    found.waited = seconds / requests - found
    return found


def at_once(*calls):
    """Make calls at the same time, each in a thread of its own; return the seconds until the last one has ended."""
    threads = [threading.Thread(target=call) for call in calls]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - began


def _core_time(*processes):
    return sum(one.core_time() for one in processes)


def _by_wrk(server, paths, seconds, headers):
    command = ["wrk", "-t2", f"-c{CLIENTS}", f"-d{seconds}s"]
    for name, value in headers.items():
        command += ["-H", f"{name}: {value}"]
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(SCRIPT.format(paths=", ".join(f'"{path}"' for path in paths)))
        script.flush()
        command += ["-s", script.name, server.address]
        out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "Non-2xx" not in out, out
    return int(re.search(r"(\d+) requests in", out)[1])


def _by_ourselves(server, paths, _seconds, headers):
    ask(server, [paths[number % len(paths)] for number in range(OWN_REQUESTS)], headers)
    return OWN_REQUESTS


def ask(server, paths, headers):
    """Ask for these pages one after the other, on one connection."""
    line = http.client.HTTPConnection("127.0.0.1", server.port)
    for path in paths:
        line.request("GET", path, headers=headers)
        answer = line.getresponse()
        answer.read()
        assert answer.status in {200, 302, 304}, (path, answer.status)
    line.close()
