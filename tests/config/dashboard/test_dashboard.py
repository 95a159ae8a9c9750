from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from events.models import Call, Commitment, HostedSession, Outcome, SessionReport
from events.proposals import decisions
from events.shared.mail.outbox import HELD
from prizes.models import Nomination, Recount
from tests.admin import rows
from tests.events.proposals.factories import CallFactory, ProposalFactory
from tests.events.proposals.factories import staff as staff_of
from tests.factories import (
    NOW,
    AttendanceFactory,
    BookingFactory,
    ForumFactory,
    MessageFactory,
    OrganisationFactory,
    RegistrationFactory,
    RoomFactory,
    SessionFactory,
    UserFactory,
)
from tests.prizes.counted import announced, counted, crown
from tests.prizes.factories import NominationFactory, make_edition
from tests.prizes.reviewers import give, make_assignment

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


def live(**values):
    return SessionFactory(starts=NOW - timedelta(minutes=20), ends=NOW + timedelta(minutes=70), **values)


def fill():
    session = live(room=RoomFactory())
    AttendanceFactory(session=session, registration=BookingFactory(session=session).registration)
    SessionFactory(state="draft")
    MessageFactory()
    over = SessionFactory(starts=NOW - timedelta(days=9), ends=NOW - timedelta(days=8))
    hosted = HostedSession.objects.create(session=over, user=UserFactory()).session
    if not Call.objects.exists():
        CallFactory(forum=hosted.forum)
    failed = MessageFactory()
    type(failed).objects.filter(pk=failed.pk).update(state="failed", last_error="550 mailbox unavailable")
    rows.nomination(state="submitted")
    rows.approval()


def board(client, slug=""):
    return client.get(f"/admin/?forum={slug}").context["board"]


def waiting(client, slug=""):
    return [item.words for item in board(client, slug).waiting]


def test_mails_that_a_restored_site_held_back_wait_for_organisers(organiser_site):
    ForumFactory()
    MessageFactory.create_batch(2, state="failed", reason="restored", last_error=HELD)
    MessageFactory(state="sent", reason="restored", last_error=HELD)
    MessageFactory(state="failed", reason="unanswered")

    words = "2 mails may have been sent before the site was restored: send them again or take them back"
    line = next(item for item in board(organiser_site).waiting if item.words == words)

    rows = organiser_site.get(line.url).context["cl"].result_list
    assert [(row.state, row.last_error) for row in rows] == [("failed", HELD)] * 2


def test_figures_and_what_waits_with_its_list(organiser_site):
    fill()
    RegistrationFactory(created=NOW)

    page = board(organiser_site)

    assert [(f.number, f.words) for f in page.figures] == [
        ("2", "registered, 1 today"),
        ("1", "in sessions now"),
        ("1", "mail waiting, 1 failed"),
        ("–", "nothing counted yet"),
    ]
    assert [w.words for w in page.waiting][:3] == [
        "1 act waits for your agreement",
        "1 mail failed",
        "1 draft session starts within seven days",
    ]
    assert [(s.joined, s.booked) for s in page.running] == [(1, 1)]
    assert "1 session’s organisers are late with its outcome" in [w.words for w in page.waiting]
    assert page.week == 5
    assert [item.url for item in page.waiting if not organiser_site.get(item.url).context["cl"].result_count] == []


def test_registrations_of_all_days_are_counted_once_and_withdrawn_ones_never(organiser_site):
    forum = live().forum
    month = NOW - timedelta(days=29)
    for created in (NOW - timedelta(days=400), month - timedelta(days=1), month, NOW):
        RegistrationFactory(forum=forum, created=created)
    RegistrationFactory(forum=forum, created=NOW, withdrawn=NOW)

    page = board(organiser_site)

    assert (page.figures[0].number, page.figures[0].words) == ("4", "registered, 1 today")
    assert [bar["number"] for bar in page.chart["bars"]] == [1, *[0] * 28, 1]


def test_number_of_queries_is_the_same_with_more_rows(organiser_site):
    fill()
    organiser_site.get("/admin/")
    with CaptureQueriesContext(connection) as one:
        organiser_site.get("/admin/")
    fill()
    fill()
    organiser_site.get("/admin/")  # the clashes of the draft are found again

    with CaptureQueriesContext(connection) as three:
        organiser_site.get("/admin/")

    assert (len(one), len(three)) == (len(one), len(one))
    assert len(one) <= 25  # five of them ask what waits in the prize or is proposed


