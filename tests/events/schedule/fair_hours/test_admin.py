"""Fair hours in the admin: the burden of the regions, and a session's hours."""

import pytest
from django.urls import reverse

from tests.events.schedule.factories import HOUR, NINE, NO_TIME, audience, session_at
from tests.factories import SessionFactory

pytestmark = pytest.mark.usefixtures("noon")

JSON = {"Accept": "application/json"}


@pytest.fixture
def session(room):
    return session_at(NINE, room=room, title="Early <b>")


@pytest.fixture
def lima(forum):
    """Seven people in Lima, for whom it is night at nine in Geneva, and five in Quito and Bogotá."""
    audience(
        forum, ("americas", "America/Lima", 7), ("americas", "America/Guayaquil", 3), ("americas", "America/Bogota", 2)
    )


def address(name, forum, *more):
    return reverse(f"admin:events_forum_{name}", args=[forum.pk, *more])


def pages(forum, session):
    return [address("hours", forum), address("session_hours", forum, session.code)]


def text_of(answer):
    return " ".join(answer.content.decode().split())


def test_hours_of_the_forum(organiser_site, forum, session, lima):
    page = organiser_site.get(address("hours", forum))

    assert [(row.label, row.people, row.whole, row.weeks[5]) for row in page.context["rows"]] == [
        ("Americas", 12, 1.0, 1.0),
        ("Worst-off time zone: America/Lima", 7, 1.0, 1.0),
    ]
    assert [(place.code, share) for place, _where, share, _address in page.context["lowest"]] == [(session.code, 0.0)]
    assert (page.context["zones"], page.context["others"]) == ([("America/Lima", 7)], 5)
    text = text_of(page)
    assert ("<b>100 %</b>" in text, "<b>0 %</b>" in text, "America/Guayaquil" in text) == (True, True, False)


def test_region_of_one_is_shown_nowhere(client, staff, forum, session):
    """Those who move sessions may not see registrations: the hours of one person would tell where that person is."""
    audience(forum, ("asia", "Pacific/Apia", 1), ("africa", "Africa/Lagos", 30), ("americas", "UTC", 6))
    client.force_login(staff("programme"))

    answer = client.get(address("session_hours", forum, session.code), headers=JSON).json()

    assert set(answer["shares"]) == {"all", "africa"}  # nor the six beside whom the total would give the one away
    for text in [answer["html"], *(text_of(client.get(target)) for target in pages(forum, session))]:
        assert [word in text for word in ("Asia and Australasia", "Apia", "7 people")] == [False, False, True]


def test_same_queries_with_one_session_and_with_many(
    organiser_site, forum, session, lima, django_assert_max_num_queries
):
    for target in pages(forum, session):
        organiser_site.get(target)
        with django_assert_max_num_queries(40) as few:
            organiser_site.get(target)
        for number in range(1, 4):
            SessionFactory(forum=forum, room=session.room, starts=NINE + number * HOUR)
        with django_assert_max_num_queries(len(few)):
            organiser_site.get(target)


# --- one session ------------------------------------------------------------------------------------
def test_session_shows_its_share_and_its_best_slots(organiser_site, forum, session, lima):
    page = organiser_site.get(address("session_hours", forum, session.code))
    waiting = SessionFactory(forum=forum, room=None, **NO_TIME)
    at_the_side = organiser_site.get(address("session_hours", forum, waiting.code), {"day": "2020-07-28"})

    assert [[(row["label"], row["share"]) for row in one.context["rows"]] for one in (page, at_the_side)] == [
        [(label, share) for label in ("All who registered", "Americas", "Worst-off time zone: America/Lima")]
        for share in (0.0, None)
    ]
    assert [(slot["where"], slot["reach"].people) for slot in page.context["slots"]] == [
        (f"{day} July, 15:00 Geneva, Room A", 1.0) for day in ("Monday 27", "Tuesday 28", "Wednesday 29")
    ]
    assert at_the_side.context["slots"][0]["where"] == "Monday 27 July, 15:00 Geneva, Room A"
    assert "Early &lt;b&gt;" in text_of(page)
    assert "Monday 27 July, 15:00 Geneva, Room A: 100 % of the people, 100 % on average of the regions" in text_of(page)
    assert "<b class=n>–</b>" in text_of(at_the_side).replace('"', "")


def test_script_gets_the_shares_of_the_day(organiser_site, forum, session, lima):
    audience(forum, ("asia", "Asia/Tokyo", 5), session=session)

    answer = organiser_site.get(address("session_hours", forum, session.code), {"day": "2020-07-29"}, headers=JSON)

    found = answer.json()
    assert (found["day"], set(found["shares"])) == ("2020-07-29", {"all", "booked", "americas", "zone"})
    assert [found["shares"]["all"][hour * 12] for hour in (9, 15)] == [0, 100]
    assert "Best free slots" in found["html"]
