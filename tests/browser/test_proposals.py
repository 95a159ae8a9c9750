"""The pages of proposing in a real browser. How a draft saves itself is tried with nominations (test_nominate)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from events.models import Forum, HostedSession, Invitation, Session
from tests.events.proposals.factories import CallFactory, ProposalFactory, fill
from tests.factories import AppearanceFactory, SessionFactory, confirmed

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def user():
    return confirmed()


@pytest.fixture
def draft(user):
    now = timezone.now()
    call = CallFactory(opens=now.replace(year=now.year - 1), closes=now.replace(year=now.year + 1, day=1))
    return fill(ProposalFactory(forum=call.forum, proposer=user, state="draft", submitted=None, revision=1))


@pytest.fixture
def signed_in(page, sign_in, user):
    sign_in(page, user)
    return page


@pytest.mark.whole
def test_pages_hold_on_every_screen(signed_in, live_site, draft, user, every_screen):
    page, ends = signed_in, draft.forum.call.closes
    session = SessionFactory()
    HostedSession.objects.create(session=session, user=user)
    AppearanceFactory(session=session, is_leaving=True)
    asked = Invitation.objects.create(session=session, name="Asked", email="asked@example.org", invited=session.starts)
    Session.objects.update(starts=ends, ends=ends + timedelta(hours=1))
    today = timezone.now().date()
    Forum.objects.update(starts=today, ends=today + timedelta(days=9))  # an answer counts while the forum is not over
    here, step = "2020/proposals/", f"2020/proposals/{draft.code}"
    steps = [f"{step}/{name}/" for name in ("who", "speakers", "check")]
    both = [f"2020/hosted/{session.code}/", *steps, f"invitation/{asked.token}/"]

    for path in [here, f"{here}mine/", f"{step}/goals/", f"{step}/wishes/", *(f"ar/{one}" for one in both), *both]:
        page.goto(f"{live_site}/{path}")
        every_screen(page)
    assert page.locator("button[name=answer]").count() == 2


@pytest.mark.parametrize("language", ["", "/ar"])
@pytest.mark.whole
def test_people_of_a_proposal_hold_on_every_screen(signed_in, live_site, draft, every_screen, language):
    page, now = signed_in, timezone.now()
    draft.editors.add(confirmed(name="Françoise N'Diaye-Abdelkader of the Ministry"))
    times = {"invited": now, "changed": now}
    draft.collaborator_invitations.create(email="a-long-address@ministry-of-posts.example.org", **times)
    asked = ProposalFactory(forum=draft.forum).collaborator_invitations.create(email="me@example.org", **times)

    page.goto(f"{live_site}{language}/2020/proposals/{draft.code}/")
    page.click("section[aria-labelledby=editors] summary")
    page.fill("#id_email", "nobody")
    page.keyboard.press("Enter")
    page.wait_for_selector(".error-summary")
    every_screen(page)
    page.goto(f"{live_site}{language}/invitation/editing/{asked.token}/")
    every_screen(page)
    assert page.locator("main form[method=post] button").count() == 2  # yes and no
