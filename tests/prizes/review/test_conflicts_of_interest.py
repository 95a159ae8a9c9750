"""Conflicts of interest as the data propose them."""

import pytest

from events.models import OrganisationName, User
from prizes.models import Expert, Nomination
from prizes.review import conflicts_of_interest
from tests.factories import (
    AppearanceFactory,
    ForumFactory,
    OrganisationFactory,
    RegistrationFactory,
    SessionFactory,
    SpeakerFactory,
)
from tests.prizes.factories import NominationFactory, make_edition, voter
from tests.prizes.reviewers import make_expert

GOVERNMENT = {"stakeholder_type": "government"}
MALI, SWITZERLAND = GOVERNMENT | {"country_id": "ML"}, GOVERNMENT | {"country_id": "CH"}
HEALTH, HEALTH_TOO = {"organisation": "Ministry of Health"}, {"entity_name": "MINISTRY of health"}


@pytest.mark.parametrize(
    ("expert", "nomination", "expected"),
    [
        ({}, {}, []),
        (HEALTH, HEALTH_TOO, ["same-organisation"]),
        (HEALTH, {"entity_name": "WHO"}, []),
        (MALI, MALI, ["same-government"]),
        (MALI, SWITZERLAND, []),
        (MALI, {"country_id": "ML"}, []),
        ({"country_id": "ML"}, MALI, []),
        (GOVERNMENT, GOVERNMENT, []),
        # two countries may have ministries of one name
        (HEALTH | MALI, HEALTH_TOO | SWITZERLAND, []),
        (HEALTH | MALI, HEALTH_TOO | MALI, ["same-organisation", "same-government"]),
        (HEALTH | MALI, HEALTH_TOO | GOVERNMENT, ["same-organisation"]),
    ],
)
def test_expert_and_entity_are_one_organisation_or_one_government(expert, nomination, expected):
    one, other = Expert(user=User(pk=1), **expert), Nomination(nominator=User(pk=2), **nomination)

    assert conflicts_of_interest.find(one, other, evidence=conflicts_of_interest.Evidence()) == expected


def test_domains_of_free_mail_and_signs_in_names_say_nothing():
    emails = ["a@ITU.int", "a@gmail.com", "a@Yahoo.FR", "odd", ""]
    names = [("Université de  Bamako", "UNIVERSITE DE BAMAKO"), ("I.T.U.", "i t u"), ("وزارة الصحة", "وزارة  الصحة")]

    assert [conflicts_of_interest.domain(email) for email in emails] == ["itu.int", "", "", "odd", ""]
    for one, other in names:
        assert conflicts_of_interest.key(one) == conflicts_of_interest.key(other) != ""


# --- from rows ------------------------------------------------------------------------------------
@pytest.fixture
def edition(db):
    return make_edition(phase="review")


def rows(edition, *, expert_email, nominator_email):
    nominator = voter(email=nominator_email, name="Nora Nominator")
    user = voter(email=expert_email, name="Ed Expert")
    category = edition.categories.first()
    nomination = NominationFactory(category=category, nominator=nominator, stakeholder_type="academia")
    return make_expert(edition, user=user, organisation="Elsewhere"), nomination


def test_strangers_have_no_conflict_and_one_domain_ties_to_the_nominator(edition):
    domains = [("who.int", "itu.int", []), ("gmail.com", "gmail.com", []), ("itu.int", "itu.int", ["nominator"])]

    for number, (one, other, expected) in enumerate(domains):
        expert, nomination = rows(edition, expert_email=f"e{number}@{one}", nominator_email=f"n{number}@{other}")
        assert conflicts_of_interest.find(expert, nomination) == expected


def test_organisation_of_the_registrations_of_this_forum_ties_to_the_nominator(edition):
    expert, nomination = rows(edition, expert_email="e@gmail.com", nominator_email="n@gmail.com")
    people = (expert.user, nomination.nominator)
    before = RegistrationFactory(forum=ForumFactory(slug="2019"), user=expert.user, organisation="Université de Bamako")
    theirs = RegistrationFactory(forum=edition.forum, user=people[1], organisation="universite de bamako")
    assert conflicts_of_interest.find(expert, nomination) == []

    mine = RegistrationFactory(forum=edition.forum, user=people[0], organisation=before.organisation)
    assert conflicts_of_interest.find(expert, nomination) == ["nominator"]

    for row in (mine, theirs):
        row.organisation = ""
        row.save()
    assert conflicts_of_interest.find(expert, nomination) == []


def test_speakers_of_one_session(edition):
    expert, nomination = rows(edition, expert_email="e@gmail.com", nominator_email="n@gmail.com")
    session, other = SessionFactory(forum=edition.forum), SessionFactory(forum=edition.forum)
    AppearanceFactory(session=session, speaker=SpeakerFactory(forum=edition.forum, name="ed  EXPERT"))
    AppearanceFactory(session=session, speaker=SpeakerFactory(forum=edition.forum, name=" "))
    speaker = SpeakerFactory(forum=edition.forum, name="Nora Nominator")
    AppearanceFactory(session=other, speaker=speaker)
    assert conflicts_of_interest.find(expert, nomination) == []

    AppearanceFactory(session=session, speaker=speaker)
    assert conflicts_of_interest.find(expert, nomination) == ["co-speaker"]

    for person in (expert.user, nomination.nominator):
        person.name = ""  # no speaker, although one has no name
    assert conflicts_of_interest.find(expert, nomination) == []


def test_all_names_of_an_organisation_are_one(edition):
    union = OrganisationFactory(name="International Telecommunication Union", acronym="ITU")
    OrganisationName.objects.create(organisation=union, name="Union internationale des télécommunications")
    for number, entity in enumerate(
        ["itu", "International telecommunication union", "Union Internationale des Telecommunications"]
    ):
        expert, nomination = rows(edition, expert_email=f"e{number}@a.org", nominator_email=f"n{number}@b.org")
        RegistrationFactory(forum=edition.forum, user=expert.user, organisation="My office", affiliation=union)
        nomination.entity_name = entity
        assert conflicts_of_interest.find(expert, nomination) == ["same-organisation"]

    expert, nomination = rows(edition, expert_email="e@a.org", nominator_email="n@b.org")
    RegistrationFactory(forum=edition.forum, user=expert.user, organisation="My office", affiliation=union)
    RegistrationFactory(forum=edition.forum, user=nomination.nominator, organisation="Geneva", affiliation=union)
    assert conflicts_of_interest.find(expert, nomination) == ["nominator"]


def test_a_speaker_with_an_account_is_that_account_and_no_namesake(edition):
    expert, nomination = rows(edition, expert_email="e@a.org", nominator_email="n@b.org")
    session = SessionFactory(forum=edition.forum)
    speaker = SpeakerFactory(forum=edition.forum, name="Dr E.", account=expert.user)
    AppearanceFactory(session=session, speaker=speaker)
    other = SpeakerFactory(forum=edition.forum, name="Nora Nominator", account=voter(email="namesake@c.org"))
    AppearanceFactory(session=session, speaker=other)
    assert conflicts_of_interest.find(expert, nomination) == []

    other.account = nomination.nominator
    other.save()
    assert conflicts_of_interest.find(expert, nomination) == ["co-speaker"]
