"""`manage.py serve` in processes of its own, for the tests that hurt it: SQLite, an embedded Valkey, a free port."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from config.serving import first_start
from tests import process_group

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 150  # seconds; a machine that has other work takes its time
# How each of its processes looks on the command line.
PROCESSES = ("granian", "-Q account", "-Q bulk", " beat ", "valkey-server")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def with_static_files(folder):
    """Give a site the static files that the run of the tests has collected; return its folder."""
    from django.conf import settings

    static = shutil.copytree(settings.STATIC_ROOT, folder / "data" / "static")
    (static / ".collected").write_text(first_start._static_state())
    return folder


class Site:
    """A running `manage.py serve` with a DATA_DIR and a port of its own."""

    def __init__(self, folder, *, arguments=(), through=(), given=(), **more):
        self.data, self.log, self.database = folder / "data", folder / "serve.log", folder / "forum.sqlite3"
        self.port = free_port()
        own = {"REDIS_URL", "DATABASE_URL", "BASE_URL", "EMAIL_URL", "SECRET_KEY"}
        # A database of its own keeps the sample forum out: it is loaded only where DATABASE_URL is unset.
        self.environment = {name: value for name, value in os.environ.items() if name not in own} | {
            "DATA_DIR": str(self.data),
            "PORT": str(self.port),
            "DATABASE_URL": f"sqlite:///{self.database}",
            **more,
        }
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [*through, sys.executable, "manage.py", "serve", *arguments],
                cwd=ROOT,
                env=self.environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
                pass_fds=given,
            )

    @property
    def text(self):
        return self.log.read_text(errors="replace")

    def get(self, path, *, text=False, patience=5):
        """The status of an answer (0: there was none within `patience` seconds), or its text."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=patience) as answer:
                return answer.read().decode() if text else answer.status
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

    def main_of(self, words):
        """The process among those that the supervisor itself started."""
        return next((n for n in self.running(words) if os.getsid(n) == n), 0)

    def close(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        for number in self.processes():
            process_group.signal_group(number, signal.SIGKILL)


def until(is_so, *, site):
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert "CommandError" not in site.text, site.text
        assert time.monotonic() < deadline, site.text
        time.sleep(0.1)


def is_complete(site):
    return "Ready after" in site.text and all(site.main_of(words) for words in PROCESSES)
