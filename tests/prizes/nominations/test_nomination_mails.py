from datetime import timedelta

import pytest
from django.db import transaction

from events.models import Message, User
from events.shared.mail import outbox
from prizes.models import Edition, Nomination
from prizes.nominations import nomination_mails, submission
from tests.factories import NOW
from tests.prizes.factories import NominationFactory, set_phase, voter
from tests.prizes.nominations.test_submission import draft, save, submit, text

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def ends(edition):
    return edition.phases.get(kind="submission").ends


def sent(now):
    """What a delivery at this moment would not cancel."""
    rows = list(Message.objects.filter(state="queued"))
    return [row.dedupe_key for row in rows if row.pk not in outbox.unwanted(rows, now=now)]


# --- received ---------------------------------------------------------------------------------------
def test_received_is_told_for_each_version_once_with_what_and_until_when(edition):
    row = submit(draft(edition, voter(), title="<b>Fibre</b> & more"))
    save(row, {"description": text(160)})
    submit(row)
    nomination_mails.write_received(row, version=2, now=NOW)

    mail, changed = Message.objects.order_by("pk")
    subjects = ("Received: <b>Fibre</b> & more", "Changes received: <b>Fibre</b> & more")
    assert (mail.to, mail.queue, mail.subject, changed.subject) == (row.nominator.email, "bulk", *subjects)
    assert "We have received your nomination." in mail.text
    assert "You can change it until 1 August, 14:20 Geneva (12:20 UTC)." in mail.text
    assert f"/2020/prizes/nominate/{row.code}/" in mail.text
    assert "&lt;b&gt;Fibre&lt;/b&gt; &amp; more" in mail.html


# --- unfinished drafts ------------------------------------------------------------------------------
def test_draft_is_told_three_days_before_the_deadline(edition, ends):
    draft(edition, voter())
    category = edition.categories.first()
    NominationFactory(category=category)
    NominationFactory(category=category, state="withdrawn")
    NominationFactory(category=category, state="draft", is_sample=True)
    last_days = NominationFactory(category=category, state="draft")
    Nomination.objects.filter(pk=last_days.pk).update(created=ends - 2 * DAY)
    moments = [3 * DAY + timedelta(seconds=1), 3 * DAY, DAY, timedelta(seconds=1), timedelta()]

    found = []
    for before in moments:
        found.append(nomination_mails.queue_mails(ends - before))
        Message.objects.all().delete()

    assert found == [0, 1, 1, 1, 0]


def test_draft_is_told_once_for_each_deadline(edition, ends):
    row, untitled = draft(edition, voter()), submission.begin(edition, by=voter(), now=NOW)

    assert [nomination_mails.queue_mails(ends - DAY) for _again in (1, 2)] == [2, 0]

    mail, other = Message.objects.order_by("about")
    assert (mail.subject, mail.expires, mail.about) == (f"Not submitted yet: {row.title}", ends, row.pk)
    assert "Submission closes on 1 August, 14:20 Geneva (12:20 UTC)." in mail.text
    assert (other.subject, other.about) == ("Not submitted yet: Draft without a title", untitled.pk)
    assert "Draft without a title" in other.text
    edition.phases.filter(kind="submission").update(ends=ends + 9 * DAY)
    assert nomination_mails.queue_mails(ends + 7 * DAY) == 2


def test_mail_that_nobody_wants_any_more_is_not_sent(edition, ends):
    row, kept = draft(edition, voter()), draft(edition, voter(), entity_name="Other", title="Something else")
    now, phases = ends - DAY, edition.phases.filter(kind="submission")
    nomination_mails.queue_mails(now)
    changes = {
        "submitted": lambda: submit(row),
        "withdrawn": lambda: submission.withdraw(row, by=row.nominator, now=now),
        "closed account": lambda: User.objects.filter(pk=row.nominator_id).update(is_active=False),
        "moved": lambda: phases.update(ends=ends + DAY),
        "over": lambda: phases.update(ends=now),
        "hidden": lambda: Edition.objects.update(is_public=False),
        "no phase": edition.phases.all().delete,
    }
    found = {}
    for name, change in changes.items():
        with transaction.atomic():
            change()
            found[name] = [key.split(":")[1] for key in sent(now) if key.startswith("nomination-draft")]
            transaction.set_rollback(True)

    assert found == {name: [str(kept.pk)] for name in ("submitted", "withdrawn", "closed account")} | {
        name: [] for name in ("moved", "over", "hidden", "no phase")
    }


# --- moved forward or not ---------------------------------------------------------------------------
@pytest.fixture
def published(edition):
    category = edition.categories.first()
    for state in ("nominated", "not_nominated", "submitted", "shortlisted", "withdrawn", "draft"):
        NominationFactory(category=category, state=state, title=f"Is {state}")
    set_phase(edition, "voting")
    edition.nominees_published = NOW
    edition.save()
    return edition


def test_outcome_is_told_once_and_neither_before_nor_long_after(published):
    for moment in (None, NOW + timedelta(seconds=1), NOW - 14 * DAY, NOW):
        published.nominees_published = moment
        published.save()
        assert nomination_mails.queue_mails(NOW) == (2 if moment == NOW else 0)
    assert nomination_mails.queue_mails(NOW + DAY) == 0

    mails = {mail.subject: mail for mail in Message.objects.all()}
    assert set(mails) == {"Nominated: Is nominated", "Not nominated: Is not_nominated"}
    assert "Your project is nominated." in mails["Nominated: Is nominated"].text
    assert "Your project was not nominated." in mails["Not nominated: Is not_nominated"].html


def test_nobody_is_told_that_a_project_goes_into_a_vote_that_is_over(published):
    published.polls_sealed = NOW
    published.save()

    nomination_mails.queue_mails(NOW)

    assert [mail.subject for mail in Message.objects.all()] == ["Not nominated: Is not_nominated"]


def test_outcome_that_was_taken_back_is_not_sent(published):
    nomination_mails.queue_mails(NOW)
    nominated = Nomination.objects.get(state="nominated")
    Nomination.objects.filter(state="not_nominated").update(state="withdrawn")
    assert sent(NOW) == [f"nomination-outcome:{nominated.pk}"]

    published.nominees_published = None
    published.save()
    assert sent(NOW) == []
