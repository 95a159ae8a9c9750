"""Plays faults on a running site under load, one after the other, and measures what people noticed of each."""

import json
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from events.models import Message
from registration.models import Booking
from tests import process_group
from tests.conftest import _free_port
from tests.services.whole_site import checker, world, yardstick
from tests.services.whole_site.load import FINISHED, Load
from tests.services.whole_site.machines import Broker, Database, Site, template
from tests.services.whole_site.mail_server import MailServer
from tests.waiting import until

CALM = 2.0  # seconds without a failure after which a fault counts as over
STEADY = {"page", "health", "agenda", "vote", "join", "booking"}  # what is asked for often enough to tell a recovery


@dataclass
class Measured:
    """What people noticed of one fault. Times in seconds; `waits`: the longest of each kind of request."""

    name: str
    waits: dict = field(default_factory=dict)
    outcomes: Counter = field(default_factory=Counter)
    recovery: dict = field(default_factory=dict)
    outage: float = 0.0  # from the beginning of the fault to the last failure
    code: float = 0.0
    window: tuple = (0.0, 0.0)
    slowness: float = 1.0  # of the machine meanwhile (tests.services.whole_site.yardstick)

    @property
    def finished(self):
        return max((self.waits[kind] for kind in FINISHED if kind in self.waits), default=0.0)

    @property
    def dynamic(self):
        return max((wait for kind, wait in self.waits.items() if kind not in FINISHED), default=0.0)

    @property
    def slowest_recovery(self):
        return max(self.recovery.values(), default=0.0)

    def row(self):
        """The row of the table in docs/reliability.md."""
        failed = sum(n for what, n in self.outcomes.items() if what != "ok")
        clear = f"{100 * self.outcomes['unavailable'] / failed:.0f} %" if failed else "–"
        return (
            f"{self.name:38} | {self.finished:5.2f} | {self.dynamic:5.2f} | {failed:4} of {self.outcomes.total():4} | "
            f"{clear:>5} | {self.outage:5.1f} | {self.slowest_recovery:5.2f} | {self.code:5.1f} | "
            f"{self.slowness:.1f}"
        )


HEAD = f"{'fault':38} | pages | other | failed       | 503   | outage | back  | code  | machine"


