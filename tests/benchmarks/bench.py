"""What the parts measure with: services, databases, processes of the site, load, core time; and where they put their findings.

A part is a module with `measure(bench)`. It takes a copy of a world (world.py), runs functions of its own in processes
of the site (`run`), and names each figure with its limit: `core` (a ratio of core times), `at_most`, `at_least`, `seconds`, `holds`.
"""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from statistics import mean

from tests import engine
from tests.benchmarks import limits

ROOT = Path(__file__).resolve().parents[2]
TICKS = os.sysconf("SC_CLK_TCK")
# The yardstick, the same for as long as figures are compared: a bare view under granian's plain interface.
BARE = ("--interface", "wsgi", "--workers", "2", "--blocking-threads", "2", "--no-ws", "--log-level", "error")


class Bench:
    """One run. `size` small makes worlds a tenth as large, to try a part: its figures say nothing then."""

    def __init__(self, services, *, size="full", reference=None):
        self.services, self.folder = services, services.folder
        self.reference, self.busy = reference or limits.Reference(), []
        self.findings, self.part, self.is_small = [], "", size == "small"
        self._loops = []
        self.home = services.postgres(durable=True).removeprefix("postgresql://forum@/").rpartition("/")[0]
        self.binaries = Path(os.environ["POSTGRES_BINARIES"])
        self.postgres = Process(services.last)
        (self.folder / "data").mkdir(mode=0o700)
        self._valkey = services.valkey("bench-valkey")
        self._worlds = set()

    def scaled(self, count):
        return max(1, count // 10) if self.is_small else count

    # --- findings ---
    def at_most(self, name, measured, limit, *, unit="", note="", is_timed=False):
        self._say(limits.Finding(self.part, name, measured, limit, unit=unit, note=note, is_timed=is_timed))

    def at_least(self, name, measured, limit, *, unit="", note="", is_timed=False):
        self._say(
            limits.Finding(self.part, name, measured, limit, is_floor=True, unit=unit, note=note, is_timed=is_timed)
        )

    def core(self, name, measured, limit, *, note="", is_floor=False):
        """A ratio of core times that were measured in turns: against its reference; `limit`, until there is one."""
        known = self.reference.limit(f"{self.part}: {name}", is_floor=is_floor)
        said = note if known else f"{note}{note and '; '}no reference yet"
        limit = limit if known is None else known
        self._say(
            limits.Finding(self.part, name, measured, limit, is_floor=is_floor, note=said, is_timed=True, is_core=True)
        )

    def seconds(self, name, measured, limit, *, loops=None, share=0.5, note=""):
        """A limit that the promise itself names in seconds: as much longer as a core of the machine is slower, whatever else it does.

        `measured`: seconds, one or many, of which the median or that at `share` counts. `loops`: what the reference loop
        took beside them, at the same share; without, it is timed on both cores, before the part and now.
        """
        if loops is None:
            self.pace()
        slowness = limits.slowness(loops or self._loops, share=share)
        found = limits.at(measured, share) if isinstance(measured, list) else measured
        said = (
            f"{note}{note and '; '}{limits.number(limit)} s where a core is as fast; here {slowness:.2f} times as slow"
        )
        self.at_most(name, found, limit * slowness, unit=" s", note=said, is_timed=True)

    def holds(self, name, is_so, *, note=""):
        self._say(limits.Finding(self.part, name, float(is_so), 1, is_floor=True, is_fact=True, note=note))

    def tell(self, text):
        """A figure without a limit."""
        print(f"{self.part}: {text}", flush=True)  # noqa: T201

    def _say(self, finding):
        self.findings.append(finding)
        print(finding, flush=True)  # noqa: T201

    def measure(self, part, work):
        """Run a part; one that breaks off is a finding too."""
        self.part, self._loops, others = part, [], Others()
        self.pace()
        try:
            work(self)
        finally:
            seconds, share = others.so_far()
            self.tell(f"took {seconds:.0f} s; others used {share:.2f} of a core")
            if share > limits.BUSY and not self.is_small:
                self.busy.append(part)
                self.tell("the machine is busy: nothing that is timed is judged")

    def pace(self):
        """Time the reference loop on both cores at once."""
        command = [sys.executable, "-c", "from tests.benchmarks import limits; print(limits.loop())"]
        children = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _core in range(2)]
        self._loops.append(mean([float(child.communicate()[0]) for child in children]))

    # --- databases ---
    def psql(self, sql, database="postgres"):
        """Run statements; return what they print, rows as lines, columns parted by |."""
        command = [self.binaries / "psql", "-qXAt", "-v", "ON_ERROR_STOP=1", "-h", self.home, "-U", "forum", database]
        done = subprocess.run(command, input=sql, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def copy(self, source, name):
        """A database of its own with everything of another one; returns its name."""
        self.psql(f"CREATE DATABASE {name} TEMPLATE {source} STRATEGY file_copy")
        return name

    def world(self, name):
        """The database of a world, made when it is first asked for. Who changes rows takes a copy."""
        from tests.benchmarks import world

        if name not in self._worlds:
            part, self.part = self.part, "worlds"
            try:
                world.make(self, name)
            finally:
                self.part = part
            self._worlds.add(name)
        return name

    # --- processes of the site ---
    def environment(self, database, **more):
        kept = {name: value for name, value in os.environ.items() if name not in {"EMAIL_URL", "BASE_URL"}}
        return kept | {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATABASE_URL": f"postgresql://forum@/{self.home}/{database}",
            "REQUIRE_MFA": "false",  # its staff log in by one step
            "REDIS_URL": self._valkey,
            "DATA_DIR": str(self.folder / "data"),
            "SECRET_KEY": "only-for-benchmarks-" + "x" * 50,
            "BASE_URL": "http://localhost:8000",
            "VOTE_BALLOTS_PER_MINUTE": "0",  # all requests come from one address here
            "LOG_LEVEL": "ERROR",
            "MALLOC_ARENA_MAX": "2",  # as config/processes.conf and the units have it
            "PYTHONPATH": str(ROOT),
            **more,
        }

    def run(self, function, *arguments, database, **more):
        """Call `module.function` in a process of the site; return what it returns."""
        command = [sys.executable, "-m", "tests.benchmarks.step", *function.split("."), *map(json.dumps, arguments)]
        environment = self.environment(database, **more)
        done = subprocess.run(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert done.returncode == 0, f"{function} broke off"
        return json.loads(done.stdout.splitlines()[-1])

    def start(self, function, *arguments, database, **more):
        """The same beside us; the caller stops it."""
        command = [sys.executable, "-m", "tests.benchmarks.step", *function.split("."), *map(json.dumps, arguments)]
        return self.services.start(command, environment=self.environment(database, **more), folder=ROOT)

    # --- web servers ---
    def site(self, database, **more):
        """The site's web server as config/processes.conf has it, with two processes."""
        port = free_port()
        own = {"HOST": "127.0.0.1", "PORT": str(port), "BASE_URL": f"http://127.0.0.1:{port}"}
        environment = self.environment(database, **own | more)
        command = [sys.executable, *engine.web(port, workers=2)]
        return self._listening(self.services.start(command, environment=environment, folder=ROOT), port)

    def bare(self, pages):
        """A Django project with one view and nothing else, which sends these pages (name → gzipped bytes) as they are."""
        port, folder = free_port(), Path(self.folder / f"bare-{free_port()}")
        folder.mkdir()
        for name, content in pages.items():
            (folder / name).write_bytes(content)
        environment = os.environ | {"BARE_FOLDER": str(folder), "DJANGO_SETTINGS_MODULE": "tests.benchmarks.bare"}
        command = [sys.executable, "-m", "granian", *BARE, "--host", "127.0.0.1", "--port", str(port)]
        command.append("tests.benchmarks.bare:application")
        return self._listening(self.services.start(command, environment=environment, folder=ROOT), port)

    def nginx(self, pages):
        """nginx with the same bytes as files; None where it is not installed."""
        binary = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
        if binary is None:
            return None
        port, folder = free_port(), Path(self.folder / "nginx")
        folder.mkdir()
        for name, content in pages.items():
            (folder / f"{name}.gz").write_bytes(content)
        settings = NGINX.format(folder=folder, port=port, user="user root;" if os.geteuid() == 0 else "")
        (folder / "nginx.conf").write_text(settings)
        child = self.services.start([binary, "-p", folder, "-c", folder / "nginx.conf"])
        return self._listening(child, port)

    def _listening(self, child, port):
        deadline = time.monotonic() + 60
        while not listens(port):
            assert child.poll() is None and time.monotonic() < deadline, self.services.log()  # noqa: PT018
            time.sleep(0.1)
        return Server(child, port, self)


NGINX = """
{user}
daemon off; worker_processes 2; pid {folder}/pid; error_log {folder}/log;
events {{ worker_connections 1024; }}
http {{
    access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000;
    open_file_cache max=100; gzip_static always; gunzip off; default_type text/html; root {folder};
    server {{ listen 127.0.0.1:{port} backlog=1024; }}
}}
"""


class Others:
    """How much of the cores processes use that are none of this run's."""

    def __init__(self):
        self._began, self._own, self._all = time.monotonic(), own_core_time(), _all_core_time()

    def so_far(self):
        """Seconds since it began, and the share of a core that others used on average."""
        seconds = time.monotonic() - self._began
        used = (_all_core_time() - self._all) - (own_core_time() - self._own)
        return seconds, max(0.0, used) / max(seconds, 1e-6)


def own_core_time():
    """Seconds of a core that this run has used: threads and processes that have ended count, too."""
    total = 0
    for pid in tree(os.getpid()):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            total += sum(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:15]))
    return total / TICKS


