"""Conflicts of interest as the data propose them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prizes.review import conflicts_of_interest
from prizes.review.conflicts_of_interest import Party, between
from tests.factories import (
    AppearanceFactory,
    CountryFactory,
    ForumFactory,
    RegistrationFactory,
    SessionFactory,
    SpeakerFactory,
)
from tests.prizes.factories import NominationFactory, make_edition, voter
from tests.prizes.reviewers import make_expert

NOBODY = Party()
WHO, HEALTH = "who", "ministry of health"


def found(expert=NOBODY, *, entity=NOBODY, nominator=NOBODY):
    return [str(each) for each in between(expert, entity=entity, nominator=nominator)]


def organisation(*names, **values):
    return Party(organisations=frozenset(names), **values)


@pytest.mark.parametrize(
    ("expert", "entity", "nominator", "expected"),
    [
        (NOBODY, NOBODY, NOBODY, []),
        (organisation(WHO), organisation(WHO), NOBODY, ["same-organisation"]),
        (organisation(WHO), organisation(HEALTH), NOBODY, []),
        (
            Party(country="ML", is_government=True),
            Party(country="ML", is_government=True),
            NOBODY,
            ["same-government"],
        ),
        (Party(country="ML", is_government=True), Party(country="CH", is_government=True), NOBODY, []),
        (Party(country="ML", is_government=True), Party(country="ML"), NOBODY, []),
        (Party(country="ML"), Party(country="ML", is_government=True), NOBODY, []),
        (Party(is_government=True), Party(is_government=True), NOBODY, []),
        (Party(domain="itu.int"), NOBODY, Party(domain="itu.int"), ["nominator"]),
        (Party(domain="itu.int"), NOBODY, Party(domain="who.int"), []),
        (organisation(WHO), NOBODY, organisation(WHO), ["nominator"]),
        (Party(sessions=frozenset({1, 2})), NOBODY, Party(sessions=frozenset({2})), ["co-speaker"]),
        (Party(sessions=frozenset({1})), NOBODY, Party(sessions=frozenset({2})), []),
    ],
)
def test_each_conflict_has_its_condition(expert, entity, nominator, expected):
    assert found(expert, entity=entity, nominator=nominator) == expected


def test_two_countries_may_have_ministries_of_one_name():
    mali = organisation(HEALTH, country="ML", is_government=True)

    assert found(mali, entity=organisation(HEALTH, country="CH", is_government=True)) == []
    assert found(mali, entity=organisation(HEALTH, country="ML", is_government=True)) == [
        "same-organisation",
        "same-government",
    ]
    assert found(mali, entity=organisation(HEALTH, is_government=True)) == ["same-organisation"]


PARTIES = st.builds(
    Party,
    organisations=st.frozensets(st.sampled_from("abc")),
    country=st.sampled_from(["", "ML", "CH"]),
    is_government=st.booleans(),
    domain=st.sampled_from(["", "a.org", "b.org"]),
    sessions=st.frozensets(st.integers(1, 3)),
)


@given(PARTIES, PARTIES, PARTIES)
def test_an_unknown_expert_has_no_conflict_and_each_is_named_once(expert, entity, nominator):
    assert found(NOBODY, entity=entity, nominator=nominator) == []
    named = found(expert, entity=entity, nominator=nominator)
    assert len(named) == len(set(named))


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


def test_expert_and_entity_are_one_organisation_or_one_government(edition):
    expert, nomination = rows(edition, expert_email="e@gmail.com", nominator_email="n@gmail.com")
    nomination.entity_name = "elsewhere!"
    assert conflicts_of_interest.find(expert, nomination) == ["same-organisation"]

    expert.organisation = "Another"
    expert.country, expert.stakeholder_type = CountryFactory(code="ML"), "government"
    nomination.country, nomination.stakeholder_type = CountryFactory(code="ML"), "government"
    assert conflicts_of_interest.find(expert, nomination) == ["same-government"]


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


def test_evidence_takes_as_many_queries_for_one_as_for_many(edition, django_assert_num_queries):
    pairs = [rows(edition, expert_email=f"e{n}@who.int", nominator_email=f"n{n}@itu.int") for n in range(5)]
    for chosen in (pairs[:1], pairs):
        with django_assert_num_queries(2):
            evidence = conflicts_of_interest.gather([e for e, _n in chosen], [n for _e, n in chosen])
            for expert, nomination in chosen:
                conflicts_of_interest.find(expert, nomination, evidence=evidence)
