"""Mails to experts about a drawing: one for each, drafts before the review, in their language, only while something is left."""

from datetime import timedelta

import pytest

from events.mail import outbox
from events.models import Message
from prizes.models import Assignment
from prizes.review import assignments, review_mails
from tests.factories import NOW, UserFactory
from tests.prizes.factories import NominationFactory, make_edition, voter
from tests.prizes.reviewers import make_expert

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def edition():
    return make_edition(phase="review")


def nominations(edition, count, **values):
    return NominationFactory.create_batch(count, category=edition.categories.first(), **values)


def draw(edition, **values):
    return assignments.spread(edition, **{"method": "evenly", "by": UserFactory(), "now": NOW, **values})


def begins_later(edition):
    edition.phases.filter(kind="review").update(starts=NOW + HOUR)


def wanted(now=NOW):
    rows = list(Message.objects.all())
    return len(rows) - len(outbox.unwanted(rows, now=now))


def test_one_mail_for_each_expert_of_a_drawing(edition):
    experts = [make_expert(edition) for _n in range(2)]
    nominations(edition, 3)

    draw(edition)

    assert sorted(Message.objects.values_list("to", "subject", "state", "queue", "forum")) == sorted(
        (expert.user.email, "To review: 3 nominations", "queued", "bulk", edition.forum_id) for expert in experts
    )


def test_second_drawing_is_told_anew_and_one_without_reviews_is_not(edition):
    make_expert(edition)
    nominations(edition, 2)
    draw(edition)
    draw(edition)
    nominations(edition, 1)

    draw(edition)

    assert sorted(Message.objects.values_list("subject", flat=True)) == [
        "To review: 1 nomination",
        "To review: 2 nominations",
    ]


def test_before_the_review_mails_are_drafts_to_be_edited(edition):
    make_expert(edition)
    nominations(edition, 1)
    begins_later(edition)

    draw(edition)

    mail = Message.objects.get()
    assert (mail.state, mail.html) == ("draft", "")
    outbox.edit(mail, subject="Dear expert", text="Words", now=NOW)
    assert outbox.queue(mail, now=NOW).state == "queued"


def test_mail_leads_to_the_desk_and_names_no_project(edition, settings):
    settings.BASE_URL = "https://forum.example"
    expert = make_expert(edition, user=voter(email="expert@elsewhere.example"))
    (nomination,) = nominations(edition, 1, title="Canary Project")

    assignments.assign(expert=expert, nomination=nomination, by=UserFactory(), now=NOW)

    mail = Message.objects.get()
    assert "https://forum.example/2020/prizes/review/" in mail.text
    assert "You are asked to review 1 nomination." in mail.text
    assert "The review begins on" in mail.text
    assert "conflict of interest" not in mail.text
    for part in (mail.subject, mail.text, mail.html):
        assert nomination.title not in part
        assert nomination.code not in part


def test_mail_says_how_many_ask_for_an_answer_first(edition):
    expert = make_expert(edition, organisation="Village Net")
    first, second = nominations(edition, 2)
    made = [
        Assignment.objects.create(expert=expert, nomination=first, state="conflict", assigned=NOW),
        Assignment.objects.create(expert=expert, nomination=second, assigned=NOW),
    ]

    review_mails.write_assigned(made, now=NOW)

    assert "For 1 of them you first answer whether you have a conflict of interest." in Message.objects.get().text


def test_mail_is_in_the_language_of_the_expert(edition):
    make_expert(edition, user=voter(language="fr"))
    nominations(edition, 1)

    draw(edition)

    mail = Message.objects.get()
    assert (mail.language, "/fr/2020/prizes/review/" in mail.text) == ("fr", True)


def test_edition_without_a_review_phase_has_drafts_without_dates(edition):
    expert = make_expert(edition)
    (nomination,) = nominations(edition, 1)
    edition.phases.filter(kind="review").delete()

    review_mails.write_assigned([Assignment(pk=7, expert=expert, nomination=nomination)], now=NOW)

    mail = Message.objects.get()
    assert (mail.state, "begins on" in mail.text) == ("draft", False)
    assert wanted() == 0


@pytest.mark.parametrize(("person", "is_sample"), [({"is_active": False}, False), ({}, True)])
def test_accounts_that_are_gone_and_made_up_nominations_get_none(edition, person, is_sample):
    make_expert(edition, user=voter(**person))
    nominations(edition, 1, is_sample=is_sample)

    assert len(draw(edition).made) == 1
    assert not Message.objects.exists()


def test_file_tells_each_expert_once(edition):
    expert = make_expert(edition)
    rows = [(2 + place, expert.user.email, row.code) for place, row in enumerate(nominations(edition, 2))]

    assignments.bring_in(edition, rows=rows, by=UserFactory(), now=NOW)

    assert Message.objects.get().subject == "To review: 2 nominations"


def test_several_at_once_are_told_by_the_caller(edition):
    expert, (nomination,) = make_expert(edition), nominations(edition, 1)

    assignments.assign(expert=expert, nomination=nomination, by=UserFactory(), now=NOW, is_told=False)

    assert not Message.objects.exists()


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


def test_mail_of_a_drawing_that_was_taken_back_is_not_sent(edition):
    make_expert(edition)
    nominations(edition, 1)
    draw(edition)
    assignments.unassign(Assignment.objects.get(), by=UserFactory(), now=NOW)

    assert wanted() == 0
