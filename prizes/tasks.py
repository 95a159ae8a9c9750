"""Celery's entries to the prize: thin. Each may run twice or never; the rows are the work."""

from celery import shared_task
from django.utils import timezone

from events.shared.jobs.sweeps import in_turn
from events.shared.pages import stored_files
from prizes import scheduler
from prizes.count import recount_requests
from prizes.fair_play import close_edition
from prizes.models import Count, OutcomeDocument
from prizes.nominations import nomination_mails
from prizes.outcome_document import versions
from prizes.results import certificates, result_mails
from prizes.review import review_mails
from prizes.vote import ballot_mails


@shared_task
def queue_mails() -> None:
    """Write the prize's mails that are due into the outbox."""
    in_turn(
        nomination_mails.queue_mails,
        review_mails.queue_mails,
        result_mails.queue_mails,
        ballot_mails.queue_mails,
        now=timezone.now(),
    )


@shared_task
def tend_polls() -> None:
    """Open the chain of a vote that began, seal what waits, at the close seal the last block and count; issue certificates."""
    in_turn(scheduler.tend, recount_requests.run_due, close_edition.tidy, certificates.issue_due, now=timezone.now())


@shared_task
def count_again() -> None:
    """Make the counts that organisers asked for. Woken when one is asked for; `tend_polls` finds what is left."""
    recount_requests.run_due(timezone.now())


@shared_task
def make_outcome_documents() -> None:
    """Make the Outcome Documents that organisers asked for. Woken when one is asked for."""
    versions.make_due(timezone.now())


@shared_task
def sweep_bundles() -> None:
    """Delete the bundles that no count names, and the files of no version of an Outcome Document."""
    stored_files.sweep((Count, "bundle"), (OutcomeDocument, "pdf", "docx"), now=timezone.now())
