"""Mails to experts about a drawing: one for each, drafts before the review, in their language, only while something is left."""

from datetime import timedelta

import pytest

from events.models import Message, RefusedMail
from events.shared.mail import outbox
from prizes.models import Assignment
from prizes.review import assignments, review_mails
from tests.factories import NOW, UserFactory
from tests.prizes.factories import make_edition, voter
from tests.prizes.reviewers import make_expert, nominations

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def edition():
    return make_edition(phase="review")


def draw(edition, **values):
    return assignments.spread(edition, **{"method": "evenly", "by": UserFactory(), "now": NOW, **values})


def wanted(now=NOW):
    rows = list(Message.objects.all())
    return len(rows) - len(outbox.unwanted(rows, now=now))


def test_one_mail_for_each_expert_of_a_drawing(edition):
    experts = [make_expert(edition) for _n in range(2)]
    make_expert(edition, user=voter(is_active=False))  # whose account is gone
    nominations(edition, 3)

    draw(edition)
    draw(edition)  # gives nobody a review
    mails = Message.objects.values_list("to", "subject", "state", "queue", "forum")
    told = ("To review: 3 nominations", "queued", "bulk", edition.forum_id)
    assert sorted(mails) == sorted((expert.user.email, *told) for expert in experts)

    nominations(edition, 1)
    draw(edition)
    assert list(Message.objects.order_by("pk").values_list("subject", flat=True))[2:] == ["To review: 1 nomination"] * 2
    nominations(edition, 1, is_sample=True)
    assert len(draw(edition).made) == 3
    assert Message.objects.count() == 4


def test_before_the_review_mails_are_drafts_to_be_edited(edition):
    make_expert(edition)
    nominations(edition, 1)
    edition.phases.filter(kind="review").update(starts=NOW + HOUR)
    draw(edition)

    mail = Message.objects.get()
    assert (mail.state, mail.html) == ("draft", "")
    outbox.edit(mail, subject="Dear expert", text="Words", now=NOW)
    assert outbox.queue(mail, now=NOW).state == "queued"


def test_mail_leads_to_the_desk_and_names_no_project(edition, settings):
    settings.BASE_URL = "https://forum.example"
    expert = make_expert(edition, user=voter(email="expert@elsewhere.example", language="fr"))
    first, second = nominations(edition, 2, title="Canary Project")
    made = [
        Assignment.objects.create(expert=expert, nomination=first, state="conflict", assigned=NOW),
        Assignment.objects.create(expert=expert, nomination=second, assigned=NOW),
    ]

    review_mails.write_assigned(made[:1], now=NOW)
    type(expert.user).objects.update(language="en")
    review_mails.write_assigned(made[1:], now=NOW)
    review_mails.write_assigned(made, now=NOW)

    french, english, both = Message.objects.order_by("pk")
    assert (french.language, "https://forum.example/fr/2020/prizes/review/" in french.text) == ("fr", True)
    assert "You are asked to review 1 nomination." in english.text
    assert "The review begins on" in english.text
    assert "conflict of interest" not in english.text
    assert "For 1 of them you first answer whether you have a conflict of interest." in both.text
    for part in (both.subject, both.text, both.html):
        assert first.title not in part
        assert second.code not in part


def test_file_tells_each_expert_once_and_one_assignment_at_once_or_later(edition):
    expert, rows = make_expert(edition), nominations(edition, 4)
    by = {"by": UserFactory(), "now": NOW}

    assignments.assign(expert=expert, nomination=rows[3], is_told=False, **by)
    assert not Message.objects.exists()
    assignments.assign(expert=expert, nomination=rows[2], **by)
    assignments.give(edition, [(expert, rows[n]) for n in (0, 1)], **by)

    subjects = Message.objects.order_by("pk").values_list("subject", flat=True)
    assert list(subjects) == ["To review: 1 nomination", "To review: 2 nominations"]


def test_mail_is_not_sent_once_nothing_is_left(edition):
    expert = make_expert(edition)
    nominations(edition, 2)
    draw(edition)
    end = edition.phase("review").ends

    assert (wanted(), wanted(end - HOUR), wanted(end)) == (1, 1, 0)
    Assignment.objects.filter(pk=Assignment.objects.first().pk).update(state="done")
    assert wanted() == 1
    type(expert).objects.update(is_active=False)
    assert wanted() == 0
    type(expert).objects.update(is_active=True)
    Assignment.objects.update(state="recused")
    assert wanted() == 0
    Assignment.objects.all().delete()  # the drawing was taken back
    assert wanted() == 0


# --- what waits ---------------------------------------------------------------------------------------
def test_who_has_reviews_left_is_told_once_three_days_before_the_end(edition):
    ends = edition.phases.get(kind="review").ends
    lazy, quick, refuses = (make_expert(edition) for _n in range(3))
    RefusedMail.objects.create(user=refuses.user, kind="review-waits")
    nominations(edition, 2)
    draw(edition)
    Assignment.objects.filter(expert=quick).update(state="done")
    Message.objects.all().delete()

    found = [review_mails.queue_mails(ends - before) for before in (4 * DAY, 3 * DAY, DAY, timedelta())]

    mail = Message.objects.get()
    assert (found, mail.to, mail.kind, mail.expires) == ([0, 1, 0, 0], lazy.user.email, "review-waits", ends)
    assert mail.subject == "Still to review: 2 nominations"
    assert "Nomination" not in mail.text.replace("nominations", "")
    assert mail.unsubscribe_url
    assert wanted(ends - DAY) == 1
    Assignment.objects.update(state="done")
    assert wanted(ends - DAY) == 0
