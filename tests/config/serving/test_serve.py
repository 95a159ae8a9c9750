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
import urllib.parse
import urllib.request
from pathlib import Path

import pytest

from tests.running_site import PATIENCE, ROOT, Site, free_port, is_complete, until, with_static_files

pytestmark = pytest.mark.services


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
    until(lambda: site.get("/readyz") == 200, site=site)
    answers = [site.get(path) for path in ("/healthz", "/accounts/login/")]
    modes = {path.name: path.stat().st_mode & 0o777 for path in site.data.iterdir() if path.is_file()}

    assert (answers, modes["organiser-login"]) == ([200, 200], 0o600)


def test_organiser_logs_in_with_the_kept_password_which_no_log_holds(site):
    """The site's output goes to a file here, as it does under systemd."""
    kept = site.data / "organiser-login"
    address, password = kept.read_text().split()
    assert (password in site.text, f"{address} with the password kept in {kept}" in site.text) == (False, True)
    jar = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    login = f"http://127.0.0.1:{site.port}/accounts/login/"
    with browser.open(login) as answer:
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', answer.read().decode())[1]
    form = {"login": address, "password": password, "csrfmiddlewaretoken": token, "next": "/admin/"}

    with browser.open(login, data=urllib.parse.urlencode(form).encode()) as answer:
        landed = answer.url

    assert landed == f"http://127.0.0.1:{site.port}/admin/"


def test_killed_orphan_reaper_comes_back(site):
    before = site.running("orphan_reaper")

    os.kill(before[0], signal.SIGKILL)
    until(lambda: site.running("orphan_reaper") not in [[], before], site=site)

    assert site.process.poll() is None


def test_one_web_process_is_enough_to_refuse_nobody(site):
    until(lambda: len(site.running("granian")) == 3, site=site)

    killed = site.main_of("granian")
    os.kill(killed, signal.SIGKILL)
    until(
        lambda: not Path(f"/proc/{killed}").exists(), site=site
    )  # until its last thread is gone it may take a request with it
    answers = {site.get("/healthz", patience=PATIENCE) for _again in range(50)}  # refused or broken off is 0 at once

    assert answers == {200}


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


def test_socket_and_state_are_systemds(tmp_path):
    """The address is the machine's: who comes while nobody runs waits, and is answered by the next one."""
    with socket.socket() as given, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        given.bind(("127.0.0.1", 0))
        given.listen()
        given.set_inheritable(True)
        heard.bind(str(tmp_path / "notify"))
        heard.settimeout(PATIENCE)
        as_systemd = (
            f"import os, sys; os.dup2({given.fileno()}, 3); os.environ['LISTEN_PID'] = str(os.getpid());"
            "os.execv(sys.argv[1], sys.argv[1:])"
        )
        early = socket.create_connection(given.getsockname())
        early.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        site = Site(
            with_static_files(tmp_path),
            through=[sys.executable, "-c", as_systemd],
            arguments=["--only", "web"],
            given=[given.fileno()],
            LISTEN_FDS="1",
            PORT=str(given.getsockname()[1]),
            NOTIFY_SOCKET=str(tmp_path / "notify"),
        )
        try:
            states = {heard.recv(100), heard.recv(100)}
            with early:
                early.settimeout(PATIENCE)
                answer = early.recv(100)
        finally:
            site.close()

    assert (states, answer[:15]) == ({b"READY=1", b"WATCHDOG=1"}, b"HTTP/1.1 200 OK")
