"""Beat for tests of faults: the site's own sweeps of mail, every half second."""

from config.celery import app

MAIL = {"events.tasks.deliver_account_mail", "events.tasks.deliver_due", "registration.tasks.queue_mails"}

app.conf.beat_schedule = {
    name: entry | {"schedule": 0.5} for name, entry in app.conf.beat_schedule.items() if entry["task"] in MAIL
}
