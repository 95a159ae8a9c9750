from datetime import date, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.dashboard.dashboard import chart
from events.models import Call, HostedSession, Outcome, Session
from events.proposals import decisions
from prizes.models import Announcement, Nomination, Quarantine, Recount
from registration.models import Tally
from tests.admin import rows
from tests.events.proposals.factories import CallFactory, ProposalFactory
from tests.events.proposals.factories import staff as staff_of
from tests.factories import (
    NOW,
    AttendanceFactory,
    BookingFactory,
    ForumFactory,
    MessageFactory,
    RegistrationFactory,
    RoomFactory,
    SessionFactory,
    UserFactory,
)
from tests.prizes.counted import announced, counted, crown
from tests.prizes.factories import NominationFactory, make_edition
from tests.prizes.reviewers import give, make_assignment

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(NOW, tick=False):
        yield


def live(**values):
    return SessionFactory(starts=NOW - timedelta(minutes=20), ends=NOW + timedelta(minutes=70), **values)


def fill():
    session = live(room=RoomFactory())
    AttendanceFactory(session=session, registration=BookingFactory(session=session).registration)
    SessionFactory(state="draft")
    MessageFactory()
    hosted = HostedSession.objects.create(session=live(), user=UserFactory()).session
    Session.objects.filter(pk=hosted.pk).update(starts=NOW - timedelta(days=9), ends=NOW - timedelta(days=8))
    if not Call.objects.exists():
        CallFactory(forum=hosted.forum)
    failed = MessageFactory()
    type(failed).objects.filter(pk=failed.pk).update(state="failed", last_error="550 mailbox unavailable")
    rows.nomination(state="submitted")
    rows.quarantine()
    rows.announcement()


def test_figures_and_what_waits(organiser_site):
    fill()
    RegistrationFactory(created=NOW)

    page = organiser_site.get("/admin/").context["board"]

    assert [(f.number, f.words) for f in page.figures] == [
        ("2", "registered, 1 today"),
        ("1", "in sessions now"),
        ("1", "mail waiting, 1 failed"),
        ("–", "nothing counted yet"),
    ]
    assert [w.words for w in page.waiting][:2] == ["1 mail failed", "1 draft session starts within seven days"]
    assert [(s.joined, s.booked) for s in page.running] == [(1, 1)]
    assert "1 session’s organisers are late with its outcome" in [w.words for w in page.waiting]
    assert page.week == 5


def test_each_thing_that_waits_leads_to_its_list(organiser_site):
    fill()

    for item in organiser_site.get("/admin/").context["board"].waiting:
        assert organiser_site.get(item.url).context["cl"].result_count > 0


def test_number_of_queries_is_the_same_with_more_rows(organiser_site):
    fill()
    organiser_site.get("/admin/")
    with CaptureQueriesContext(connection) as one:
        organiser_site.get("/admin/")
    fill()
    fill()

    with CaptureQueriesContext(connection) as three:
        organiser_site.get("/admin/")

    assert (len(one), len(three)) == (len(one), len(one))
    assert len(one) <= 30  # seven of them read the draft for its clashes, five what waits in the prize or is proposed


def test_tally_now_counts(organiser_site):
    AttendanceFactory(session=live())

    answer = organiser_site.post("/admin/tally/", {"forum": "2020"}, follow=True)

    assert [str(m) for m in answer.context["messages"]] == ["The attendances of WSIS Forum 2020 are counted."]
    assert Tally.objects.filter(dimension="total", session=None).get().attendances == 1
    assert answer.context["board"].figures[-1].number == "0 min"


@pytest.mark.parametrize("slug", ["", "nothing", "\0", "x" * 5000])
def test_tally_of_an_unknown_forum_is_not_found(organiser_site, slug):
    assert organiser_site.post("/admin/tally/", {"forum": slug}).status_code == 404


