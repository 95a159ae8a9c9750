"""The table of faults: how each is inflicted on a whole site and healed, and what people may notice of it.

docs/reliability.md shows the same rows with what was measured.
"""

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass

from tests.services.whole_site import machines
from tests.waiting import until

IS_FULL = bool(os.environ.get("FULL"))


@dataclass(frozen=True)
class Fault:
    """One row. `hurt` and `heal` take the stage; between them pass `seconds`.

    People see nothing but good answers and 503 with Retry-After. `wait`: seconds for an answer. `repeats`: mails that may come
    twice, with the same Message-ID. `full`: only with FULL=1. `fills_disk`: only where one may mount a small disk.
    """

    name: str
    hurt: Callable
    heal: Callable
    seconds: float = 3
    repeats: int = 0
    wait: float = 5
    full: bool = False
    fills_disk: bool = False


def nothing(stage):
    """The site heals by itself."""


# --- processes --------------------------------------------------------------------------------------------------
def kill(name, *, one=False):
    """Kill processes of a name, and wait until others have taken their place."""

    def hurt(stage):
        stage.gone = stage.site.send(name, signal.SIGKILL, one=one)

    def heal(stage):
        until(
            lambda: (
                (there := stage.site.pids(name)) and not set(stage.gone) & set(there) and len(there) >= len(stage.gone)
            ),
            what=f"another {name}",
        )

    return {"hurt": hurt, "heal": heal, "seconds": 0}


def freeze(name, *, one=False):
    """Stop processes of a name, and let them go on."""

    def hurt(stage):
        stage.gone = stage.site.send(name, signal.SIGSTOP, one=one)

    def heal(stage):
        machines._signal(stage.gone, signal.SIGCONT)

    return {"hurt": hurt, "heal": heal, "seconds": 6}


PROCESSES = [
    Fault("one web process killed", **kill("web", one=True)),
    Fault("all web processes killed", **kill("web")),
    Fault("granian killed", **kill("granian")),
    Fault("account worker killed", **kill("worker@account"), repeats=4),
    Fault("bulk worker killed", **kill("worker@bulk"), repeats=4),
    Fault("beat killed", **kill("beat")),
    Fault("one web process frozen", **freeze("web", one=True), wait=8),
    Fault("all web processes frozen", **freeze("web"), wait=10),
    Fault("account worker frozen", **freeze("worker@account"), repeats=4),
    Fault("bulk worker frozen", **freeze("worker@bulk"), repeats=4),
    Fault("beat frozen", **freeze("beat")),
]


# --- the database -----------------------------------------------------------------------------------------------
def away(number=signal.SIGINT, *, seconds):
    return {
        "hurt": lambda stage: stage.database.stop(number),
        "heal": lambda stage: stage.database.start(),
        "seconds": seconds,
    }


def frozen(seconds):
    return {
        "hurt": lambda stage: stage.database.freeze(),
        "heal": lambda stage: stage.database.thaw(),
        "seconds": seconds,
    }


DATABASE = [
    Fault("database restarted", **away(seconds=0), repeats=2),
    Fault("database killed and restarted", **away(signal.SIGKILL, seconds=1), repeats=2),
    Fault("database’s connections ended", lambda stage: stage.database.end_connections(), nothing, repeats=2),
    Fault("database frozen 6 s", **frozen(6), repeats=2, wait=15),
    Fault("database frozen 25 s", **frozen(25), repeats=2, wait=16),
    Fault("database away 10 s", **away(seconds=10), repeats=2),
    Fault(
        "disk full",
        lambda s: s.database.fill_disk(),
        lambda s: s.database.empty_disk(),
        seconds=8,
        repeats=2,
        fills_disk=True,
    ),
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
    Fault("clock of a machine 90 s fast", **clock_off(1.5), seconds=8),
    Fault("clock of a machine 5 min slow", **clock_off(-5), seconds=8),
    Fault("two beats", two_beats, lambda stage: stage.end_beside(but=1), seconds=6),
    Fault("deploy", lambda stage: stage.site.deploy(), nothing, repeats=4),
]
