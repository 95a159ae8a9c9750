"""A new version takes over while 100 requests a second are answered; one that cannot start leaves the old one alone."""

import asyncio
import contextlib
import http.client
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.running_site import PATIENCE, ROOT, Site, is_complete, until, with_static_files
from tests.services.whole_site.load import TOKEN
from tests.services.whole_site.machines import Database, template

pytestmark = pytest.mark.services
RATE = 100  # requests a second
CLIENTS = 20  # half keep their connection, half open one for each request
LONG = 20  # seconds after which an answer counts as none


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("deploy")
    with tempfile.TemporaryDirectory(prefix="wsis-", dir="/tmp") as short, contextlib.ExitStack() as stack:
        Path(short).chmod(0o711)
        database = Database(Path(short) / "pg")
        stack.callback(database.close)
        database.prepare(template())
        running = Site(with_static_files(folder), DATABASE_URL=database.url)
        stack.callback(running.close)
        until(lambda: is_complete(running) and running.get("/readyz") == 200, site=running)
        yield running


def new_version(folder):
    """Our code in a folder of its own."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True)
    for name in listed.stdout.splitlines():
        if not name.startswith(("tests/", "docs/")) and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    for compiled in (ROOT / "config" / "locale").rglob("*.mo"):
        shutil.copy2(compiled, folder / compiled.relative_to(ROOT))
    return folder


def deploy(site, folder):
    """Start the command of the version in a folder."""
    return subprocess.Popen(
        [sys.executable, "manage.py", "deploy"],
        cwd=folder,
        env=site.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def pids(site):
    """The processes of the site that run its code."""
    return {number for number, command in site.processes().items() if "granian" in command or "celery" in command}


def beats(site):
    return set(site.running(" beat "))


# --- people who ask all the time --------------------------------------------------------------------
async def answered(reader):
    """Read one answer: status, whether the connection ends with it, body."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    status, ends = int(head[9:12]), b"connection: close" in head
    if b"transfer-encoding: chunked" not in head:
        return status, ends, await reader.readexactly(int(head.partition(b"content-length:")[2].split(b"\r\n")[0]))
    body = b""
    while length := int(await reader.readline(), 16):
        body += (await reader.readexactly(length + 2))[:-2]
    await reader.readline()
    return status, ends, body


async def hang_up(line):
    line[1].close()
    with contextlib.suppress(OSError):
        await line[1].wait_closed()


class Crowd:
    """Clients in a thread of their own; what they got is counted by status, or by the name of the error.

    `repeats`: as browsers do, they ask once more where a connection that they had kept is closed without an answer.
    """

    def __init__(self, port, paths, *, host="127.0.0.1", tls=None, repeats=False):
        self.repeats = repeats
        self.port, self.paths, self.host = port, paths, host
        self.options = {"ssl": tls, "server_hostname": host} if tls else {}
        self.got, self.waits = Counter(), []
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._all()))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *reason):
        self._is_over.set()
        self._thread.join()

    async def _all(self):
        await asyncio.gather(*(self._client(number) for number in range(CLIENTS)))

    async def _client(self, number):
        line, due = None, time.monotonic() + number / RATE
        path = self.paths[number % len(self.paths)]
        while not self._is_over.is_set():
            await asyncio.sleep(max(0, due - time.monotonic()))
            due += CLIENTS / RATE
            began, was_kept = time.monotonic(), line is not None
            status, line = await self._ask(path, line)
            if self.repeats and was_kept and status == "IncompleteReadError":
                status, line = await self._ask(path, None)
            self.got[status] += 1
            self.waits.append(time.monotonic() - began)
            if line and number % 2:
                line = await hang_up(line)
        if line:
            await hang_up(line)

    async def _ask(self, path, line):
        """Ask for a page; return the status or the error's name, and the connection where it stays."""
        try:
            line = line or await asyncio.open_connection("127.0.0.1", self.port, **self.options)
            line[1].write(f"GET {path} HTTP/1.1\r\nHost: {self.host}\r\n\r\n".encode())
            status, ends, _body = await asyncio.wait_for(answered(line[0]), LONG)
        except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
            status, ends = type(error).__name__, True
        if line and ends:
            line = await hang_up(line)
        return status, line


