"""Speakers who have not registered: who they are, and one mail to each."""

from datetime import timedelta

import pytest

from events.models import Message
from events.shared.history import log
from events.shared.mail.outbox import unwanted
from registration.registering import missing_speakers, registrations
from tests.events.proposals.factories import staff
from tests.factories import (
    NOW,
    AppearanceFactory,
    ForumFactory,
    RegistrationFactory,
    SessionFactory,
    SpeakerFactory,
    UserFactory,
)
from tests.refusals import refused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


def speaker(forum, *, state="scheduled", **values):
    row = SpeakerFactory(forum=forum, **values)
    AppearanceFactory(session=SessionFactory(forum=forum, state=state), speaker=row)
    return row


def names(forum):
    return [one.name for one in missing_speakers.missing(forum)]


def write(forum, now=NOW):
    return missing_speakers.write(forum, by=staff(), now=now)


def test_who_has_not_registered(forum):
    here, next_year = RegistrationFactory(forum=forum).user, ForumFactory(slug="next")
    gone = RegistrationFactory(forum=forum, withdrawn=NOW).user
    speaker(forum, name="Registered by account", account=here)
    speaker(forum, name="Registered by address", email=RegistrationFactory(forum=forum).user.email.upper())
    speaker(forum, name="Cancelled", state="cancelled")
    SpeakerFactory(forum=forum, name="Speaks nowhere")
    speaker(next_year, name="Of another forum")
    speaker(forum, name="A, withdrawn", account=gone)
    speaker(forum, name="B, namesake", email="b@example.org")
    RegistrationFactory(forum=forum, name="B, namesake")
    speaker(forum, name="C, account registered elsewhere", account=RegistrationFactory(forum=next_year).user)
    # the address is that of somebody else who registered: the account counts
    speaker(forum, name="D", account=UserFactory(), email=here.email)

    assert [name[0] for name in names(forum)] == ["A", "B", "C", "D"]


def test_each_gets_one_mail_and_never_a_second_one(forum):
    own = speaker(forum, name="A", account=UserFactory(language="fr"))
    linked, nowhere = speaker(forum, name="B", email="b@example.org"), speaker(forum, name="C")

    first = write(forum)
    again = refused(write, forum, now=NOW + timedelta(days=1))
    late = speaker(forum, name="E", email="e@example.org")
    second = write(forum)

    assert (first, again, second) == (2, "nobody", 1)
    mails = {mail.about: mail for mail in Message.objects.filter(kind=missing_speakers.ASK)}
    assert set(mails) == {own.pk, linked.pk, late.pk}
    assert nowhere.pk not in mails
    assert (mails[own.pk].user, mails[own.pk].language, mails[own.pk].is_secret) == (own.account, "fr", False)
    assert ("/2020/register/" in mails[linked.pk].text, mails[linked.pk].is_secret) == (True, True)
    assert "Registration is open until 8 September, 18:00 Geneva (16:00 UTC)." in mails[linked.pk].text
    assert "/invitation/speaker/" in mails[linked.pk].text
    assert [entry.after for entry in log.of(forum).filter(verb="ask-speakers")] == [{"mails": 1}, {"mails": 2}]


def test_who_registers_before_the_mail_goes_does_not_get_it(forum):
    user = UserFactory()
    speaker(forum, account=user)
    write(forum)
    mail = Message.objects.get()
    assert unwanted([mail], now=NOW) == set()

    row = RegistrationFactory(forum=forum, user=user)

    assert unwanted([mail], now=NOW) == {mail.pk}
    registrations.withdraw(row, now=NOW)
    assert unwanted([mail], now=NOW) == set()


def test_nobody_is_written_to_while_registration_is_closed(forum):
    speaker(forum, email="a@example.org")

    assert refused(write, forum, now=forum.registration_closes) == "registration-closed"
    assert not Message.objects.exists()


def test_page_shows_them_and_writes(organiser_site, forum):
    speaker(forum, name="Awa Traoré", email="awa@example.org")
    page = "/admin/registration/registration/speakers/"

    shown = organiser_site.get(page).content.decode()
    done = organiser_site.post(page, follow=True).content.decode()
    nobody = organiser_site.post(page).content.decode()

    assert ("Awa Traoré" in shown, "Write to 1 speaker" in shown, "1 mail goes out." in done) == (True, True, True)
    assert ("Written to" in done, "Nobody is left to write to" in nobody) == (True, True)
    assert organiser_site.get(page, {"forum": "nowhere"}).status_code == 404
