"""Celery's entries to registration: thin. Each may run twice or never; the rows are the work."""

from celery import shared_task
from django.utils import timezone

from events import outbox
from registration import notices, reminders


@shared_task
def queue_mails() -> None:
    """Write the reminders and notices that are due into the outbox, and wake the delivery when there are any."""
    now = timezone.now()
    if notices.queue_notices(now) + reminders.queue_reminders(now):
        outbox.wake(outbox.BULK_TASK)
