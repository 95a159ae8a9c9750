"""How the site is running, in words for organisers: each part, its state, since when, and what to do."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from typing import Any

from django.db.models import Q
from django.utils.text import capfirst
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.beat_schedule import SWEEPS
from config.models import LastRun
from config.running.monitoring.parts import PartState, State
from events.models import FailedRow
from events.models.columns import Concern
from events.shared.admin import given_up
from events.shared.jobs.sweeps import KNOWN
from events.shared.rights import memberships

NAMES = {
    "web": gettext_lazy("Web server"),
    "database": gettext_lazy("Database"),
    "broker": gettext_lazy("Broker"),
    "beat": gettext_lazy("Scheduler"),
    "worker account": gettext_lazy("Worker for account mail"),
    "worker bulk": gettext_lazy("Worker for everything else"),
    "mail account": gettext_lazy("Account mail"),
    "mail bulk": gettext_lazy("Other mail"),
    "tally": gettext_lazy("Attendance figures"),
    "vote": gettext_lazy("Chain and count of the vote"),
    "jobs": gettext_lazy("Work that was asked for"),
    "backup": gettext_lazy("Backup"),
    "clock": gettext_lazy("Clock of the web server"),
}
# What a part is for, said while it works. A worker or a mail queue of another name has the words of its kind.
PURPOSES = {
    "web": gettext_lazy("Answers visitors and keeps uploaded files."),
    "database": gettext_lazy("Keeps everything: accounts, bookings, votes, mails."),
    "broker": gettext_lazy("Wakes the workers. Holds nothing that could be lost."),
    "beat": gettext_lazy("Starts what happens by itself: mails, reminders, counts."),
    "worker": gettext_lazy("Does the work that nobody waits for on a page."),
    "worker account": gettext_lazy("Sends log-in codes, confirmations and resets."),
    "worker bulk": gettext_lazy("Sends all other mails, and counts."),
    "mail": gettext_lazy("No mail waits longer than it should."),
    "tally": gettext_lazy("Attendance is counted every minute while sessions run."),
    "vote": gettext_lazy("The chain is sealed each hour, and votes are counted after the close."),
    "jobs": gettext_lazy("Imports, documents, copies of data and new counts are made one after the other."),
    "backup": gettext_lazy("Database and uploaded files, sealed."),
    "clock": gettext_lazy("Is that of the database."),
}
WORDS = {
    PartState.OK: gettext_lazy("Works"),
    PartState.NO_ANSWER: gettext_lazy("No answer"),
    PartState.READ_ONLY: gettext_lazy("Takes no changes"),
    PartState.DISK_FULL: gettext_lazy("Disk full"),
    PartState.SILENT: gettext_lazy("Not running"),
    PartState.LATE: gettext_lazy("Late"),
    PartState.OFF: gettext_lazy("Wrong"),
    PartState.UNKNOWN: gettext_lazy("Not known"),
}
# What it means and what to do, by the kind of part (the first word of its name) and what was found.
ADVICE = {
    ("web", PartState.READ_ONLY): gettext_lazy(
        "Files cannot be uploaded or written. Ask whoever runs the machines to look at the rights of the site’s data folder."
    ),
    ("web", PartState.DISK_FULL): gettext_lazy(
        "There is no room for uploads. Ask whoever runs the machines to make room on the disk of the site’s data folder."
    ),
    ("database", PartState.NO_ANSWER): gettext_lazy(
        "Only finished public pages can be read. Call whoever runs the machines now. Nothing that was acknowledged is lost."
    ),
    ("database", PartState.READ_ONLY): gettext_lazy(
        "Pages can be read, but nothing is saved, votes included. Call whoever runs the machines now: the site may be "
        "speaking to a copy of the database."
    ),
    ("database", PartState.DISK_FULL): gettext_lazy(
        "Pages can be read, but nothing is saved, votes included. Call whoever runs the machines now: the database needs room."
    ),
    ("broker", PartState.NO_ANSWER): gettext_lazy(
        "Pages and votes go on. Mails, counts and whatever else the workers do wait, and are lost to nobody. Ask whoever runs "
        "the machines to start the broker again. It may come back empty."
    ),
    ("beat", PartState.SILENT): gettext_lazy(
        "Nothing happens by itself: mails, sealing and counting wait, and are lost to nobody. Ask whoever runs the machines to "
        "start the scheduler."
    ),
    ("worker", PartState.SILENT): gettext_lazy(
        "What it does waits, and is lost to nobody. Ask whoever runs the machines to start the worker again, and first the "
        "broker or the scheduler where they do not work either."
    ),
    ("mail", PartState.LATE): gettext_lazy(
        "Mails that are due do not leave. The outbox tells the last error of each. If the worker works, the mail server "
        "refuses them or is not reached."
    ),
    ("tally", PartState.LATE): gettext_lazy(
        "The figures are old. They come by themselves once worker and scheduler work."
    ),
    ("vote", PartState.LATE): gettext_lazy(
        "A block is not sealed, or the votes are not counted yet. No vote is lost by that. It happens by itself once worker "
        "and scheduler work; do not announce anything before."
    ),
    ("jobs", PartState.LATE): gettext_lazy(
        "Something was given up, or waits too long. It stands below; what was given up is tried again with a button."
    ),
    ("backup", PartState.LATE): gettext_lazy(
        "The last one is more than a day and a half old. Ask whoever runs the machines why none was made since."
    ),
    ("backup", PartState.UNKNOWN): gettext_lazy(
        "None was made by this site’s own command. Ask whoever runs the machines whether the database is backed up by other means."
    ),
    ("clock", PartState.OFF): gettext_lazy(
        "It differs from that of the database by more than five seconds: votes may be opened and closed at the wrong moment. "
        "Ask whoever runs the machines to set it by the network (NTP)."
    ),
}
MOST = 200  # rows that failed, on the page
KINDS = {PartState.OK: "sent", PartState.LATE: "draft", PartState.OFF: "draft", PartState.UNKNOWN: "draft"}
SIGNS = {PartState.OK: "✓", PartState.LATE: "!", PartState.OFF: "!", PartState.UNKNOWN: "?"}


@dataclass(frozen=True)
class PartStatus:
    """One part as the page shows it; `lasts`: since when it has not worked, or the last backup is made."""

    name: str
    sentence: str
    word: str
    kind: str
    sign: str
    is_well: bool
    lasts: str


def rows(states: list[State], *, now: datetime) -> list[PartStatus]:
    """The parts, those that need somebody first."""
    order = list(NAMES)
    found = sorted(states, key=lambda state: order.index(state.part) if state.part in order else len(order))
    return sorted((_row(state, now=now) for state in found), key=lambda row: row.is_well)


def _row(state: State, *, now: datetime) -> PartStatus:
    kind, is_ok = state.part.split()[0], state.found == PartState.OK
    purpose = str(PURPOSES.get(state.part) or PURPOSES.get(kind) or "")
    return PartStatus(
        name=str(NAMES.get(state.part) or _("Worker “%(name)s”") % {"name": state.part.partition(" ")[2]}),
        sentence=purpose if is_ok else str(ADVICE.get((kind, state.found), "")),
        word=str(WORDS[state.found]),
        kind=KINDS.get(state.found, "failed"),
        sign=SIGNS.get(state.found, "✕"),
        is_well=state.found in {PartState.OK, PartState.UNKNOWN},
        lasts=_lasts(state, now=now) if state.since else "",
    )


def _lasts(state: State, *, now: datetime) -> str:
    assert state.since  # noqa: S101
    if state.part == "backup":
        return _("%(time)s ago") % {"time": timesince(state.since, now)}
    if state.found == PartState.OK:
        return ""
    if now - state.since < timedelta(minutes=1):
        return _("for less than a minute")
    return _("for %(time)s") % {"time": timesince(state.since, now)}


def summary(found: list[PartStatus]) -> str:
    """One sentence about all."""
    ill = [row.name for row in found if not row.is_well]
    return _("Look at: %(parts)s.") % {"parts": ", ".join(ill)} if ill else _("Everything works.")


def failed(user: Any, *, now: datetime) -> list[dict[str, Any]]:
    """What somebody asked for and did not get, and what the site could not do by itself, of the forums that an account may see and
    of no forum; the oldest of each kind first."""
    rows = FailedRow.objects.filter(memberships.within(user, "events.view_forum") | Q(forum=None)).select_related(
        "forum"
    )
    jobs = [_job(job) for jobs in given_up.seen(user, now=now) for job in jobs[:MOST]]
    return jobs + [
        {"row": row, "words": KNOWN[row.sweep].words if row.sweep in KNOWN else row.sweep} for row in rows[:MOST]
    ]


def _job(job: Any) -> dict[str, Any]:
    """A job in the columns of a row that failed. `kind`: what it is tried again by, where it was given up."""
    forum = reduce(getattr, job.FORUM.split("__"), job) if job.FORUM else None
    state = "" if job.concern == Concern.AGAIN else Concern(job.concern).label
    told = {"row": job.pk, "forum": forum, "since": job.asked, "again": job.due}
    told |= {"attempts": job.attempts, "error": job.error}
    kind = job._meta.label_lower if job.concern == Concern.GIVEN_UP else ""
    return {"row": told, "words": capfirst(job._meta.verbose_name_plural), "state": state, "kind": kind}


def runs() -> list[dict[str, Any]]:
    """What runs by itself, in words, with when it was last done and when it last failed."""
    known = {row.name: row for row in LastRun.objects.all()}
    return [{"words": words, "run": known.get(task)} for words, task, _every, _expires in SWEEPS]
