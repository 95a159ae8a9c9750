"""What others wait for while 64 posts never end and 500 readers take a byte now and then: finished pages and votes.

The quiet site and the one that holds them take turns. An answer that does not come counts with the seconds of PATIENCE.
"""

import contextlib
import http.client
import re
import socket
import threading
import time

from tests.benchmarks import limits

POSTS, READERS = 64, 500
PAGES, VOTES, ROUNDS = 60, 18, 2
PATIENCE = 5  # seconds
PAGE_LIMIT, VOTE_LIMIT = 0.1, 0.5  # seconds: of 95 pages in a hundred, and of a vote
TIMES_QUIET = 4.0  # the same beside the quiet site, at most
PAGE = "/now/programme/"
POST = (
    "POST /now/prizes/vote/1/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    "Content-Length: 1000\r\n\r\nnominee="
)
READ = f"GET {PAGE} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: identity\r\n\r\n"


def measure(bench):
    database = bench.copy(bench.world("year"), "slow")
    plan = bench.run("casting.plan", 4 + 2 * ROUNDS, database=database)
    pages, votes, keys, fewest = {"quiet": [], "held": []}, {"quiet": [], "held": []}, iter(plan["keys"]), []
    with bench.site(database) as site:
        _pages(site.port, 10)
        for _voter in range(4):  # each process loads what it needs
            _votes(site.port, next(keys), plan["nominees"])
        for turn in range(2 * ROUNDS):
            state = ("quiet", "held")[turn % 2]
            with Holding(site.port) if state == "held" else contextlib.nullcontext() as holding:
                pages[state].append(_pages(site.port, PAGES))
                votes[state].append(_votes(site.port, next(keys), plan["nominees"]))
            fewest += [holding.fewest] if holding else []
    bench.at_least("slow clients that were held", min(fewest), (POSTS + READERS) // 2)
    for name, found, limit in (("finished pages", pages, PAGE_LIMIT), ("a vote", votes, VOTE_LIMIT)):
        at_95 = limits.at([seconds for turn in found["held"] for seconds in turn], 0.95)
        bench.seconds(f"{name} with slow clients, at the 95th percentile", at_95, limit)
        quiet, held = ([limits.at(turn, 0.5) for turn in found[state]] for state in ("quiet", "held"))
        note = f"{limits.at(held, 0.5) * 1000:.1f} : {limits.at(quiet, 0.5) * 1000:.1f} ms"
        bench.at_most(f"{name}, times the quiet site, by the median", limits.ratio(held, quiet), TIMES_QUIET, note=note)


def _timed(port, method, path, *, body=None, headers=None):
    """Ask on a connection of its own; the seconds, and the answer where one came with 200."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    began = time.perf_counter()
    try:
        line.request(method, path, body=body, headers=headers or {})
        answer = line.getresponse()
        content = answer.read()
    except OSError:
        return float(PATIENCE), None
    finally:
        line.close()
    assert answer.status == 200, (path, answer.status, content[:300])
    return time.perf_counter() - began, [*answer.headers.get_all("Set-Cookie", []), content.decode(errors="replace")]


def _pages(port, count):
    return [_timed(port, "GET", PAGE, headers={"Accept-Encoding": "gzip"})[0] for _page in range(count)]


def _votes(port, key, nominees):
    """One voter opens the ballot and chooses in each category; the seconds of each choice."""
    _seconds, answer = _timed(port, "GET", "/now/prizes/vote/1/", headers={"Cookie": f"sessionid={key}"})
    if answer is None:
        return [float(PATIENCE)] * VOTES
    cookie = next(found[1] for text in answer if (found := re.search(r"csrftoken=(\w+)", text)))
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', answer[-1])[1]
    headers = {"Cookie": f"sessionid={key}; csrftoken={cookie}", "X-Requested-With": "fetch"}
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    seconds = []
    for number, codes in enumerate(nominees[:VOTES], start=1):
        body = f"csrfmiddlewaretoken={token}&nominee={codes[0]}"
        seconds.append(_timed(port, "POST", f"/now/prizes/vote/{number}/", body=body, headers=headers)[0])
    return seconds


class Holding:
    """Holds the connections for the time of a `with`; those that the server ends are opened anew."""

    def __init__(self, port):
        self._port, self._over = port, threading.Event()
        self.fewest = POSTS + READERS  # that were held at once

    def __enter__(self):
        wanted = [POST] * POSTS + [READ] * READERS
        self._lines = [[self._open(first), first] for first in wanted]
        self._thread = threading.Thread(target=self._go_on)
        self._thread.start()
        time.sleep(0.5)
        return self

    def __exit__(self, *exc):
        self._over.set()
        self._thread.join()
        for line, _first in self._lines:
            if line is not None:
                line.close()

    def _open(self, first):
        line = socket.socket()
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.settimeout(1)
        try:
            line.connect(("127.0.0.1", self._port))
            line.sendall(first.encode())
        except OSError:
            line.close()
            return None
        line.setblocking(False)
        return line

    def _go_on(self):
        """Each second a byte to each post and a byte from each reader."""
        while not self._over.wait(1):
            self.fewest = min(self.fewest, sum(line is not None for line, _first in self._lines))
            for held in self._lines:
                line, first = held
                try:
                    is_there = line is not None and (line.send(b"x") if first is POST else line.recv(1))
                except BlockingIOError:
                    is_there = True
                except OSError:
                    is_there = False
                if not is_there:
                    if line is not None:
                        line.close()
                    held[0] = self._open(first)