def test_tally_is_not_for_a_get_or_the_desk(client, organiser_site, staff):
    ForumFactory()
    assert organiser_site.get("/admin/tally/").status_code == 405
    client.force_login(staff("registration desk"))

    assert client.post("/admin/tally/", {"forum": "2020"}).status_code == 403


def test_tally_action_of_the_list_counts(organiser_site):
    forum = AttendanceFactory(session=live()).session.forum

    organiser_site.post("/admin/events/forum/", {"action": "tally_now", "_selected_action": [forum.pk]})

    assert Tally.objects.filter(forum=forum).exists()


@pytest.mark.parametrize("column", ["text", "html", "subject", "calendar", "unsubscribe_url"])
def test_secret_mail_is_not_guessed_by_filters_in_the_address(organiser_site, column):
    MessageFactory(is_secret=True, subject="Code 123456", text="123456", html="<b>123456</b>", kind="login")

    assert organiser_site.get(f"/admin/events/message/?{column}__contains=1234").status_code == 400
    assert organiser_site.get("/admin/events/message/?kind__exact=login").status_code == 200


def test_secrets_are_shown_nowhere(organiser_site):
    secret = MessageFactory(is_secret=True, subject="Code 123456", text="123456", html="<b>123456</b>", kind="login")

    for address in ["/admin/", "/admin/events/message/", f"/admin/events/message/{secret.pk}/change/"]:
        assert "123456" not in organiser_site.get(address).content.decode()


def test_outbox_actions_call_the_rules(organiser_site):
    failed, draft, waiting = MessageFactory(), MessageFactory(state="draft"), MessageFactory()
    type(failed).objects.filter(pk=failed.pk).update(state="failed")

    for action in ["send_again", "let_go"]:
        rows = [failed.pk, draft.pk]
        organiser_site.post("/admin/events/message/", {"action": action, "_selected_action": rows})
    organiser_site.post("/admin/events/message/", {"action": "take_back", "_selected_action": [waiting.pk]})

    for row in (failed, draft, waiting):
        row.refresh_from_db()
    assert [failed.state, draft.state, waiting.state] == ["queued", "queued", "cancelled"]


def test_only_drafts_can_be_edited(organiser_site):
    draft, queued = MessageFactory(state="draft"), MessageFactory()
    words = {"subject": "New", "text": "Other words", "html": ""}

    answers = [organiser_site.post(f"/admin/events/message/{m.pk}/change/", words).status_code for m in (draft, queued)]

    draft.refresh_from_db()
    assert (answers, draft.text) == ([302, 403], "Other words")


def test_withdraw_action_calls_the_rule(organiser_site):
    registration = RegistrationFactory()

    organiser_site.post(
        "/admin/registration/registration/", {"action": "withdraw", "_selected_action": [registration.pk]}
    )

    registration.refresh_from_db()
    assert registration.withdrawn == NOW


def test_chart_of_empty_days_has_no_height():
    drawn = chart({date(2020, 7, 21): 0, date(2020, 7, 22): 0})

    assert [bar.height for bar in drawn.bars] == [0.0, 0.0]
    assert drawn.width == 18


def test_organiser_cannot_take_over_a_superuser(client, staff, superuser):
    client.force_login(staff("organisers"))

    answer = client.post(f"/admin/events/user/{superuser.pk}/change/", {"email": "mine@example.org"})

    assert answer.status_code == 403
    assert client.get(f"/admin/events/user/{superuser.pk}/password/").status_code == 403


def test_account_page_shows_no_hash(organiser_site, superuser):
    page = organiser_site.get(f"/admin/events/user/{superuser.pk}/change/").content.decode()

    assert superuser.password not in page
    assert "algorithm" not in page


# --- the prize -------------------------------------------------------------------------------------
def waiting(client):
    return [item.words for item in client.get("/admin/").context["board"].waiting]


def prize_lines(client):
    return [words for words in waiting(client) if "nomination" in words or "second person" in words]


