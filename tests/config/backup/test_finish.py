"""How a restore is finished, or refused; and what a backup must not bring or leave."""

import shutil
import sqlite3
import threading
from contextlib import closing
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from config.backup import after_restore, archive, manifest, postgresql, restore, sqlite
from events.models import Message
from prizes.chain import chain
from prizes.models import Block, Vote
from tests.config.backup.place import back_up, bad, empty_place, files, running_site, told
from tests.config.backup.test_container import write
from tests.factories import MessageFactory
from tests.refusals import refused

pytestmark = pytest.mark.django_db(transaction=True)


# --- finishing ----------------------------------------------------------------------------------------
def test_site_that_was_not_restored_gets_no_note(settings, folder):
    edition = running_site(settings)
    heads = list(chain.blocks(edition).values_list("head", flat=True))
    now = timezone.now()

    assert "it is not the state of that moment" in told(
        "restore", "--finish", (now - timedelta(minutes=30)).isoformat()
    )
    for one in (Message, Vote):  # whichever of them is the newest
        one.objects.all().delete()
        assert refused(after_restore.finish, state_of=now - timedelta(hours=2), stopped=now, now=now) == "newer-rows"
    Block.objects.filter(number=1).update(sealed=now - timedelta(hours=2))
    said = []
    after_restore.finish(state_of=now - timedelta(minutes=30), stopped=now, now=now, warn=said.append)

    assert list(chain.blocks(edition).values_list("head", flat=True))[: len(heads)] == heads
    assert [line.split(":")[0] for line in said] == ["Look again"]


def test_restore_that_is_interrupted_after_the_rows_came_keeps_the_media(settings, folder, tmp_path, monkeypatch):
    running_site(settings)
    path, load = back_up(folder), postgresql.load

    def interrupted(*args, **kwargs):
        load(*args, **kwargs)
        raise KeyboardInterrupt

    monkeypatch.setattr(postgresql, "load", interrupted)
    with empty_place(settings, tmp_path / "new"):
        with pytest.raises(KeyboardInterrupt):
            call_command("restore", str(path))
        assert list(files(tmp_path / "new")) == [f"{restore.STAGE}/pictures/a.png"]
        moment = restore.unfinished()
        (tmp_path / "new" / restore.STAGE).rename(tmp_path / "away")
        assert "its media are not" in told("restore", "--finish", moment)
        (tmp_path / "away").rename(tmp_path / "new" / restore.STAGE)
        restore.put_media_in_place()  # of a finishing that broke off too
        call_command("restore", "--finish", moment)

        assert files(tmp_path / "new") == {"pictures/a.png": b"a picture"}
        assert not (tmp_path / "new" / restore.STAGE).exists()
        assert restore.unfinished() == ""


def test_rows_are_finished_without_their_media_where_that_is_said(settings, folder, tmp_path):
    running_site(settings)
    path = back_up(folder)

    with empty_place(settings, tmp_path / "new"):
        found = restore.restore(path, key=None, stopped=timezone.now(), now=timezone.now())
        shutil.rmtree(tmp_path / "new" / restore.STAGE)
        call_command("restore", "--finish", found.made, "--without-media")

        assert restore.unfinished() == ""


def test_site_that_was_stopped_a_moment_ago_is_through_soon(settings, folder):
    now, other = timezone.now(), connection.copy()
    other.connect()
    threading.Timer(0.5, other.connection.close).start()

    after_restore.finish(state_of=now - timedelta(minutes=5), stopped=now, now=now)


def test_mails_that_are_written_a_portion_at_a_time_are_all_held(settings, folder, monkeypatch):
    now = timezone.now()
    waiting = [MessageFactory.build(dedupe_key=f"late:{n}", to="a@example.org", due=now) for n in range(5)]

    def sweep(now):
        portion = [waiting.pop() for _n in waiting[:2]]
        for row in portion:
            row.save()
        return len(portion)

    monkeypatch.setattr(after_restore, "SWEEPS", [sweep])

    done = after_restore.finish(state_of=now - timedelta(minutes=5), stopped=now, now=now)

    assert done.held_mails == 5


# --- what a backup must not do --------------------------------------------------------------------------
def test_sqlite_database_that_got_tables_meanwhile_is_left_alone(tmp_path, monkeypatch):
    place, backup = tmp_path / "forum.sqlite3", tmp_path / "dump"
    for path, table in ((place, "theirs"), (backup, "ours")):
        with closing(sqlite3.connect(path)) as database:
            database.execute(f"CREATE TABLE {table} (number int)")
    before = place.read_bytes()
    monkeypatch.setattr(sqlite, "path", lambda: place)

    assert refused(sqlite.load, backup, last=[]) == "not-empty"
    assert files(tmp_path) == {"forum.sqlite3": before, "dump": backup.read_bytes()}


@pytest.mark.parametrize(
    "name", ["media/.restoring", "media/.restoring/a.png", "media/.htaccess", "media/../a", "else"]
)
def test_part_that_would_land_elsewhere_is_damage(tmp_path, name):
    path = write(tmp_path / "a.backup", parts={"database": b"", name: b"", "manifest.json": b"{}"})

    assert refused(archive.unpack, path, key=None, folder=tmp_path, media=tmp_path / "media") == "damaged"
    assert not (tmp_path / "media").exists()


@pytest.mark.parametrize("values", [{"schema": 'public"; \\! id'}, {"made": "2020-07-22T10:00"}, {"made": "now'"}])
def test_manifest_takes_no_statements(values):
    made = manifest.Manifest(**{"made": "2020-07-22T10:00+00:00", "schema": "public"} | values)

    assert manifest.from_json(manifest.Manifest("2020-07-22T10:00+00:00", schema="public").as_json()).schema == "public"
    with pytest.raises(ValueError, match=r".*"):
        manifest.from_json(made.as_json())


def test_new_backup_that_cannot_be_read_back_has_no_good_name(folder, settings, monkeypatch):
    running_site(settings)
    make = archive.make

    def on_a_bad_disk(path, *, key):
        made = make(path, key=key)
        bad(path, "damaged")
        return made

    monkeypatch.setattr(archive, "make", on_a_bad_disk)

    assert "cannot be read back" in told("backup", folder / "a.backup", "--verify")
    assert list(files(folder)) == ["a.backup.damaged"]
