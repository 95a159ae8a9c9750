"""A new version takes over while 40 requests a second are answered; one that cannot start leaves the old one alone."""

import asyncio
import os
import shutil
import subprocess
import threading
import time
from collections import Counter

import pytest

from events.models import Message
from tests.services.whole_site.load import ask, get, played, post
from tests.services.whole_site.stage import Stage
from tests.services.whole_site.units import ROOT
from tests.waiting import until

pytestmark = pytest.mark.services
RATE = 40  # requests a second: what two busy cores serve while they load the new version
LONG = 20  # seconds after which an answer counts as none


def release(folder, name):
    """Our code as a version in a folder of its own, with the packages that are installed."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True)
    made = folder / name
    for one in listed.stdout.splitlines():
        if not one.startswith(("tests/", ".venv")) and (ROOT / one).is_file():
            (made / one).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / one, made / one)
    for compiled in (ROOT / "config" / "locale").rglob("*.mo"):
        shutil.copy2(compiled, made / compiled.relative_to(ROOT))
    (made / ".venv").symlink_to((ROOT / ".venv").resolve())
    return made


def point(folder, version):
    """Let "current" mean a version, from one moment to the next."""
    (folder / "next").symlink_to(version)
    os.replace(folder / "next", folder / "current")


class Crowd:
    """People who look at pages, and who ask for a log-in code; `got` counts their answers by status, or by the error's name."""

    def __init__(self, port, people):
        self.port, self.people, self.got, self.waits, self.asked = port, people, Counter(), [], []
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._all()))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *reason):
        self._is_over.set()
        self._thread.join()

    async def _all(self):
        due, number = time.monotonic(), 0
        async with asyncio.TaskGroup() as group:
            while not self._is_over.is_set():
                await asyncio.sleep(max(0, due - time.monotonic()))
                due, number = due + 1 / RATE, number + 1
                group.create_task(self._one(number))

    async def _one(self, number):
        is_form = number % 50 == 0 and self.people
        address = self.people.pop() if is_form else ""
        paths = ["/healthz", "/accounts/login/", "/now/programme/"]
        request = post("/accounts/login/code/", {"email": address}) if is_form else get(paths[number % 3])
        began = time.monotonic()
        try:
            status, _head, _body = await ask(self.port, request, patience=LONG)
        except (OSError, EOFError, TimeoutError) as error:
            status = type(error).__name__
        self.got[status] += 1
        self.waits.append(time.monotonic() - began)
        if status == 302:
            self.asked.append(address)


@pytest.fixture(scope="module")
def releases(tmp_path_factory):
    folder = tmp_path_factory.mktemp("releases")
    point(folder, release(folder, "old"))
    return folder


@pytest.fixture
def stage(short_folder, django_db_blocker, releases):
    point(releases, releases / "old")
    with Stage(short_folder, django_db_blocker, code=releases / "current") as stage:
        yield stage


def test_new_version_takes_over_and_nobody_is_refused(stage, releases):
    folder = release(releases, "new")
    views = folder / "config" / "running" / "monitoring" / "views.py"
    views.write_text(views.read_text().replace("ok\\n", "ok, new\\n"))

    with Crowd(stage.site.port, list(stage.world.codes)) as crowd:
        time.sleep(2)
        point(releases, folder)
        began = time.monotonic()
        stage.site.deploy()
        took = time.monotonic() - began
        time.sleep(2)
    body = played(ask(stage.site.port, get("/healthz")))[2]
    with stage.rows():
        written = set(Message.objects.filter(kind="account", to__in=crowd.asked).values_list("to", flat=True))
        until(lambda: not Message.objects.filter(kind="account").exclude(state="sent").exists(), what="the codes")

    print(f"{crowd.got.total()} answers, the slowest after {max(crowd.waits):.2f} s; the deploy took {took:.0f} s")  # noqa: T201
    assert set(crowd.got) == {200, 302}, crowd.got
    assert body == b"ok, new\n"
    assert written == set(crowd.asked) != set()


NO_WAY = """from django.db import migrations

def fail(apps, editor):
    raise ValueError("no way")

class Migration(migrations.Migration):
    dependencies = [("events", "{newest}")]
    operations = [migrations.RunPython(fail)]
"""


def test_version_that_does_not_start_leaves_the_old_one_alone(stage, releases, subtests):
    before = stage.site.pids("web")
    for broken in ("SyntaxError", "no way"):
        folder = release(releases, broken.replace(" ", "-"))
        if broken == "SyntaxError":
            (folder / "registration" / "urls.py").write_text("urlpatterns = [")
        else:
            newest = max(path.stem for path in (folder / "events" / "migrations").glob("0*.py"))
            (folder / "events" / "migrations" / "9999_no_way.py").write_text(NO_WAY.format(newest=newest))
        point(releases, folder)

        with subtests.test(broken), pytest.raises(subprocess.CalledProcessError) as refused:
            stage.site.deploy()

        assert broken in refused.value.stderr
        assert stage.site.pids("web") == before
        assert stage.site.answers("/accounts/login/")
