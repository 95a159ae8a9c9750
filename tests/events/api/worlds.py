"""Rows for tests of the API: everything that it shows, and beside it everything that it must never tell."""

from datetime import timedelta

from events.models import Outcome, Partner, PracticalPage, Release, Session, Track
from tests.factories import (
    NOW,
    ActionLineFactory,
    AppearanceFactory,
    CountryFactory,
    ForumFactory,
    OrganisationFactory,
    RegistrationFactory,
    RoomFactory,
    SDGFactory,
    SessionFactory,
    SpeakerFactory,
    UserFactory,
    translate,
)
from tests.files import stored


def full_session(**options):
    """A public session with one of each thing that hangs on it."""
    forum = ForumFactory()
    track = Track.objects.get_or_create(forum=forum, name="Health")[0]
    session = SessionFactory(
        forum=forum,
        **{
            "description": "About **cables**",
            "track": track,
            "room": RoomFactory(),
            "languages": ["en", "fr"],
            "captioning": ["en"],
            "interpretation": ["fr"],
            "broadcast_url": "https://video.example.org/live",
            "recording_url": "https://video.example.org/recording",
            "number": 237,
        }
        | options,
    )
    translate(session, "fr", title="Câbles", description="Sur les câbles")
    session.organisers.add(OrganisationFactory(country=CountryFactory(), acronym="ORG"))
    session.action_lines.add(ActionLineFactory())
    session.sdgs.add(SDGFactory())
    session.documents.create(title="Paper", file=stored(b"%PDF-1.4", "documents/paper.pdf"))
    AppearanceFactory(
        session=session,
        role="moderator",
        speaker=SpeakerFactory(
            forum=forum, organisation=OrganisationFactory(), country=CountryFactory(), form_of_address="Dr"
        ),
    )
    outcome = Outcome.objects.create(forum=forum, session=session, kind="launch", title="Guide", text="A *guide*")
    outcome.organisations.add(OrganisationFactory())
    page = {"title": "Venue", "text": "The *hall*", "translations": {"fr": {"title": "Lieu", "text": "La salle"}}}
    PracticalPage.objects.get_or_create(
        forum=forum, slug=f"venue-{session.code.lower()}", is_public=True, defaults=page
    )
    return session


def entry(session, **options):
    """A session as a release keeps it."""
    return {
        "code": session.code,
        "title": session.title,
        "starts": session.starts.isoformat(),
        "ends": session.ends.isoformat(),
        "room": {"id": session.room.pk, "name": session.room.name} if session.room else None,
        "state": session.state,
        "speakers": [{"id": a.speaker_id, "name": a.speaker.full_name} for a in session.appearances.released()],
    } | options


def release(*sessions, number=1, **options):
    """A release that shows some sessions as new, and moves the first."""
    entries = [entry(session) for session in sessions]
    changes = [
        {"kind": "new", "code": row["code"], "title": row["title"], "before": None, "after": row} for row in entries
    ]
    place = {name: entries[0][name] for name in ("starts", "ends", "room")}
    changes.append({"kind": "moved", "code": entries[0]["code"], "title": "T", "before": place, "after": place})
    people = {"speakers": [{"id": 1, "name": "Ada"}]}
    changes.append({"kind": "joined", "code": entries[0]["code"], "title": "T", "before": None, "after": people})
    return Release.objects.create(
        **{
            "forum": sessions[0].forum,
            "number": number,
            "note": "First version",
            "released": NOW,
            "changes": changes,
            "timetable": entries,
        }
        | options
    )


def hide_secrets(session):
    """Put the word “canary” into everything that is not public, in and beside a public session."""
    Session.objects.filter(pk=session.pk).update(
        meeting_url="https://canary.example/room", expected=98765432, origin_id="canary-session", capacity=98765431
    )
    person = UserFactory(email="canary@example.org", name="Canary Person")
    RegistrationFactory(user=person)
    appearance = session.appearances.get()
    type(appearance.speaker).objects.filter(pk=appearance.speaker.pk).update(
        origin_id="canary-speaker", gender="undisclosed"
    )
    hidden = OrganisationFactory(name="Canary Organisation")
    forum = ForumFactory(slug="closed", name="Canary Forum", is_public=False)
    drafts = [
        SessionFactory(title="Canary Draft", state="draft"),
        SessionFactory(title="Canary Cancelled", state="cancelled", starts=None, ends=None),
        SessionFactory(title="Canary Embargo", embargoed_until=NOW + timedelta(days=300), room=session.room),
        SessionFactory(title="Canary Closed", forum=forum),
    ]
    for draft in drafts:
        draft.organisers.add(hidden)
        translate(draft, "fr", title="Canari canary")
        AppearanceFactory(session=draft, speaker__name="Canary Speaker", speaker__forum=draft.forum)
        draft.documents.create(title="Canary paper", file=stored(b"%PDF-1.4", "documents/canary.pdf"))
        Outcome.objects.create(forum=draft.forum, session=draft, kind="launch", title="Open", is_public=True)
    Outcome.objects.filter(forum=forum).update(title="Canary outcome of a closed forum")
    AppearanceFactory(session=session, is_released=False, speaker__name="Canary Waiting")
    Outcome.objects.create(forum=session.forum, session=session, kind="launch", title="Canary", is_public=False)
    Partner.objects.create(forum=forum, organisation=hidden)
    for of, is_public in ((session.forum, False), (forum, True)):
        PracticalPage.objects.create(forum=of, slug="canary", title="Canary", text="Canary", is_public=is_public)
    release(session, drafts[2], by=person)
    release(drafts[3], by=person)
    return drafts
