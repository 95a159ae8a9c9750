"""The head of a row's page: what it says, what is offered there, and that each act leads somewhere; the parts of a page as tabs."""

import re

import pytest
from django.test import Client

from events.models import Role
from tests.events.proposals.factories import ProposalFactory
from tests.factories import (
    BookingFactory,
    ForumFactory,
    RegistrationFactory,
    SessionFactory,
    UserFactory,
    WaitingFactory,
    allowed,
    boss,
    join,
    staff,
)
from tests.prizes.factories import NominationFactory, make_edition

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
ACT = re.compile(r'<a href="([^"]+)"[^>]*>([^<]+)</a>')


def as_(user):
    client = Client()
    client.force_login(user)
    return client


def head(user, row):
    """The facts of a row's page as this account reads it, and what is offered there: words → address."""
    html = as_(user).get(f"/admin/{row._meta.app_label}/{row._meta.model_name}/{row.pk}/change/").content.decode()
    facts = re.search(r'<dl class="head-facts">(.*?)</dl>', html, re.S)
    tools = re.search(r'<ul class="object-tools">(.*?)</ul>', html, re.S)
    said = re.findall(r"<dt>(.*?)</dt>\s*<dd>(.*?)</dd>", facts.group(1), re.S) if facts else []
    plain = {name: " ".join(re.sub(r"<[^>]+>", " ", value).split()) for name, value in said}
    acts = {words.strip(): url.replace("&amp;", "&") for url, words in ACT.findall(tools.group(1))} if tools else {}
    return plain, acts


def booked_session(number):
    session = SessionFactory(forum=ForumFactory(), title="Booked one")
    for _number in range(number):
        BookingFactory(session=session, registration=RegistrationFactory(forum=session.forum))
    return session


# --- a session ------------------------------------------------------------------------------------
def test_session_says_its_state_when_where_and_who_booked_and_what_can_be_done():
    session = booked_session(2)
    WaitingFactory(session=session, registration=RegistrationFactory(forum=session.forum))

    facts, acts = head(boss(), session)

    assert facts["State"] == "Public"
    assert re.match(r"\d+ \w+ 2020, \d\d:\d\d–\d\d:\d\d Geneva", facts["When and where"]), facts
    assert (facts["Booked"], facts["Waiting"]) == ("2", "1")
    assert {"Board", "Move or cancel", "Write to the 2 who booked", "History"} <= acts.keys()


def test_message_from_a_session_is_to_those_who_booked_it():
    session = booked_session(3)
    booked_session(1)
    user = boss()

    html = as_(user).get(head(user, session)[1]["Write to the 3 who booked"]).content.decode()

    assert f'<option value="{session.pk}" selected>' in html
    assert 'name="group" value="booked"' in html


@pytest.mark.parametrize("query", ["group=booked&session=99999999", "group=undecided", "group=nobody", "group="])
def test_message_that_an_address_asks_for_in_vain_is_an_empty_or_a_told_one(query):
    user, forum = boss(), ForumFactory()

    assert as_(user).get(f"/admin/events/mailing/add/?forum={forum.slug}&{query}").status_code == 200


def test_group_that_a_person_may_not_write_to_is_not_chosen_by_an_address():
    session = booked_session(1)
    user = allowed("events.add_mailing", "events.view_mailing", forum=session.forum)

    html = as_(user).get(f"/admin/events/mailing/add/?forum={session.forum.slug}&group=booked").content.decode()

    assert 'name="group" value="booked"' not in html


def test_who_may_not_see_bookings_reads_no_number_of_them():
    session = booked_session(2)
    user = allowed("events.view_session", forum=session.forum)

    facts, acts = head(user, session)

    assert set(facts) == {"State", "When and where"}
    assert set(acts) <= {"History", "View on site"}


# --- every page -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "role", [Role.ORGANISER, Role.PROGRAMME, Role.PRIZE_OFFICER, Role.REGISTRATION_DESK, Role.SUPERVISOR]
)
def test_each_act_of_a_head_leads_to_a_page_that_is_there(role):
    session = booked_session(1)
    forum = session.forum
    edition = make_edition(forum=forum)
    rows = [
        *(session, forum, edition, UserFactory(), RegistrationFactory(forum=forum)),
        *(
            ProposalFactory(forum=forum, state="submitted"),
            NominationFactory(category=edition.categories.first(), state="submitted"),
        ),
    ]
    user = staff(role)
    client, asked = as_(user), 0
    for row in rows:
        page = f"/admin/{row._meta.app_label}/{row._meta.model_name}/{row.pk}/change/"
        if client.get(page).status_code != 200:
            continue
        for words, url in head(user, row)[1].items():
            assert client.get(url.replace("http://testserver", "")).status_code == 200, (row, words, url)
            asked += 1
    assert asked > 0


def test_way_to_the_person_is_there_for_who_may_read_that_account_only():
    own, other = ForumFactory(), ForumFactory(slug="other")
    row = RegistrationFactory(forum=own)
    reads = allowed("registration.view_registration", "events.view_user", forum=own)
    lacks = allowed("registration.view_registration", forum=own)
    elsewhere = allowed("registration.view_registration", forum=own)
    join(elsewhere, Role.ORGANISER, forum=other)

    offered = ["All of this person" in head(user, row)[1] for user in (reads, lacks, elsewhere)]

    assert offered == [True, False, False]
    for user, is_there in zip((reads, lacks, elsewhere), offered, strict=True):
        assert as_(user).get(f"/admin/person/{row.user_id}/").status_code == (200 if is_there else 404)


def test_points_of_a_proposal_are_for_those_who_decide():
    row = ProposalFactory(forum=ForumFactory(), state="submitted")
    reads = allowed("events.view_proposal", forum=row.forum)
    decides = allowed("events.view_proposal", "events.decide_proposal", forum=row.forum)

    assert ["Points" in head(user, row)[0] for user in (reads, decides)] == [False, True]


# --- tabs -----------------------------------------------------------------------------------------
def test_page_of_a_session_has_five_tabs_and_each_field_once():
    session = booked_session(0)
    html = as_(boss()).get(f"/admin/events/session/{session.pk}/change/").content.decode()

    assert len(re.findall(r'<section class="part"', html)) == 5
    names = re.findall(r'<(?:input|select|textarea)[^>]* name="([a-z_]+)"', html)
    once = {
        "title",
        "description",
        "type",
        "starts_0",
        "organisers",
        "meeting_url",
        "broadcast_url",
        "embargoed_until_0",
    }
    assert [names.count(name) for name in sorted(once & {*names})] == [1] * len(once & {*names})
    assert {"title", "organisers", "meeting_url", "broadcast_url"} <= {*names}
    for prefix in ("appearances", "documents", "wishes"):
        assert html.count(f'name="{prefix}-TOTAL_FORMS"') == 1


def test_what_is_wrong_in_a_part_is_told_at_its_tab():
    session = booked_session(0)
    client = as_(boss())

    html = client.post(f"/admin/events/session/{session.pk}/change/", {"title": "x"}).content.decode()

    tabs = re.search(r'<nav class="tabs".*?</nav>', html, re.S).group(0)
    assert re.search(r'class="wrong">\s*Texts', tabs), tabs
