"""A site to be hurt: a PostgreSQL and a Valkey of its own, nginx, and the processes that docs/deploy gives to systemd."""

import contextlib
import ctypes
import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import psycopg
import redis

from config.running.serving import valkey
from tests import engine, process_group
from tests.services.whole_site.nginx import Nginx
from tests.services.whole_site.units import ROOT, Machine
from tests.waiting import until

DISK = 250_000_000  # bytes of the disk that the database has to itself


def descendants(pid):
    """The numbers of the processes below one."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
            parents[int(stat.parent.name)] = int(parent) if state not in "ZX" else 0
    found, fresh = set(), {pid}
    while fresh:
        fresh = {child for child, parent in parents.items() if parent in fresh} - found
        found |= fresh
    return found


def _signal(pids, number):
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


class Database:
    """A PostgreSQL of 45 MB with the site's tables, on a small disk of its own where we are root."""

    def __init__(self, folder):
        self.folder, self.user, self.server = folder, engine.unprivileged(), None
        self.binaries = Path(os.environ.get("POSTGRES_BINARIES") or engine._postgres_binaries(folder, self.user))
        self.disk = folder / "disk"
        self.disk.mkdir(parents=True)
        folder.chmod(0o711)  # PostgreSQL runs as another user, whom our umask keeps out
        self.has_disk = os.geteuid() == 0 and _mount(self.disk, size=DISK)
        self.disk.chmod(0o755)

    @property
    def url(self):
        return f"postgresql://forum@/{self.folder}/site"

    def prepare(self, template):
        """Take a prepared cluster (`template`), or make an empty one."""
        data = self.disk / "data"
        if template is None:
            data.mkdir()
            self._own(data)
            self._run("initdb", "-D", data, "-U", "forum", "-A", "trust", "-E", "UTF8", "--no-sync")
            self.start()
            self._run("createdb", "-h", self.folder, "-U", "forum", "site")
        else:
            shutil.copytree(template, data, symlinks=True)
            self._own(data, *data.rglob("*"))
            data.chmod(0o700)
            self.start()

    def _own(self, *paths):
        for path in paths if self.user is not None else ():
            os.chown(path, self.user, self.user, follow_symlinks=False)

    def _run(self, tool, *arguments):
        as_user = {} if self.user is None else {"user": self.user, "group": self.user, "extra_groups": []}
        command = [self.binaries / tool, *arguments]
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": "/"}
        done = subprocess.run(command, capture_output=True, cwd="/", env=environment, text=True, **as_user)
        assert done.returncode == 0, done.stderr

    def start(self):
        """Start the server; return when it takes work."""
        self._own(self.folder)
        command = [self.binaries / "postgres", "-D", self.disk / "data", "-c", "listen_addresses="]
        options = [f"unix_socket_directories={self.folder}", "max_connections=100", "max_wal_size=64MB"]
        # As safe as in production against a kill of its processes; a tmpfs knows no other loss.
        for option in [*options, "min_wal_size=32MB", "fsync=off", "restart_after_crash=on"]:
            command += ["-c", option]
        with (self.folder.parent / "postgres.log").open("ab") as log:
            self.server = process_group.start(
                command, user=self.user, output=log, folder=self.disk, environment={"LC_ALL": "C.UTF-8", "HOME": "/"}
            )
        until(self.answers, what="PostgreSQL")

    def answers(self):
        name = "site" if (self.disk / "data" / "PG_VERSION").exists() else "postgres"
        with contextlib.suppress(psycopg.Error), self.connect(name):
            return True
        try:  # a cluster that has no database of ours yet
            self.connect("postgres").close()
        except psycopg.Error:
            return False
        return True

    def connect(self, name="site"):
        return psycopg.connect(f"host={self.folder} user=forum dbname={name} connect_timeout=5", autocommit=True)

    def pids(self):
        return [self.server.pid, *descendants(self.server.pid)]

    def stop(self, number=signal.SIGINT):
        """SIGINT: end the connections and stop; SIGKILL: as when the machine is gone."""
        _signal(self.pids() if number == signal.SIGKILL else [self.server.pid], number)
        self.server.wait(30)
        if number == signal.SIGKILL:
            (self.disk / "data" / "postmaster.pid").unlink(missing_ok=True)

    def freeze(self):
        _signal(self.pids(), signal.SIGSTOP)

    def thaw(self):
        _signal(self.pids(), signal.SIGCONT)

    def end_connections(self):
        """What a failover or a proxy's idle time-out does."""
        with self.connect() as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )

    def fill_disk(self):
        assert self.has_disk, "this fault mounts a small disk, which only root may: run it as root"
        with (self.disk / "filler").open("wb") as filler, contextlib.suppress(OSError):
            while True:
                filler.write(bytes(65536))
                filler.flush()

    def empty_disk(self):
        (self.disk / "filler").unlink()

    def close(self):
        if self.server is not None and self.server.poll() is None:
            self.thaw()
            process_group.end([self.server], seconds=5)
        if self.has_disk:
            ctypes.CDLL(None).umount2(str(self.disk).encode(), 2)  # lazily: whoever still looks keeps nothing busy


def _mount(folder, *, size):
    libc = ctypes.CDLL(None, use_errno=True)
    return libc.mount(b"tmpfs", str(folder).encode(), b"tmpfs", 0, f"size={size}".encode()) == 0


