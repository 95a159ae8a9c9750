import pytest
from django.core.mail import EmailMessage, get_connection

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _shown(settings):
    settings.SHOW_MAIL = True


def send(*mails, attachments=()):
    with get_connection("events.shared.mail.backends.FileBackend") as connection:
        connection.send_messages(
            [
                EmailMessage(subject, text, "forum@example.org", [to], attachments=attachments)
                for to, subject, text in mails
            ]
        )


def subjects(answer):
    return [mail.subject for mail in answer.context["mails"]]


def test_mails_stand_newest_first_or_those_to_one_address(client, settings):
    empty = client.get("/mail/")
    send(("a@example.org", "First", "Text"), ("b@example.org", "Second", "Text"))

    answer = client.get("/mail/")

    assert (subjects(empty), "No mail was sent yet." in empty.content.decode()) == ([], True)
    assert (subjects(answer), answer["Cache-Control"]) == (["Second", "First"], "private, no-store")
    assert client.post("/mail/").status_code == 405
    found, none = (client.get("/mail/", {"to": to}) for to in ("A@EXAMPLE", "nobody@example.org"))
    assert (subjects(found), subjects(none)) == (["First"], [])
    assert "No mail to this address." in none.content.decode()
    forwarded = client.get("/mail/", headers={"X-Forwarded-For": "198.51.100.7"})  # a proxy that no setting names
    assert forwarded.status_code == 404
    settings.SHOW_MAIL = False  # with a mail server there is no such page
    assert client.get("/mail/").status_code == 404


def test_links_can_be_followed_and_markup_is_text(client):
    words = "<script>alert(1)</script> https://forum.example/join/ABC123/ end"
    send(("a@example.org", "<b>Hello</b>", words), attachments=[("session.ics", "BEGIN:VCALENDAR", "text/calendar")])

    content = client.get("/mail/").content.decode()

    assert '<a href="https://forum.example/join/ABC123/" rel="nofollow">' in content
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in content
    assert "&lt;b&gt;Hello&lt;/b&gt;" in content
    assert ("<script>alert" in content, "session.ics" in content) == (False, True)