def test_tally_is_not_for_a_get_the_desk_or_an_unknown_forum(client, organiser_site, staff):
    ForumFactory()
    unknown = [organiser_site.post("/admin/tally/", {"forum": slug}) for slug in ("", "nothing", "\0", "x" * 5000)]
    got = organiser_site.get("/admin/tally/")
    client.force_login(staff("registration desk"))

    answers = [*unknown, got, client.post("/admin/tally/", {"forum": "2020"})]

    assert [answer.status_code for answer in answers] == [404, 404, 404, 404, 405, 403]


def test_secrets_are_neither_shown_nor_guessed_by_filters(organiser_site):
    secret = MessageFactory(is_secret=True, subject="Code 123456", text="123456", html="<b>123456</b>", kind="login")
    mails = "/admin/events/message/"

    for address in ["/admin/", mails, f"{mails}{secret.pk}/change/"]:
        assert "123456" not in organiser_site.get(address).content.decode()
    for column in ("text", "html", "subject", "calendar", "unsubscribe_url"):
        assert organiser_site.get(f"{mails}?{column}__contains=1234").status_code == 400
    assert organiser_site.get(f"{mails}?kind__exact=login").status_code == 200


# --- the prize -------------------------------------------------------------------------------------
def prize_lines(client):
    return [words for words in waiting(client) if "nomination" in words or "agreement" in words]


def test_prize_tells_what_waits_and_nothing_else(staff, organiser_site, boss):
    rows.nomination(state="submitted")
    reviewed = rows.assignment()
    Nomination.objects.filter(pk=reviewed.nomination_id).update(state="submitted")
    type(reviewed).objects.filter(pk=reviewed.pk).update(state="done")
    NominationFactory(category=rows.category(), state="draft", submitted=None)
    approval = rows.approval()
    numbers, other = {}, Client()
    for group in ("prize officers", "organisers", "experts"):
        other.force_login(staff(group))
        numbers[group] = len(prize_lines(other))

    found = prize_lines(organiser_site)
    type(approval).objects.update(proposed_by=boss)

    assert found == ["1 act waits for your agreement", "1 nomination has no review yet"]
    assert prize_lines(organiser_site) == found[1:]
    assert numbers == {"prize officers": 2, "organisers": 0, "experts": 0}


PRIZE = "/admin/prizes"


def prize_items(client):
    return [(item.words, item.url) for item in board(client).waiting if PRIZE in item.url]


def test_review_waits_for_experts_and_their_answers(organiser_site):
    edition = make_edition(now=NOW, phase="review", categories=1, nominees=0, nominees_published=None)
    few = NominationFactory(category=edition.categories.get())
    make_assignment(edition, nomination=few, state="conflict")
    give(make_assignment(edition, nomination=few), 3)
    lines = [
        ("1 nomination has too few experts", f"{PRIZE}/assignment/add/?edition={edition.pk}"),
        (
            "1 review is not finished",
            f"{PRIZE}/assignment/?forum={edition.forum.slug}&state__in=assigned%2Cconflict",
        ),
    ]

    assert prize_items(organiser_site) == lines
    assert [organiser_site.get(url).status_code for _words, url in lines] == [200, 200]


def test_counted_votes_wait_for_winners_and_an_announcement(staff, organiser_site, boss):
    edition = counted(polls_sealed=NOW)
    lines = [
        ("2 categories have no winner yet", f"{PRIZE}/winner/choose/{edition.pk}/"),
        ("The votes are counted: nobody proposed to announce the champions", f"{PRIZE}/edition/{edition.pk}/announce/"),
    ]
    assert prize_items(organiser_site) == lines
    assert [organiser_site.get(url).status_code for _words, url in lines] == [200, 200]
    other = Client()
    for group, seen in {"prize officers": lines, "experts": lines[:1], "organisers": []}.items():
        other.force_login(staff(group))
        assert prize_items(other) == seen, group

    recount = Recount.objects.create(edition=edition, reason="Words", asked_by=boss, asked=NOW)
    assert prize_items(organiser_site)[0] == (
        "The votes are being counted again",
        f"{PRIZE}/count/?forum={edition.forum.slug}",
    )
    type(recount).objects.update(state="failed")
    once = "1 thing that the site should have done failed, or waits too long"
    assert [item.words for item in board(organiser_site).waiting if item.kind == "failed"] == [once]
    other.force_login(staff("prize officers"))
    assert [(item.words, item.url) for item in board(other).waiting if item.kind == "failed"] == [
        ("The votes were to be counted again, and were not", f"{PRIZE}/count/?forum={edition.forum.slug}")
    ]
    type(recount).objects.update(state="done", count=edition.counts.get())

    crown(edition)
    announced(edition, "champions", "winners")
    assert prize_items(organiser_site) == []


