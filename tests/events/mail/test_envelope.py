from datetime import timedelta
from email import message_from_string

import pytest
from django.core.mail import BadHeaderError, EmailMultiAlternatives

from events.mail import sender
from events.mail.envelope import as_mail, domain_of
from events.models import Message
from tests.factories import NOW, MessageFactory

pytestmark = pytest.mark.django_db
State = Message.State


def written(number=1, **changes):
    return MessageFactory(**{"dedupe_key": f"letter:{number}", "to": f"person{number}@example.org"} | changes)


def deliver(*, now=NOW):
    return sender.send_due(["bulk"], clock=lambda: now)


def test_domain_is_what_stands_behind_the_last_at_sign():
    assert [domain_of(to) for to in ("A@Example.ORG", '"a@b"@c.example')] == ["example.org", "c.example"]


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


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"html": "<p>x</p>\n", "calendar": "BEGIN:VCALENDAR\r\n"},
        {"subject": "Rappel : « Écoles connectées » " * 5, "text": "Un\r\ndeux\rtrois\n\n.", "to": "à.b@example.org"},
        {"subject": "A long subject of plain words " * 7, "text": "x" * 2000, "html": "مرحبا\n" * 9, "language": "ar"},
        {"text": "é\x0b\x85\u2028 =" * 300, "html": "a" * 998, "calendar": "x" * 999, "to": "é@bücher.example"},
        {"text": "", "html": "From the start\nFrom here", "unsubscribe_url": "https://forum.example/" + "u" * 300},
    ],
    ids=["short", "parts", "folded", "long", "quoted", "empty"],
)
def test_mail_is_written_as_django_writes_it(changes):
    mail = as_mail(MessageFactory.build(pk=7, **{"to": "a@example.org"} | changes))
    ours, by_django = mail.message(), EmailMultiAlternatives.message(mail)
    for own, part in zip(message_from_string(ours).walk(), by_django.walk(), strict=True):
        if part.is_multipart():
            part.set_boundary(own.get_boundary())

    assert ours.as_bytes(linesep="\r\n") == by_django.as_bytes(linesep="\r\n")


def test_header_with_a_line_break_is_refused():
    mail = as_mail(MessageFactory.build(pk=7, subject="One\nBcc: all@example.org"))

    with pytest.raises(BadHeaderError):
        mail.message()


def test_mail_with_html_and_calendar_has_all_three_parts(smtp):
    written(1, text="Le texte à lire", html="<p>Le texte à lire</p>", calendar="BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")

    deliver()

    [received] = smtp.mails
    kinds = ["multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/calendar"]
    assert [part.get_content_type() for part in received.walk()] == kinds
    calendar = list(received.walk())[-1]
    assert (calendar.get_param("method"), calendar.get_filename()) == ("PUBLISH", "session.ics")
    assert calendar.get_payload(decode=True) == b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"
    assert received.get_body(("plain",)).get_content() == "Le texte à lire"
    assert received["List-Unsubscribe"] is None
