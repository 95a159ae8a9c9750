"""An empty place to restore into: another database on the test's PostgreSQL, another folder of media; and what a place holds."""

import os
from contextlib import contextmanager

from django.db import connection


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
