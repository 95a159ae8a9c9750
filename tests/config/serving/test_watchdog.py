"""Who counts as frozen: a process that stands still, or one of whose parts is silent."""

import os
import signal
import subprocess

import pytest

from config.serving import heartbeat, watchdog
from config.serving.watchdog import SILENT, STARTING, STOPPED, Pulse


@pytest.fixture
def process():
    """A process that does nothing: it has begun, and waits for a word."""
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        child.stdin.write(b"\n")
        child.stdin.flush()
        child.stdout.read(1)
        yield child.pid
        child.kill()


@pytest.fixture
def pulse(monkeypatch):
    """The pulse of a process with a heartbeat; this process can beat for it."""
    made = Pulse(speaks=True)
    monkeypatch.setenv(heartbeat.PIPE, str(made.pipe))
    yield made
    made.close()


def test_silent_part_is_named(pulse, process):
    for part in ("web", "pool"):
        heartbeat.beat(part)
    pulse.look(process, seconds=0)
    heartbeat.beat("web")

    pulse.look(process, seconds=SILENT / 2)
    early = pulse.fault()
    heartbeat.beat("web")
    pulse.look(process, seconds=SILENT / 2)

    assert (early, pulse.fault()) == ("", "gave no sign of life (pool)")


def test_stopped_process_stands_still_until_it_goes_on(process):
    pulse = Pulse(speaks=False)
    os.kill(process, signal.SIGSTOP)
    os.waitpid(process, os.WUNTRACED)

    pulse.look(process, seconds=STOPPED)
    stopped = pulse.fault()
    os.kill(process, signal.SIGCONT)
    os.waitpid(process, os.WCONTINUED)
    pulse.look(process, seconds=STOPPED)

    assert (stopped, pulse.fault()) == ("stood still", "")


def test_process_that_never_speaks_did_not_become_ready(pulse, process):
    pulse.look(process, seconds=STARTING - 1)
    early = pulse.fault(), pulse.is_heard

    pulse.look(process, seconds=1)

    assert (*early, pulse.fault()) == ("", False, "did not become ready")


def test_process_that_computes_may_be_silent_for_longer(pulse):
    heartbeat.beat("web")
    pulse.look(os.getpid(), seconds=0)
    began = os.times()
    while sum(os.times()[:2]) - sum(began[:2]) < 0.05:  # two ticks of Linux at least
        pass

    pulse.look(os.getpid(), seconds=SILENT)

    assert pulse.fault() == ""


def test_process_that_waits_for_a_disk_may_be_silent_for_longer(pulse, process, monkeypatch):
    heartbeat.beat("web")
    pulse.look(process, seconds=0)
    monkeypatch.setattr(watchdog, "_state", lambda number: ("D", 0))

    pulse.look(process, seconds=SILENT)
    early = pulse.fault()
    pulse.look(process, seconds=SILENT * 4)

    assert (early, pulse.fault()) == ("", "gave no sign of life (web)")


def test_beat_of_a_process_without_supervisor_goes_nowhere(monkeypatch):
    monkeypatch.delenv(heartbeat.PIPE, raising=False)
    heartbeat.beat("web")
    monkeypatch.setenv(heartbeat.PIPE, "9999")

    heartbeat.beat("web")


def test_full_pipe_holds_nobody_up(pulse):
    for _again in range(20_000):
        heartbeat.beat("web")

    pulse.look(os.getpid(), seconds=0)

    assert pulse.silence == {"web": 0.0}
