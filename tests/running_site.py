"""`manage.py run` in processes of its own, for the tests that hurt it: SQLite, an embedded Valkey, a free port."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from tests import process_group

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 150  # seconds; a machine that has other work takes its time
# How each of its processes looks on the command line.
PROCESSES = ("granian", "celery -A config --quiet worker", "celery -A config --quiet beat", "valkey-server")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Site:
    """A running `manage.py run` with a DATA_DIR and a port of its own."""

    def __init__(self, folder, **more):
        self.data, self.log = folder / "data", folder / "run.log"
        self.port = free_port()
        own = {"REDIS_URL", "DATABASE_URL", "BASE_URL", "EMAIL_URL", "SECRET_KEY", "DJANGO_ALLOW_ASYNC_UNSAFE"}
        # A database of its own keeps the sample forum out: it is loaded only where DATABASE_URL is unset.
        self.environment = {name: value for name, value in os.environ.items() if name not in own} | {
            "DATA_DIR": str(self.data),
            "PORT": str(self.port),
            "DATABASE_URL": f"sqlite:///{folder / 'forum.sqlite3'}",
            **more,
        }
        self.environment = {name: value for name, value in self.environment.items() if value is not None}
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "run"],
                cwd=ROOT,
                env=self.environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    @property
    def address(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def text(self):
        return self.log.read_text(errors="replace")

    def get(self, path, *, patience=5):
        """The status of an answer; 0: there was none within `patience` seconds."""
        try:
            with urllib.request.urlopen(f"{self.address}{path}", timeout=patience) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            with error:
                return error.code
        except OSError:
            return 0

    def processes(self):
        """The site's processes, found by their DATA_DIR: number → command."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                environment = (folder / "environ").read_bytes().split(b"\0")
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
            except OSError:
                continue
            if f"DATA_DIR={self.data}".encode() in environment and command:
                found[int(folder.name)] = command
        return found

    def running(self, words):
        return [number for number, command in self.processes().items() if words in command]

    def end(self):
        """Stop it as Ctrl-C does; kill what is left then."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(40)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()
        for number in self.processes():
            process_group.signal_group(number, signal.SIGKILL)


def until(is_so, *, site):
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert site.process.poll() is None, site.text
        assert time.monotonic() < deadline, site.text
        time.sleep(0.1)