def test_prize_tells_what_waits_and_nothing_else(organiser_site):
    rows.nomination(state="submitted")
    reviewed = rows.assignment()
    Nomination.objects.filter(pk=reviewed.nomination_id).update(state="submitted")
    type(reviewed).objects.filter(pk=reviewed.pk).update(state="done")
    NominationFactory(category=rows.category(), state="draft", submitted=None)
    rows.quarantine()
    lifting = rows.quarantine()
    one, two = UserFactory(), UserFactory()
    Quarantine.objects.filter(pk=lifting.pk).update(state="lifting", decided_by=one, lift_proposed_by=two)
    rows.announcement()

    assert prize_lines(organiser_site) == [
        "1 nomination has no review yet",
        "2 proposals about ballots set aside wait for a second person",
        "1 announcement waits for a second person",
    ]


def test_own_proposals_wait_for_somebody_else(organiser_site, superuser):
    quarantine, announcement = rows.quarantine(), rows.announcement()
    Quarantine.objects.filter(pk=quarantine.pk).update(proposed_by=superuser)
    Announcement.objects.filter(pk=announcement.pk).update(proposed_by=superuser)

    assert prize_lines(organiser_site) == []


@pytest.mark.parametrize(("group", "number"), [("prize officers", 3), ("organisers", 0), ("experts", 0)])
def test_prize_waits_for_those_who_may_decide(client, staff, group, number):
    rows.nomination(state="submitted")
    rows.quarantine()
    rows.announcement()
    client.force_login(staff(group))

    assert len(prize_lines(client)) == number


PRIZE = "/admin/prizes"


def prize_items(client):
    return [(item.words, item.url) for item in client.get("/admin/").context["board"].waiting if PRIZE in item.url]


def test_review_waits_for_experts_and_their_answers(organiser_site):
    edition = make_edition(now=NOW, phase="review", categories=1, nominees=0, nominees_published=None)
    few = NominationFactory(category=edition.categories.get())
    make_assignment(edition, nomination=few, state="conflict")
    give(make_assignment(edition, nomination=few), 3)

    assert prize_items(organiser_site) == [
        ("1 nomination has too few experts", f"{PRIZE}/assignment/add/?edition={edition.pk}"),
        (
            "1 review is not finished",
            f"{PRIZE}/assignment/?nomination__edition__id__exact={edition.pk}&state__in=assigned%2Cconflict",
        ),
    ]
    for _words, url in prize_items(organiser_site):
        assert organiser_site.get(url).status_code == 200


def test_nominees_wait_to_be_published_once_the_review_is_over(organiser_site):
    edition = make_edition(now=NOW, phase="voting", categories=1, nominees=0, nominees_published=None)

    (item,) = [item for item in organiser_site.get("/admin/").context["board"].waiting if PRIZE in item.url]

    assert (item.words, item.url, item.badge) == (
        "The review is over: the nominees wait to be published",
        f"{PRIZE}/assignment/publish/{edition.pk}/",
        "Nobody can vote",
    )
    assert organiser_site.get(item.url).status_code == 200


def test_counted_votes_wait_for_winners_and_an_announcement(organiser_site, superuser):
    edition = counted(polls_sealed=NOW)
    lines = [
        ("2 categories have no winner yet", f"{PRIZE}/winner/choose/{edition.pk}/"),
        ("The votes are counted: nobody proposed to announce the champions", f"{PRIZE}/announcement/propose/"),
    ]
    assert prize_items(organiser_site) == lines
    assert [organiser_site.get(url).status_code for _words, url in lines] == [200, 200]

    recount = Recount.objects.create(edition=edition, reason="Words", asked_by=superuser, asked=NOW)
    assert prize_items(organiser_site)[0] == ("The votes are being counted again", f"{PRIZE}/count/")
    type(recount).objects.update(state="failed")
    assert prize_items(organiser_site)[0] == ("The votes were to be counted again, and were not", f"{PRIZE}/count/")
    type(recount).objects.update(state="done", count=edition.counts.get())

    crown(edition)
    announced(edition, "champions", "winners")
    assert prize_items(organiser_site) == []


