"""The one search of the organisers: what it finds, for whom, and that it is written down who was shown."""

from datetime import date

import pytest

from events.models import Role, Viewing
from tests.events.proposals.factories import ProposalFactory
from tests.factories import (
    ForumFactory,
    MessageFactory,
    OrganisationFactory,
    RegistrationFactory,
    SessionFactory,
    SpeakerFactory,
    UserFactory,
    allowed,
    staff,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
SEARCH = "/admin/search/"


@pytest.fixture
def old(forum):
    return ForumFactory(slug="2019", name="WSIS Forum 2019", starts=date(2019, 4, 8), ends=date(2019, 4, 12))


def found(client, query):
    page = client.get(SEARCH, {"q": query})
    return {kind.name: [row.name for row in kind.rows] for kind in page.context["kinds"]}


def test_search_finds_sessions_people_proposals_registrations_and_mails(organiser_site, forum):
    SessionFactory(forum=forum, title="Kalimba for all")
    SpeakerFactory(forum=forum, name="Awa Kalimba")
    ProposalFactory(forum=forum, title="Kalimba", state="submitted")
    RegistrationFactory(forum=forum, name="Kalimba", user=UserFactory(name="Kalimba"))
    MessageFactory(forum=forum, to="kalimba@example.org")
    OrganisationFactory(name="Kalimba Ltd")
    SessionFactory(forum=forum, title="Something else")

    kinds = found(organiser_site, "  kalimba ")

    assert {*kinds} >= {"Sessions", "Speakers", "Proposals", "Registrations", "Outbox", "Accounts", "Organisations"}
    assert kinds["Sessions"] == ["Kalimba for all"]


def test_search_looks_into_all_forums_of_the_person_and_no_others(client, organiser_site, boss, forum, old):
    for one in (forum, old):
        SessionFactory(forum=one, title=f"Kalimba {one.slug}")
        RegistrationFactory(forum=one, name=f"Kalimba {one.slug}")

    everywhere = found(organiser_site, "kalimba")
    client.force_login(staff(Role.ORGANISER, forum=old))
    in_one = found(client, "kalimba")
    client.force_login(allowed("events.view_session", forum=old))
    sessions_only = found(client, "kalimba")

    assert sorted(everywhere["Sessions"]) == ["Kalimba 2019", "Kalimba 2020"]
    assert in_one["Sessions"] == ["Kalimba 2019"]
    assert ["2020" in name for name in in_one["Registrations"]] == [False]
    assert sessions_only == {"Sessions": ["Kalimba 2019"]}


def test_who_was_shown_is_written_down(organiser_site, boss, forum):
    person = RegistrationFactory(forum=forum, name="Kalimba").user

    organiser_site.get(SEARCH, {"q": "kalimba"})

    (seen,) = Viewing.objects.filter(model="registration.registration")
    assert (seen.by, seen.kind, seen.people) == (boss, Viewing.Kind.LIST, [person.pk])


def test_odd_words_are_no_error(organiser_site, forum):
    SessionFactory(forum=forum)
    for query in ["", "a", " a ", "\t", "%27%22<script>", "  ", "x" * 5000, "@", "'", "\\", "&|!:*", "٣٣"]:
        page = organiser_site.get(SEARCH, {"q": query})

        assert page.status_code == 200, query
        assert "<script>" not in page.content.decode().replace("<script src", "").replace("<script nonce", ""), query


@pytest.mark.parametrize("rows", [1, 3])
def test_search_asks_as_much_for_one_as_for_many(organiser_site, forum, rows, django_assert_num_queries):
    for number in range(rows):
        SessionFactory(forum=forum, title=f"Kalimba {number}")
        RegistrationFactory(forum=forum, name=f"Kalimba {number}")
    organiser_site.get(SEARCH, {"q": "kalimba"})

    with django_assert_num_queries(20):
        organiser_site.get(SEARCH, {"q": "kalimba"})
