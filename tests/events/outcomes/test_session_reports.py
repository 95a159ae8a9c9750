"""The report of a session: saved by its hosts, submitted, approved by organisers, read by the public."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from events.models import HostedSession, Message, Organisation, Outcome, Session, SessionReport
from events.outcomes.report import session_reports
from events.outcomes.report.report_draft import MOST_OUTCOMES, ReportDraft
from events.proposals.hosting import outcome_reminders
from events.shared.admin import publishing
from events.shared.history import log
from events.shared.mail import outbox
from events.shared.pages import revision
from tests.events.proposals.factories import CallFactory, ProposalFactory, staff, verbs_of
from tests.factories import NOW, ActionLineFactory, OrganisationFactory, SDGFactory, SessionFactory, UserFactory
from tests.refusals import refused

pytestmark = pytest.mark.django_db
LAUNCH = {"outcome-0-kind": "launch", "outcome-0-title": "A network"}


@pytest.fixture
def host():
    return UserFactory()


@pytest.fixture
def session(host):
    row = SessionFactory(title="Fibre")
    CallFactory(forum=row.forum)
    HostedSession.objects.create(session=row, user=host, organisation=OrganisationFactory(name="Net of Villages"))
    ProposalFactory(forum=row.forum, session=row, state="accepted", proposer=host)
    return row


def save(session, by, step="issues", *, now=None, seen="", **data):
    return session_reports.save(session, by=by, step=step, data=data, seen=seen, now=now or session.ends)


def write(session, by, **outcomes):
    save(session, by, key_issues="Cables", quotes="“Dig once”")
    save(session, by, "forward", way_forward="Dig")
    return save(session, by, "outcomes", **{name.replace("_", "-", 2): value for name, value in outcomes.items()})


def submit(session, by, **more):
    return session_reports.submit(session, by=by, now=session.ends, **more)


# --- saving and submitting ------------------------------------------------------------------------
def test_host_saves_step_by_step_and_submits(session, host):
    line, goal, known = ActionLineFactory(code="C2"), SDGFactory(number=9), OrganisationFactory(name="ITU")
    first = {"outcome_0_kind": "agreement", "outcome_0_title": "A plan", "outcome_0_text": "Of **two**"}
    first |= {"outcome_0_date": date(2020, 7, 24), "outcome_0_organisations": ["itu", "New body"]}
    first |= {"outcome_0_themes": ["ethics"], "outcome_0_action_lines": ["C2"], "outcome_0_sdgs": ["9"]}
    row = write(session, host, **first, outcome_3_kind="launch", outcome_3_title="A network")
    assert (row.state, row.revision, Outcome.objects.count()) == ("draft", 3, 0)
    before = revision.current()

    report = submit(session, host, revision_seen=3)

    assert (report.state, report.submitted, report.answers) == ("submitted", session.ends, {})
    plan, network = Outcome.objects.order_by("pk")
    assert (plan.kind, plan.title, plan.text, plan.date) == ("agreement", "A plan", "Of **two**", date(2020, 7, 24))
    assert set(plan.organisations.all()) == {known, Organisation.objects.get(name="New body")}
    assert [one.code for one in plan.themes.all()] == ["ethics"]
    assert (list(plan.action_lines.all()), list(plan.sdgs.all())) == ([line], [goal])
    assert (plan.is_public, plan.session, plan.forum) == (False, session, session.forum)
    assert (network.title, network.order) == ("A network", plan.order + 1)
    assert verbs_of(session.proposal) == ["report-outcome"]
    assert revision.current() == before  # nothing of it is public


def test_what_an_outcome_does_not_say_the_session_says(session, host):
    session.action_lines.add(ActionLineFactory(code="C5"))
    session.sdgs.add(SDGFactory(number=3))
    write(session, host, **{name.replace("-", "_"): value for name, value in LAUNCH.items()})

    submit(session, host)

    row = Outcome.objects.get()
    assert [row.date, row.organisations.get().name] == [date(2020, 7, 23), "Net of Villages"]
    assert [row.action_lines.get().code, row.sdgs.get().number] == ["C5", 3]


def test_saving_and_submitting_is_refused(session, host):
    over, second = session.ends, timedelta(seconds=1)
    for verb in (save, lambda row, by, now=over: session_reports.submit(row, by=by, now=now)):
        assert refused(verb, session, UserFactory()) == "not-yours"
        assert refused(verb, session, host, now=over - second) == "too-early"
    assert refused(save, session, host, key_issues="a" * 10_001) == {"key_issues": ["max_length"]}
    assert refused(submit, session, host) == {"key_issues": ["missing"]}
    save(session, host, key_issues="Cables")
    assert refused(submit, session, host, revision_seen=0) == "outdated"
    save(session, host, "outcomes", **{"outcome-1-text": "Something"})
    assert refused(submit, session, host) == {"outcome-1-kind": ["missing"], "outcome-1-title": ["missing"]}
    save(session, host, "outcomes", **{"outcome-1-kind": "launch", "outcome-1-title": "Guide"})
    Outcome.objects.bulk_create(
        [Outcome(forum=session.forum, session=session, kind="launch", title=str(n)) for n in range(MOST_OUTCOMES)]
    )
    assert refused(submit, session, host) == "too-many"
    Session.objects.update(state="cancelled")
    assert (refused(submit, session, host), refused(save, session, host)) == ("wrong-state", "wrong-state")


def test_another_host_who_saved_meanwhile_is_not_overwritten(session, host):
    other = UserFactory()
    HostedSession.objects.create(session=session, user=other)
    mark = ReportDraft(session_reports.of(session)).digest("issues")
    save(session, other, key_issues="Theirs")

    assert refused(save, session, host, key_issues="Mine", seen=mark) == "outdated"
    assert save(session, host, key_issues="Theirs", seen=mark).revision == 1  # the same words change nothing


def test_host_submits_no_draft_that_organisers_changed_since_it_was_read(organiser_site, session, host):
    row = write(session, host)
    read = row.revision
    change = reverse("admin:events_sessionreport_change", args=[row.pk])

    organiser_site.post(change, {"key_issues": "Something else", "quotes": "", "way_forward": "Dig"})

    row.refresh_from_db()
    assert (row.state, row.key_issues) == ("draft", "Something else")
    assert refused(submit, session, host, revision_seen=read) == "outdated"


# --- approving ------------------------------------------------------------------------------------
def test_report_is_public_once_it_is_approved(client, session, host, time_machine):
    time_machine.move_to(session.ends, tick=False)
    report, organiser = SessionReport.objects.create(session=session), staff()
    page = f"/2020/programme/{session.code}/"
    assert refused(session_reports.approve, report, by=organiser, now=session.ends) == "wrong-state"
    write(session, host, **{name.replace("-", "_"): value for name, value in LAUNCH.items()})
    submit(session, host)
    assert "Dig once" not in client.get(page).content.decode()
    before = revision.current()

    session_reports.approve(report, by=organiser, now=session.ends)

    assert revision.current() == before + 1
    text = client.get(page).content.decode()
    assert [words for words in ("Cables", "“Dig once”", "Way forward", "A network") if words not in text] == []
    assert client.get(f"/api/v1/sessions/{session.code}/").json()["report"] == {
        "key_issues": "Cables",
        "quotes": "“Dig once”",
        "way_forward": "Dig",
    }
    assert verbs_of(session.proposal) == ["report-outcome", "approve-report"]
    assert refused(session_reports.approve, report, by=organiser, now=session.ends) == "wrong-state"
    assert refused(save, session, host, key_issues="More") == "with-organisers"


def test_outcomes_that_organisers_hide_stay_hidden_when_the_report_is_approved(session, host, organiser_site):
    write(session, host, **{name.replace("-", "_"): value for name, value in LAUNCH.items()})
    report = submit(session, host)
    sent = Outcome.objects.get()
    own = Outcome.objects.create(
        forum=session.forum, session=session, kind="launch", title="Not agreed", is_public=False
    )
    page = reverse("admin:events_outcome_change", args=[sent.pk])
    data = {"forum": session.forum_id, "session": session.pk, "kind": "launch", "title": "A network", "order": 1}
    for shown in ({"is_public": "on", "comes_with_report": "on"}, {}):  # shown, and hidden again
        assert organiser_site.post(page, data | shown).status_code == 302
    other = Outcome.objects.create(
        forum=session.forum, session=session, kind="launch", title="B", is_public=False, comes_with_report=True
    )

    session_reports.approve(report, by=staff(), now=session.ends)

    public = {row.title: row.is_public for row in Outcome.objects.all()}
    assert public == {sent.title: False, own.title: False, other.title: True}


def test_one_outcome_is_published_by_itself(session, host):
    organiser = staff()
    outcome = Outcome.objects.create(
        forum=session.forum, session=session, kind="launch", title="A", is_public=False, comes_with_report=True
    )
    before = revision.current()

    assert publishing.publish(outcome, by=organiser, now=NOW).is_public

    assert revision.current() == before + 1
    outcome.refresh_from_db()
    session.refresh_from_db()
    assert (outcome.comes_with_report, session.updated) == (False, NOW)
    assert log.of(session).get().verb == "publish-outcome"
    Outcome.objects.update(session=None)
    assert not publishing.hide(outcome, by=organiser, now=NOW).is_public


def test_organisers_write_the_report_of_a_session_without_hosts_and_approve_it(client, organiser_site):
    session = SessionFactory()
    data = {"session": session.pk, "key_issues": "Cables", "quotes": "", "way_forward": ""}
    made = organiser_site.post(reverse("admin:events_sessionreport_add"), data)
    assert made.status_code == 302, made.context["errors"]
    report = SessionReport.objects.get()
    assert report.state == "submitted"

    chosen = {"action": "approve", "_selected_action": [report.pk]}
    answer = organiser_site.post(reverse("admin:events_sessionreport_changelist"), chosen, follow=True)

    assert "1 approved." in answer.content.decode()
    assert "Cables" in client.get(f"/2020/programme/{session.code}/").content.decode()


# --- the pages of hosts ---------------------------------------------------------------------------
def address(session, step):
    return reverse("events:report-step", args=[session.forum.slug, session.code, step])


def test_host_writes_the_report_on_its_pages(client, session, host, time_machine):
    time_machine.move_to(NOW, tick=False)
    client.force_login(host)
    hosted = f"/2020/hosted/{session.code}/"
    assert client.get(address(session, "issues")).headers["Location"] == hosted  # the session is not over
    time_machine.move_to(session.ends, tick=False)

    start = client.get(hosted).content.decode()
    steps = [
        client.post(address(session, "issues"), {"key_issues": "Cables"}),
        client.post(address(session, "forward"), {"way_forward": "Dig"}),
        client.post(address(session, "outcomes"), {**LAUNCH, "outcome-0-sdgs": ["3", "9"]}),
    ]
    check = client.get(address(session, "check")).content.decode()
    sent = client.post(address(session, "check"), {"revision": "3"}, follow=True).content.decode()

    assert f'href="{address(session, "issues")}"' in start
    assert [step.headers["Location"] for step in steps] == [
        address(session, one) for one in ("forward", "outcomes", "check")
    ]
    assert [words for words in ("Cables", "Dig", "A network") if words not in check] == []
    assert "The organisers read your report and publish it." in sent
    assert "With the organisers" in sent
    assert address(session, "issues") not in sent
    assert [goal.number for goal in Outcome.objects.get().sdgs.all()] == [3, 9]


# --- late hosts -----------------------------------------------------------------------------------
def test_late_hosts_are_reminded_once(session, host, django_assert_num_queries):
    late, second = session.ends + timedelta(days=7), timedelta(seconds=1)
    old = {"ends": NOW - timedelta(days=90), "starts": NOW - timedelta(days=91)}
    for change in ({"state": "cancelled"}, {"is_sample": True}, old):
        was = Session.objects.values(*change).get()
        Session.objects.update(**change)
        assert outcome_reminders.remind(late) == 0
        Session.objects.update(**was)

    assert [outcome_reminders.remind(one) for one in (late - second, late)] == [0, 1]

    with django_assert_num_queries(3):
        assert outcome_reminders.remind(late) == 0
    message = Message.objects.get()
    assert (message.kind, message.to, message.state) == ("outcome-late", host.email, "queued")
    assert f"/2020/hosted/{session.code}/" in message.text
    save(session, host, key_issues="A draft is no report")
    assert outbox.unwanted([message], now=late) == set()
    submit(session, host)
    assert outbox.unwanted([message], now=late) == {message.pk}
    Message.objects.all().delete()
    assert outcome_reminders.remind(late) == 0  # whoever has reported
    SessionReport.objects.all().delete()
    Outcome.objects.create(forum=session.forum, session=session, kind="launch", title="A")
    assert outcome_reminders.remind(late) == 0
