"""Celery's entries to the mail: thin. Each may run twice or never; the rows are the work."""

from celery import shared_task, signals
from django.utils import timezone

from events.exchange import import_jobs
from events.mailings import sending
from events.models import Message, News, Partner, Speaker
from events.outcomes.commitments import commitment_mails
from events.proposals import reviewer_mails
from events.proposals.collaborators import collaborators
from events.proposals.hosting import outcome_reminders
from events.shared.history import acts, viewings
from events.shared.jobs.sweeps import in_turn
from events.shared.mail import sender
from events.shared.pages import stored_files
from events.shared.pdf import pdf_files

signals.worker_shutting_down.connect(sender.stop)


@shared_task
def deliver_account_mail() -> None:
    """Send the account mails that wait."""
    sender.send_due([Message.Queue.ACCOUNT])


@shared_task
def deliver_due() -> None:
    """Send everything that is due, account mails before all others."""
    sender.take_a_shift()


@shared_task
def write_mailings() -> None:
    """Write the mails of what organisers send to people, and note which of it is through."""
    sending.write_due(timezone.now())


@shared_task
def remind_of_outcomes() -> None:
    """Write the mails on outcomes that are late."""
    outcome_reminders.remind(timezone.now())


@shared_task
def ask_about_commitments() -> None:
    """Write the yearly mails to the owners of commitments."""
    commitment_mails.ask(timezone.now())


@shared_task
def ask_reviewers() -> None:
    """Write to the reviewers for whom proposals wait."""
    reviewer_mails.ask(timezone.now())


@shared_task
def forget_addresses() -> None:
    """Empty the addresses of those who were asked to edit proposals, once their links are dead."""
    collaborators.forget_addresses(now=timezone.now())


@shared_task
def forget_looks() -> None:
    """Delete the records of who saw whose data, what acts changed, and what became of files, once that is older than it is kept."""
    in_turn(import_jobs.forget, viewings.forget, acts.forget, now=timezone.now())


@shared_task
def sweep_pictures() -> None:
    """Delete pictures that were replaced, and their sizes."""
    stored_files.sweep((Speaker, "photo"), (Partner, "logo"), (News, "picture"), now=timezone.now())


@shared_task
def make_pdf_files() -> None:
    """Make the PDF files that somebody waits for. Woken when one is asked for."""
    pdf_files.make_due(timezone.now())


@shared_task
def clear_pdf_files() -> None:
    """Delete the PDF files that nobody asks for any more."""
    pdf_files.clear(timezone.now())


@shared_task
def bring_in_files() -> None:
    """Bring in the files that organisers agreed to. Woken when they do."""
    import_jobs.bring_in_due(timezone.now())