def template():
    """A cluster with the site's tables, made once for all processes of a run: the migrations take 18 s."""
    shared = Path(os.environ["DATA_DIR"]).parent
    state = hashlib.sha256()
    for path in sorted(ROOT.glob("*/migrations/*.py")):
        state.update(path.read_bytes())
    made = shared / f"cluster-{state.hexdigest()[:12]}"
    with (shared / "cluster.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            folder = shared / "cluster-draft"
            shutil.rmtree(folder, ignore_errors=True)
            database = Database(folder)
            try:
                database.prepare(None)
                environment = os.environ | {"DATABASE_URL": database.url}
                done = engine.manage_py("migrate", "-v0", environment=environment)
                assert done.returncode == 0, done.stderr
                database.stop()
                shutil.copytree(database.disk / "data", made, symlinks=True)
            finally:
                database.close()
        _static_files_are_collected()
    return made


def _static_files_are_collected():
    """Mark the shared static files as those of today, so that no site collects them again."""
    from config.running.serving import first_start

    first_start.static_files()


class Broker:
    """A Valkey of the site's own."""

    def __init__(self, folder):
        self.data = folder / "valkey"
        self.socket, self.server = folder / "valkey.sock", None

    @property
    def url(self):
        return f"unix://{self.socket}"

    def start(self):
        self.server = process_group.start(valkey.command(socket=self.socket, data=self.data))
        until(lambda: engine._answers(self.socket), what="Valkey")

    def stop(self):
        process_group.signal_group(self.server.pid, signal.SIGKILL)
        self.server.wait(10)
        self.socket.unlink(missing_ok=True)

    def freeze(self):
        process_group.signal_group(self.server.pid, signal.SIGSTOP)

    def thaw(self):
        process_group.signal_group(self.server.pid, signal.SIGCONT)

    def wipe(self):
        redis.Redis.from_url(self.url).flushall()

    def close(self):
        if self.server is not None:
            self.thaw()
            process_group.end([self.server], seconds=2)


class Site:
    """A site as docs/deploy makes it: nginx in front, the web, a worker and beat as systemd starts them, on given services."""

    PARTS = ("web", "worker@account", "worker@bulk", "beat")

    def __init__(self, folder, *, database, broker, mail, code=ROOT, **more):
        self.folder, self.log_file, data, run = folder, folder / "site.log", folder / "data", folder / "run"
        for one in (data, run):
            one.mkdir(mode=0o700, parents=True)
        (data / "static").symlink_to(Path(os.environ["DATA_DIR"]).resolve() / "static")
        self.nginx = Nginx(folder / "nginx", data=data, web=run / "web.sock")
        self.port = self.nginx.port
        ours = ("REDIS_URL", "DATABASE_POOL", "DJANGO_ALLOW_ASYNC_UNSAFE")
        kept = {name: value for name, value in os.environ.items() if name not in ours}
        self.environment = kept | {
            "DATABASE_URL": database,
            "EMAIL_URL": mail,
            "REDIS_URL": broker,
            "DATA_DIR": str(data),
            "BASE_URL": self.url,
            "TRUSTED_PROXIES": "1",
            "WEB_PROCESSES": "2",
            "WEB_THREADS": "4",
            "LOG_LEVEL": "WARNING",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "PYTHONUNBUFFERED": "1",
            **more,
        }
        self.machine = Machine(self.PARTS, code=code, run=run, environment=self.environment, log=self.log_file)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def log(self):
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def start(self):
        """Start it, and return once all its processes run and the web answers."""
        self.nginx.start()
        self.machine.start()
        until(self.is_whole, seconds=120, pause=0.2, what=lambda: f"the site\n{self.log()[-3000:]}")

    def is_whole(self):
        return all(self.pids(name) for name in self.PARTS) and self.answers("/accounts/login/")

    def answers(self, path):
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{self.url}{path}", timeout=10) as answer:
            return answer.status == 200
        return False

    def start_process(self, *arguments, log, **more):
        """Start `python …` beside the site, as another machine would."""
        with (self.folder / log).open("ab") as file:
            return process_group.start(
                [sys.executable, *arguments], environment=self.environment | more, output=file, folder=ROOT
            )

    def deploy(self):
        """What docs/operations.md says of a new version; returns once the last process of the old one has gone."""
        before = {pid for name in self.PARTS for pid in self.pids(name)}
        self.machine.services["web"].reload()
        for name in self.PARTS[1:]:
            self.machine.restart(name)
        until(
            lambda: self.is_whole() and not before & {pid for name in self.PARTS for pid in self.pids(name)},
            seconds=120,
            pause=0.2,
            what="the new version",
        )

    def pids(self, name):
        """The processes of a part: of the web those that serve; “granian” is the one above them."""
        main = self.machine.services["web" if name == "granian" else name].main
        if main is None or main.poll() is not None:
            return []
        return sorted(descendants(main.pid)) if name == "web" else [main.pid]

    def send(self, name, number, *, one=False):
        """Send a signal to the processes of a part, or to the first only; return them."""
        found = self.pids(name)
        assert found, f"no process {name}"
        _signal(found[:1] if one else found, number)
        return found[:1] if one else found

    def close(self):
        _signal([pid for name in self.PARTS for pid in self.pids(name)], signal.SIGCONT)
        self.machine.close()
        self.nginx.close()