class LogIns:
    """An organiser who logs in again and again; `got`: the answers by status, `sessions`: what was acknowledged."""

    PAUSE = 0.3  # seconds

    def __init__(self, site):
        login, password = (site.data / "organiser-login").read_text().split()
        self.form = {"login": login, "password": password, "csrfmiddlewaretoken": TOKEN}
        self.port, self.got, self.sessions = site.port, Counter(), []
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._work)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *reason):
        self._is_over.set()
        self._thread.join()

    def _work(self):
        while not self._is_over.wait(self.PAUSE):
            status, cookies = self._ask("POST", "/accounts/login/", f"csrftoken={TOKEN}", urlencode(self.form))
            self.got[status] += 1
            self.sessions += re.findall("sessionid=([^;]+)", cookies)

    def _ask(self, method, path, cookie, body=None):
        """The status of an answer, or the error's name, and the cookies that it sets."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LONG)
        headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
        with contextlib.closing(line):
            try:
                line.request(method, path, body, headers)
                answer = line.getresponse()
            except (OSError, http.client.HTTPException) as error:
                return type(error).__name__, ""
            return answer.status, " ".join(answer.headers.get_all("Set-Cookie", []))

    def lost(self):
        """The log-ins that were acknowledged and do not hold."""
        asked = {key: self._ask("GET", "/accounts/email/", f"sessionid={key}")[0] for key in self.sessions}
        return {key: status for key, status in asked.items() if status != 200}


class SlowForm:
    """Somebody whose form comes a byte a second while the version changes, and whole at the end."""

    BODY = b"login=somebody@example.org&password=no-password-of-anybody"

    def __init__(self, port):
        self.line = socket.create_connection(("127.0.0.1", port), timeout=LONG)
        self.file = self.line.makefile("rb")
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._send)

    def look(self):
        """Look at a page, so that the connection stays; return the status."""
        self.line.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        return self._status()

    def begin(self):
        self._thread.start()

    def _send(self):
        head = f"POST /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(self.BODY)}\r\n"
        self.line.sendall(f"{head}Content-Type: application/x-www-form-urlencoded\r\n\r\n".encode())
        sent = 0
        while sent < len(self.BODY) and not self._is_over.wait(1):
            self.line.sendall(self.BODY[sent : sent + 1])
            sent += 1
        self.line.sendall(self.BODY[sent:])

    def finish(self):
        """Send the rest; return the status of the answer."""
        self._is_over.set()
        self._thread.join()
        with self.line, self.file:
            return self._status()

    def _status(self):
        status, length = int(self.file.readline().split()[1]), 0
        while line := self.file.readline().strip().lower():
            if line.startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        self.file.read(length)
        return status


# --- the tests --------------------------------------------------------------------------------------
def test_new_version_takes_over_and_nobody_is_refused(site, tmp_path, record_property):
    folder = new_version(tmp_path)
    front = folder / "config" / "front" / "front.py"
    front.write_text(front.read_text().replace('b"ok\\n"', 'b"ok, new\\n"'))
    old, web, form, said = pids(site), set(site.running("granian")), SlowForm(site.port), []

    with Crowd(site.port, ["/healthz", "/accounts/login/"]) as crowd, LogIns(site) as log_ins:
        with deploy(site, folder) as running:
            for line in running.stdout:
                said.append(line)
                if line.startswith("Started: bulk worker 2"):
                    form.begin()  # to one of the old version: its line is from before
                elif not line.startswith(("Started: beat", "The new version has")):
                    form.look()
                if len(said) == 1:
                    second = deploy(site, folder).communicate(timeout=PATIENCE)[0]
        until(lambda: len(web & pids(site)) == 1, site=site)  # the one that takes the form
        status = form.finish()
        until(lambda: not old & pids(site), site=site)

    record_property("deploy", f"{crowd.got.total()} answers, the slowest after {max(crowd.waits):.2f} s")
    assert running.returncode == 0, said
    assert list(crowd.got) == [200], (crowd.got, site.text)
    assert (list(log_ins.got), log_ins.lost()) == ([302], {}), log_ins.got
    assert len(log_ins.sessions) == log_ins.got[302] > 10
    assert status == 403, "no token: the answer of Django, after all of the form"
    assert site.get("/healthz", text=True) == "ok, new\n"
    assert "A deploy is under way" in second
    assert said[-1].startswith("The new version has taken over")


NO_WAY = """from django.db import migrations

def fail(apps, editor):
    raise ValueError("no way")

class Migration(migrations.Migration):
    dependencies = [("events", "{newest}")]
    operations = [migrations.RunPython(fail)]
"""


@pytest.mark.parametrize(
    "broken",
    ["SyntaxError", "ValueError: no way", "The new beat does not start", "The new web 1 does not start"],
    ids=["syntax", "migration", "beat", "web"],
)
def test_version_that_does_not_start_leaves_the_old_one_alone(site, tmp_path, broken):
    folder = new_version(tmp_path)
    rooms = folder / "events"
    if broken == "SyntaxError":
        (rooms / "tasks.py").write_text("def deliver(:")
    elif "beat" in broken:
        parts = folder / "config" / "deploys" / "site_parts.py"
        parts.write_text(parts.read_text().replace('"beat", *quiet', '"beat", "--no-such-option"'))
    elif "web" in broken:
        (folder / "templates" / "503.html").write_text("{% no such tag %}")
    else:
        newest = max(path.stem for path in rooms.glob("migrations/0*.py"))
        (rooms / "migrations" / "9999_no_way.py").write_text(NO_WAY.format(newest=newest))
    before = pids(site) - beats(site)

    tried = deploy(site, folder)
    said = tried.communicate(timeout=PATIENCE)[0]

    assert (tried.returncode, broken in said, "The old version goes on." in said) == (1, True, True), said
    until(lambda: pids(site) - beats(site) == before, site=site)  # what was started has gone again
    until(lambda: beats(site), site=site)
    assert site.get("/healthz") == 200
