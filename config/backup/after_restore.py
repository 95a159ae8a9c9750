"""What a restored site does before it goes on: it sends nothing a second time, gives no number twice, and says what it is.

The same after a backup was restored (`manage.py restore FILE`) and after PostgreSQL went back to a moment by base backup
and WAL (`manage.py restore --finish`).
"""

from collections.abc import Callable
from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Max, Q

from config.backup import postgresql, restore, sqlite
from events.mail import outbox
from events.models import Message, Restoration
from events.pages import revision
from events.proposals.hosting import outcome_reminders
from prizes.chain import chain
from prizes.nominations import nomination_mails
from prizes.vote import ballot_mails
from registration.agenda import change_mails, reminders

# Every rule that writes the mails that are due at a moment.
SWEEPS: list[Callable[[datetime], int]] = [
    reminders.queue_reminders,
    change_mails.tell,
    nomination_mails.queue_mails,
    ballot_mails.queue_mails,
    outcome_reminders.remind,
]
SKIPPED = 100_000  # numbers of each table that are not given any more; links in old mails name rows by them
REVISIONS = 1_000_000


def finish(*, state_of: datetime, stopped: datetime, now: datetime) -> Restoration:
    """Bring a restored site up to `now`: media in place, tables up to date, mails held back, the chain's note sealed.

    `state_of`: the moment whose state the database is; `stopped`: when the old site stopped to work, at the latest
    `now`. Mails that became due in between may have been sent and are held back for organisers to decide; what is due
    later is sent as ever. All in one transaction but for the tables. Refuses `wrong-moments`, `finished` (this state was
    restored before), and on PostgreSQL `in-use`.
    """
    restore.check_moments(state_of=state_of, stopped=stopped, now=now)
    if connection.vendor == "postgresql":
        postgresql.check_unused()
    restore.put_media_in_place()
    if MigrationExecutor(connection).migration_plan(MigrationExecutor(connection).loader.graph.leaf_nodes()):
        call_command("migrate", interactive=False, verbosity=0)
    if connection.vendor == "postgresql":
        postgresql.take_statistics()
    with transaction.atomic():
        if Restoration.objects.filter(state_of=state_of).exists():
            raise ValidationError("This restore is finished already. Nothing was changed.", code="finished")
        (postgresql if connection.vendor == "postgresql" else sqlite).skip_numbers(SKIPPED)
        with connection.cursor() as cursor:
            for statement in restore.hold_mails(stopped):
                cursor.execute(statement)
            cursor.execute(f"DROP TABLE IF EXISTS {restore.UNFINISHED}")
        row = Restoration.objects.create(state_of=state_of, restored=now, held_mails=_hold(stopped))
        chain.seal_restoration(now)
        revision.bump(by=REVISIONS)
    return row


def _hold(stopped: datetime) -> int:
    """Mark what may have been sent as perhaps delivered, not to be repeated; return how many there are.

    Besides what waited, it is what was due when the old site stopped: the sweeps write it once, as they would have then.
    Its keys exist from now on, so no sweep writes it again.
    """
    last = Message.objects.aggregate(last=Max("pk"))["last"] or 0
    for sweep in SWEEPS:
        sweep(stopped)
    fresh = Q(pk__gt=last, state=Message.State.QUEUED)
    held = Message.objects.filter(fresh | Q(state=Message.State.FAILED, last_error=outbox.HELD))
    return held.update(
        state=Message.State.PERHAPS,
        doubts=outbox.IN_DOUBT_FOR_GOOD,
        reason=Message.Reason.RESTORED,
        last_error=outbox.HELD,
    )
