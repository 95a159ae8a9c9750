from datetime import timedelta

import pytest

from events.mail import delivery
from events.models import Message
from prizes.models import Nomination
from prizes.nominations import nomination_mails, submission
from tests.factories import NOW, ActionLineFactory, CountryFactory, SDGFactory
from tests.prizes.factories import NominationFactory, make_edition, set_phase, voter
from tests.prizes.nominations.test_submission import draft, save, submit, text

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def edition():
    ActionLineFactory()
    SDGFactory()
    CountryFactory()
    return make_edition(phase="submission")


@pytest.fixture
def ends(edition):
    return edition.phases.get(kind="submission").ends


def kinds():
    return list(Message.objects.order_by("pk").values_list("kind", flat=True))


def sent(now):
    """What a delivery at this moment would not cancel."""
    from events.mail import outbox

    rows = list(Message.objects.filter(state="queued"))
    return [row.dedupe_key for row in rows if row.pk not in outbox.unwanted(rows, now=now)]


# --- received ---------------------------------------------------------------------------------------
def test_received_says_what_and_until_when(edition):
    row = submit(draft(edition, voter()))

    mail = Message.objects.get()
    assert (mail.to, mail.subject, mail.queue) == (row.nominator.email, "Received: Fibre for the north", "bulk")
    assert "We have received your nomination." in mail.text
    assert "You can change it until 1 August, 14:20 Geneva (12:20 UTC)." in mail.text
    assert f"/2020/prizes/nominate/{row.code}/" in mail.text
    assert "Fibre for the north" in mail.html


def test_received_for_each_version_once(edition):
    row = submit(draft(edition, voter()))
    save(row, {"description": text(160)})
    submit(row)
    nomination_mails.write_received(row, version=2, now=NOW)

    assert list(Message.objects.order_by("pk").values_list("subject", flat=True)) == [
        "Received: Fibre for the north",
        "Changes received: Fibre for the north",
    ]


def test_received_in_the_persons_language_and_its_address(edition):
    submit(draft(edition, voter(language="ar")))

    mail = Message.objects.get()
    assert mail.language == "ar"
    assert 'dir="rtl"' in mail.html
    assert "/ar/2020/prizes/nominate/" in mail.html


def test_titles_are_text_in_html_and_one_line_in_subjects(edition):
    submit(draft(edition, voter(), title="<b>Fibre</b> & more"))

    mail = Message.objects.get()
    assert "&lt;b&gt;Fibre&lt;/b&gt; &amp; more" in mail.html
    assert mail.subject == "Received: <b>Fibre</b> & more"


def test_refused_submission_writes_no_mail(edition):
    with pytest.raises(Exception, match="words"):
        submit(draft(edition, voter(), description=text(3)))

    assert kinds() == []


# --- unfinished drafts ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("before", "number"),
    [(3 * DAY + timedelta(seconds=1), 0), (3 * DAY, 1), (DAY, 1), (timedelta(seconds=1), 1), (timedelta(), 0)],
)
def test_draft_is_told_three_days_before_the_deadline(edition, ends, before, number):
    draft(edition, voter())

    assert nomination_mails.queue_mails(ends - before) == number
    assert kinds() == ["nomination-draft"] * number


def test_draft_is_told_once_for_each_deadline(edition, ends):
    row = draft(edition, voter())
    nomination_mails.queue_mails(ends - DAY)
    assert nomination_mails.queue_mails(ends - DAY) == 0

    edition.phases.filter(kind="submission").update(ends=ends + 9 * DAY)

    assert nomination_mails.queue_mails(ends + 7 * DAY) == 1
    mail = Message.objects.order_by("pk").first()
    assert "Submission closes on 1 August, 14:20 Geneva (12:20 UTC)." in mail.text
    assert (mail.subject, mail.expires) == (f"Not submitted yet: {row.title}", ends)


def test_draft_begun_in_the_last_days_is_left_alone(edition, ends):
    row = draft(edition, voter())
    Nomination.objects.filter(pk=row.pk).update(created=ends - 2 * DAY)

    assert nomination_mails.queue_mails(ends - DAY) == 0


def test_draft_without_a_title_has_a_name(edition, ends):
    submission.begin(edition, by=voter(), now=NOW)
    nomination_mails.queue_mails(ends - DAY)

    mail = Message.objects.get()
    assert mail.subject == "Your nomination is not submitted yet"
    assert "Draft without a title" in mail.text


@pytest.mark.parametrize("change", ["submitted", "withdrawn", "moved", "over", "hidden", "closed account", "no phase"])
def test_mail_that_nobody_wants_any_more_is_not_sent(edition, ends, change):
    row, kept = draft(edition, voter()), draft(edition, voter(), entity_name="Other", title="Something else")
    now = ends - DAY
    nomination_mails.queue_mails(now)
    if change == "submitted":
        submit(row)
    elif change == "withdrawn":
        submission.withdraw(row, by=row.nominator, now=now)
    elif change == "moved":
        edition.phases.filter(kind="submission").update(ends=ends + DAY)
    elif change == "over":
        now = ends
    elif change == "hidden":
        edition.is_public = False
        edition.save()
    elif change == "no phase":
        edition.phases.all().delete()
    else:
        row.nominator.is_active = False
        row.nominator.save()

    drafts = [key.split(":")[1] for key in sent(now) if key.startswith("nomination-draft")]

    concerns_both = change in {"moved", "over", "hidden", "no phase"}
    assert drafts == ([] if concerns_both else [str(kept.pk)])


def test_delivery_cancels_it(edition, ends, smtp):
    row = draft(edition, voter())
    nomination_mails.queue_mails(ends - DAY)
    Nomination.objects.filter(pk=row.pk).update(state="withdrawn")

    delivery.deliver(["bulk"], clock=lambda: ends - DAY)

    assert smtp.mails == []
    assert Message.objects.get().state == "cancelled"


def test_submitted_withdrawn_and_sample_rows_get_no_draft_mail(edition, ends):
    category = edition.categories.first()
    NominationFactory(category=category)
    NominationFactory(category=category, state="withdrawn")
    NominationFactory(category=category, state="draft", is_sample=True)

    assert nomination_mails.queue_mails(ends - DAY) == 0


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


def test_outcome_is_told_once(published):
    assert nomination_mails.queue_mails(NOW) == 2
    assert nomination_mails.queue_mails(NOW + DAY) == 0

    mails = {mail.subject: mail for mail in Message.objects.all()}
    assert set(mails) == {"Nominated: Is nominated", "Not nominated: Is not_nominated"}
    assert "Your project is nominated." in mails["Nominated: Is nominated"].text
    assert "Your project was not nominated." in mails["Not nominated: Is not_nominated"].html


@pytest.mark.parametrize("published_at", [None, NOW + timedelta(seconds=1), NOW - 14 * DAY])
def test_outcome_is_not_told_before_nor_long_after(published, published_at):
    published.nominees_published = published_at
    published.save()

    assert nomination_mails.queue_mails(NOW) == 0


def test_outcome_that_was_taken_back_is_not_sent(published):
    nomination_mails.queue_mails(NOW)
    nominated = Nomination.objects.get(state="nominated")
    Nomination.objects.filter(state="not_nominated").update(state="withdrawn")
    assert sent(NOW) == [f"nomination-outcome:{nominated.pk}"]

    published.nominees_published = None
    published.save()
    assert sent(NOW) == []
