"""Celery's entries to the mail: thin. Each may run twice or never; the rows are the work."""

from celery import shared_task
from django.utils import timezone

from events.mail import delivery, outbox
from events.models import Message
from events.proposals.collaborators import collaborators
from events.proposals.hosting import outcome_reminders


@shared_task
def deliver_account_mail() -> None:
    """Send the account mails that wait."""
    delivery.deliver([Message.Queue.ACCOUNT], clock=timezone.now)


@shared_task
def deliver_due() -> None:
    """Send what is due for some seconds, account mails before all others; wake itself again while there is more."""
    outcome = delivery.deliver([Message.Queue.ACCOUNT, Message.Queue.BULK], clock=timezone.now)
    if outcome.has_more:
        outbox.wake(outbox.BULK_TASK)


@shared_task
def remind_of_outcomes() -> None:
    """Write the mails on outcomes that are late."""
    outcome_reminders.remind(timezone.now())


@shared_task
def forget_addresses() -> None:
    """Empty the addresses of those who were asked to edit proposals, once their links are dead."""
    collaborators.forget_addresses(now=timezone.now())
