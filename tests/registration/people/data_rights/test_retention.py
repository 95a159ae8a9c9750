"""What is kept for a time: the usual periods, those that organisers set, the notice written from both, and what the task does."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.storage import default_storage

from events.models import HistoryEntry, Message, Proposal
from prizes.models import Attachment, Nomination, NominationVersion
from registration.models import Booking, Registration, RegistrationDraft
from registration.people.data_rights import retention
from tests.events.proposals.factories import ProposalFactory
from tests.factories import (
    NOW,
    AttendanceFactory,
    BookingFactory,
    ForumFactory,
    MessageFactory,
    RegistrationFactory,
    SessionFactory,
    UserFactory,
)
from tests.files import stored
from tests.prizes.factories import NominationFactory, make_edition, nominees_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
LAST_DAY = datetime(2020, 9, 10, 12, tzinfo=UTC)


def after(days):
    return LAST_DAY + timedelta(days=days)


def test_each_kind_stays_to_the_last_of_its_days_and_is_gone_on_the_next(forum):
    RegistrationDraft.objects.create(forum=forum, user=UserFactory(), data={"name": "Awa"})

    assert retention.clear_due(after(30)) == {}
    assert retention.clear_due(after(31)) == {"registration-drafts": 1}
    assert retention.clear_due(after(31)) == {}


def test_everything_that_is_kept_for_a_time_goes_and_the_figures_stay(forum):
    registration = RegistrationFactory(forum=forum, name="Awa", accessibility_needs="A ramp", organisation="Lowland")
    session = SessionFactory(forum=forum)
    BookingFactory(registration=registration, session=session)
    AttendanceFactory(registration=registration, session=session)
    MessageFactory(forum=forum, to="awa@example.org", text="Dear Awa", state="sent")
    ProposalFactory(forum=forum, state="draft", submitted=None)
    session.invitations.create(name="Awa", email="awa@example.org", state="accepted", invited=NOW)
    edition = make_edition(forum=forum)
    category = nominees_of(edition, 1)[0].category
    NominationFactory(category=category, state="not_nominated")
    NominationFactory(category=category, state="draft", submitted=None)

    done = retention.clear_due(after(1096))

    assert done == {
        "needs": 1, "agendas": 1, "registrations": 1, "proposal-drafts": 1, "invitations": 1, "mails": 1,
        "nomination-drafts": 1, "nominations": 1,
    }  # fmt: skip
    assert not Booking.objects.exists()
    assert not Proposal.objects.exists()
    row = Registration.objects.get()
    assert (row.name, row.organisation, row.accessibility_needs, row.country_id) == ("–", "", "", "ML")
    assert row.attendances.count() == 1
    assert Message.objects.filter(text="Dear Awa").count() == 0
    assert set(Nomination.objects.filter(title="").values_list("state", flat=True)) == {"not_nominated"}
    told = HistoryEntry.objects.filter(verb="clear-period", actor=None)
    assert {entry.after["what"]: entry.after["rows"] for entry in told} == done
    assert retention.clear_due(after(1096)) == {}


def with_files(nomination):
    """A nomination with a file, and another one that only an earlier version names; the names of both."""
    names = [stored(b"%PDF-1.4 Awa", f"nominations/{name}.pdf") for name in ("cv", "earlier")]
    Attachment.objects.create(nomination=nomination, title="CV", file=names[0], uploaded=NOW)
    data = {"files": [{"title": "CV", "name": names[1]}]}
    NominationVersion.objects.create(nomination=nomination, number=1, at=NOW, by=nomination.nominator, data=data)
    return names


@pytest.mark.parametrize(("state", "kind"), [("draft", "nomination-drafts"), ("not_nominated", "nominations")])
def test_files_go_with_their_rows_and_the_history_says_how_many(forum, state, kind, monkeypatch):
    """Files that cannot be deleted leave the row for the next time, and hold up nothing else."""
    category = nominees_of(make_edition(forum=forum), 1)[0].category
    submitted = None if state == "draft" else NOW
    row = NominationFactory(category=category, state=state, submitted=submitted, updated=NOW)
    nominee = NominationFactory(category=category, state="nominated")
    gone, kept = with_files(row), with_files(nominee)
    ProposalFactory(forum=forum, state="draft", submitted=None)
    with monkeypatch.context() as broken:
        broken.setattr(default_storage, "delete", lambda name: 1 / 0)
        assert retention.clear_due(after(1096)) == {"proposal-drafts": 1}
    assert type(row).objects.filter(pk=row.pk, attachments__isnull=False).exists()

    done = retention.clear_due(after(1096) + timedelta(minutes=1))

    assert done == {kind: 1}
    assert [default_storage.exists(name) for name in (*gone, *kept)] == [False, False, True, True]
    assert set(Attachment.objects.values_list("nomination", flat=True)) == {nominee.pk}
    entry = HistoryEntry.objects.get(verb="clear-period", after__what=kind)
    assert entry.after == {"what": kind, "rows": 1, "files": 2}


@pytest.mark.parametrize("kind", ["registration-drafts", "proposal-drafts", "nomination-drafts"])
def test_draft_that_somebody_still_writes_waits_three_days(forum, kind):
    row = {
        "registration-drafts": lambda: RegistrationDraft.objects.create(forum=forum, user=UserFactory(), data={}),
        "proposal-drafts": lambda: ProposalFactory(forum=forum, state="draft", submitted=None),
        "nomination-drafts": lambda: NominationFactory(
            category=nominees_of(make_edition(forum=forum), 1)[0].category, state="draft", submitted=None
        ),
    }[kind]()
    type(row).objects.filter(pk=row.pk).update(updated=after(200))

    assert retention.clear_due(after(203) - timedelta(seconds=1)) == {}
    assert retention.clear_due(after(203)) == {kind: 1}


def test_mails_about_accounts_go_after_half_a_year_and_those_that_wait_are_left(forum):
    sent, _waits = MessageFactory(state="sent", text="Your code"), MessageFactory(forum=forum, state="queued")
    Message.objects.filter(pk=sent.pk).update(created=NOW)

    assert retention.clear_due(NOW + timedelta(days=180)) == {}
    assert retention.clear_due(NOW + timedelta(days=181)) == {"account-mails": 1}
    assert retention.clear_due(after(181)) == {}
    assert not Message.objects.filter(text="Your code").exists()


def test_organisers_set_another_period_and_the_notice_says_so(organiser_site, client, forum):
    ForumFactory(
        slug="2021", name="WSIS Forum 2021", starts=forum.starts.replace(year=2021), ends=forum.ends.replace(year=2021)
    )
    values = {"forum": forum.pk, "kind": "needs", "days": "1"}
    answer = organiser_site.post("/admin/registration/retentionperiod/add/", values)
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    RegistrationFactory(forum=forum, accessibility_needs="A ramp")

    notice = re.sub(r"\s+", " ", re.sub("<[^>]+>", "", client.get("/privacy/").content.decode()))

    assert re.findall(r"WSIS Forum 202\d (?=Inv|What).{,90}?days?", notice) == [
        "WSIS Forum 2021 Invitations to register 30 days",
        "WSIS Forum 2020 What you need to take part 1 day",
    ]
    assert retention.clear_due(after(2)) == {"needs": 1}


def test_notice_and_the_task_know_the_same_kinds():
    kinds = [period.kind for period in retention.periods()]

    assert len(kinds) == len(set(kinds)) == 18


def test_answers_to_organisers_and_reasons_of_decisions_go_after_their_time(forum):
    row = RegistrationFactory(forum=forum, answers={"question-1": "Vegan"})
    row.steps.create(after="refused", at=NOW, reason="No letter")
    RegistrationFactory(forum=ForumFactory(slug="next", ends=LAST_DAY.date() + timedelta(days=9)), answers={"a": "B"})

    cleared = retention.clear_due(after(181))

    row.refresh_from_db()
    assert (cleared["answers"], row.answers, Registration.objects.exclude(answers={}).count()) == (1, {}, 1)
    assert (cleared["reasons"], list(row.steps.values_list("after", "reason"))) == (1, [("refused", "")])
