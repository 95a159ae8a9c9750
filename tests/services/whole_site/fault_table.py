"""The table of faults: how each is inflicted on a whole site and healed, and what people may notice of it.

docs/reliability.md shows the same rows with what was measured.
"""

import os
import signal
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass

from tests.services.whole_site import machines
from tests.waiting import until

IS_FULL = bool(os.environ.get("FULL"))


@dataclass(frozen=True)
class Fault:
    """One row. `hurt` and `heal` take the stage; between them pass `seconds`.

    `breaks`: requests may be refused or broken off while it lasts (the very process that serves them dies); else
    people see nothing but good answers and 503 with Retry-After. `wait`: seconds for an answer. `back`: seconds after
    healing until everything works again. `code`: seconds until a log-in code is there. `repeats`: mails that may come
    twice, with the same Message-ID. `full`: only with FULL=1. `fills_disk`: only where one may mount a small disk.
    """

    name: str
    hurt: Callable
    heal: Callable
    seconds: float = 3
    breaks: bool = False
    repeats: int = 0
    wait: float = 3
    back: float = 2
    code: float = 40
    full: bool = False
    fills_disk: bool = False


def nothing(stage):
    """The site heals by itself."""


# --- processes --------------------------------------------------------------------------------------------------
def kill(name, *, one=False):
    """Kill processes of a name, and wait until the supervisor has started their successors."""

    def hurt(stage):
        stage.gone = stage.site.send(name, signal.SIGKILL, one=one)

    def heal(stage):
        until(
            lambda: (
                (there := stage.site.pids(name)) and not set(stage.gone) & set(there) and len(there) >= len(stage.gone)
            ),
            seconds=40,
            what=f"another {name}",
        )

    return {"hurt": hurt, "heal": heal, "seconds": 0}


def kill_web_and_spare(stage):
    """Nobody is left who has loaded the site. Both are found first: a spare takes the place of a killed one at once."""
    stage.gone = stage.site.pids("web")
    machines._signal([*stage.gone, *stage.site.pids("spare web")], signal.SIGKILL)


def freeze(name, *, one=False):
    """Stop processes of a name, and let them go on (unless a watchdog has replaced them meanwhile)."""

    def hurt(stage):
        stage.gone = stage.site.send(name, signal.SIGSTOP, one=one)

    def heal(stage):
        machines._signal(stage.gone, signal.SIGCONT)

    return {"hurt": hurt, "heal": heal, "seconds": 6}


def kill_supervisor(stage):
    """As when somebody kills it by hand: systemd leaves the others alone (`KillMode=process`), and starts it again."""
    stage.site.outlived |= machines.descendants(stage.site.supervisor.pid)
    stage.site.send("supervisor", signal.SIGKILL)
    stage.site.supervisor.wait()


def start_again(stage):
    stage.site.start()


PROCESSES = [
    Fault("all web processes killed", **kill("web"), breaks=True),
    Fault("all web processes and the spare killed", **kill("web") | {"hurt": kill_web_and_spare}, breaks=True, wait=5),
    Fault("one web process killed", **kill("web", one=True), breaks=True),
    Fault("account worker killed", **kill("account worker"), repeats=1),
    Fault("all bulk workers killed", **kill("bulk worker"), repeats=2),
    Fault("spare web process killed", **kill("spare web")),
    Fault("beat killed", **kill("beat")),
    Fault("one web process frozen", **freeze("web", one=True), breaks=True),
    Fault("account worker frozen", **freeze("account worker"), repeats=1),
    Fault("all bulk workers frozen", **freeze("bulk worker"), repeats=2),
    Fault("beat frozen", **freeze("beat")),
    Fault("supervisor frozen", **freeze("supervisor")),
    Fault("valkey killed", **kill("valkey")),
    Fault("valkey frozen", **freeze("valkey")),
    Fault("supervisor killed", kill_supervisor, start_again, seconds=0, breaks=True, repeats=2),
]


# --- the database -----------------------------------------------------------------------------------------------
def away(number=signal.SIGINT, *, seconds):
    """The database is not there for so long; a code waits for it and then no longer than after any other fault."""
    return {
        "hurt": lambda stage: stage.database.stop(number),
        "heal": lambda stage: stage.database.start(),
        "seconds": seconds,
        "code": Fault.code + seconds,
    }


DATABASE = [
    Fault("database restarted", **away(seconds=0), repeats=2),
    Fault("database killed and restarted", **away(signal.SIGKILL, seconds=1), repeats=2),
    Fault("database’s connections ended", lambda stage: stage.database.end_connections(), nothing, repeats=2),
    # Who has begun to ask waits until the server goes on.
    Fault(
        "database frozen 6 s", lambda s: s.database.freeze(), lambda s: s.database.thaw(), seconds=6, repeats=2, wait=8
    ),
    Fault("database away 10 s", **away(seconds=10), repeats=2),
    Fault(
        "disk full",
        lambda s: s.database.fill_disk(),
        lambda s: s.database.empty_disk(),
        seconds=8,
        repeats=2,
        fills_disk=True,
    ),
    Fault("database away 45 s", **away(seconds=45), repeats=2, full=True),
    Fault("database away 100 s", **away(seconds=100), repeats=2, full=True),
]


# --- the broker, the mail server, clocks ------------------------------------------------------------------------
def mood(name):
    def set_mood(to):
        def change(stage):
            stage.mail.mood = to

        return change

    return {"hurt": set_mood(name), "heal": set_mood("well")}


def clock_off(minutes):
    """Another machine of the site, with a web server, workers and a beat, whose clock is `minutes` off."""

    def hurt(stage):
        stage.second_machine(DJANGO_SETTINGS_MODULE="tests.services.whole_site.clock_off", CLOCK_OFF=str(minutes * 60))

    return {"hurt": hurt, "heal": lambda stage: stage.end_second_machine()}


def two_beats(stage):
    stage.start_beside(
        "-m", "celery", "-A", "config", "beat", "--loglevel", "WARNING", "--pidfile=", "-s", "{data}/two"
    )


@contextmanager
def deploying(stage):
    """While a new version takes over; at the end it has."""
    taking_over = stage.start_beside("manage.py", "deploy")
    yield
    assert taking_over.wait(90) == 0, stage.log()


def deploy(stage):
    """A new version takes over."""
    with deploying(stage):
        pass


MAIL_AND_BROKER = [
    Fault("mail server slow", **mood("slow"), seconds=8),
    Fault("mail server refusing", **mood("refusing"), seconds=6),
    Fault("mail server greylisting", **mood("greylisting"), seconds=6),
    Fault("mail server dies after DATA", **mood("dying"), seconds=6),
    Fault("mail server answers DATA after 25 s", **mood("late"), seconds=6),
    Fault("broker away", lambda s: s.broker.stop(), lambda s: s.broker.start(), seconds=6),
    Fault("broker frozen", lambda s: s.broker.freeze(), lambda s: s.broker.thaw(), seconds=6),
    Fault("broker wiped", lambda s: s.broker.wipe(), nothing),
]


# --- several machines, a new version ----------------------------------------------------------------------------
MACHINES = [
    Fault("clock of a machine 90 s fast", **clock_off(1.5), seconds=8, code=100),
    Fault("clock of a machine 5 min slow", **clock_off(-5), seconds=8),
    Fault("two beats", two_beats, lambda stage: stage.end_beside(but=1), seconds=6),
    Fault("deploy", deploy, nothing),
]
