"""The page of an Action Line over the years: sessions, outcomes, commitments, attendances and champions of each edition."""

from datetime import timedelta

import pytest

from events.models import ActionLine, Commitment, Outcome
from prizes.models import Nomination
from prizes.road_maps import road_map
from registration.sessions.attendance import tally
from tests.factories import (
    NOW,
    AttendanceFactory,
    ForumFactory,
    OrganisationFactory,
    RegistrationFactory,
    SessionFactory,
)
from tests.prizes.counted import announced, counted, crown
from tests.prizes.factories import nominees_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
PAGE = "/2020/action-lines/C2/"


def years(code="C2"):
    return road_map.years(ActionLine.objects.get(code=code), now=NOW)


def promise(forum, *, line, state=None, **more):
    outcome = Outcome.objects.create(forum=forum, **{"kind": "launch", "title": "A network"} | more)
    outcome.action_lines.add(line)
    commitment = Commitment.objects.create(outcome=outcome, organisation=OrganisationFactory())
    if state:
        commitment.reports.create(state=state, reported=NOW, confirmed=NOW)


@pytest.fixture
def edition():
    """A counted prize with two categories, C1 and C2."""
    edition = counted()
    for place, row in enumerate(nominees_of(edition, 2)):
        Nomination.objects.filter(pk=row.pk).update(title=f"Canary {place}")
    crown(edition)
    return edition


def test_each_edition_stands_with_what_it_did_for_the_line(client, edition):
    line, forum = ActionLine.objects.get(code="C2"), edition.forum
    earlier = ForumFactory(slug="2019", name="WSIS Forum 2019")
    type(earlier).objects.filter(pk=earlier.pk).update(starts="2019-04-08", ends="2019-04-12")
    ForumFactory(slug="empty")
    for _n in range(2):
        SessionFactory(forum=forum).action_lines.add(line)
    SessionFactory(forum=forum, state="cancelled").action_lines.add(line)
    SessionFactory(forum=forum, embargoed_until=NOW + timedelta(days=1)).action_lines.add(line)
    promise(earlier, line=line, state="kept", title="Promise of 2019")
    promise(earlier, line=line, state="changed")
    promise(earlier, line=line, is_public=False, title="Canary outcome")

    this, last = years()
    page = client.get(PAGE).content.decode()

    assert (this.forum, this.sessions, this.outcomes, this.champions) == (forum, 2, [], [])
    assert (last.forum, last.sessions, len(last.outcomes), last.commitments, last.kept) == (earlier, 0, 2, 2, 1)
    assert ("Promise of 2019" in page, "1 of 2" in page, "Canary" in page) == (True, True, False)
    links = ("/2020/programme/?action_line=C2", "/2019/outcomes/?action_line=C2", "/2020/action-lines/C5/")
    assert [link for link in links if f'href="{link}"' not in page] == []


def test_page_says_what_the_line_is_about_and_who_facilitates_it(client):
    ForumFactory()
    line = ActionLine.objects.get(code="C2")

    page = client.get(PAGE).content.decode()

    assert (line.description in page, f"<bdi>{line.facilitators}</bdi>" in page) == (True, True)


def test_champions_are_there_once_they_are_announced_and_winners_later(client, edition):
    SessionFactory(forum=edition.forum).action_lines.add(ActionLine.objects.get(code="C2"))
    found = [client.get(PAGE).content.decode()]
    announced(edition, "champions")
    found.append(client.get(PAGE).content.decode())
    announced(edition, "winners")
    found.append(client.get(PAGE).content.decode())

    assert [("Canary 0" in text, "Winner" in text, "Canary 1" in text) for text in found] == [
        (False, False, False),
        (True, False, False),
        (True, True, False),
    ]


def test_small_numbers_of_attendances_are_hidden_as_in_the_table(client):
    forum, line = ForumFactory(), ActionLine.objects.get(code="C2")
    session, other = SessionFactory(forum=forum), SessionFactory(forum=forum)
    session.action_lines.add(line)
    other.action_lines.add(ActionLine.objects.get(code="C5"))
    for one, number in ((session, 3), (other, 30)):
        for _n in range(number):
            AttendanceFactory(session=one, registration=RegistrationFactory(forum=forum))
    tally.recount(forum, now=NOW)

    assert years()[0].attendances is None
    assert "not shown" in client.get(PAGE).content.decode()


def test_line_with_parts_stands_for_its_parts():
    part = ActionLine.objects.get(code="C7-E-GOV")
    session = SessionFactory()
    session.action_lines.add(part)
    promise(session.forum, line=part)

    (year,) = years("C7")

    assert (year.sessions, len(year.outcomes)) == (1, 1)


def test_unknown_lines_and_hidden_forums_are_not_there(client):
    line = ActionLine.objects.get(code="C2")
    ForumFactory()
    promise(ForumFactory(slug="hidden", is_public=False), line=line, title="Canary")

    assert {client.get(f"/2020/action-lines/{code}/").status_code for code in ("C99", "c2", "x" * 60)} == {404}
    assert client.get("/hidden/action-lines/C2/").status_code == 404
    page = client.get(PAGE).content.decode()
    assert ("Nothing yet" in page, "Canary" in page) == (True, False)


@pytest.mark.parametrize("rows", [1, 3])
def test_page_asks_as_often_for_three_as_for_one(client, django_assert_num_queries, rows):
    forum, line = ForumFactory(), ActionLine.objects.get(code="C2")
    for _n in range(rows):
        SessionFactory(forum=forum).action_lines.add(line)
        promise(forum, line=line, state="kept")

    with django_assert_num_queries(16):
        client.get(PAGE)
