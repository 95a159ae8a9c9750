from datetime import timedelta

import pytest

from events.models import Message
from events.shared.mail import sender
from tests.factories import NOW, MessageFactory

pytestmark = pytest.mark.django_db
State = Message.State


def written(number=1, **changes):
    return MessageFactory(**{"dedupe_key": f"letter:{number}", "to": f"person{number}@example.org"} | changes)


def deliver(*, now=NOW):
    return sender.send_due(["bulk"], clock=lambda: now)


def test_mail_has_the_headers_of_an_automatic_mail_and_keeps_its_id(smtp):
    message = written(1, language="fr", unsubscribe_url="https://forum.example/unsubscribe/abc/")

    deliver()
    Message.objects.update(state=State.QUEUED)
    deliver(now=NOW + timedelta(minutes=5))

    received, again = smtp.mails
    assert (received["Auto-Submitted"], received["Content-Language"]) == ("auto-generated", "fr")
    assert received["List-Unsubscribe"] == "<https://forum.example/unsubscribe/abc/>"
    assert received["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert received["Message-ID"] == again["Message-ID"]
    assert received["Message-ID"].startswith(f"<{message.pk}.")
    assert received["Date"].datetime is not None
    assert received.get_content_type() == "text/plain"


def test_mail_with_html_and_calendar_has_all_three_parts(smtp):
    written(1, text="Le texte à lire", html="<p>Le texte à lire</p>", calendar="BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")

    deliver()

    [received] = smtp.mails
    kinds = ["multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/calendar"]
    assert [part.get_content_type() for part in received.walk()] == kinds
    calendar = list(received.walk())[-1]
    assert (calendar.get_param("method"), calendar.get_filename()) == ("PUBLISH", "session.ics")
    assert calendar.get_payload(decode=True) == b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"
    assert received.get_body(("plain",)).get_content().rstrip() == "Le texte à lire"
    assert received["List-Unsubscribe"] is None
