"""How a restore is finished, or refused; and what a backup must not bring or leave."""

import io
import json
import os
import stat
import tarfile
from datetime import timedelta

import pyrage
import pytest
from django.core.management import call_command
from django.utils import timezone
from pyrage import x25519

from config.running.backup import after_restore, archive, postgresql, restore
from events.models import Message
from prizes.chain import chain
from prizes.models import Block, Vote
from tests.config.running.backup.place import back_up, empty_place, files, key_of, running_site, told
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


def test_restore_that_is_interrupted_after_the_rows_came_is_finished(settings, folder, tmp_path, monkeypatch):
    running_site(settings)
    path, load = back_up(folder), postgresql.load

    def interrupted(*args, **kwargs):
        load(*args, **kwargs)
        raise KeyboardInterrupt

    monkeypatch.setattr(postgresql, "load", interrupted)
    with empty_place(settings, tmp_path / "new"):
        with pytest.raises(KeyboardInterrupt):
            call_command("restore", str(path), "--key", str(key_of(folder)))
        call_command("restore", "--finish", restore.unfinished())

        assert files(tmp_path / "new") == {"pictures/a.png": b"a picture"}
        assert restore.unfinished() == ""


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
def sealed(path, parts, *, key):
    """A tar of somebody who knows the key, with parts of any name."""
    plain = path.with_suffix(".tar")
    with tarfile.open(plain, "w") as tar:
        for name, content in parts.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    pyrage.encrypt_file(str(plain), str(path), [key.to_public()])
    return path


@pytest.mark.parametrize("name", ["media/../../../a", "../a"])
def test_part_that_would_land_elsewhere_is_refused(settings, tmp_path, name):
    settings.DATA_DIR, key = tmp_path / "data", x25519.Identity.generate()
    path = sealed(tmp_path / "a.age", {"database": b"", name: b"theirs"}, key=key)
    before = files(tmp_path)

    assert refused(lambda: archive.opened(path, key=key).__enter__()) == "not-opened"
    assert files(tmp_path) == before


@pytest.mark.parametrize("values", [{"made": "2020-07-22T10:00"}, {"made": "now'"}, {"made": 7}, {"counts": {}}])
def test_manifest_takes_no_statements(tmp_path, values):
    good = {"made": "2020-07-22T10:00:00+00:00", "engine": "postgresql", "migrations": []}
    (tmp_path / archive.DATABASE).touch()
    for content, is_good in ((good, True), (good | values, False)):
        (tmp_path / archive.MANIFEST).write_text(json.dumps(content))
        if is_good:
            assert archive.read_manifest(tmp_path).moment.isoformat() == good["made"]
        else:
            assert refused(archive.read_manifest, tmp_path) == "no-backup"


def test_new_backup_that_cannot_be_read_back_has_no_good_name(folder, settings, monkeypatch):
    running_site(settings)
    make = archive.make

    def on_a_bad_disk(path, *, key):
        made = make(path, key=key)
        path.write_bytes(path.read_bytes()[:-100])
        return made

    monkeypatch.setattr(archive, "make", on_a_bad_disk)
    archive.make_key(key_of(folder))

    assert "does not open" in told("backup", folder, "--key", key_of(folder), "--verify")
    assert [path.suffix for path in folder.iterdir()] == [".damaged"]


def test_key_is_made_once_for_its_owner_alone_and_is_ages_own(tmp_path):
    archive.make_key(tmp_path / "a.key")
    text = (tmp_path / "a.key").read_text()

    assert stat.S_IMODE((tmp_path / "a.key").stat().st_mode) == 0o600
    assert refused(archive.make_key, tmp_path / "a.key") == "key-exists"
    assert [line.split(":")[0][:14] for line in text.splitlines()] == ["# public key", "AGE-SECRET-KEY"]
    for bad in ("", "#\n", "AGE-SECRET-KEY-1\n", "ab" * 32, "ä"):
        (tmp_path / "bad").write_text(bad)
        assert refused(archive.read_key, tmp_path / "bad") == "no-key"


def test_backup_that_fails_leaves_nothing_and_none_is_overwritten(settings, tmp_path, monkeypatch):
    settings.DATA_DIR, key = tmp_path / "data", x25519.Identity.generate()
    place = tmp_path / "kept"
    place.mkdir()
    (place / "there").write_bytes(b"a backup")

    def seal(path):
        with archive.work_folder() as folder:
            archive.seal(path, [("a", place / "there"), ("gone", place / "nobody")], key=key, folder=folder)

    assert refused(seal, place / "there") == "exists"
    with pytest.raises(FileNotFoundError):
        seal(tmp_path / "nowhere" / "b")
    monkeypatch.setattr(os, "fsync", lambda _file: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="No space"):
        seal(place / "b")
    assert files(place) == {"there": b"a backup"}
    assert files(settings.DATA_DIR) == {}
