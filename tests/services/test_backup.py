"""A machine is lost: what the archived WAL gives back, and a site of its own that is restored from its backup.

The WAL is archived as PostgreSQL's manual does it (pgBackRest's part in production, docs/deploy/postgresql), and after a second.
"""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from config.running.backup import archive, restore, site_check
from events.models import Restoration
from events.shared.mail import sender
from prizes.chain import chain
from prizes.models import Attachment, Vote
from prizes.vote import cast_vote
from tests import engine
from tests.config.running.backup.place import another_server, back_up, empty_place, files, restored
from tests.factories import MessageFactory
from tests.files import stored
from tests.prizes.factories import NominationFactory, make_edition, nominees_of, voter

pytestmark = pytest.mark.services
ROOT = Path(__file__).resolve().parent.parent.parent
TIMEOUT = 1  # seconds
SLACK = 3  # seconds for the copying, on a busy machine


# --- base backup and WAL ------------------------------------------------------------------------------
class Machine:
    """A PostgreSQL that archives its WAL, and can be lost."""

    def __init__(self, found):
        self.found, self.archive, self.home = found, found.folder / "wal", found.folder / "pg"
        self.user = engine.unprivileged()
        self.archive.mkdir()
        self.archive.chmod(0o777)
        copy = f"archive_command=cp %p {self.archive}/%f"
        found.postgres(durable=True, settings=["archive_mode=on", f"archive_timeout={TIMEOUT}", copy])
        self.binaries = Path(os.environ["POSTGRES_BINARIES"])

    def run(self, tool, *arguments, **options):
        run = {"user": self.user, "group": self.user, "extra_groups": []} if self.user is not None else {}
        login = ["-h", self.home, "-U", "forum"]
        return subprocess.run([self.binaries / tool, *login, *arguments], check=True, cwd=self.home, **run, **options)

    def take_over(self):
        """Copy the tables and rows of the test's database into one of this machine."""
        place, secrets = connection.client.settings_to_cmd_args_env(connection.settings_dict, ["--no-owner"])
        command = [self.binaries / "pg_dump", *place[1:]]
        dump = subprocess.run(command, env=os.environ | (secrets or {}), capture_output=True, check=True)
        self.run("createdb", "site")
        self.run("psql", "-q", "-X", "-v", "ON_ERROR_STOP=1", "site", input=dump.stdout, stdout=subprocess.DEVNULL)

    def lose(self):
        """Kill the server with all its processes, and delete its data."""
        self.found.kill(self.found.server)
        shutil.rmtree(self.home / "data")

    def come_back(self, base):
        """Start on the base backup, and bring it up to date from the archived WAL; return the moment of its last transaction."""
        data = self.home / "data"
        shutil.copytree(base, data, copy_function=shutil.copy)
        (data / "recovery.signal").touch()
        for path in [data, *data.rglob("*")]:
            if self.user is not None:
                os.chown(path, self.user, self.user)
            path.chmod(0o700 if path.is_dir() else 0o600)
        restore = f"restore_command=cp {self.archive}/%f %p"
        self.found.start_postgres(
            self.binaries, durable=True, settings=[restore, "hot_standby=off", "log_timezone=UTC"]
        )
        log = (self.found.folder / "services.log").read_text(errors="replace")
        told = re.findall(r"last completed transaction was at log time (\S+ \S+)", log)[-1]
        return datetime.fromisoformat(told).replace(tzinfo=UTC)


@pytest.fixture
def machine(tmp_path, monkeypatch):
    monkeypatch.setenv("POSTGRES_BINARIES", os.environ.get("POSTGRES_BINARIES", ""))
    with engine.Services() as found:
        yield Machine(found)


