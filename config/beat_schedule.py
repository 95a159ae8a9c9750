"""Which tasks run by themselves, and how often. Beat only wakes the sweeps; each finds its work in the database."""

from typing import Any

# Task, seconds between two wake-ups, and after how many one that no worker took is dropped.
SWEEPS = [
    ("deliver account mail", "events.tasks.deliver_account_mail", 2, 10),
    ("deliver mail", "events.tasks.deliver_due", 10, 30),
    ("write messages to people", "events.tasks.write_mailings", 10, 20),
    ("queue reminders", "registration.tasks.queue_mails", 30, 60),
    ("give free places to those who wait", "registration.tasks.fill_seats", 5, 10),
    ("tell attendees of releases", "registration.tasks.tell_of_releases", 5, 10),
    ("remind of late outcomes", "events.tasks.remind_of_outcomes", 600, 600),
    ("ask owners of commitments", "events.tasks.ask_about_commitments", 3600, 3600),
    ("ask reviewers of proposals", "events.tasks.ask_reviewers", 600, 600),
    ("make PDF files", "events.tasks.make_pdf_files", 5, 10),
    ("bring in files", "events.tasks.bring_in_files", 5, 10),
    ("clear PDF files", "events.tasks.clear_pdf_files", 3600, 3600),
    ("forget addresses of dead links", "events.tasks.forget_addresses", 3600, 3600),
    ("forget who saw whose data", "events.tasks.forget_looks", 3600, 3600),
    ("queue mails of the prize", "prizes.tasks.queue_mails", 60, 120),
    ("seal, close and count the vote", "prizes.tasks.tend_polls", 30, 60),
    ("make Outcome Documents", "prizes.tasks.make_outcome_documents", 10, 20),
    ("delete bundles without a count", "prizes.tasks.sweep_bundles", 3600, 3600),
    ("tally attendance", "registration.tasks.tally_running", 60, 120),
    ("issue certificates", "registration.tasks.issue_certificates", 3600, 3600),
    ("clean up accounts", "registration.tasks.clean_up_accounts", 3600, 3600),
    ("give people their data, erase people", "registration.tasks.keep_data_rights", 30, 60),
    ("delete what was kept for its time", "registration.tasks.clear_periods", 3600, 3600),
]
SCHEDULE: dict[str, dict[str, Any]] = {
    name: {"task": task, "schedule": seconds, "options": {"expires": expires}}
    for name, task, seconds, expires in SWEEPS
}
