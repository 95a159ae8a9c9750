"""Which tasks run by themselves, and how often. Beat only wakes the sweeps; each finds its work in the database."""

from typing import Any

from django.utils.translation import gettext_lazy as _

# Task, seconds between two wake-ups, and after how many one that no worker took is dropped.
SWEEPS = [
    (_("Deliver account mail"), "events.tasks.deliver_account_mail", 2, 10),
    (_("Deliver mail"), "events.tasks.deliver_due", 10, 30),
    (_("Write messages to people"), "events.tasks.write_mailings", 10, 20),
    (_("Queue reminders"), "registration.tasks.queue_mails", 30, 60),
    (_("Give free places to those who wait"), "registration.tasks.fill_seats", 5, 10),
    (_("Tell attendees of releases"), "registration.tasks.tell_of_releases", 5, 10),
    (_("Remind of late outcomes"), "events.tasks.remind_of_outcomes", 600, 600),
    (_("Ask owners of commitments"), "events.tasks.ask_about_commitments", 3600, 3600),
    (_("Ask reviewers of proposals"), "events.tasks.ask_reviewers", 600, 600),
    (_("Make PDF files"), "events.tasks.make_pdf_files", 5, 10),
    (_("Bring in files"), "events.tasks.bring_in_files", 5, 10),
    (_("Clear PDF files"), "events.tasks.clear_pdf_files", 3600, 3600),
    (_("Delete pictures that were replaced"), "events.tasks.sweep_pictures", 3600, 3600),
    (_("Forget addresses of dead links"), "events.tasks.forget_addresses", 3600, 3600),
    (_("Forget who saw whose data"), "events.tasks.forget_looks", 3600, 3600),
    (_("Queue mails of the prize"), "prizes.tasks.queue_mails", 60, 120),
    (_("Seal, close and count the vote"), "prizes.tasks.tend_polls", 30, 60),
    (_("Make Outcome Documents"), "prizes.tasks.make_outcome_documents", 10, 20),
    (_("Delete bundles without a count"), "prizes.tasks.sweep_bundles", 3600, 3600),
    (_("Tally attendance"), "registration.tasks.tally_running", 60, 120),
    (_("Issue certificates"), "registration.tasks.issue_certificates", 3600, 3600),
    (_("Clean up accounts"), "registration.tasks.clean_up_accounts", 3600, 3600),
    (_("Give people their data, erase people"), "registration.tasks.keep_data_rights", 30, 60),
    (_("Delete what was kept for its time"), "registration.tasks.clear_periods", 3600, 3600),
]
SCHEDULE: dict[str, dict[str, Any]] = {
    task: {"task": task, "schedule": seconds, "options": {"expires": expires}}
    for _words, task, seconds, expires in SWEEPS
}