def vote(edition, people, *, numbers, seconds):
    """People vote in categories for so long, one after the other; return when each choice was acknowledged, by category and
    person."""
    acknowledged, ends = {}, time.monotonic() + seconds
    for number in numbers:
        code = nominees_of(edition, number)[0].code
        for person in people:
            if time.monotonic() > ends:
                return acknowledged
            now = timezone.now()
            cast_vote.cast(
                edition=edition, user=person, number=number, code=code, arrived=now, now=now, ip="203.0.113.9"
            )
            acknowledged[number, person.pk] = timezone.now()
            time.sleep(0.01)
    return acknowledged


@pytest.mark.django_db(transaction=True)
def test_lost_machine_comes_back_but_for_the_last_moment(machine, settings, tmp_path):
    settings.DATA_DIR, settings.KEYS_DIR = tmp_path / "data", tmp_path / "keys"
    edition = make_edition(now=timezone.now())
    chain.open_chain(edition, now=timezone.now())
    people = [voter() for _n in range(150)]
    for person in people:
        cast_vote.begin(edition=edition, user=person, country=None, stakeholder_type="", now=timezone.now())
    connection.close()
    machine.take_over()
    machine.run("pg_basebackup", "-D", machine.home / "base", "--checkpoint=fast")

    with another_server(machine.home, "site"):
        acknowledged = vote(edition, people, numbers=(1, 2), seconds=5)
        machine.archive.rename(machine.archive.with_name("away"))  # what comes now is lost
        acknowledged |= vote(edition, people, numbers=(3,), seconds=0.5)
        lost_at = timezone.now()
        machine.lose()
        machine.archive.with_name("away").rename(machine.archive)
        connection.close()
        state_of = machine.come_back(machine.home / "base")

        kept = set(Vote.objects.values_list("category__number", "ballot__user"))
        lost = {key: at for key, at in acknowledged.items() if key not in kept}
        assert kept <= set(acknowledged)
        assert len(kept) > len(acknowledged) / 4
        assert all(lost_at - at < timedelta(seconds=TIMEOUT + SLACK) for at in lost.values())
        assert all(at > state_of for at in lost.values())
        connection.close()
        call_command("restore", finish=state_of, stopped=lost_at)
        assert list(site_check.faults()) == []
        assert chain.last(edition).notes[0]["kind"] == "restored"
        again = next(iter(lost))  # whoever lost a choice votes again
        person = next(one for one in people if one.pk == again[1])
        code = nominees_of(edition, again[0])[1].code
        now = timezone.now()
        done = cast_vote.cast(
            edition=edition, user=person, number=again[0], code=code, arrived=now, now=now, ip="203.0.113.9"
        )
        assert done.is_new
        assert Restoration.objects.get().state_of == state_of


# --- a backup while people work -----------------------------------------------------------------------
class Uploads(threading.Thread):
    """Somebody who uploads files to a nomination, one after the other: the file first, then its row."""

    def __init__(self, nomination):
        super().__init__()
        self.nomination, self.ends = nomination, threading.Event()

    def run(self):
        while not self.ends.is_set():
            values = {"file": stored(b"%PDF-1.4", "nominations/a.pdf"), "uploaded": timezone.now()}
            Attachment.objects.create(nomination=self.nomination, title="A file", **values)
        connection.close()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *exc):
        self.ends.set()
        self.join()


@pytest.mark.django_db(transaction=True)
def test_rows_and_files_of_a_backup_fit_together_while_people_work(settings, tmp_path, monkeypatch):
    settings.DATA_DIR, settings.KEYS_DIR = tmp_path / "data", tmp_path / "keys"
    nomination = NominationFactory(category=make_edition(phase="review").categories.first())
    kept = tmp_path / "kept"
    kept.mkdir()

    with Uploads(nomination):
        time.sleep(0.3)
        made = back_up(kept)
        known = list(archive.stored())
        time.sleep(0.3)
        monkeypatch.setattr(archive, "stored", lambda: known)
        time.sleep(1)
        control = back_up(kept)  # had the media been looked at before the database

    for path, is_whole in ((made, True), (control, False)):
        with empty_place(settings, tmp_path / path.name):
            restored(path)
            names = set(Attachment.objects.values_list("file", flat=True))
            assert names
            assert (names <= set(files(tmp_path / path.name))) == is_whole


