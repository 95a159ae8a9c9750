"""Plays faults on a running site under load, one after the other, and measures what people noticed of each."""

import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from events.models import Message
from registration.models import Booking
from tests import process_group
from tests.services.whole_site import checker, world
from tests.services.whole_site.load import FINISHED, Load
from tests.services.whole_site.machines import Broker, Database, Site, template
from tests.services.whole_site.mail_server import MailServer

CALM = 2.0  # seconds without a failure after which a fault counts as over
MARGIN = 25  # seconds: the promise is kept on a machine with nothing else to do; there the printed figures say so
CODE = 90  # seconds: one that a killed worker had in hand is taken up after a minute
PATIENCE = 150  # seconds in which everything works again: the promise is ten, on a machine that has nothing else to do
GOOD = {"ok", "asked just now"}
STEADY = {"page", "health", "agenda", "vote", "join", "booking", "code"}  # asked for often enough to tell a recovery


@dataclass
class Measured:
    """What people noticed of one fault, in seconds; `waits`: the longest of each kind of request."""

    name: str
    window: tuple
    waits: dict = field(default_factory=dict)
    outcomes: Counter = field(default_factory=Counter)
    back: float = 0.0  # from healing until everything works again
    code: float = 0.0

    def longest(self, *, finished):
        return max((wait for kind, wait in self.waits.items() if (kind in FINISHED) == finished), default=0.0)

    def row(self):
        """The row of the table in docs/reliability.md."""
        broken = sum(n for what, n in self.outcomes.items() if what not in {"ok", "unavailable", "asked just now"})
        return (
            f"| {self.name} | {self.longest(finished=True):.2f} | {self.longest(finished=False):.2f} | "
            f"{self.outcomes['unavailable']} of {self.outcomes.total()} | {broken or '–'} | {self.back:.1f} | {self.code:.1f} |"
        )


HEAD = "| fault | pages | others | 503 | broken | back | code |"


class Stage:
    """A site with a database, broker and mail server of its own, under load. Use it as a context manager."""

    def __init__(self, folder, blocker, *, rows=None, **environment):
        self._size = rows or {}
        self.folder, self.blocker, self._beside, self._second = folder, blocker, [], []
        self.database, self.mail, self.broker = Database(folder / "pg"), MailServer(), Broker(folder)
        self.given = {"database": self.database.url, "broker": self.broker.url, "mail": self.mail.url}
        self.site = Site(folder / "one", **self.given, **environment)
        self.gone, self.may_repeat, self.measured, self.load = [], 0, [], None

    def __enter__(self):
        try:
            self.database.prepare(template())
            self.broker.start()
            self.mail.start()
            with self.rows():
                self.world = world.fill(**self._size)
            self.site.start()
            sheet = next((Path(self.site.environment["DATA_DIR"]) / "static").glob("site.*.css"))
            self.load = Load(self.world, [self.site.port], static=f"/static/{sheet.name}")
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
        keys = str(Path(self.site.environment["DATA_DIR"]) / "keys")
        other = Site(self.folder / f"two{time.monotonic()}", **self.given, **{"KEYS_DIR": keys} | environment)
        self._second.append(other)
        other.start()
        self.load.ports.append(other.port)

    def end_second_machine(self):
        while self._second:
            del self.load.ports[1:]
            time.sleep(0.5)  # who is answered there still gets the answer
            self._second.pop().close()

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
        back = self._calm_down(healed)
        found = Measured(fault.name, (began, time.monotonic()), back=back - healed)
        for answer in self.load.since(began):
            found.waits[answer.kind] = max(found.waits.get(answer.kind, 0.0), answer.seconds)
            found.outcomes[answer.outcome] += 1
        self.measured.append(found)
        return found

    def _calm_down(self, healed):
        """Wait until nothing has failed for a while and each kind of request has had an answer; return since when."""
        deadline, wanted = time.monotonic() + PATIENCE, STEADY & set(self.load.rates)
        while time.monotonic() < deadline:
            time.sleep(0.2)
            late = [a for a in self.load.since(healed) if a.began >= healed]
            bad = max((a.ended for a in late if a.outcome not in GOOD), default=healed)
            good = {a.kind for a in late if a.outcome in GOOD and a.began >= bad}
            if time.monotonic() - bad >= CALM and good >= wanted:
                return bad
        bad = Counter(f"{a.kind} {a.outcome}" for a in late if a.began > deadline - 20)
        raise AssertionError(f"not everything works again after {PATIENCE} s: {bad}\n{self.log()}")

    # --- the end ------------------------------------------------------------------------------------------------
    def finish(self, *, seconds=300):
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

    def log(self):
        """The last words of the site: what an operator would read."""
        said = [line for line in self.site.log().splitlines() if '"level": "INFO"' not in line]
        return "\n".join(line[:2000] for line in said[-12:])

    def table(self):
        taken = {kind: len(done) for kind, done in self.load.acknowledged.items()}
        told = f"acknowledged: {taken}; mails: {len(self.mail.mails)}; answers: {len(self.load.answers)}"
        return "\n".join([HEAD, *(found.row() for found in self.measured), told])


def misses(fault, found):
    """What a fault did to people that it may not do: a sentence each. Seconds are judged with a margin: other programs share the
    machine."""
    if bad := {what: n for what, n in found.outcomes.items() if what not in {*GOOD, "unavailable"}}:
        yield f"answers that nobody may get: {bad}"
    longest = max(found.waits.values(), default=0.0)
    if longest > fault.wait + MARGIN:
        yield f"somebody waited {longest:.1f} s"
    if found.code > CODE + fault.seconds:
        yield f"a log-in code took {found.code:.0f} s"
