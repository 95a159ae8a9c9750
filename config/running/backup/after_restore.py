"""What a restored site does before it goes on: it sends nothing a second time, gives no number twice, and says what it is.

The same after a backup was restored (`manage.py restore FILE`) and after PostgreSQL went back to a moment by base backup
and WAL (`manage.py restore --finish`).
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import Max, Q

from config.running.backup import postgresql, restore, sqlite
from events.exchange import import_jobs
from events.mailings import sending
from events.models import Message, Restoration
from events.outcomes.commitments import commitment_mails
from events.proposals import reviewer_mails
from events.proposals.hosting import outcome_reminders
from events.shared.mail import outbox
from events.shared.pages import revision
from prizes.chain import chain, restorations
from prizes.models import Block, Vote
from prizes.nominations import nomination_mails
from prizes.results import result_mails
from prizes.review import review_mails
from prizes.vote import ballot_mails
from registration.accreditation.delegations import focal_point_mails
from registration.people.data_rights import erased_list
from registration.sessions.agenda import change_mails, reminders
from registration.sessions.certificates import issuing
from registration.sessions.seats import kind_places, promotion

# Every rule that writes the mails that are due at a moment.
SWEEPS: list[Callable[[datetime], int]] = [
    reminders.queue_reminders,
    focal_point_mails.queue_mails,
    change_mails.tell,
    promotion.fill_all,
    kind_places.fill_all,
    nomination_mails.queue_mails,
    review_mails.queue_mails,
    result_mails.queue_mails,
    ballot_mails.queue_mails,
    outcome_reminders.remind,
    issuing.issue_due,
    commitment_mails.ask,
    sending.write_due,
    reviewer_mails.ask,
    import_jobs.bring_in_due,
]
SKIPPED = 100_000  # numbers of each table that are not given any more; links in old mails name rows by them
REVISIONS = 1_000_000
QUIET = timedelta(hours=1)  # without a row: the moment that was given may be a wrong one


def finish(
    *, state_of: datetime, stopped: datetime, now: datetime, warn: Callable[[str], Any] = lambda _text: None
) -> Restoration:
    """Bring a restored site up to `now`: tables up to date, mails held back, the chain's note sealed.

    `state_of`: the moment of which the database is a copy; `stopped`: when the old site stopped working, at the latest
    `now`. Mails that became due in between may have been sent and are held back for organisers to decide; what is due
    later is sent as usual. All in one transaction but for the tables. Refuses `wrong-moments`, `finished` (this state was
    restored before), `newer-rows` (the database is not of this state), `in-use` on PostgreSQL, and `not-restored` for an SQLite
    database that no restore has brought. `warn` is told what looks wrong and may be right.
    """
    restore.check_moments(state_of=state_of, stopped=stopped, now=now)
    if connection.vendor == "postgresql":
        postgresql.check_unused()
    elif not restore.unfinished():
        raise ValidationError("No restore waits to be finished here. Nothing was changed.", code="not-restored")
    call_command("migrate", interactive=False, verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # a dump brings no statistics: without, `verify` took 30 times as long
    with transaction.atomic():
        if Restoration.objects.filter(state_of=state_of).exists():
            raise ValidationError("This restore is finished already. Nothing was changed.", code="finished")
        _check_state(state_of, warn=warn)
        (postgresql if connection.vendor == "postgresql" else sqlite).skip_numbers(SKIPPED)
        with connection.cursor() as cursor:
            for statement in restore.hold_mails(stopped):
                cursor.execute(statement)
            cursor.execute(f"DROP TABLE IF EXISTS {restore.UNFINISHED}")
        row = Restoration.objects.create(state_of=state_of, restored=now, held_mails=_hold(stopped))
        chain.seal_restoration(now)
        erased_list.ask_again(now)
        revision.bump(by=REVISIONS)
    restore.note_finished()
    return row


def _check_state(state_of: datetime, *, warn: Callable[[str], Any]) -> None:
    """Refuse `newer-rows`: what a site took in after a moment cannot be in its state of that moment. Nobody gets a public note
    over a time that was not lost. Says it where the newest row is much older."""
    found = [
        Block.objects.aggregate(at=Max("sealed"))["at"],
        Vote.objects.aggregate(at=Max("cast"))["at"],
        Message.objects.aggregate(at=Max("created"))["at"],
    ]
    newest = max((at for at in found if at), default=None)
    if newest and newest > state_of + restorations.GRACE:
        raise ValidationError(
            f"The database has a block, a vote or a mail of {newest.isoformat()}, after the moment {state_of.isoformat()} "
            "that was given: it is not the state of that moment. Nothing was noted. Look for the moment in the log of "
            "PostgreSQL (last completed transaction), and at its zone; where a clock was wrong, give the moment of that row.",
            code="newer-rows",
        )
    if newest and newest < state_of - QUIET:
        warn(
            f"Look again: the newest block, vote or mail is of {newest.isoformat()}, long before {state_of.isoformat()}. "
            "If that was a quiet time all is well."
        )


def _hold(stopped: datetime) -> int:
    """Mark what may have been sent as failed, for organisers to decide; return how many there are.

    Besides what waited, it is what was due when the old site stopped: the sweeps write it once, as they would have then.
    Its keys exist from now on, so no sweep writes it again.
    """
    last = Message.objects.aggregate(last=Max("pk"))["last"] or 0
    for sweep in SWEEPS:
        while sweep(stopped):  # some write a portion at a time
            pass
    fresh = Q(pk__gt=last, state=Message.State.QUEUED)
    held = Message.objects.filter(fresh | Q(state=Message.State.FAILED, last_error=outbox.HELD))
    return held.update(state=Message.State.FAILED, reason=Message.Reason.RESTORED, last_error=outbox.HELD)
