"""The files of the programme for a choice of sessions: the filters of the page, under the same names."""

from datetime import timedelta

import pytest
from icalendar import Calendar

from events.models import Track
from tests.events.exchange.imports import bring_in
from tests.factories import (
    NOW,
    ActionLineFactory,
    AppearanceFactory,
    OrganisationFactory,
    RoomFactory,
    SDGFactory,
    SessionFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def fibre(noon):
    """A session with one of everything that one can choose by, beside another one without."""
    session = SessionFactory(title="Fibre", languages=["fr"], captioning=["fr"], room=RoomFactory())
    session.track = Track.objects.create(forum=session.forum, name="Health")
    session.save()
    SessionFactory(forum=session.forum, title="Ledger", starts=NOW + timedelta(days=2), languages=["en"])
    session.action_lines.add(ActionLineFactory(code="C2"))
    session.sdgs.add(SDGFactory(number=9))
    session.organisers.add(OrganisationFactory(stakeholder_type="academia"))
    AppearanceFactory(session=session)
    return session


def titles(client, query):
    answer = client.get(f"/2020/schedule.ics?{query}")
    assert answer.status_code == 200, query
    return [str(event["SUMMARY"]) for event in Calendar.from_ical(answer.content).walk("VEVENT")]


def test_calendar_of_a_choice(client, fibre):
    chosen = [
        f"track={fibre.track_id}",
        "action_line=C2",
        f"speaker={fibre.appearances.get().speaker_id}",
        "sdg=9",
        f"organiser={fibre.organisers.get().pk}",
        "stakeholder=academia",
        "language=fr",
        "only=captions",
        "q=fibre",
        f"type={fibre.type.code}&day={fibre.starts.date()}&q=fibre",
    ]

    assert {query: titles(client, query) for query in chosen} == {query: ["Fibre"] for query in chosen}
    assert titles(client, "") == ["Fibre", "Ledger"]
    assert titles(client, "action_line=C2&q=ledger") == []
    others = [client.get(f"/2020/schedule.{ending}?q=fibre") for ending in ("xml", "json", "csv", "xlsx")]
    assert [(one.status_code, b"Ledger" in one.content) for one in others] == [(200, False)] * 4


@pytest.mark.parametrize(
    "query", ["colour=red", "track=x", "track=", "q=" + "a" * 101, "tz=UTC", "page=2", "q=a&q=b", "day=2020-02-30"]
)
def test_what_is_no_filter_is_refused_as_in_the_api(client, fibre, query):
    for ending in ("ics", "csv"):
        answer = client.get(f"/2020/schedule.{ending}?{query}")

        assert (answer.status_code, answer.json()["code"]) == (400, "bad-parameter")
        assert [*answer.json()["parameters"]] == [query.partition("=")[0]]


def test_pages_lead_to_the_calendar_of_what_they_show(client, fibre):
    speaker = fibre.appearances.get().speaker_id
    pages = {
        "programme/?action_line=C2&q=fibre": "schedule.ics?action_line=C2&amp;q=fibre",
        f"speakers/{speaker}/": f"schedule.ics?speaker={speaker}",
        "action-lines/C2/": "schedule.ics?action_line=C2",
    }

    for page, calendar in pages.items():
        assert f'href="/2020/{calendar}"' in client.get(f"/2020/{page}").content.decode(), page
        assert titles(client, calendar.partition("?")[2].replace("&amp;", "&")) == ["Fibre"]


def test_marks_of_a_description_stay_in_the_forum_when_its_own_calendar_comes_back(client, fibre):
    fibre.description = "For **all**:\n\n- one\n- two"
    fibre.save(update_fields=["description"])
    calendar = client.get("/2020/schedule.ics").content
    event = Calendar.from_ical(calendar).walk("VEVENT")[0]

    bring_in(calendar, slug="2020")

    fibre.refresh_from_db()
    assert str(event["DESCRIPTION"]).startswith("For all:\n\n– one\n– two\n\nhttp")
    assert fibre.description == "For **all**:\n\n- one\n- two"
