"""What the API tells, and what it never tells."""

from datetime import timedelta

import pytest
from django.db import transaction

from events.models import ActionLine, Forum, Outcome, PracticalPage, Session, SessionType, Theme
from events.shared.pages import revision
from tests.events.api.worlds import full_session, hide_secrets, release
from tests.factories import (
    NOW,
    AppearanceFactory,
    CountryFactory,
    ForumFactory,
    OrganisationFactory,
    SessionFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
LISTS = (
    *(
        "forums",
        "sessions",
        "speakers",
        "organisations",
        "rooms",
        "tracks",
        "session-types",
        "outcomes",
        "practical-pages",
    ),
    "releases",
)


def ask(client, address, status=200):
    response = client.get(f"/api/v1/{address}")
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"] == "application/json"
    return response.json()


def keys(answer, name="code"):
    return [row[name] for row in answer["results"]]


# --- data -----------------------------------------------------------------------------------------
def test_session_tells_everything_that_its_page_shows(client, settings, time_machine):
    session = full_session(title="Cables")
    speaker, outcome = session.speakers.get(), session.outcomes.get()
    organiser, document = session.organisers.get(), session.documents.get()

    answer = ask(client, f"sessions/{session.code}/")

    assert answer == {
        "code": session.code,
        "guid": str(session.guid),
        "forum": "2020",
        "number": 237,
        "title": "Cables",
        "description": "About **cables**",
        "texts": [{"language": "fr", "title": "Câbles", "description": "Sur les câbles"}],
        "state": "scheduled",
        "starts": "2020-07-23T12:00:00Z",
        "ends": "2020-07-23T13:30:00Z",
        "time_zone": "Europe/Zurich",
        "type": {"code": "thematic_workshop", "name": "Thematic Workshop"},
        "track": {"id": session.track.pk, "name": "Health"},
        "room": {"id": session.room.pk, "name": session.room.name, "is_virtual": True},
        "languages": ["en", "fr"],
        "captioning": ["en"],
        "interpretation": ["fr"],
        "organisers": [{"id": organiser.pk, "name": organiser.name, "acronym": "ORG"}],
        "action_lines": ["C2"],
        "sdgs": [9],
        "speakers": [{"id": speaker.pk, "name": f"Dr {speaker.name}", "role": "moderator"}],
        "documents": [
            {"title": "Paper", "url": settings.BASE_URL + document.file.url, "added": "2020-07-22T12:20:00Z"}
        ],
        "outcomes": [{"id": outcome.pk, "kind": "launch", "title": "Guide"}],
        "report": None,
        "broadcast_url": "https://video.example.org/live",
        "recording_url": "",
        "is_sample": False,
        "sequence": 0,
        "updated": "2020-07-22T12:20:00Z",
        "url": f"{settings.BASE_URL}/2020/programme/{session.code}/",
        "calendar_url": f"{settings.BASE_URL}/2020/programme/{session.code}.ics",
    }
    assert ask(client, "sessions/")["results"] == [answer]
    bare = ask(client, f"sessions/{SessionFactory().code}/")
    assert (bare["track"], bare["room"], bare["number"], bare["texts"]) == (None, None, None, [])
    entry = ask(client, "")
    assert ({*entry}, entry["sessions"]) == ({*LISTS, "schema"}, f"{settings.BASE_URL}/api/v1/sessions/")
    assert keys(ask(client, "sessions/?only=recording")) == []

    time_machine.move_to(session.ends)  # from then on there is a recording

    assert ask(client, f"sessions/{session.code}/")["recording_url"] == "https://video.example.org/recording"
    assert keys(ask(client, "sessions/?only=recording&only=captions")) == [session.code]


def test_forum_names_its_zone_and_its_hosts_and_a_speaker_their_sessions(client, settings):
    session = full_session()
    speaker, forum = session.speakers.get(), session.forum
    forum.host = OrganisationFactory(name="Union")
    forum.save()
    forum.co_organisers.add(OrganisationFactory(name="Agency"))

    told, person = ask(client, "forums/2020/"), ask(client, f"speakers/{speaker.pk}/")

    assert (told["time_zone"], told["host"]["name"]) == ("Europe/Zurich", "Union")
    assert [found["name"] for found in told["co_organisers"]] == ["Agency"]
    assert (told["url"], told["registration_opens"]) == (f"{settings.BASE_URL}/2020/", "2020-03-01T00:00:00Z")
    assert person["sessions"] == [{"code": session.code, "title": session.title, "role": "moderator"}]
    assert (person["country"], person["photo"], person["form_of_address"]) == ("ML", None, "Dr")
    assert person["organisation"]["name"] == speaker.organisation.name


def test_organisations_are_those_of_public_pages(client):
    session = full_session()
    OrganisationFactory(name="Of nothing")
    forum = session.forum
    forum.host = OrganisationFactory(name="Host")
    forum.save()

    answer = ask(client, "organisations/?page_size=200")

    outcome, speaker = session.outcomes.get(), session.speakers.get()
    shown = [session.organisers.get(), outcome.organisations.get(), speaker.organisation, forum.host]
    assert {*keys(answer, "id")} == {organisation.pk for organisation in shown}


def test_release_tells_changes_and_timetable(client):
    session = full_session()
    release(session)

    row = ask(client, "releases/")["results"][0]
    answer = ask(client, "releases/2020/1/")

    assert {name: answer[name] for name in row} == row
    assert [change["kind"] for change in answer["changes"]] == ["new", "moved", "joined"]
    assert answer["changes"][1]["before"] == {
        "starts": "2020-07-23T12:00:00Z",
        "ends": "2020-07-23T13:30:00Z",
        "room": {"id": session.room.pk, "name": session.room.name},
    }
    assert set(answer["changes"][2]["after"]) == {"speakers"}
    assert answer["timetable"][0] == answer["changes"][0]["after"]
    assert answer["timetable"][0]["code"] == session.code


# --- what never leaves ----------------------------------------------------------------------------
def everything(client):
    """All that can be read: the lists to their ends, and every single row by its key."""
    found = [client.get("/api/v1/"), client.get("/api/schema/")]
    for name in LISTS:
        found.append(client.get(f"/api/v1/{name}/?page_size=200"))
        for row in found[-1].json()["results"]:
            parts = (
                (row["forum"], row["number"])
                if name == "releases"
                else (row.get("slug") or row.get("code") or row["id"],)
            )
            found.append(client.get(f"/api/v1/{name}/" + "".join(f"{part}/" for part in parts)))
    assert {answer.status_code for answer in found} == {200}
    return "\n".join(answer.content.decode() for answer in found)


def test_nothing_private_leaves(client):
    session = full_session(title="Open session")
    drafts = hide_secrets(session)
    waiting = session.appearances.get(is_released=False).speaker
    missing = ["forums/closed/", "releases/closed/1/", *(f"sessions/{draft.code}/" for draft in drafts)]
    missing += [f"speakers/{draft.speakers.get().pk}/" for draft in drafts]
    missing += [f"organisations/{draft.organisers.get().pk}/" for draft in drafts]
    missing += [f"practical-pages/{page.pk}/" for page in PracticalPage.objects.filter(title="Canary")]
    missing += [f"outcomes/{outcome.pk}/" for outcome in Outcome.objects.filter(title__startswith="Canary")]
    filters = [f"sessions/?speaker={waiting.pk}", f"outcomes/?session={drafts[2].code}"]

    text = everything(client)
    of_draft = Outcome.objects.create(forum=session.forum, session=drafts[0], kind="launch", title="Guide")

    assert ask(client, f"outcomes/{of_draft.pk}/")["session"] is None
    assert text.count("Open session") > 3
    assert "canary" not in text.casefold()
    assert [word for word in ("98765432", "98765431", "undisclosed", "@example.org") if word in text] == []
    assert [draft.code for draft in drafts if draft.code in text] == []
    assert {"gender", "email", "meeting_url", "expected", "origin_id"} & {*text.split('"')} == set()
    assert {ask(client, address, 404)["code"] for address in missing} == {"not-found"}
    for address in (*filters, "sessions/?search=canary", "speakers/?search=canary"):
        assert ask(client, address)["results"] == [], address


def test_the_net_catches_what_was_published(client):
    session = full_session()
    drafts = hide_secrets(session)
    Session.objects.filter(title="Canary Draft").update(state="scheduled")
    Session.objects.filter(title="Canary Embargo").update(embargoed_until=None)

    text = everything(client)

    assert [draft.code in text for draft in drafts] == [True, False, True, False]


# --- queries --------------------------------------------------------------------------------------
@pytest.mark.parametrize("rows", [1, 3])
def test_lists_ask_as_often_for_three_rows_as_for_one(client, django_assert_num_queries, rows):
    narrowed = "day=2020-07-23&only=captions&sdg=9&action_line=C2&changed_since=2020-01-01T00:00:00Z"
    costs = {"forums/": 3, "sessions/": 8, f"sessions/?{narrowed}": 10, "speakers/": 3, "organisations/": 2}
    for number in range(rows):
        session = full_session()
        ForumFactory(slug=f"f{number}", host=OrganisationFactory()).co_organisers.add(OrganisationFactory())
        release(session, number=number + 1)

    for address, queries in (costs | {"outcomes/": 7, "practical-pages/": 2, "releases/": 3}).items():
        with django_assert_num_queries(queries):
            answer = ask(client, address)
        assert answer["count"] >= rows


# --- filters --------------------------------------------------------------------------------------
@pytest.fixture
def pair():
    """A session with everything, and a second one, two days later, with nothing in common but its forum."""
    SessionType.objects.update(updated=NOW)  # those that every site has are as old as its database
    return full_session(title="Alpha"), SessionFactory(
        title="Beta",
        state="cancelled",
        starts=NOW + timedelta(days=3),
        languages=["ar"],
        type__code="other",
        type__name="Other",
    )


# What the filters of the programme page find is asked in tests/events/programme/test_filters.py.
FOUND = {
    "": "Alpha Beta",
    "forum=2019&forum=2020": "Alpha Beta",
    "forum=2019": "",
    "day=2020-07-23": "Alpha",
    "day=2020-07-23&day=2020-07-25": "Alpha Beta",
    "day=0001-01-01": "",
    "day=9999-12-31": "",
    "starts_from=2020-07-24T00:00:00Z": "Beta",
    "starts_from=2020-07-23T14:00:00+02:00&starts_before=2020-07-23T14:00:01%2B02:00": "Alpha",
    "starts_before=2020-07-23T12:00:00.000Z": "",
    "starts_before=0001-01-01T00:00:00Z": "",
    "starts_before=9999-12-31T23:59:60-23:59": "Alpha Beta",
    "state=cancelled": "Beta",
    "search=cables": "Alpha",
    "search=": "Alpha Beta",
    "search=..": "",
    "search=%CC%81": "Alpha Beta",  # an accent without a letter is no word
    "changed_since=2020-07-22T12:20:00Z": "Alpha Beta",
    "changed_since=2020-07-22T12:20:01Z": "",
    "ordering=-starts": "Beta Alpha",
    "ordering=-title": "Beta Alpha",
    "sdg=9&type=other": "",
}


def test_sessions_are_filtered(client, pair):
    session, _other = pair
    organiser, speaker = session.organisers.get(), session.speakers.get()
    keyed = (f"track={session.track.pk}", f"organiser={organiser.pk}", f"speaker={speaker.pk}")

    for query, found in (FOUND | {f"{key}&{key.replace('=', '=9')}": "Alpha" for key in keyed}).items():
        answer = ask(client, f"sessions/?{query}")
        assert " ".join(keys(answer, "title")) == found, query
        assert answer["count"] == len(found.split())


LATER = NOW + timedelta(hours=1)
SINCE = f"changed_since={LATER:%Y-%m-%dT%H:%M:%SZ}"


def corrected(row, **values):
    """The same row, saved an hour later by an organiser."""
    for name, value in values.items():
        setattr(row, name, value)
    row.save()


CORRECTIONS = {
    "speaker": lambda session: corrected(session.speakers.get(), name="Right name"),
    "employer": lambda session: corrected(session.speakers.get().organisation, name="Right employer"),
    "organiser": lambda session: corrected(session.organisers.get(), name="Right organiser"),
    "room": lambda session: corrected(session.room, name="Right room"),
    "track": lambda session: corrected(session.track, name="Right track"),
    "type": lambda session: corrected(session.type, name="Right type"),
    "session": lambda session: corrected(session, title="Right title"),
    "what hangs on it": lambda session: revision.touch([session.pk, None], now=LATER),
    "document": lambda session: session.documents.update(added=LATER),
    "release": lambda session: release(session, released=LATER),
}


def test_session_comes_up_when_what_it_tells_was_corrected(client, pair, time_machine):
    session, other = pair
    waiting = AppearanceFactory(session=other, is_released=False).speaker
    time_machine.move_to(LATER, tick=False)

    corrected(waiting, name="Canary")
    assert keys(ask(client, f"sessions/?{SINCE}")) == []
    assert ask(client, f"speakers/?{SINCE}")["count"] == 0
    for name, correct in CORRECTIONS.items():
        with transaction.atomic():
            correct(Session.objects.get(pk=session.pk))
            assert keys(ask(client, f"sessions/?{SINCE}")) == [session.code], name
            transaction.set_rollback(True)


def test_speakers_changed_since(client, pair, time_machine):
    session, other = pair
    AppearanceFactory(session=other)
    speaker = session.speakers.get()
    time_machine.move_to(LATER, tick=False)

    for row in (speaker, speaker.organisation, session):
        with transaction.atomic():
            corrected(row)
            assert keys(ask(client, f"speakers/?{SINCE}"), "id") == [speaker.pk]
            transaction.set_rollback(True)
    OrganisationFactory(name="On no public page")
    organiser = session.organisers.get()
    corrected(organiser, acronym="NEW")
    assert keys(ask(client, f"organisations/?{SINCE}"), "id") == [organiser.pk]


COUNTS = {
    "speakers/?search=dr+zola": 0,
    "speakers/?search=zola+org": 1,
    "speakers/?forum=2020&ordering=-name": 2,
    "organisations/?country=ML&stakeholder_type=academia": 1,
    "organisations/?search=ORG": 1,
    "organisations/?search=": 2,
    "outcomes/?kind=launch&forum=2020": 1,
    "outcomes/?kind=agreement": 0,
    "outcomes/?theme=ethics&action_line=C7&sdg=9": 1,
    "outcomes/?theme=gender": 0,
    "outcomes/?search=ethics+guide": 1,
    "outcomes/?search=&ordering=-date": 2,
    "releases/?forum=2020&released_since=2020-07-22T12:20:00Z": 1,
    "releases/?released_since=2020-07-23T12:20:00Z": 0,
    "forums/?ordering=slug": 1,
}


def test_other_lists_are_filtered(client):
    forum = ForumFactory()
    organisation = OrganisationFactory(name="Organisation", acronym="ORG", country_id=None)
    session = SessionFactory(forum=forum)
    AppearanceFactory(session=session, speaker__name="Zola", speaker__organisation=organisation)
    AppearanceFactory(session=session, speaker__name="Aoki")
    session.organisers.add(OrganisationFactory(name="Ministry", country=CountryFactory()))
    for of, kind in ((session, "launch"), (None, "partnership")):
        outcome = Outcome.objects.create(forum=forum, session=of, kind=kind, title="Guide")
    outcome.themes.add(Theme.objects.get(code="ethics"))
    outcome.action_lines.add(ActionLine.objects.get(code="C7-E-GOV"))
    outcome.sdgs.add(9)
    outcome.organisations.add(organisation)
    release(session)

    for address, count in (
        COUNTS | {f"outcomes/?session={session.code}": 1, f"outcomes/?organisation={organisation.pk}": 1}
    ).items():
        assert ask(client, address)["count"] == count, address


# --- pages ----------------------------------------------------------------------------------------
def test_pages_link_to_each_other(client, settings):
    settings.BASE_URL = "https://forum.example.org"
    for _i in range(3):
        SessionFactory()

    first = ask(client, "sessions/?page_size=2&state=scheduled&state=cancelled")
    address = "https://forum.example.org/api/v1/sessions/?page_size=2&state=scheduled&state=cancelled&page=2"
    assert (first["count"], first["next"], first["previous"]) == (3, address, None)

    second = client.get(first["next"].removeprefix("https://forum.example.org")).json()
    assert (second["next"], second["previous"]) == (None, address.replace("&page=2", "&page=1"))
    assert len({*keys(first), *keys(second)}) == 3
    alike = [SessionFactory(title="Same").code for _i in range(5)]  # they keep their order
    pages = [ask(client, f"sessions/?ordering=title&page_size=2&page={number}") for number in (1, 2, 3, 4)]
    found = [code for page in pages for code in keys(page) if code in alike]
    assert found == alike


# --- rooms, tracks, types, and all that is known of speakers --------------------------------------
def test_rooms_tracks_and_types_are_lists_and_filters(client):
    session = full_session(code="A1B2C3")
    SessionFactory(forum=session.forum, code="ZZZZZZ", room=None)
    ForumFactory(slug="2019", is_public=False).rooms.create(name="Secret hall")
    own = SessionType.objects.create(code="clinic", name="Clinic")
    own.forums.add(Forum.objects.get(slug="2019"))

    rooms, tracks, types = (
        client.get(f"/api/v1/{name}/?forum=2020").json()["results"] for name in ("rooms", "tracks", "session-types")
    )

    assert [(room["id"], room["name"], room["forum"]) for room in rooms] == [
        (session.room_id, session.room.name, "2020")
    ]
    assert tracks == [{"id": session.track_id, "name": "Health", "forum": "2020"}]
    assert {"code": session.type.code, "name": session.type.name, "forums": []} in types
    assert "clinic" not in str(client.get("/api/v1/session-types/").json())
    assert client.get("/api/v1/session-types/clinic/").status_code == 404
    assert keys(ask(client, f"sessions/?type={session.type.code}&room={session.room_id}")) == ["A1B2C3"]


@pytest.mark.parametrize("number", [1, 3])
def test_speakers_are_told_of_where_they_are_asked_for(client, django_assert_num_queries, number):
    session = full_session(code="A1B2C3")
    for _n in range(number - 1):
        AppearanceFactory(session=session, speaker__forum=session.forum, speaker__organisation=OrganisationFactory())
    told = client.get(f"/api/v1/speakers/{session.appearances.first().speaker_id}/").json()

    client.get("/api/v1/sessions/A1B2C3/?expand=speakers")
    with django_assert_num_queries(7):
        whole = client.get("/api/v1/sessions/A1B2C3/?expand=speakers").json()
    short = client.get("/api/v1/sessions/A1B2C3/").json()
    listed = client.get("/api/v1/sessions/?expand=speakers").json()["results"][0]

    about = next(one["about"] for one in whole["speakers"] if one["id"] == told["id"])
    assert about == {name: told[name] for name in about}
    assert {"position", "organisation", "biography", "photo"} <= {*about}
    assert listed["speakers"] == whole["speakers"]
    assert [{*one} for one in short["speakers"]] == [{"id", "name", "role"}] * number