# --- a restore that would send again ------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_without_the_hold_a_restored_site_would_send_its_mails_again(settings, tmp_path, smtp, monkeypatch):
    """The control of tests/config/running/backup/test_restore.py: its mail server would notice."""
    settings.DATA_DIR, settings.KEYS_DIR = tmp_path / "data", tmp_path / "keys"
    MessageFactory.create_batch(3, due=timezone.now())
    (tmp_path / "kept").mkdir()
    backup = back_up(tmp_path / "kept")
    monkeypatch.setattr(restore, "hold_mails", lambda stopped: [])

    with empty_place(settings, tmp_path / "new"):
        restored(backup)
        sender.send_due(["account", "bulk"], clock=timezone.now)

    assert len(smtp.mails) == 3


# --- a site of its own, on SQLite ---------------------------------------------------------------------
def manage(data, *arguments):
    """Run manage.py on a site of its own; return its exit code and what it said."""
    kept = {
        name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL", "SECRET_KEY"}
    }
    done = subprocess.run(
        [sys.executable, "manage.py", *map(str, arguments)],
        cwd=ROOT,
        env=kept | {"DATA_DIR": str(data)},
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout + done.stderr


def content(data):
    """All rows of an SQLite site, but for what a restored site writes itself."""
    with closing(sqlite3.connect(data / "forum.sqlite3")) as database:
        names = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        own = {"sqlite_sequence", "django_session", "django_migrations", "events_restoration", "events_publicrevision"}
        own.add("config_lastrun")
        database.row_factory = sqlite3.Row
        found = {name: database.execute(f"SELECT * FROM {name} ORDER BY 1").fetchall() for name in {*names} - own}
        return {name: [dict(row) for row in rows] for name, rows in found.items()}


def in_order(tables):
    """The rows of each table in an order that is the same wherever its columns stand."""
    return {name: sorted(rows, key=lambda row: sorted(map(str, row.items()))) for name, rows in tables.items()}


def test_older_site_on_sqlite_is_restored_elsewhere_and_brought_up_to_date(tmp_path):
    old, new, kept = tmp_path / "old", tmp_path / "new", tmp_path / "kept"
    key = ["--key", tmp_path / "age.key"]
    kept.mkdir()
    tables_of_a_new_site = "from config.running.serving import first_start; first_start.tables()"
    assert manage(old, "shell", "-v0", "-c", tables_of_a_new_site) == (0, "")
    assert manage(old, "migrate", "-v0", "events", "0074") == (0, "")  # a step back
    with closing(sqlite3.connect(old / "forum.sqlite3")) as database:
        database.execute("INSERT INTO django_session VALUES ('key', 'data', '2099-01-01')")
        database.commit()
    (old / "media" / "logos").mkdir(parents=True)
    (old / "media" / "logos" / "a.png").write_bytes(b"a logo")

    assert manage(old, "backup", "--new-key", key[1])[0] == 0
    code, told = manage(old, "backup", kept, *key)
    assert code == 0, told
    (backup,) = kept.iterdir()
    code, told = manage(new, "restore", backup, *key)

    assert code == 0, told
    with closing(sqlite3.connect(new / "forum.sqlite3")) as database:
        assert database.execute("SELECT count(*) FROM django_session").fetchone() == (0,)
    before, after = content(old), content(new)
    known = {name: rows[0].keys() for name, rows in before.items() if rows}  # a later version has more columns
    kept = {name: [{key: row[key] for key in known.get(name, row)} for row in after[name]] for name in before}
    assert in_order(kept) == in_order(before)
    assert len(before["events_country"]) > 100
    assert files(new / "media") == {"logos/a.png": b"a logo"}
    assert manage(new, "verify") == (0, "Tables, files, chains and bundles agree.\n")
    assert "is not empty" in manage(new, "restore", backup, *key)[1]
