"""The pages of proposing in a real browser. How a draft saves itself is tried with nominations (test_nominate)."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from events.models import Forum, HostedSession, Invitation, Proposal, Session
from events.proposals import decisions
from tests.events.proposals.factories import CallFactory, ProposalFactory, fill
from tests.factories import AppearanceFactory, SessionFactory, confirmed, staff
from tests.waiting import until

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


def test_organiser_scores_and_decides_a_proposal_in_three_pages(live_site, page, sign_in, draft, every_screen):
    Proposal.objects.update(state="submitted", submitted=timezone.now())
    decisions.score(draft, by=staff(), points=2, comment="Too long", now=timezone.now())
    organiser, pages = staff(), []
    sign_in(page, organiser)
    page.on("response", lambda one: pages.append(one.url) if one.request.is_navigation_request() and one.ok else None)

    page.goto(f"{live_site}/admin/events/proposal/?mine=decide")
    page.get_by_role("link", name=draft.title).click()
    expect(page.get_by_text("Too long")).to_be_visible()
    every_screen(page)
    page.get_by_role("radio", name="4").check()
    page.get_by_label("Comment", exact=False).first.fill("Sound")
    page.get_by_label("Words to the person").fill("Welcome")
    page.get_by_role("button", name="Accept").click()

    expect(page.get_by_text("Accepted. The mail waits in the outbox.")).to_be_visible()
    until(lambda: len(pages) == 3)
    assert list(draft.reviews.filter(reviewer=organiser).values_list("points", "comment")) == [(4, "Sound")]
    assert Proposal.objects.get().pending_state == "accepted"
