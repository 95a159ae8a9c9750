"""Celery's entries to registration: thin. Each may run twice or never; the rows are the work."""

from celery import shared_task
from django.utils import timezone

from registration.accounts import clean_up
from registration.accreditation.delegations import focal_point_mails
from registration.accreditation.documents import documents
from registration.agenda import change_mails, reminders
from registration.attendance import tally
from registration.attendance.reports import watched_folder
from registration.certificates import issuing
from registration.data_rights import copies, erasures, retention
from registration.seats import kind_places, promotion
from registration.statistics import timezone_counts


@shared_task
def queue_mails() -> None:
    """Write the reminders that are due into the outbox, and the mails to focal points."""
    now = timezone.now()
    reminders.queue_reminders(now)
    focal_point_mails.queue_mails(now)


@shared_task
def fill_seats() -> None:
    """Give places that are free to those who wait for them."""
    now = timezone.now()
    promotion.fill_all(now)
    kind_places.fill_all(now)


@shared_task
def tell_of_releases() -> None:
    """Write the mails of releases that are not told yet into the outbox."""
    change_mails.tell(timezone.now())


@shared_task
def tally_running() -> None:
    """Count attendance of the forums that have something running, and where the people of those to come live."""
    now = timezone.now()
    for forum in tally.running(now):
        tally.recount(forum, now=now)
    for forum in timezone_counts.awaited(now):
        timezone_counts.recount(forum)


@shared_task
def take_meeting_reports() -> None:
    """Take the reports of meetings that lie in the watched folder."""
    watched_folder.take(timezone.now())


@shared_task
def issue_certificates() -> None:
    """Issue the certificates of forums that are over."""
    issuing.issue_due(timezone.now())


@shared_task
def clean_up_accounts() -> None:
    """Delete log-ins that are over, what is written down of old ones, and accounts that nobody has confirmed for a day."""
    now = timezone.now()
    clean_up.end_expired(now=now)
    clean_up.forget_log_ins(now=now)
    clean_up.forget_spent_codes(now=now)
    clean_up.delete_unconfirmed(now=now)


@shared_task
def keep_data_rights() -> None:
    """Make the copies of their data that people asked for, delete those that are a week old, and erase those who asked for it
    three days ago. Woken when a copy is asked for."""
    now = timezone.now()
    copies.clear(now)
    copies.make_due(now)
    erasures.carry_out_due(now)


@shared_task
def clear_periods() -> None:
    """Delete what was kept for its time after a forum, and files of registrations that no row names."""
    now = timezone.now()
    retention.clear_due(now)
    documents.sweep(now)