class Stage:
    """A site with a database, broker and mail server of its own, under load. Use it as a context manager."""

    def __init__(self, folder, blocker, *, own_broker=True, rows=None, **environment):
        self._size = rows or {}
        self.folder, self.blocker, self._beside, self._second = folder, blocker, [], []
        self._yardstick = folder / "yardstick"
        self.database, self.mail = Database(folder / "pg"), MailServer()
        self.broker = Broker(folder) if own_broker else None
        self.site = Site(
            folder,
            database=self.database.url,
            broker=self.broker.url if self.broker else "",
            mail=self.mail.url,
            **environment,
        )
        self.gone, self.may_repeat, self.measured, self.load = [], 0, [], None

    def __enter__(self):
        try:
            self.database.prepare(template())
            if self.broker:
                self.broker.start()
            self.mail.start()
            with self.rows():
                self.world = world.fill(**self._size)
            self.site.start()
            self.start_beside("-m", "tests.services.whole_site.yardstick", str(self._yardstick))
            self.load = Load(self.world, [self.site.port])
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *reason):
        if self.load is not None:
            self.load.abandon()
        self.end_second_machine()
        self.end_beside()
        self.site.close()
        if self.broker:
            self.broker.close()
        self.database.close()
        if self.mail._controller.server is not None:
            self.mail.close()

    @contextmanager
    def rows(self):
        """Let this process's models speak to the site's database."""
        with world.database_of_the_site(self.database.url, self.blocker):
            yield

    # --- processes beside the site ------------------------------------------------------------------------------
    def start_beside(self, *arguments, **environment):
        data = self.site.environment["DATA_DIR"]
        arguments = [part.format(data=data) for part in arguments]
        child = self.site.start_process(*arguments, log="beside.log", **environment)
        self._beside.append(child)
        return child

    def end_beside(self, *, but=0):
        """End what was started beside the site; the first `but` go on."""
        process_group.end(self._beside[but:], seconds=5)
        del self._beside[but:]

    def second_machine(self, **environment):
        """Start another site on the same database, broker and mail server; the load asks both from now on."""
        port = _free_port()
        data = self.folder / f"second-{port}"
        data.mkdir()
        (data / "static").symlink_to((Path(self.site.environment["DATA_DIR"]) / "static").resolve())
        keys = {"KEYS_DIR": str(Path(self.site.environment["DATA_DIR"]) / "keys"), "DATA_DIR": str(data)}
        child = self.site.start_process("manage.py", "serve", log="second.log", PORT=str(port), **keys | environment)
        self._second.append(child)
        log = self.folder / "second.log"
        until(lambda: "Ready" in log.read_text() or child.poll() is not None, seconds=60, what="the second machine")
        assert child.poll() is None, log.read_text()[-3000:]
        self.load.ports.append(port)

    def end_second_machine(self):
        if self._second:
            del self.load.ports[1:]
            time.sleep(0.5)  # who is answered there still gets the answer
            process_group.end(self._second, seconds=10)
            self._second.clear()
            (self.folder / "second.log").write_text("")

    def start_load(self):
        """Start to ask, and wait until the site has warmed up: each process has made its pages once."""
        self.load.start()
        self._calm_down(time.monotonic() + 2)

    # --- the play -----------------------------------------------------------------------------------------------
    def play(self, fault):
        """Inflict a fault, heal it, wait until everything works again; keep what was measured and return it."""
        began = time.monotonic()
        fault.hurt(self)
        hurt = time.monotonic()
        time.sleep(fault.seconds)
        fault.heal(self)
        healed = time.monotonic() if fault.heal.__name__ != "nothing" else hurt
        self.may_repeat += fault.repeats
        self._calm_down(healed)
        found = self._measure(fault.name, began, healed)
        self.measured.append(found)
        return found

    def _calm_down(self, healed, *, patience=40):
        """Wait until nothing has failed for a while and each kind of request has had an answer."""
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            time.sleep(0.2)
            assert self.site.supervisor.poll() is None, self.log()
            late = [a for a in self.load.since(healed) if a.began >= healed]
            bad = max((a.ended for a in late if a.outcome != "ok"), default=healed)
            good = {a.kind for a in late if a.outcome == "ok" and a.began >= bad}
            if time.monotonic() - bad >= CALM and good >= self._steady():
                return

    def _steady(self):
        return STEADY & set(self.load.rates)

    def _measure(self, name, began, healed):
        ended = time.monotonic()
        answers = self.load.since(began)
        slowness = yardstick.slowness(self._yardstick, began=began, ended=ended)
        found = Measured(name, window=(began, ended), slowness=slowness)
        for answer in answers:
            found.waits[answer.kind] = max(found.waits.get(answer.kind, 0.0), answer.seconds)
            found.outcomes[answer.outcome] += 1
            if answer.outcome != "ok":
                found.outage = max(found.outage, answer.ended - began)
        for kind in self._steady():
            after = [a for a in answers if a.kind == kind and a.began >= healed]
            bad = max((a.began for a in after if a.outcome != "ok"), default=healed)
            good = [a.began for a in after if a.outcome == "ok" and a.began >= bad]
            found.recovery[kind] = 0.0 if bad == healed and good else (min(good) if good else ended) - healed
        return found

    # --- the end ------------------------------------------------------------------------------------------------
    def finish(self, *, seconds=90):
        """Let everything come to rest; return what is lost or doubled."""
        self.load.stop()
        now = time.time()
        with self.rows():
            waiting = Message.objects.filter(state__in=["queued", "sending"])
            due = [pk for pk, moment in self.world.reminders if moment.timestamp() < now]
            Booking.objects.filter(
                pk__in={pk for pk, _moment in self.world.reminders} - set(due)
            ).delete()  # else more fall due
            keys = Message.objects.filter(kind="reminder", about__in=due)
            deadline = time.monotonic() + seconds
            while (keys.count() < len(due) or waiting.exists()) and time.monotonic() < deadline:
                time.sleep(0.5)
        self._time_codes()
        with self.rows():
            return checker.findings(
                acknowledged=self.load.acknowledged,
                tried=self.load.tried,
                mailbox=list(self.mail.mails),
                due_reminders=due,
                may_repeat=self.may_repeat + len(self.mail.untold),
            )

    def _time_codes(self):
        """A code counts for the fault that was played last before it came: it may have been asked for before that one."""
        for address, asked in self.load.acknowledged["code"].items():
            came = self.mail.moment(address)
            played = [found for found in self.measured if found.window[0] <= (came or asked)]
            for found in played[-1:]:
                found.code = max(found.code, (came - asked) if came else float("inf"))

    def slowness(self, *, began):
        """How many times as slow as alone this machine was since a moment (time.monotonic)."""
        return yardstick.slowness(self._yardstick, began=began, ended=time.monotonic())

    def log(self):
        """The last words of the site: what an operator would read."""
        said = [line for line in self.site.log().splitlines() if '"logger": "requests"' not in line]
        return "\n".join(line[:2000] for line in said[-12:])

    def table(self):
        taken = {kind: len(done) for kind, done in self.load.acknowledged.items()}
        told = f"acknowledged: {taken}; mails: {len(self.mail.mails)}; answers: {len(self.load.answers)}"
        return "\n".join([HEAD, *(found.row() for found in self.measured), told])

    def write_down(self, path):
        """Add the figures as lines of JSON, for docs/reliability.md."""
        with open(path, "a") as file:
            for found in self.measured:
                file.write(
                    json.dumps({"fault": found.name, "slowness": round(found.slowness, 1)} | _figures(found)) + "\n"
                )


def _figures(found):
    return {
        "finished": round(found.finished, 3),
        "dynamic": round(found.dynamic, 3),
        "outcomes": dict(found.outcomes),
        "outage": round(found.outage, 2),
        "recovery": {kind: round(seconds, 2) for kind, seconds in found.recovery.items()},
        "code": round(found.code, 1),
    }


TOO_BUSY = 4.5  # times as slow as alone: from there on the machine is measured, not the site


def misses(fault, found):
    """What a fault did to people that it may not do: a sentence each."""
    allowed = {"ok", "unavailable", "asked just now"} | ({"refused", "broken off"} if fault.breaks else set())
    bad = {what: n for what, n in found.outcomes.items() if what not in allowed}
    if bad:
        yield f"answers that nobody may get: {bad}"
    if found.slowness >= TOO_BUSY:
        return  # seconds say nothing of the site then; they are printed
    if found.finished > fault.wait * found.slowness:
        yield f"finished pages waited {found.finished:.1f} s"
    if found.dynamic > fault.wait * found.slowness:
        yield f"other pages waited {found.dynamic:.1f} s"
    if found.slowest_recovery > fault.back * found.slowness:
        yield f"works again only {found.slowest_recovery:.1f} s after healing: {found.recovery}"
    if found.code > fault.code * found.slowness:
        yield f"a log-in code took {found.code:.0f} s"
