"""A new version's processes take over all together, or not at all."""

import json
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from config.deploys import deployment
from config.deploys.site_parts import Part
from config.serving import heartbeat
from config.serving.supervisor import Child, Supervisor

BEAT = f"import os, time; say = lambda: os.write(int(os.environ[{heartbeat.PIPE!r}]), b'loop\\n'); "


@pytest.fixture
def site(tmp_path):
    """A supervisor with one child, of the old version."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    (tmp_path / "run").mkdir()
    with Supervisor(environment=os.environ, folder=tmp_path / "run") as made:
        made.start(Child("old", ["sleep", "60"]))
        yield made
    for number, handler in kept.items():
        signal.signal(number, handler)


def exchange(site, *programs):
    """Let a version of some programs take over, as the supervisor does."""
    parts = [Part(f"new {n}", "web", [sys.executable, "-S", "-c", BEAT + text]) for n, text in enumerate(programs)]
    for _step in deployment._exchange(
        site, deployment.Release(Path.cwd(), sys.executable), parts, say=lambda text: None
    ):
        time.sleep(0.01)
        site.look()


def test_new_version_takes_over(site):
    exchange(site, "say(); time.sleep(60)", "say(); time.sleep(60)")

    assert [child.name for child in site.children] == ["new 0", "new 1"]


class Caller:
    """Somebody who asks for a deploy."""

    def __init__(self, **request):
        self.request, self.said, self.is_done = request, [], None

    def say(self, sentence):
        self.said.append(sentence)

    def end(self, *, is_done):
        self.is_done = is_done


@pytest.fixture
def version(tmp_path):
    """The folder of a version whose preparation names one process."""
    part = {"name": "new", "group": "beat", "command": [sys.executable, "-S", "-c", BEAT + "say(); time.sleep(60)"]}
    (tmp_path / "manage.py").write_text(f"print({json.dumps(json.dumps([part]))})")
    return tmp_path


def deploy(site, caller, *, groups):
    for _step in deployment.deploy(site, caller, groups=groups):
        time.sleep(0.01)
        site.look()


def test_environment_that_was_handed_over_is_kept_for_later_versions(site, version):
    caller = Caller(folder=str(version), python=sys.executable, environment={"PATH": os.environ["PATH"], "NEW": "1"})

    deploy(site, caller, groups=["beat"])

    assert (caller.is_done, site.environment["NEW"]) == (True, "1"), caller.said


def test_other_address_is_refused(site, version, settings):
    caller = Caller(folder=str(version), python=sys.executable, address=[settings.HOST, settings.PORT + 1])

    deploy(site, caller, groups=["web"])

    assert (caller.is_done, [child.name for child in site.children]) == (False, ["old"])
    assert "HOST or PORT has changed" in caller.said[-1]


def test_new_version_of_which_one_ends_again_does_not_take_over(site):
    with pytest.raises(deployment.Failed, match="Ended again: new 0"):
        exchange(site, "say(); time.sleep(0.1)", "time.sleep(1); say(); time.sleep(60)")

    assert [child.name for child in site.children] == ["old"]
