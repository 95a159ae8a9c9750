"""Outcomes and reports of sessions in a real browser: odd titles, every screen, a report that saves itself."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from events.models import Commitment, Outcome, SessionReport, Theme
from events.shared.pages import revision
from tests.factories import (
    ActionLineFactory,
    ForumFactory,
    OrganisationFactory,
    SDGFactory,
    SessionFactory,
    UserFactory,
)

pytestmark = pytest.mark.browser


@pytest.fixture
def session(live_site):
    """A session that is over, with a public report and outcomes with odd titles."""
    now = timezone.now()
    forum = ForumFactory(starts=now.date() - timedelta(days=10), ends=now.date() + timedelta(days=60))
    session = SessionFactory(
        forum=forum, code="ABC123", title="Fibre", starts=now - timedelta(hours=3), ends=now - timedelta(hours=1)
    )
    titles = ["Donaudampfschifffahrt" * 12, "إعلان Geneva بشأن C7 و SDG 9", "A network of villages"]
    for title in titles:
        outcome = Outcome.objects.create(
            forum=forum, session=session, kind="launch", title=title[:250], text="Of **villages**", date=now.date()
        )
        outcome.organisations.add(OrganisationFactory())
        outcome.themes.add(Theme.objects.first())
        outcome.action_lines.add(ActionLineFactory())
        outcome.sdgs.add(SDGFactory())
    revision.bump()
    return session


@pytest.mark.whole
def test_outcomes_hold_on_every_screen(live_site, page, every_screen, session):
    SessionReport.objects.create(session=session, state="approved", key_issues="Cables", way_forward="Dig")
    paths = [f"outcomes/{outcome.pk}/" for outcome in Outcome.objects.all()]

    for path in ["outcomes/", "outcomes/?kind=launch&q=villages", *paths, "programme/ABC123/"]:
        page.goto(f"{live_site}/2020/{path}")
        every_screen(page)


@pytest.mark.whole
def test_commitments_hold_on_every_screen(live_site, page, sign_in, every_screen, session):
    owner, states = UserFactory(), ("kept", "changed", "not-kept")
    for outcome, state in zip(Outcome.objects.all(), states, strict=True):
        row = Commitment.objects.create(
            outcome=outcome, organisation=outcome.organisations.get(), owner=owner, target="A line", indicator="Lines"
        )
        now = timezone.now()
        row.reports.create(
            state=state, text="As planned", proof=f"https://example.org/{'a' * 90}", reported=now, confirmed=now
        )
    revision.bump()

    for path in ["commitments/", "outcomes/", f"outcomes/{outcome.pk}/", "action-lines/C2/"]:
        page.goto(f"{live_site}/2020/{path}")
        every_screen(page)
    sign_in(page, owner)
    page.goto(f"{live_site}/2020/outcomes/{outcome.pk}/report/")
    every_screen(page)
    page.get_by_label("Kept", exact=True).check()
    page.get_by_role("button", name="Send the report").click()
    expect(page.get_by_role("alert")).to_contain_text("Give a link that shows it")
    page.get_by_label("A link that shows it").fill("https://example.org/proof")
    page.get_by_role("button", name="Send the report").click()
    expect(page.get_by_text("The public reads it once the organisers have confirmed it.")).to_be_visible()
