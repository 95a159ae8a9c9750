"""An empty place to restore into: another database on the test's PostgreSQL, another folder of media; and what a place holds."""

import os
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.test import Client
from django.utils import timezone

from config.running.backup import archive, restore
from events.models import Message
from prizes.chain import chain
from tests.factories import MessageFactory, UserFactory
from tests.prizes.factories import fill_ballot, make_edition, nominees_of


@contextmanager
def empty_place(settings, folder):
    """Point the site of this process at an empty database and an empty folder of media."""
    name, before, media = f"restored_{os.getpid()}", connection.settings_dict["NAME"], settings.MEDIA_ROOT
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        cursor.execute(f"CREATE DATABASE {name}")
    _use(name)
    settings.MEDIA_ROOT = folder
    try:
        yield
    finally:
        _use(before)
        settings.MEDIA_ROOT = media
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def another_server(folder, name):
    """Point the site of this process at a database on the server whose socket is in a folder."""
    before = {key: connection.settings_dict[key] for key in ("NAME", "HOST", "PORT", "USER")}
    connection.close()
    connection.settings_dict |= {"NAME": name, "HOST": str(folder), "PORT": "", "USER": "forum"}
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict |= before


def _use(name):
    connection.close()
    connection.settings_dict["NAME"] = name


def tables():
    """Each table of the database in use: its number of rows and a hash over all that they hold."""
    with connection.cursor() as cursor:
        found = {}
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT count(*), md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM "{table}" t')
            found[table] = cursor.fetchone()
    return found


def files(folder):
    """Each file under a folder with its content."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def running_site(settings):
    """A vote that goes on, a mail of each state, a picture, somebody logged in."""
    now = timezone.now()
    edition = make_edition(now=now)
    chain.open_chain(edition, now=now - timedelta(hours=2))
    fill_ballot(edition, {number: nominees_of(edition, number)[0] for number in (1, 2, 3)})
    chain.seal(edition, now=now - timedelta(hours=1))
    for state in Message.State:
        MessageFactory(state=state, dedupe_key=state, due=now)
    MessageFactory(kind="account", dedupe_key="code", is_secret=True, due=now)
    MessageFactory(dedupe_key="later", due=now + timedelta(days=1))
    Client().force_login(UserFactory())
    picture = settings.MEDIA_ROOT / "pictures" / "a.png"
    picture.parent.mkdir(parents=True)
    picture.write_bytes(b"a picture")
    return edition


def back_up(folder, *options):
    """Back the site up under a key beside the folder, and return the new file."""
    key = key_of(folder)
    if not key.exists():
        archive.make_key(key)
    before = {*folder.iterdir()}
    call_command("backup", str(folder), "--key", str(key), *options)
    (made,) = {*folder.iterdir()} - before
    return made


def key_of(folder):
    return folder.parent / "age.key"


def restored(path, *, stopped=None, now=None):
    """Restore a backup up to its finishing; return its manifest."""
    now = now or timezone.now()
    with archive.opened(path, key=archive.read_key(key_of(path.parent))) as folder:
        return restore.restore(folder, stopped=stopped or now, now=now)


def told(command, *arguments):
    with pytest.raises(CommandError) as caught:
        call_command(command, *map(str, arguments))
    return str(caught.value)
