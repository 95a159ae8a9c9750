import os
from datetime import timedelta

import pytest
import time_machine
from django.core.mail import EmailMessage, EmailMultiAlternatives, get_connection
from django.utils import translation

from events import tasks
from events.models import Message
from events.shared.mail import backends
from tests.factories import NOW, UserFactory


@pytest.mark.django_db
@time_machine.travel(NOW, tick=False)
def test_outbox_backend_writes_a_secret_row_for_each_recipient():
    user = UserFactory(email="amina@example.org")
    letter = EmailMultiAlternatives("Your\ncode", "123456", to=["Amina@example.org"], cc=["b@example.org"])
    letter.attach_alternative("<b>123456</b>", "text/html")
    connection = get_connection("events.shared.mail.backends.OutboxBackend")

    with translation.override("fr"):
        number = connection.send_messages([letter])

    rows = list(Message.objects.order_by("pk"))
    assert number == 1
    assert [(row.to, row.user) for row in rows] == [("Amina@example.org", user), ("b@example.org", None)]
    row = rows[0]
    assert (row.subject, row.text, row.html) == ("Your code", "123456", "<b>123456</b>")
    assert (row.kind, row.queue, row.is_secret, row.language, row.state) == ("account", "account", True, "fr", "queued")
    assert (row.due, row.expires) == (NOW, NOW + timedelta(days=1))
    assert len({row.dedupe_key for row in rows}) == 2


def test_file_backend_keeps_the_newest_in_private_files(settings, monkeypatch):
    monkeypatch.setattr(backends, "FILES_KEPT", 2)
    get_connection("events.shared.mail.backends.FileBackend").close()  # without a folder

    with get_connection("events.shared.mail.backends.FileBackend") as connection:
        connection.send_messages([EmailMessage(f"Mail {number}", "Text", to=["a@example.org"]) for number in range(4)])

    files = sorted(settings.EMAIL_FILE_PATH.iterdir())
    assert [file.suffix for file in files] == [".eml", ".eml"]
    assert [oct(os.stat(file).st_mode & 0o777) for file in files] == ["0o600", "0o600"]
    assert oct(os.stat(settings.EMAIL_FILE_PATH).st_mode & 0o777) == "0o700"
    assert [b"Subject: Mail 2" in files[0].read_bytes(), b"Subject: Mail 3" in files[1].read_bytes()] == [True, True]


@pytest.mark.django_db
def test_tasks_deliver_both_queues(mailoutbox):
    common = {"kind": "letter", "to": "a@example.org", "text": "Text", "due": NOW}
    Message.objects.create(dedupe_key="1", subject="Bulk", queue="bulk", **common)
    Message.objects.create(dedupe_key="2", subject="Account", queue="account", **common)

    tasks.deliver_account_mail()
    after_first = [mail.subject for mail in mailoutbox]
    tasks.deliver_due()

    assert (after_first, [mail.subject for mail in mailoutbox]) == (["Account"], ["Account", "Bulk"])
    assert not Message.objects.exclude(state="sent").exists()