def _all_core_time():
    """Seconds that all cores were at work for anybody, or were taken away from this machine; not what they idled."""
    user, nice, system, _idle, _waits, irq, softirq, stolen = map(int, _stat().split()[1:9])
    return (user + nice + system + irq + softirq + stolen) / TICKS


def _stat():
    return Path("/proc/stat").read_text().partition("\n")[0]


def memory_of(pid):
    """Bytes that a process holds, and each that descends from it."""
    sizes = []
    for one in tree(pid):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            sizes.append(int(Path(f"/proc/{one}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE"))
    return sizes


class Process:
    """A process of this run, with all that descend from it."""

    def __init__(self, child):
        self.child = child

    def core_time(self):
        """Seconds of a core that they, and those of them that have ended, have used so far."""
        total = 0.0
        for pid in tree(self.child.pid):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                ended = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[13:15]
                threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
                total += sum(map(int, ended)) / TICKS + sum(int(one.read_text().split()[0]) for one in threads) / 1e9
        return total

    def memory(self):
        """Bytes that the largest of them holds."""
        return max(memory_of(self.child.pid))


class Server(Process):
    """A web server of this run with its address; `with` ends it."""

    def __init__(self, child, port, bench):
        super().__init__(child)
        self.port, self.address, self._bench = port, f"http://127.0.0.1:{port}", bench

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self._bench.services.stop(self.child)

    def ask(self, path, **headers):
        """One answer, as browsers ask: (headers, bytes as they were sent)."""
        given = {"Accept-Encoding": "gzip"} | {name.replace("_", "-"): value for name, value in headers.items()}
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(urllib.request.Request(self.address + path, headers=given)) as answer:
            return answer.headers, answer.read()


def tree(pid):
    """A process and all that descend from it."""
    children = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            children.setdefault(int(path.read_text().rpartition(")")[2].split()[1]), []).append(int(path.parent.name))
    found = [pid]
    for one in found:
        found += children.get(one, [])
    return found


def listens(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
