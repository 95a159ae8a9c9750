"""`manage.py serve` as it comes: SQLite, an embedded Valkey, real processes."""

import http.cookiejar
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import pytest

from config.serving import process_group

pytestmark = pytest.mark.services
ROOT = Path(__file__).resolve().parents[3]
PATIENCE = 40


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Site:
    """A running `manage.py serve` with a DATA_DIR and a port of its own."""

    def __init__(self, folder, *, arguments=(), through=()):
        self.data, self.log, self.database = folder / "data", folder / "serve.log", folder / "forum.sqlite3"
        self.port = free_port()
        own = {"REDIS_URL", "DATABASE_URL", "BASE_URL", "EMAIL_URL", "SECRET_KEY"}
        # A database of its own keeps the sample forum out: it is loaded only where DATABASE_URL is unset.
        self.environment = {name: value for name, value in os.environ.items() if name not in own} | {
            "DATA_DIR": str(self.data),
            "PORT": str(self.port),
            "DATABASE_URL": f"sqlite:///{self.database}",
        }
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [*through, sys.executable, "manage.py", "serve", *arguments],
                cwd=ROOT,
                env=self.environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    @property
    def text(self):
        return self.log.read_text(errors="replace")

    def get(self, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
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
    return "Ready after" in site.text and all(
        site.main_of(words) for words in ("granian", "-Q account", "-Q bulk", " beat ", "valkey-server")
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    running = Site(tmp_path_factory.mktemp("serve"))
    try:
        until(lambda: is_complete(running), site=running)
        yield running
    finally:
        running.close()


@pytest.fixture
def own_site(site, tmp_path):
    """Starts a site of the test's own, with the tables and static files that the other one has made."""
    shutil.copytree(site.data / "static", tmp_path / "data" / "static")
    with sqlite3.connect(site.database) as made, sqlite3.connect(tmp_path / "forum.sqlite3") as own:
        made.backup(own)
    made.close()
    own.close()
    running = []

    def start(**options):
        running.append(Site(tmp_path, **options))
        until(lambda: is_complete(running[0]), site=running[0])
        return running[0]

    yield start
    for one in running:
        one.close()


def test_site_answers_and_keeps_its_files_private(site):
    answers = [site.get(path) for path in ("/healthz", "/readyz", "/accounts/login/")]
    modes = {path.name: path.stat().st_mode & 0o777 for path in site.data.iterdir() if path.is_file()}

    assert (answers, modes["organiser-login"]) == ([200, 200, 200], 0o600)


def test_organiser_logs_in_with_the_printed_password(site):
    address, password = re.search(r"Log in as: +(\S+) with the password (\S+) ", site.text).groups()
    jar = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    login = f"http://127.0.0.1:{site.port}/accounts/login/"
    with browser.open(login) as answer:
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', answer.read().decode())[1]
    form = {"login": address, "password": password, "csrfmiddlewaretoken": token, "next": "/admin/"}

    with browser.open(login, data=urllib.parse.urlencode(form).encode()) as answer:
        landed = answer.url

    assert landed == f"http://127.0.0.1:{site.port}/admin/"


@pytest.mark.parametrize("words", ["granian", "-Q account", "-Q bulk", " beat ", "valkey-server"])
def test_killed_child_comes_back(site, words):
    until(lambda: is_complete(site), site=site)
    before = site.main_of(words)

    os.kill(before, signal.SIGKILL)
    until(lambda: site.main_of(words) not in {0, before}, site=site)
    until(lambda: site.get("/readyz") == 200, site=site)

    assert site.process.poll() is None


def test_killed_web_process_comes_back(site):
    until(lambda: is_complete(site), site=site)
    main = site.main_of("granian")
    others = [number for number in site.running("spawn_main") + site.running("granian") if number != main]

    os.kill(others[0], signal.SIGKILL)
    until(lambda: site.get("/healthz") == 200 and others[0] not in site.processes(), site=site)

    assert site.main_of("granian") == main


def refused(environment):
    second = subprocess.run(
        [sys.executable, "manage.py", "serve"], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    return second.returncode, second.stderr.strip()


def test_port_or_data_folder_in_use_is_one_sentence(site, tmp_path):
    same_port = refused(site.environment | {"DATA_DIR": str(tmp_path)})
    same_folder = refused(site.environment | {"PORT": str(free_port())})

    assert same_port == (
        1,
        f"CommandError: The site cannot listen on 127.0.0.1, port {site.port} (Address already in use): "
        "choose another with PORT=8001 or HOST=…",
    )
    assert same_folder == (
        1,
        f"CommandError: The site already runs on {site.data}: stop it, or choose another DATA_DIR.",
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_stopped_site_leaves_no_process(own_site, number):
    site = own_site()

    site.process.send_signal(number)

    assert site.process.wait(PATIENCE) == 0
    assert site.processes() == {}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, False),
        ({"through": ["/bin/sh", "-c", '"$@"; exit', "sh"], "arguments": ["--with-parent"]}, True),
    ],
    ids=["supervisor", "parent"],
)
def test_killed_supervisor_or_parent_leaves_no_process(own_site, options, said):
    site = own_site(**options)

    site.process.kill()
    site.process.wait()
    until(lambda: site.processes() == {}, site=site)

    assert (site.get("/healthz"), "Stopping" in site.text) == (0, said)
