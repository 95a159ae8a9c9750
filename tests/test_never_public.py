"""What is not public stands on no page that links of public pages lead to. Apart from test_security.py, which has the forum of everybody."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from events.models import (
    News,
    Outcome,
    PracticalPage,
    Session,
)
from tests.events.proposals.factories import CallFactory, ProposalFactory, staff
from tests.factories import (
    NOW,
    AppearanceFactory,
    BookingFactory,
    ForumFactory,
    RegistrationFactory,
    SessionFactory,
    UserFactory,
    translate,
)
from tests.prizes.factories import NominationFactory, fill_ballot, make_edition, nominees_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

MEETING = "https://meet.example/secret-room"
LINK = re.compile(r'(?:href|src|hx-get|action)="(/[^"#]*)"')
SECRETS = {
    "draft": "Canary Draft",
    "text of a draft": "Canari Brouillon",
    "unscheduled": "Canary Unscheduled",
    "speaker of a draft": "Canary Speaker",
    "closed forum": "Canary Closed Forum",
    "session of it": "Canary Closed Session",
    "hidden outcome": "Canary Outcome",
    "practical page that is not public": "Canary Page",
    "draft of news": "Canary News",
    "news to come": "Canary Tomorrow",
    "meeting": "meet.example",
    "calendar token": "canarytokencanarytokencanarytoken",
    "draft of a project": "Canary Nomination",
    "project not nominated": "Canary Rejected",
    "withdrawn project": "Canary Withdrawn",
    "projects of a hidden edition": "Canary Hidden Edition",
    "ballot's secret": "CANARYSECRET00000000",
    "proposal": "Canary Proposal",
    "remark of an organiser": "Canary Remark",
    "points": "Canary Points",
    "invited speaker": "Canary Invited",
    "token of an invitation": "canaryinvitationtokencanaryinvitation",
    "panellist before a release": "Canary Panellist",
    "name": "Canary Person",
    "e-mail": "canary@example.org",
}


def hide_secrets():
    session = SessionFactory(starts=NOW, title="Open session", meeting_url=MEETING)
    AppearanceFactory(session=session)
    draft = SessionFactory(title=SECRETS["draft"], state="draft")
    translate(draft, "fr", title=SECRETS["text of a draft"])
    AppearanceFactory(session=draft, speaker__name=SECRETS["speaker of a draft"])
    SessionFactory(title=SECRETS["unscheduled"], state="cancelled", starts=None, ends=None)
    closed = ForumFactory(slug="closed", name=SECRETS["closed forum"], is_public=False)
    SessionFactory(forum=closed, title=SECRETS["session of it"])
    Outcome.objects.create(
        forum=session.forum, session=session, kind="launch", title=SECRETS["hidden outcome"], is_public=False
    )
    Outcome.objects.create(forum=session.forum, session=draft, kind="launch", title="Open outcome")
    secret = {"title": SECRETS["practical page that is not public"], "text": "x"}
    PracticalPage.objects.create(forum=session.forum, slug="secret", **secret)
    days = {"draft of news": NOW, "news to come": NOW + timedelta(days=1)}
    for name, date in days.items():
        row = {"title": SECRETS[name], "text": "x", "banner_until": NOW + timedelta(days=2)}
        News.objects.create(forum=session.forum, date=date, is_public=date > NOW, **row)
    person = UserFactory(email=SECRETS["e-mail"], name=SECRETS["name"])
    registration = RegistrationFactory(user=person, link_seed=SECRETS["calendar token"])
    BookingFactory(registration=registration, session=session)
    BookingFactory(registration=registration, session=draft)
    hide_prizes(session.forum, person=person)
    hide_proposals(session, person=person)
    return draft


def hide_proposals(session, *, person):
    CallFactory(forum=session.forum)
    proposal = ProposalFactory(forum=session.forum, proposer=person, title=SECRETS["proposal"])
    proposal.comments.create(at=NOW, text=SECRETS["remark of an organiser"])
    proposal.reviews.create(reviewer=staff(), points=0, comment=SECRETS["points"], updated=NOW)
    proposal.invitations.create(
        name=SECRETS["invited speaker"],
        email="invited@example.org",
        invited=NOW,
        link_seed=SECRETS["token of an invitation"],
        state="accepted",
    )
    AppearanceFactory(session=session, speaker__name=SECRETS["panellist before a release"], is_released=False)


def hide_prizes(forum, *, person):
    edition = make_edition(forum=forum, phase="voting", nominees=1)
    nominee = nominees_of(edition, 1)[0]
    type(nominee).objects.filter(pk=nominee.pk).update(title="Open project", nominator=person)
    others = {"draft": "draft of a project", "not_nominated": "project not nominated", "withdrawn": "withdrawn project"}
    for state, secret in others.items():
        NominationFactory(category=nominee.category, state=state, title=SECRETS[secret], nominator=person)
    ballot = fill_ballot(edition, {1: nominee}, user=person)
    type(ballot).objects.filter(pk=ballot.pk).update(secret=SECRETS["ballot's secret"])
    hidden = make_edition(forum=ForumFactory(slug="other"), is_public=False, categories=1, nominees=1)
    type(hidden).objects.filter(pk=hidden.pk).update(name=SECRETS["projects of a hidden edition"])


def crawl(client, *starts, others=r"/(fr|ar)(/|$)"):
    """Every page that links lead to from the given ones: address → its text and headers.

    `others`: paths that are not followed; the pages of all languages are made by the same views.
    """
    waiting, seen = list(starts), {}
    while waiting:
        address = waiting.pop()
        path, _mark, query = address.partition("?")
        # The programme links to itself with each filter: one page of each kind is enough.
        kind = f"{path}?{re.sub('=[^&]*', '', query)}"
        if kind in seen or path.startswith("/static/") or re.match(others, path):
            continue
        answer = client.get(address.replace("&amp;", "&"))
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        seen[kind] = f"{answer.headers}\n{content.decode(errors='replace')}"
        waiting += LINK.findall(seen[kind])
    return seen


def places_of(text, pages):
    return [address for address, body in pages.items() if text.casefold() in body.casefold()]


def test_visitors_never_see_what_is_not_public():
    hide_secrets()
    files = [f"/2020/statistics/{name}.csv" for name in ("session", "sessions", "speakers", "country", "matrix")]
    starts = [f"{language}{path}" for language in ("", "/fr") for path in ("/", "/2020/schedule.ics", *files)]

    pages = crawl(Client(), *starts, "/2020/figures/", "/2020/me/", others="/ar(/|$)")

    assert len(pages) > 60
    assert places_of("Open session", pages) != []  # the crawl does find what is public
    assert places_of("Open outcome", pages) != []
    assert places_of("Open project", pages) != []
    assert {name: places_of(text, pages) for name, text in SECRETS.items()} == {name: [] for name in SECRETS}


def test_crawl_finds_a_secret_that_was_published():
    draft = hide_secrets()
    Session.objects.filter(pk=draft.pk).update(state="scheduled")

    pages = crawl(Client(), "/2020/programme/", others="(?!/2020/programme/)")

    assert places_of(SECRETS["draft"], pages) != []
