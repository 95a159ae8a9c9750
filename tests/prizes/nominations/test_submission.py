"""The rules of nominating: completeness, standing among others, deadlines, versions, withdrawing."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from events.models import HistoryEntry, Message, User
from events.shared.pages import revision
from prizes.models import EarlierWinner, Nomination, Winner
from prizes.nominations import duplicates, similar_titles, submission
from prizes.nominations.nomination_draft import NominationDraft
from tests.factories import NOW, CountryFactory, ForumFactory, RegistrationFactory, SDGFactory, UserFactory, boss
from tests.prizes.counted import announced
from tests.prizes.factories import NominationFactory, make_edition, voter
from tests.refusals import refused

pytestmark = pytest.mark.django_db


STEPS = ["entity", "project", "description", "linkages", "impact", "partnerships", "files"]


def text(number):
    return " ".join(["word"] * number)


def answers(edition, **values):
    return {
        "stakeholder_type": "government",
        "entity_name": "Ministry of Posts",
        "country": "ML",
        "is_own_project": True,
        "title": "Fibre for the north",
        "category": edition.categories.first().pk,
        "starts_on": date(2018, 1, 1),
        "ends_on": date(2019, 12, 31),
        "project_status": "completed",
        "website": "",
        "language": "en",
        "description": text(150),
        "linkage_9": text(20),
        "economic_impact": text(30),
        "social_impact": text(30),
        "environmental_impact": text(30),
        "partnerships": text(30),
        "challenges": text(30),
        "links": [],
    } | values


def save(row, values, *, by=None, now=NOW):
    for step in STEPS:
        row = submission.save(row, by=by or row.nominator, step=step, data=values, now=now)
    return row


def draft(edition, user, **values):
    row = submission.begin(edition, by=user, now=NOW)
    return save(row, answers(edition, **values))


def submit(row, *, now=NOW, **more):
    return submission.submit(row, by=more.pop("by", row.nominator), now=now, **more)


# --- completeness -----------------------------------------------------------------------------------
def test_problems_of_answers(edition, user):
    table = [
        ({}, {}),
        ({"description": text(200)}, {}),
        ({"description": text(149)}, {"description": "word-count"}),
        ({"description": text(201)}, {"description": "word-count"}),
        ({"description": "漢" * 150}, {}),
        ({"description": "漢" * 201}, {"description": "word-count"}),
        ({"description": "… — !"}, {"description": "missing"}),
        ({"title": " !! "}, {"title": "missing"}),
        ({"entity_name": ""}, {"entity_name": "missing"}),
        ({"stakeholder_type": ""}, {"stakeholder_type": "missing"}),
        ({"country": ""}, {"country": "missing"}),
        ({"country": "", "stakeholder_type": "united_nations"}, {}),
        ({"country": "", "stakeholder_type": "international_org"}, {}),
        ({"category": None}, {"category": "missing"}),
        ({"project_status": ""}, {"project_status": "missing"}),
        ({"project_status": "ongoing"}, {"project_status": "bad-choice"}),
        ({"project_status": "phase_ended"}, {}),
        ({"language": "fr"}, {"language": "bad-choice"}),
        ({"starts_on": None}, {"starts_on": "missing"}),
        ({"ends_on": None}, {"ends_on": "missing"}),
        ({"ends_on": date(2017, 12, 31)}, {"ends_on": "dates"}),
        ({"ends_on": date(2018, 1, 1)}, {}),
        ({"ends_on": NOW.date()}, {}),
        ({"ends_on": NOW.date() + timedelta(days=1)}, {"ends_on": "dates"}),
        ({"starts_on": NOW.date() + timedelta(days=1)}, {"starts_on": "dates", "ends_on": "dates"}),
        ({"linkage_9": ""}, {"linkages": "missing"}),
        ({"linkage_9": text(19)}, {"linkage_9": "word-count"}),
        ({"economic_impact": text(29)}, {"economic_impact": "word-count"}),
        ({"challenges": ""}, {"challenges": "missing"}),
    ]
    given = NominationDraft(submission.begin(edition, by=user, now=NOW), now=NOW)

    for values, expected in table:
        found = given.problems(answers(edition, **values))
        assert (values, {name: problem.code for name, problem in found.items()}) == (values, expected)


# --- drafts -----------------------------------------------------------------------------------------
def test_begin_takes_the_entity_of_the_registration_and_gives_an_untouched_draft_again(edition, user):
    RegistrationFactory(user=user, forum=edition.forum, organisation="Université", stakeholder_type="academia")
    edition.languages = ["fr", "ar"]
    edition.save()

    first = submission.begin(edition, by=user, now=NOW)
    second = submission.begin(edition, by=user, now=NOW)

    assert first == second
    assert (first.entity_name, first.stakeholder_type, first.language) == ("Université", "academia", "fr")
    assert HistoryEntry.objects.filter(verb="begin-nomination").count() == 1
    NominationFactory.create_batch(19, category=edition.categories.first(), nominator=user, state="draft")
    Nomination.objects.update(title="Touched")
    assert refused(submission.begin, edition, by=user, now=NOW) == "too-many-drafts"


def test_begin_takes_what_the_account_says_where_nobody_registered(edition, user):
    User.objects.filter(pk=user.pk).update(organisation="Université de Bamako", country=CountryFactory())
    user.refresh_from_db()

    row = submission.begin(edition, by=user, now=NOW)

    assert (row.entity_name, row.country_id) == ("Université de Bamako", "ML")


def test_submission_is_half_open(edition, user):
    phase = edition.phases.get(kind="submission")
    around = [phase.starts - timedelta(seconds=1), phase.ends]
    row = draft(edition, user)

    assert [refused(submission.begin, edition, by=user, now=at) for at in around] == [
        "not-open",
        "deadline",
    ]
    submission.check_open(edition, now=phase.starts)
    assert refused(submit, row, now=phase.ends) == "deadline"
    assert submit(row, now=phase.ends - timedelta(microseconds=1)).state == "submitted"
    edition.phases.all().delete()
    assert refused(submission.begin, edition, by=user, now=NOW) == "not-open"


def test_save_keeps_unfinished_answers_of_its_step_only(edition, user):
    SDGFactory(number=4)
    row = submission.begin(edition, by=user, now=NOW)
    data = {"description": text(3), "title": "Other"}

    for _again in (1, 2):
        saved = submission.save(row, by=user, step="description", data=data, now=NOW)
        assert (saved.description, saved.title, saved.revision) == (text(3), "", 1)

    save(row, {"linkage_9": "nine", "linkage_4": "four"})
    save(row, {"linkage_9": "", "linkage_4": "four again"})
    assert [(link.sdg_id, link.text) for link in row.linkages.all()] == [(4, "four again")]


def test_save_refuses_what_no_column_holds(edition, user):
    other = make_edition(phase="submission", forum=ForumFactory(slug="2019", starts=date(2019, 4, 1)))
    row = submission.begin(edition, by=user, now=NOW)

    for step, name, value in (
        ("project", "title", "x" * 151),
        ("project", "project_status", "other"),
        ("project", "website", "javascript:alert(1)"),
        ("description", "description", "x" * 3001),
        ("project", "category", other.categories.first().pk),
    ):
        more = {"by": user, "step": step, "data": {name: value}, "now": NOW}
        assert list(refused(submission.save, row, **more)) == [name]


def test_save_refuses_others_and_what_is_over(edition, user):
    row, late = draft(edition, user), edition.phases.get(kind="submission").ends
    words = {"step": "description", "data": {"description": "new"}}

    assert refused(submission.save, row, by=voter(), now=NOW, **words) == "not-yours"
    assert refused(submission.save, row, by=user, now=late, **words) == "deadline"
    Nomination.objects.filter(pk=row.pk).update(state="withdrawn")
    assert refused(submission.save, row, by=user, now=NOW, **words) == "wrong-state"
    assert Nomination.objects.get().description == text(150)


# --- submitting -------------------------------------------------------------------------------------
def test_submit(edition, user):
    row = draft(edition, user)

    assert refused(submit, row, by=voter()) == "not-yours"
    assert refused(submit, row, revision=row.revision - 1) == "outdated"
    row = submit(row, revision=row.revision)
    assert (row.state, row.submitted, row.title_key, row.entity_key) == (
        "submitted", NOW, "fibre for the north", "ML:ministry of posts",
    )  # fmt: skip
    version = row.versions.get()
    assert (version.number, version.data["description"], version.data["linkages"]) == (1, text(150), {"9": text(20)})
    assert Message.objects.get().subject == "Received: Fibre for the north"
    assert list(HistoryEntry.objects.values_list("verb", flat=True)) == ["submit-nomination", "begin-nomination"]
    assert refused(submit, row) == "already-submitted"
    assert row.versions.count() == 1


def test_submit_keeps_no_country_of_an_international_body_and_needs_a_confirmed_address(edition, user):
    row = submit(draft(edition, user, stakeholder_type="united_nations", entity_name="UNESCO"))

    assert (row.country, row.entity_key) == (None, ":unesco")
    row = draft(edition, UserFactory())
    assert refused(submit, row) == "not-confirmed"


def test_one_project_of_an_entity_in_a_category_and_each_once_in_the_edition(edition, user):
    submit(draft(edition, user))
    last = edition.categories.last().pk
    row = draft(edition, voter(), title="Radio for farmers", entity_name="MINISTRY of  Posts")
    same = draft(edition, voter(), title="Fibre: for the North!", category=last)

    assert refused(submit, same, is_different=True) == {"title": ["duplicate"]}
    assert refused(submit, row) == {"category": ["entity-has-project"]}
    save(row, {"category": last})
    assert submit(row).state == "submitted"


def test_near_equal_titles_are_confirmed_for_their_title_only(edition, user):
    submit(draft(edition, user))
    row = draft(edition, voter(), title="Fibre for the North 2", entity_name="Other", country="CH")

    assert refused(submit, row) == {"similar_confirmed": ["similar"]}
    _problems, found = NominationDraft(row, now=NOW).findings()
    assert [(near.title, near.entity_name) for near in found.near] == [("Fibre for the north", "Ministry of Posts")]
    assert submit(row, is_different=True).similar_confirmed is True
    save(row, {"description": text(160)})
    assert submit(row).similar_confirmed is True
    save(row, {"title": "Fibre for the North 3"})
    assert refused(submit, row) == {"similar_confirmed": ["similar"]}


def test_drafts_withdrawn_projects_and_other_winners_stand_in_nobodys_way(edition, user):
    draft(edition, voter())
    submission.withdraw(submit(draft(edition, user)), by=user, now=NOW)
    won(title="Libraries on camels")

    assert submit(draft(edition, user)).similar_confirmed is False


# --- earlier winners --------------------------------------------------------------------------------
def won(title="Fibre for the North", entity="Ministry of Posts", country="ML", year=2018):
    return EarlierWinner.objects.create(
        year=year,
        title=title,
        title_key=similar_titles.title_key(title),
        entity_name=entity,
        country_id=country or None,
    )


def test_project_that_won_cannot_be_submitted_again(edition, user):
    row = draft(edition, user)
    for entity, country in (("Ministry of Posts", "ML"), ("", ""), ("Another name of it", "ML")):
        winner = won(entity=entity, country=country)
        assert refused(submit, row, is_different=True) == {"title": ["won-before"]}
        winner.delete()
    won(entity="Swiss Post", country="CH")
    assert refused(submit, row) == {"similar_confirmed": ["similar"]}
    assert submit(row, is_different=True).state == "submitted"


def test_winner_of_an_earlier_edition_counts_once_the_public_knows(edition, user):
    forum = ForumFactory(slug="2019", starts=date(2019, 4, 1))
    earlier = make_edition(phase="announcement", nominees=0, forum=forum, name="2019")
    winner = NominationFactory(
        category=earlier.categories.first(),
        state="nominated",
        title="Fibre for the north",
        title_key="fibre for the north",
        entity_name="Ministry of Posts",
        entity_key="ML:ministry of posts",
    )
    one, before = voter(), NOW - timedelta(days=9)
    Winner.objects.create(category=winner.category, nomination=winner, reason="x", chosen_by=one, chosen=before)
    row = draft(edition, user)

    def announce(kind):
        announced(earlier, kind, approved=before)
        return duplicates.find(edition, answers=NominationDraft(row, now=NOW).answers, besides=row.pk, now=NOW)

    assert announce("champions").refusals == {}
    won(year=2015)  # the latest year is told
    refusal = announce("winners").refusals["title"]
    assert (refusal.code, "This project won in 2019." in refusal.message) == ("won-before", True)


# --- changes after the submission -------------------------------------------------------------------
def test_changes_wait_until_they_are_submitted_as_a_whole(edition, user):
    row = submit(draft(edition, user))
    Nomination.objects.update(state="shortlisted")  # edited like any other until the deadline
    save(row, {"description": text(10), "title": "Fibre for the far north"})
    row.refresh_from_db()

    assert (row.description, row.title, row.state) == (text(150), "Fibre for the north", "shortlisted")
    assert NominationDraft(row, now=NOW).read()["description"] == text(10)
    assert refused(submit, row) == {"description": ["word-count"]}
    save(row, {"description": text(180), "starts_on": date(2017, 1, 1), "linkage_9": text(25)})
    row = submit(row)
    assert (row.description, row.title, row.state) == (text(180), "Fibre for the far north", "shortlisted")
    assert (row.changes, row.submitted) == ({}, NOW)
    assert [version.number for version in row.versions.all()] == [2, 1]
    assert row.versions.last().data["description"] == text(150)
    assert row.linkages.get().text == text(25)


def test_changes_are_taken_back_or_dropped(edition, user):
    row = submit(draft(edition, user))
    save(row, {"description": text(160)})
    row = save(row, {"description": text(150)})
    assert row.changes == {}
    assert refused(submit, row) == "already-submitted"
    save(row, {"description": text(160)})

    assert refused(submission.discard, row, by=voter(), now=NOW) == "not-yours"
    dropped = submission.discard(row, by=user, now=NOW)
    assert dropped.changes == {}
    assert submission.discard(row, by=user, now=NOW).revision == dropped.revision


# --- the database behind the rules ------------------------------------------------------------------
def test_what_slips_past_the_rules_is_refused_by_the_database(edition, user, monkeypatch):
    submit(draft(edition, user))
    same_entity = draft(edition, voter(), title="Radio for farmers")
    same_project = draft(edition, voter(), category=edition.categories.last().pk)
    monkeypatch.setattr(duplicates, "submitted_beside", lambda *_args, **_more: [])

    for row in (same_entity, same_project):
        with pytest.raises(IntegrityError, match="unique"), transaction.atomic():
            submit(row, is_different=True)
    with pytest.raises(IntegrityError, match="nomination_submitted_is_complete"):
        Nomination.objects.filter(nominator=user).update(category=None)


# --- withdrawing ------------------------------------------------------------------------------------
def test_withdraw_by_the_nominator_or_with_the_permission_and_a_reason(edition, user):
    row, officer = submit(draft(edition, user)), boss()
    own = submission.withdraw(submit(draft(edition, user, title="Radio", entity_name="Radio")), by=user, now=NOW)

    assert own.state == "withdrawn"
    assert refused(submission.withdraw, own, by=user, now=NOW) == "wrong-state"
    assert refused(submission.withdraw, row, by=voter(), reason="x", now=NOW) == "not-yours"
    assert refused(submission.withdraw, row, by=officer, reason=" ", now=NOW) == "no-reason"
    submission.withdraw(row, by=officer, reason="Not theirs", now=NOW)
    entry = HistoryEntry.objects.first()
    assert (entry.verb, entry.actor, entry.reason) == ("withdraw-nomination", officer, "Not theirs")
    assert entry.before == {"state": "submitted"}


def test_nominee_is_withdrawn_by_organisers_only_and_not_after_the_vote(edition):
    voting = make_edition(phase="voting", forum=ForumFactory(slug="2019"), nominees=1)
    row = Nomination.objects.filter(edition=voting).first()
    officer = boss()

    assert refused(submission.withdraw, row, by=row.nominator, now=NOW) == "too-late"
    before = revision.current()
    submission.withdraw(row, by=officer, reason="x", now=NOW)
    assert revision.current() == before + 1
    voting.polls_sealed = NOW
    voting.save()
    other = Nomination.objects.filter(edition=voting, state="nominated").first()
    assert refused(submission.withdraw, other, by=officer, reason="x", now=NOW) == "polls-sealed"
