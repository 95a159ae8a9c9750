"""Celery's entries to registration: thin. Each may run twice or never; the rows are the work."""

from celery import shared_task
from django.utils import timezone

from events.shared.jobs.sweeps import in_turn
from registration.accreditation.delegations import focal_point_mails
from registration.accreditation.documents import documents
from registration.people.accounts import clean_up
from registration.people.data_rights import copies, erasures, retention
from registration.sessions.agenda import change_mails, reminders
from registration.sessions.attendance import publishing, tally
from registration.sessions.certificates import issuing
from registration.sessions.seats import kind_places, promotion
from registration.statistics import timezone_counts


@shared_task
def queue_mails() -> None:
    """Write the reminders that are due into the outbox, and the mails to focal points."""
    in_turn(reminders.queue_reminders, focal_point_mails.queue_mails, now=timezone.now())


@shared_task
def fill_seats() -> None:
    """Give places that are free to those who wait for them."""
    in_turn(promotion.fill_all, kind_places.fill_all, now=timezone.now())


@shared_task
def tell_of_releases() -> None:
    """Write the mails of releases that are not told yet into the outbox."""
    change_mails.tell(timezone.now())


@shared_task
def tally_running() -> None:
    """Count attendance of the forums that have something running, and where the people of those to come live; move what
    the public is told of them on."""
    in_turn(tally.recount_due, timezone_counts.recount_due, publishing.publish_due, now=timezone.now())


@shared_task
def issue_certificates() -> None:
    """Issue the certificates of forums that are over."""
    issuing.issue_due(timezone.now())


@shared_task
def clean_up_accounts() -> None:
    """Delete log-ins that are over, what is written down of old ones, and accounts that nobody has confirmed for a day."""
    in_turn(
        clean_up.end_expired,
        clean_up.forget_log_ins,
        clean_up.forget_spent_codes,
        clean_up.delete_unconfirmed,
        now=timezone.now(),
    )


@shared_task
def keep_data_rights() -> None:
    """Make the copies of their data that people asked for, delete those that are a week old, and erase those who asked for it
    three days ago. Woken when a copy is asked for."""
    in_turn(copies.clear, copies.make_due, erasures.carry_out_due, now=timezone.now())


@shared_task
def clear_periods() -> None:
    """Delete what was kept for its time after a forum, and files of registrations that no row names."""
    in_turn(retention.clear_due, documents.sweep, now=timezone.now())