@pytest.mark.parametrize(
    ("group", "lines"),
    [
        (
            "prize officers",
            ["2 categories have no winner yet", "The votes are counted: nobody proposed to announce the champions"],
        ),
        ("experts", ["2 categories have no winner yet"]),
        ("organisers", []),
    ],
)
def test_counted_votes_wait_for_those_who_may(client, staff, group, lines):
    counted(polls_sealed=NOW)
    client.force_login(staff(group))

    assert [words for words, _url in prize_items(client)] == lines


def test_prize_of_another_forum_does_not_wait_here(organiser_site):
    rows.announcement()
    ForumFactory(slug="2021", starts=date(2020, 7, 20), ends=date(2020, 7, 25))

    assert waiting_of(organiser_site, "2021") == []
    assert waiting_of(organiser_site, "2020") == ["1 announcement waits for a second person"]


def waiting_of(client, slug):
    return [item.words for item in client.get(f"/admin/?forum={slug}").context["board"].waiting]


# --- the open consultation --------------------------------------------------------------------------
def consult():
    """Two proposals wait, one lies with its people, one is declined with a draft; one outcome is not published."""
    forum = CallFactory().forum
    first = ProposalFactory(forum=forum, title="Waits")
    ProposalFactory(forum=forum)
    ProposalFactory(forum=forum, state="changes")
    declined = ProposalFactory(forum=forum)
    decisions.decline(declined, by=staff_of("programme"), now=NOW)
    Outcome.objects.create(forum=forum, kind="launch", title="X", is_public=False)
    return first


@pytest.mark.parametrize(
    ("group", "lines"),
    [
        (
            "programme",
            [
                "2 proposals wait for a decision",
                "2 proposals wait for your points",
                "1 draft mail to check",
                "1 outcome is not published yet",
            ],
        ),
        ("proposal reviewers", ["2 proposals wait for your points"]),
        ("registration desk", []),
        ("prize officers", []),
    ],
)
def test_open_consultation_waits_for_those_who_may(client, group, lines):
    consult()
    client.force_login(staff_of(group))

    assert waiting(client) == lines
    counts = [
        client.get(item.url).context["cl"].result_count for item in client.get("/admin/").context["board"].waiting
    ]
    assert counts == [int(words.split()[0]) for words in lines]


def test_scored_and_own_proposals_do_not_wait(client):
    first = consult()
    user = staff_of("programme")
    client.force_login(user)
    decisions.score(first, by=user, points=3, now=NOW)
    assert waiting(client)[:2] == ["2 proposals wait for a decision", "1 proposal waits for your points"]

    first.editors.add(user)

    assert waiting(client)[:2] == ["1 proposal waits for a decision", "1 proposal waits for your points"]


def test_organisers_have_one_line_for_drafts(client):
    consult()
    client.force_login(staff_of("organisers"))

    assert [words for words in waiting(client) if "draft mail" in words] == ["1 draft mail to check"]


def test_proposals_of_another_forum_do_not_wait_here(client):
    consult()
    ForumFactory(slug="2021", starts=date(2020, 7, 20), ends=date(2020, 7, 25))
    client.force_login(staff_of("programme"))

    assert waiting_of(client, "2021") == []


def test_guide_opens_for_every_colleague_and_for_nobody_else(client, staff):
    assert client.get("/admin/guide/").status_code == 302
    client.force_login(staff("registration desk"))

    page = client.get("/admin/guide/").content.decode()

    assert "<h1>Organisers’ guide</h1>" in page
    assert page.count("<h1") == 1
    assert "<h2>Who may do what</h2>" in page
    assert "../config/static" not in page
