"""What `manage.py prepare` sees to before the site starts: tables, static files, the sample forum with a door, two logins."""

import fcntl
import hashlib
import os
import secrets
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from allauth.account.models import EmailAddress
from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from config.running.backup import restore
from config.running.serving import gentle_migrations
from events.models import Forum, Role, User
from events.shared.pages.absolute_urls import absolute
from events.shared.rights import memberships
from registration.door import passes
from registration.models import Door

ORGANISER = "organiser@example.org"
ENTRANCE = "Main entrance"  # a door of the sample forum
SECOND_OFFICER = "second-officer@example.org"
_LOCK = 20_200_622  # any number, the same for all who prepare this database


def tables() -> None:
    """Bring the database's tables up to date.

    Refuses `unfinished` while a restore waits to be finished (config.running.backup).
    """
    restore.check_finished()
    if connection.vendor == "sqlite" and not connection.introspection.table_names():
        _tables_of_the_models()
    gentle_migrations.migrate()


def _tables_of_the_models() -> None:
    """Make the tables of an empty SQLite database as the models are, and note its migrations as done: to play all of them takes 20 s
    at a first start. A test compares both ways."""
    with connection.schema_editor() as editor:
        for model in apps.get_models():
            if model._meta.managed and not model._meta.proxy:
                editor.create_model(model)
    call_command("migrate", fake=True, interactive=False, verbosity=0)


@contextmanager
def alone() -> Iterator[None]:
    """While this process prepares: whoever starts with it, on this DATA_DIR or on this database, waits for it."""
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    with _alone_with(settings.DATA_DIR / "prepare.lock"), _alone_in_the_database():
        yield


@contextmanager
def _alone_with(file: Path) -> Iterator[None]:
    with os.fdopen(os.open(file, os.O_RDWR | os.O_CREAT, 0o600)) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def _alone_in_the_database() -> Iterator[None]:
    if connection.vendor != "postgresql":
        with _alone_with(Path(f"{connection.settings_dict['NAME']}.prepare")):
            yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


def static_files() -> None:
    """Collect the static files, unless none of them changed since the last time."""
    stamp = settings.STATIC_ROOT / ".collected"
    state = _static_state()
    if not stamp.exists() or stamp.read_text() != state:
        call_command("collectstatic", interactive=False, verbosity=0)
        stamp.write_text(state)


def _static_state() -> str:
    state = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            found = os.stat(storage.path(path))
            state.update(f"{path}\0{found.st_mtime_ns}\0{found.st_size}\n".encode())
    return state.hexdigest()


def sample_forum() -> subprocess.Popen[bytes] | None:
    """Begin to load the sample forum into an empty database of the site's own; return the process that does it, and ends."""
    if os.environ.get("DATABASE_URL") or Forum.objects.exists():
        return None
    return subprocess.Popen([sys.executable, "manage.py", "load_sample"], cwd=settings.BASE_DIR)


type Login = tuple[str, str, Path]


def organiser() -> Login:
    """Make an organiser where nobody can give roles: a supervisor, organiser and prize officer of all forums.

    Returns the e-mail address, the password when it was made just now (else ""), and the file that keeps it
    (mode 600).
    """
    kept = settings.DATA_DIR / "organiser-login"
    if memberships.supervisors().exists():
        return (ORGANISER if kept.exists() else ""), "", kept
    roles = (Role.SUPERVISOR, Role.ORGANISER, Role.PRIZE_OFFICER)
    return _made(ORGANISER, name="Organiser", kept=kept, roles=roles)


def second_officer() -> Login:
    """Make a second supervisor and prize officer beside the sample forum, so that what takes two people can be tried; once.

    Returns what `organiser` returns; "" for the address where there is no sample forum or no kept password.
    """
    kept = settings.DATA_DIR / "second-officer-login"
    if kept.exists() or User.objects.filter(email=SECOND_OFFICER).exists():
        return (SECOND_OFFICER if kept.exists() else ""), "", kept
    if not Forum.objects.filter(is_sample=True).exists():
        return "", "", kept
    return _made(SECOND_OFFICER, name="Second officer", kept=kept, roles=(Role.SUPERVISOR, Role.PRIZE_OFFICER))


def door_link() -> tuple[str, Path]:
    """Make a pass, once and for today, for the door of the sample forum's building, so that people can try it. Returns the address
    that opens the door when the pass was made just now (else ""), and the file that keeps it (mode 600)."""
    kept, now = settings.DATA_DIR / "door-link", timezone.now()
    doors = Door.objects.filter(forum__is_sample=True, name=ENTRANCE).select_related("forum")
    door = next((one for one in doors if one.forum.starts <= one.forum.today(now) <= one.forum.ends), None)
    by = User.objects.filter(email=ORGANISER).first()
    if kept.exists() or door is None or by is None:
        return "", kept
    made = passes.make(door, day=door.forum.today(now), holder="To try it", may_register=True, by=by, now=now)
    address = absolute(reverse("registration:door-pass", args=[door.forum.slug, made.token]))
    _keep(f"{address}\n", kept)
    return address, kept


def _keep(text: str, kept: Path) -> None:
    kept.unlink(missing_ok=True)
    with open(os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)


def _made(email: str, *, name: str, kept: Path, roles: Iterable[Role]) -> Login:
    """Make an account with roles in all forums and a confirmed address, and keep its password in a file of mode 600."""
    password = secrets.token_urlsafe(12)
    user = User.objects.create_user(email, password, name=name)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    for role in roles:
        memberships.appoint(user, role=role, now=timezone.now())
    _keep(f"{email}\n{password}\n", kept)
    return email, password, kept
