"""`manage.py run` as it comes: SQLite, an embedded Valkey, real processes."""

import http.cookiejar
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.parse
import urllib.request

import pytest

from tests.running_site import PATIENCE, PROCESSES, ROOT, Site, until

pytestmark = pytest.mark.services
MOST_PROCESSES, MOST_MEMORY = 6, 450_000_000  # bytes; what is shared counts once


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    running = Site(tmp_path_factory.mktemp("run"))
    try:
        until(lambda: running.get("/readyz") == 200, site=running)
        yield running
    finally:
        running.end()


def test_site_answers_and_keeps_its_files_private(site):
    answers = [site.get(path) for path in ("/healthz", "/accounts/login/")]
    modes = {path.name: path.stat().st_mode & 0o777 for path in site.data.iterdir() if path.is_file()}

    assert (answers, modes["organiser-login"]) == ([200, 200], 0o600)


def test_processes_are_few_and_small(site):
    sizes = []
    for number in site.processes():
        with open(f"/proc/{number}/smaps_rollup") as file:
            sizes += [int(line.split()[1]) * 1024 for line in file if line.startswith("Pss:")]

    assert len(sizes) <= MOST_PROCESSES
    assert sum(sizes) < MOST_MEMORY


def test_organiser_logs_in_with_the_kept_password_which_no_log_holds(site):
    """The site's output goes to a file here."""
    kept = site.data / "organiser-login"
    address, password = kept.read_text().split()
    assert (password in site.text, f"{address} with the password kept in {kept}" in site.text) == (False, True)
    jar = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    login = f"{site.address}/accounts/login/"
    with browser.open(login) as answer:
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', answer.read().decode())[1]
    form = {"login": address, "password": password, "csrfmiddlewaretoken": token, "next": "/admin/"}

    with browser.open(login, data=urllib.parse.urlencode(form).encode()) as answer:
        landed = answer.url

    assert landed == f"{site.address}/admin/"


def test_port_in_use_is_one_sentence(site, tmp_path):
    second = subprocess.run(
        [sys.executable, "manage.py", "run"],
        cwd=ROOT,
        env=site.environment | {"DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
    )

    assert (second.returncode, second.stderr.strip()) == (
        1,
        f"CommandError: The site cannot listen on 127.0.0.1, port {site.port} (Address already in use): "
        "choose another with PORT=8001 or HOST=…",
    )


@pytest.mark.parametrize("words", PROCESSES)
def test_killed_process_comes_back(site, words):
    """Of granian the one that works, not the one that starts it."""
    before = max(site.running(words))

    os.kill(before, signal.SIGKILL)

    until(lambda: set(site.running(words)) - {before} and before not in site.running(words), site=site)
    until(lambda: site.get("/readyz") == 200, site=site)


def test_worker_works_again_after_the_broker_was_away(site):
    """Celery gives up after a while: its process ends and is started again."""
    broker = site.running("valkey-server")[0]
    os.kill(broker, signal.SIGSTOP)
    try:
        until(lambda: "ERROR" in site.text, site=site)
        began = time.monotonic()
        answers = {site.get("/accounts/login/", patience=10) for _each in range(3)}
        waited = time.monotonic() - began
    finally:
        os.kill(broker, signal.SIGCONT)

    assert (answers, waited < 15) == ({200}, True)
    until(lambda: site.get("/readyz") == 200, site=site)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stopped_site_leaves_no_process(tmp_path, number):
    site = Site(tmp_path)
    try:
        until(lambda: site.get("/healthz") == 200, site=site)

        site.process.send_signal(number)

        assert site.process.wait(PATIENCE) == 0
        assert site.processes() == {}
    finally:
        site.end()


def schema(database):
    """Table → its columns (name, kind, NOT NULL, default, key) and its indexes (columns, whether it is unique, whether it is partial)."""
    with sqlite3.connect(database) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found = {}
        for table in tables:
            columns = {row[1:] for row in connection.execute(f"PRAGMA table_info('{table}')")}
            indexes = []
            for _n, name, is_unique, _origin, is_partial in connection.execute(
                f"PRAGMA index_list('{table}')"
            ).fetchall():
                of = tuple(row[2] for row in connection.execute(f"PRAGMA index_info('{name}')"))
                indexes.append((of, is_unique, is_partial))
            checks = connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", [table]).fetchone()[0]
            found[table] = columns, sorted(indexes, key=str), checks.count(" CHECK ")
    connection.close()
    return found


def test_tables_of_the_models_are_those_of_the_migrations(tmp_path):
    """A new SQLite site gets the first, one that was brought up to date the second."""
    made = {}
    for name, command in {"models": "prepare", "migrations": "migrate"}.items():
        own = {"DATABASE_URL": f"sqlite:///{tmp_path / name}", "DATA_DIR": str(tmp_path / "data"), "REDIS_URL": ""}
        subprocess.run([sys.executable, "manage.py", command], cwd=ROOT, env=os.environ | own, check=True, timeout=600)
        made[name] = schema(tmp_path / name)

    for table, (columns, indexes, checks) in made["models"].items():
        old_columns, old_indexes, old_checks = made["migrations"][table]  # it may keep what only older code reads
        assert {one[0] for one in columns} <= {one[0] for one in old_columns}, table
        assert {*map(str, indexes)} <= {*map(str, old_indexes)}, table
        assert checks <= old_checks, table
