"""What the site writes is closed to other users of the machine, and settings that make a public site a closed one."""

import json
import os
import subprocess
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import own_files


@pytest.fixture
def umask():
    """The umask of a machine where nobody has thought of others."""
    kept = os.umask(0o022)
    yield
    os.umask(kept)


@pytest.fixture
def open_folder(tmp_path_factory):
    """A folder that others can come to: those of the tests are closed to them."""
    folder = tmp_path_factory.mktemp("open")
    closed = [one for one in (folder, *folder.parents) if not one.stat().st_mode & 0o001]
    for one in closed:
        one.chmod(one.stat().st_mode | 0o001)
    yield folder
    for one in closed:
        one.chmod(one.stat().st_mode & ~0o001)


def modes(folder):
    return {path.name: oct(path.stat().st_mode & 0o777) for path in [folder, *folder.iterdir()]}


@pytest.mark.usefixtures("umask")
def test_others_can_read_nothing_that_is_made(open_folder):
    own = open_folder / "data"

    own_files.close(own)
    (own / "mail").mkdir()
    (own / "forum.sqlite3").write_text("a vote")
    own_files.kept_secret(own / "secret-key")

    assert modes(own) == {"data": "0o700", "mail": "0o700", "forum.sqlite3": "0o600", "secret-key": "0o600"}


@pytest.mark.usefixtures("umask")
def test_site_does_not_start_where_others_can_read(open_folder):
    own = open_folder / "data"
    own.mkdir(mode=0o755)

    with pytest.raises(ImproperlyConfigured) as refusal:
        own_files.close(own)
    assert str(refusal.value) == f"Other users of this machine can read DATA_DIR: chmod -R o= '{own}'"

    started = subprocess.run(
        [sys.executable, "manage.py", "run"], env=os.environ | {"DATA_DIR": str(own)}, capture_output=True, text=True
    )
    assert started.returncode
    assert str(refusal.value) in started.stderr

    open_folder.chmod(0o700)  # they cannot come as far
    own_files.close(own)


@pytest.mark.usefixtures("umask")
def test_group_of_the_proxy_may_read_where_the_machine_says_so(tmp_path):
    os.umask(0o027)

    own_files.close(tmp_path / "data")
    (tmp_path / "data" / "static").mkdir()

    assert modes(tmp_path / "data")["static"] == "0o750"


def settings_of(tmp_path, **environment):
    code = (
        "import json; from config import settings as s; print(json.dumps([getattr(s, name, None) for name in ("
        "'SESSION_COOKIE_NAME', 'CSRF_COOKIE_NAME', 'SESSION_COOKIE_SECURE', 'SECURE_HSTS_SECONDS',"
        "'SECURE_HSTS_PRELOAD', 'SECRET_KEY_FALLBACKS')]))"
    )
    given = os.environ | {"DATA_DIR": str(tmp_path)} | environment
    return json.loads(subprocess.check_output([sys.executable, "-c", code], env=given))


@pytest.mark.parametrize(("scheme", "prefix"), [("https", "__Host-"), ("http", "")])
def test_every_cookie_of_ours_is_of_this_host_alone_where_the_site_has_https(tmp_path, scheme, prefix):
    code = (
        "import django, json; django.setup(); from config import middleware; from django.conf import settings as s;"
        "from events.shared.pages import preview; from registration.door import door_views; from registration.people.accounts import log_in_limits;"
        "print(json.dumps([preview.COOKIE, door_views.COOKIE, log_in_limits.COOKIE, middleware.KNOWN, middleware.MESSAGES,"
        "s.LANGUAGE_COOKIE_NAME]))"
    )
    given = os.environ | {"DATA_DIR": str(tmp_path), "BASE_URL": f"{scheme}://forum.example"}
    found = json.loads(subprocess.check_output([sys.executable, "-c", code], env=given))

    assert found == [f"{prefix}{name}" for name in ("preview", "door", "browser", "known", "messages", "language")]


def test_https_closes_cookies_and_is_kept_to_for_an_hour_at_first(tmp_path):
    https = {"BASE_URL": "https://forum.example"}
    cookies = ["__Host-sessionid", "__Host-csrftoken", True]

    assert settings_of(tmp_path, BASE_URL="http://localhost:8000") == ["sessionid", "csrftoken", False, 0, False, []]
    assert settings_of(tmp_path, **https) == [*cookies, 3600, False, []]
    more = {"HSTS_SECONDS": "31536000", "HSTS_SUBDOMAINS": "true", "SECRET_KEY_FALLBACKS": "one,two"}
    assert settings_of(tmp_path, **https, **more) == [*cookies, 31_536_000, True, ["one", "two"]]
