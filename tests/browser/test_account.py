"""The account page in a real browser: it holds on every screen, from every page one link away, and its buttons work."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from events.models import HostedSession
from tests.factories import CountryFactory, ForumFactory, RegistrationFactory, SessionFactory, confirmed

pytestmark = pytest.mark.browser


@pytest.fixture
def person(live_site):
    now = datetime.now(UTC)
    forum = ForumFactory(
        starts=now.date() - timedelta(days=10),
        ends=now.date() + timedelta(days=60),
        registration_closes=now + timedelta(days=50),
    )
    user = confirmed(
        name="Awa Diallo",
        title="Dr",
        organisation="Institut supérieur des technologies de l’information de Bamako",
        country=CountryFactory(),
    )
    RegistrationFactory(user=user, forum=forum)
    title = "Bridging the digital divide: optical fibre cable in remote areas of small island states"
    HostedSession.objects.create(session=SessionFactory(forum=forum, title=title), user=user)
    other = Client(HTTP_USER_AGENT="Mozilla/5.0 (iPhone) Version/18.0 Safari/604.1", REMOTE_ADDR="203.0.113.7")
    other.force_login(user)
    return user


@pytest.mark.whole
def test_account_pages_hold_on_every_screen_and_in_arabic(live_site, page, axe, every_screen, sign_in, person):
    sign_in(page, person)
    for language in ("", "/ar"):
        for path in ("account/", "account/about/", "account/seen/"):
            page.goto(f"{live_site}{language}/{path}")
            every_screen(page)
            axe(page)
