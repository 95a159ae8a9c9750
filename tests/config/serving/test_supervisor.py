"""The supervisor's care for one child at a time, and what systemd hears of it."""

import os
import signal
import socket
import sys
import time

import pytest

from config.celery import own_name
from config.serving import heartbeat, supervisor, systemd, watchdog
from config.serving.supervisor import SPARE, Child, Supervisor

BEATS_ONCE = f"import os, time; os.write(int(os.environ[{heartbeat.PIPE!r}]), b'loop\\n'); time.sleep(60)"


@pytest.fixture
def site(tmp_path):
    """A supervisor without children."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    (tmp_path / "run").mkdir()
    with Supervisor(environment=os.environ, folder=tmp_path / "run") as made:
        yield made
    for number, handler in kept.items():
        signal.signal(number, handler)


def look_until(site, is_so):
    deadline = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)
        site.look()


def test_silent_child_is_ended_and_started_again(site, monkeypatch):
    monkeypatch.setattr(watchdog, "SILENT", 0.2)
    child = site.start(Child("hangs", [sys.executable, "-S", "-c", BEATS_ONCE], speaks=True))
    look_until(site, lambda: child.is_ready)
    first = child.running.pid

    look_until(site, lambda: child.running is not None and child.running.pid != first)

    with pytest.raises(ProcessLookupError):
        os.kill(first, 0)


SERVES = """
import signal, time
from config.serving import granian_worker, heartbeat
heartbeat.EVERY = 0.05
if SPARE:
    granian_worker.wait_for_call()
print("serves", flush=True)
heartbeat.beat("web")
time.sleep(60)
"""


def web(name, *, folder=None):
    return Child(
        name, [sys.executable, "-c", f"SPARE = {name == SPARE}" + SERVES], speaks=True, listens=True, folder=folder
    )


def test_spare_takes_the_place_of_a_web_process_that_ends(site):
    serving, spare = site.start(web("web 1")), site.start(web(SPARE))
    look_until(site, lambda: serving.is_ready and spare.is_ready)
    ready = spare.running.pid

    os.kill(serving.running.pid, signal.SIGKILL)
    look_until(site, lambda: serving.running is not None and serving.running.pid == ready)
    assert serving.is_ready
    look_until(site, lambda: spare.is_ready)

    assert (spare.running.pid != ready, serving.running.pid, serving.running.poll()) == (True, ready, None)


def test_spare_of_another_version_stays_where_it_is(site, tmp_path):
    serving, spare = site.start(web("web 1")), site.start(web(SPARE, folder=tmp_path))
    look_until(site, lambda: serving.is_ready and spare.is_ready)
    killed, waiting = serving.running.pid, spare.running.pid

    os.kill(killed, signal.SIGKILL)
    look_until(site, lambda: serving.is_ready and serving.running.pid != killed)

    assert (spare.running.pid, serving.running.pid != waiting) == (waiting, True)


def test_dismissed_child_that_does_not_go_is_ended(site, monkeypatch):
    monkeypatch.setattr(supervisor, "FAREWELL", 0.1)
    stays = "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + BEATS_ONCE
    child = site.start(Child("stays", [sys.executable, "-S", "-c", stays], speaks=True))
    look_until(site, lambda: child.is_ready)

    site.dismiss(child)
    look_until(site, lambda: not site.leaving)

    assert (site.children, child.running) == ([], None)


def test_child_that_cannot_be_started_is_tried_again(site, tmp_path, caplog):
    program = tmp_path / "program"
    child = Child("comes later", [program], speaks=True)
    files = set(os.listdir("/proc/self/fd"))
    site.keep(child)
    look_until(site, lambda: "comes later cannot be started" in caplog.text)
    assert set(os.listdir("/proc/self/fd")) == files

    program.write_text(f"#!{sys.executable}\n{BEATS_ONCE}")
    program.chmod(0o700)

    look_until(site, lambda: child.is_ready)


def test_child_that_does_not_die_at_once_holds_nobody_up(site, monkeypatch, caplog):
    child = site.start(Child("waits for a disk", [sys.executable, "-S", "-c", BEATS_ONCE], speaks=True))
    look_until(site, lambda: child.is_ready)

    began = time.monotonic()
    with monkeypatch.context() as patched:  # it ends before the site does
        patched.setattr(watchdog, "SILENT", 0)
        patched.setattr(supervisor.process_group, "signal_group", lambda group, number: True)
        for _again in range(3):
            site.look()

    assert (child.is_ready, caplog.text.count("ending it"), time.monotonic() - began < 20) == (False, 1, True)


def test_workers_of_one_host_name_differ():
    names = {own_name("bulk@host") for _again in range(2)}

    assert len(names) == 2
    assert {name[:5] + name[-5:] for name in names} == {"bulk-@host"}


@pytest.mark.parametrize("prefix", ["", "@"], ids=["path", "abstract"])
def test_systemd_hears_the_state(tmp_path, monkeypatch, prefix):
    address = f"{prefix}{tmp_path}/notify"[-100:] if prefix == "" else f"@{tmp_path.name}-notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.bind(address.replace("@", "\0", 1) if prefix else address)
        monkeypatch.setenv("NOTIFY_SOCKET", address)

        systemd.tell("READY=1")

        assert line.recv(100) == b"READY=1"


def test_socket_of_systemd_is_taken_by_whom_it_is_meant_for(monkeypatch):
    monkeypatch.setenv("LISTEN_FDS", "1")
    monkeypatch.setenv("LISTEN_PID", str(os.getppid()))

    assert systemd.given_socket() is None