# --- the open consultation --------------------------------------------------------------------------
def consult():
    """Two proposals wait, one lies with its people, one is declined with a draft; one outcome is not published, and the
    report of a session and one on a commitment wait."""
    forum = CallFactory().forum
    first = ProposalFactory(forum=forum, title="Waits")
    ProposalFactory(forum=forum)
    ProposalFactory(forum=forum, state="changes")
    declined = ProposalFactory(forum=forum)
    decisions.decline(declined, by=staff_of("programme"), now=NOW)
    outcome = Outcome.objects.create(forum=forum, kind="launch", title="X", is_public=False)
    later = SessionFactory(forum=forum, starts=NOW + timedelta(days=30), meeting_url="https://meet.example.org/")
    SessionReport.objects.create(session=later, state="submitted")
    commitment = Commitment.objects.create(outcome=outcome, organisation=OrganisationFactory())
    commitment.reports.create(state="kept", reported=NOW)
    return first


DECIDING = {"organisers": 1, "registration desk": 0, "programme": 0}
OF_PROPOSALS = {
    "programme": [
        "2 proposals wait for a decision",
        "2 proposals wait for your points",
        "1 draft mail to check",
        "1 outcome is not published yet",
        "1 session report waits for approval",
        "1 report on a commitment waits for you",
    ],
    "proposal reviewers": ["2 proposals wait for your points"],
    "registration desk": [],
    "prize officers": [],
}


def test_open_consultation_waits_for_those_who_may(client):
    consult()

    for group, lines in OF_PROPOSALS.items():
        client.force_login(staff_of(group))
        items = board(client).waiting
        assert [item.words for item in items] == lines, group
        counts = [client.get(item.url).context["cl"].result_count for item in items]
        assert counts == [int(words.split()[0]) for words in lines]
    client.force_login(staff_of("organisers"))
    assert [words for words in waiting(client) if "draft mail" in words] == ["1 draft mail to check"]


def test_registrations_wait_for_those_who_may_decide_on_them(client):
    forum = ForumFactory()
    RegistrationFactory.create_batch(2, forum=forum, state="secretariat")
    RegistrationFactory(forum=forum, state="secretariat", withdrawn=NOW)
    RegistrationFactory(forum=forum, state="focal_point")
    words = "2 registrations wait for a decision"

    told = {}
    for group in ("organisers", "registration desk", "programme"):
        client.force_login(staff_of(group))
        told[group] = [item for item in board(client).waiting if item.words == words]
        counts = [client.get(item.url).context["cl"].result_count for item in told[group]]
        assert counts == [2] * len(told[group])
    assert {group: len(items) for group, items in told.items()} == DECIDING


def test_drafts_about_ones_own_affairs_are_for_somebody_else(organiser_site, boss):
    """They say what was decided before it is told: the outbox hides them, and so does this page."""
    forum = ForumFactory()
    decision = {"kind": "proposal-declined", "forum": forum, "state": "draft"}
    MessageFactory(user=boss, to=boss.email, subject="Yours is declined", **decision)
    assert (board(organiser_site).outbox, waiting(organiser_site)) == ([], [])

    MessageFactory(subject="Somebody’s is declined", **decision)

    assert "1 draft mail to check" in waiting(organiser_site)
    assert "declined" not in organiser_site.get("/admin/").content.decode()


def test_what_belongs_to_another_forum_does_not_wait_here(organiser_site):
    consult()
    ForumFactory(slug="2021", starts=date(2020, 7, 20), ends=date(2020, 7, 25))

    assert [len(waiting(organiser_site, slug)) > 0 for slug in ("2021", "2020")] == [False, True]


def test_guide_opens_for_every_colleague_and_for_nobody_else_and_logging_out_leads_to_the_first_page(client, staff):
    assert client.get("/admin/guide/").status_code == 302
    client.force_login(staff("registration desk"))

    page = client.get("/admin/guide/").content.decode()

    for part in ("<h1>Organisers’ guide</h1>", "<h2>Who may do what</h2>"):
        assert part in page
    assert (page.count("<h1"), "../config/static" in page) == (1, False)
    answer = client.post("/admin/logout/")
    assert (answer.status_code, answer["Location"]) == (302, "/")
