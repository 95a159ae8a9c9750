"""Tables of other systems, and of secretariats in eight languages, brought into a new forum through the page: everything is right,
or it was asked."""

import pytest

from events.models import Forum, Session
from tests.events.exchange.imports import agree, errors, preview
from tests.events.exchange.systems import PROGRAMME, SECRETARIATS, SYSTEMS, secretariat, table_of
from tests.factories import SessionTypeFactory

pytestmark = pytest.mark.django_db
ASKED = {  # headers that nobody understands for sure without being told
    "sched": {"goers"},
    "sessionize": {"Owner", "Level"},
    "conftool": {"authors", "topic"},
    "eventsair": {"Stream"},
    "hubilo": {"Stream"},
    "easychair": {"Session", "Authors"},
    "cvent": {"Location Name"},
    "ConfTool in German": {"Bemerkung"},
    "pt": {"Data", "Fim", "Palestrantes"},
}


@pytest.fixture(autouse=True)
def usual_type():
    SessionTypeFactory(code="session", name="Session")


def brought_in(client, data, meant):
    """Bring a table into a new forum, and answer what is asked; returns the headers that were asked about."""
    page = preview(client, data, forum="", slug="2026")
    headers = page.context["look"].headers
    asked = {one.text for one in headers if one.is_open}
    if asked:
        answers = {f"column:{one.key}": meant[one.text] if one.is_open else one.column for one in headers}
        page = agree(client, page, _look="1", **answers)
    if getattr(page.context["look"], "unclear_date", ""):
        answers = {f"column:{one.key}": one.column for one in page.context["look"].headers}
        page = agree(client, page, _look="1", **answers, **{"name:order:dates": "day"})
    assert (page.context["look"].asks_columns, errors(page)) == (False, [])
    for question in page.context["look"].questions:
        assert question.answer, question.text
    agree(client, page)
    return asked


def written():
    forum = Forum.objects.get()
    for session in Session.objects.select_related("placement__room", "track"):
        place = session.placement
        people = {(one.speaker.name, one.role == "moderator") for one in session.appearances.select_related("speaker")}
        times = [forum.local(moment).replace(tzinfo=None) for moment in (place.starts, place.ends)]
        yield session.title, *times, place.room.name, people, session.track.name if session.track else ""


def told(*, has_tracks):
    for one in PROGRAMME:
        people = {(name, False) for name in one.speakers} | {(name, True) for name in {one.moderator} - {""}}
        yield one.title, one.starts, one.ends, one.room, people, one.track if has_tracks else ""


def sorted_by_title(rows):
    return sorted(rows, key=lambda row: row[0])


@pytest.mark.parametrize("system", SYSTEMS)
def test_table_of_another_system_comes_in_exactly(organiser_site, system):
    data, meant = table_of(system)

    asked = brought_in(organiser_site, data, meant)

    assert sorted_by_title(written()) == sorted_by_title(told(has_tracks="track" in meant.values()))
    assert asked == ASKED.get(system, set())
    assert [str(day) for day in Forum.objects.values_list("starts", "ends").get()] == ["2026-10-19", "2026-10-20"]


@pytest.mark.parametrize("language", SECRETARIATS)
def test_workbook_of_a_secretariat_comes_in_exactly(organiser_site, language):
    data, meant = secretariat(language)

    asked = brought_in(organiser_site, data, meant)

    assert sorted_by_title(written()) == sorted_by_title(told(has_tracks=False))
    assert asked == ASKED.get(language, set())
