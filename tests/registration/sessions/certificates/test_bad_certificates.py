"""Certificates of names and titles that no page was made for, of sessions that nobody may know of yet, and codes that are none."""

from datetime import timedelta

import pytest

from registration.models import ParticipationCertificate
from registration.sessions.certificates import issuing
from tests.factories import NOW, AttendanceFactory, CertificateRuleFactory, RegistrationFactory, SessionFactory

pytestmark = pytest.mark.django_db


def made(session, *, name="Awa Diallo", **rule):
    AttendanceFactory(registration=RegistrationFactory(forum=session.forum, name=name), session=session)
    issuing.issue(CertificateRuleFactory(forum=session.forum, session=session, **rule), now=NOW)
    return ParticipationCertificate.objects.first()


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("W" * 150, "W" * 250),
        ("Awa \u202eולאיד\u202c محمد Diallo", "عصر W" * 40),
        ("🎉", "🎉🎉 \u202e"),
        ('#"\\$*_[]<b>', '#import "x": $ * _ \\ ` <b>{{ }}'),
    ],
)
@pytest.mark.parametrize("language", ["", "/ar"])
def test_pages_hold_any_name_and_title(client, name, title, language):
    certificate = made(SessionFactory(title=title), name=name)

    page = client.get(f"{language}/verify/{certificate.code}/")
    file = client.get(f"{language}/verify/{certificate.code}/participation.pdf")

    assert (page.status_code, file.status_code, file.content[:5]) == (200, 200, b"%PDF-")
    assert "<b>{{" not in page.content.decode()


def test_session_under_embargo_gives_none_and_is_not_named(client, noon):
    session = SessionFactory(title="The winners", embargoed_until=NOW + timedelta(hours=1))
    assert made(session) is None
    certificate = made(SessionFactory(forum=session.forum, title="Another"))
    certificate.rule.session.embargoed_until = NOW + timedelta(hours=1)
    certificate.rule.session.save()

    assert "Another" not in client.get(f"/verify/{certificate.code}/").content.decode()
    assert client.get(f"/verify/{certificate.code}/participation.pdf").status_code == 404


@pytest.mark.parametrize("code", ["%00", "A" * 300, "..%2f", "ZZZZZZZZZZZZ", "%F0%9F%8E%89", "----"])
def test_codes_that_are_none_are_told_so(client, code):
    for address in (f"/verify/{code}/", f"/verify/{code}/participation.pdf", f"/verify/?code={code}"):
        assert client.get(address, follow=True).status_code in {200, 400, 404}
