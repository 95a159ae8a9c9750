"""The next forum, made from one in which there is a row of everything: what it takes over, and what it does not."""

from datetime import UTC, date, datetime

import pytest
from django.apps import apps

from events.forums import copied_rows, next_forum
from events.forums.next_forum import make
from events.models import Approval, Call, Forum, HistoryEntry, PracticalPage, Question, Role, Room, Track
from events.models.forum import forum_paths
from events.shared.history import log
from events.shared.history.verbs import Verb
from prizes.models import Criterion, Edition, Phase
from registration.models import CertificateRule, Door, Kind, RegistrationQuestion, RetentionPeriod
from tests.admin import two_forums
from tests.factories import (
    NOW,
    DoorFactory,
    ForumFactory,
    KindFactory,
    RegistrationQuestionFactory,
    RoomFactory,
    SessionFactory,
    SessionTypeFactory,
    boss,
    join,
    staff,
)
from tests.prizes.factories import make_edition
from tests.refusals import refused

pytestmark = pytest.mark.django_db
ALL = [part.key for part in copied_rows.parts()]

# What of a forum stays there: people and what they do, what took place, what was counted, and what is of the year.
STAYS = {
    *("events.HistoryEntry", "events.Viewing", "events.Speaker", "events.Session"),
    *("events.Appearance", "events.Placement", "events.Release", "events.Availability", "events.Wish"),
    *("events.HostedSession", "events.Proposal", "events.Document", "events.Outcome", "events.SessionReport"),
    *("events.Commitment", "events.CommitmentReport", "events.Audience", "events.Message", "events.Partner"),
    *("events.News", "events.Mailing", "events.MailingReceiver", "events.RowChange"),
    *("events.Membership", "events.Forum"),  # two of these `make` does itself
    *("registration.AccreditationStep", "registration.FocalPoint", "registration.RegistrationFile"),
    *("registration.InvitationLetter", "registration.Registration", "registration.RegistrationDraft"),
    *("registration.ParticipationCertificate", "registration.DoorPass", "registration.Scan", "registration.Tally"),
    *("registration.PublishedFigures", "events.FailedRow"),
    *("registration.Stay", "registration.Attendance", "registration.SeatHold", "registration.Booking"),
    *("registration.RegistrationInvitation", "registration.FocalPointRequest", "registration.Waiting"),
    *("prizes.Ballot", "prizes.Quarantine", "prizes.Expert", "prizes.Assignment", "prizes.Score", "prizes.Count"),
    "prizes.Recount",
    *("prizes.Result", "prizes.Turnout", "prizes.Winner", "events.Approval", "prizes.Certificate"),
    *("prizes.OutcomeDocument", "prizes.Nomination", "prizes.NominationVersion", "prizes.PrizeSponsor"),
}


def copied():
    return {rows.model for part in copied_rows.parts() for rows in part.rows}


def made_from(forum, *, by=None, **values):
    wanted = {"name": "WSIS Forum 2021", "slug": "2021", "weeks": 52, "days": 81, "parts": ALL}
    return make(forum, by=by or boss(), now=NOW, **wanted | values)


def test_of_every_model_is_said_whether_the_next_forum_takes_it_over():
    of_forums = [model for model in apps.get_models() if forum_paths(model)]

    taken = {model._meta.label for model in copied()}
    assert {model._meta.label for model in of_forums} == taken | STAYS
    assert not taken & STAYS


def test_next_forum_has_the_settings_and_the_rows_and_nothing_of_people():
    world = two_forums.make()
    forum, by = world.forum, boss()
    before = {model: model.objects.count() for model in two_forums.OF_FORUMS}

    new = made_from(forum, by=by)
    new.refresh_from_db()

    more = {model for model in two_forums.OF_FORUMS if model.objects.count() > before[model]}
    assert more == (copied() & set(two_forums.OF_FORUMS)) | {Forum, HistoryEntry}
    assert (new.starts, new.ends) == (date(2021, 6, 21), date(2021, 9, 9))
    assert (new.is_public, new.chair, new.theme, new.certificate_signatory) == (False, "", "", "")
    assert (new.time_zone, new.turn_round_minutes, new.place) == (forum.time_zone, 0, forum.place)
    assert new.registration_closes == datetime(2021, 9, 7, 16, tzinfo=UTC)


def test_rows_name_each_other_as_in_the_forum_before():
    forum = ForumFactory()
    own, other = SessionTypeFactory(), KindFactory(forum=ForumFactory(slug="other"))
    kind = KindFactory(forum=forum, name="Delegates", opens=datetime(2020, 3, 28, 11, tzinfo=UTC))
    kind.session_types.add(own)
    first = RegistrationQuestionFactory(forum=forum, text="Do you eat?", type="choice", choices=["Yes", "No"])
    later = RegistrationQuestionFactory(forum=forum, text="What?", shown_if=first, shown_for=["Yes"])
    later.kinds.add(kind)
    RegistrationQuestionFactory(forum=forum, text="Of old", retired=NOW)
    room = RoomFactory(forum=forum, name="Hall", capacity=300)
    track = Track.objects.create(forum=forum, name="Health")
    DoorFactory(forum=forum, name="Hall", room=room)
    DoorFactory(forum=forum, name="Of a session", session=SessionFactory(forum=forum))
    CertificateRule.objects.create(forum=forum, track=track)
    RetentionPeriod.objects.create(forum=forum, kind="letters", days=20)

    new = made_from(forum)

    taken = Kind.objects.get(forum=new)
    asked = {row.text: row for row in RegistrationQuestion.objects.filter(forum=new)}
    assert (taken.name, taken.opens) == ("Delegates", datetime(2021, 3, 27, 11, tzinfo=UTC))
    assert list(taken.session_types.all()) == [own]
    assert asked.keys() == {"Do you eat?", "What?"}
    assert asked["What?"].shown_if == asked["Do you eat?"]
    assert list(asked["What?"].kinds.all()) == [taken]
    assert [(door.name, door.room.forum, door.room.capacity) for door in Door.objects.filter(forum=new)] == [
        ("Hall", new, 300)
    ]
    assert CertificateRule.objects.get(forum=new).track == Track.objects.get(forum=new)
    assert RetentionPeriod.objects.get(forum=new).days == 20
    assert Kind.objects.get(forum=other.forum) == other


def test_prize_begins_anew_with_its_rules_and_no_votes():
    edition = make_edition(phase="announcement", categories=2, name="Prizes 2020", champions_per_category=3)
    Edition.objects.filter(pk=edition.pk).update(polls_sealed=NOW, closed=NOW, key_destroyed=NOW)
    Criterion.objects.create(edition=edition, number=1, name="Relevance", weight=2)
    edition.refresh_from_db()

    new = made_from(edition.forum).prize_edition

    assert (new.is_public, new.nominees_published, new.polls_sealed, new.closed) == (False, None, None, None)
    assert (new.name, new.key_name == edition.key_name) == ("Prizes 2021", False)
    assert new.champions_per_category == 3
    assert list(new.categories.values_list("number", "title")) == list(
        edition.categories.values_list("number", "title")
    )
    assert list(new.criteria.values_list("name", "weight")) == [("Relevance", 2)]
    assert [row.kind for row in new.phases.all()] == list(Phase.Kind.values)
    assert [row.nominations.count() for row in new.categories.all()] == [0, 0]


def test_what_is_not_ticked_is_not_taken_over_nor_what_names_it():
    forum = ForumFactory()
    DoorFactory(forum=forum, name="Entrance")
    DoorFactory(forum=forum, name="Hall", room=RoomFactory(forum=forum))
    Call.objects.create(forum=forum, opens=NOW, closes=NOW.replace(hour=20))

    new = made_from(forum, parts=["doors"])

    assert [door.name for door in new.doors.all()] == ["Entrance"]
    assert (new.rooms.count(), Call.objects.filter(forum=new).count()) == (0, 0)


def test_practical_pages_and_call_are_not_public_at_first():
    forum = ForumFactory()
    PracticalPage.objects.create(forum=forum, slug="venue", title="Venue", text="Hall 5", is_public=True)
    call = Call.objects.create(forum=forum, opens=NOW, closes=NOW.replace(hour=20), text="Send")
    Question.objects.create(call=call, text="Why?", for_kinds=["workshop"])

    new = made_from(forum)

    page, asked = new.practical_pages.get(), Question.objects.get(call__forum=new)
    assert (page.text, page.is_public) == ("Hall 5", False)
    assert (asked.text, asked.for_kinds, asked.call.text) == ("Why?", ["workshop"], "Send")


# --- roles -----------------------------------------------------------------------------------------
def test_roles_are_given_where_they_are_asked_for_and_some_wait_for_a_second_supervisor():
    forum, by = ForumFactory(), boss()
    staff(Role.PROGRAMME, forum=forum, name="Programme")
    staff(Role.PRIZE_OFFICER, forum=forum, name="Officer")
    staff(Role.ORGANISER, forum=forum, name="Closed", is_active=False)
    join(by, Role.REGISTRATION_DESK, forum=forum)

    without = made_from(forum, slug="2021", by=by)
    new = made_from(forum, slug="2022", by=by, with_roles=True)

    assert without.memberships.count() == 0
    assert set(new.memberships.values_list("account__name", "role")) == {("Programme", "programme")}
    assert Approval.objects.filter(forum=new).values_list("account__name", "kind").get() == (
        "Officer",
        "role-prize officers",
    )


def test_who_is_no_supervisor_gives_no_roles_and_nothing_is_made():
    forum = ForumFactory()
    staff(Role.PROGRAMME, forum=forum)

    code = refused(made_from, forum, by=staff(Role.ORGANISER), with_roles=True)

    assert code == "not-supervisor"
    assert Forum.objects.count() == 1


# --- refusals and the history ----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("slug", "errors"),
    [("2020", ["unique"]), ("admin", ["reserved-slug"]), ("forums", ["reserved-slug"]), ("A b", None)],
)
def test_address_that_is_taken_or_no_address_is_refused_and_nothing_is_made(slug, errors):
    forum = ForumFactory()
    RoomFactory(forum=forum)

    codes = refused(made_from, forum, slug=slug)

    assert codes.keys() == {"slug"}
    assert errors is None or codes["slug"] == errors
    assert (Forum.objects.count(), Room.objects.count()) == (1, 1)


def test_history_has_one_line_that_says_from_where():
    forum, by = ForumFactory(), boss()
    RoomFactory.create_batch(3, forum=forum)

    new = made_from(forum, by=by)

    entry = log.of(new).get()
    assert (entry.verb, entry.actor, entry.forum) == (Verb.MAKE_NEXT, by, new)
    assert entry.after["from"] == "2020"
    assert entry.after["weeks"] == 52
    assert entry.after["rows"]["room"] == 3
    assert next_forum.origin(new) == entry
    assert next_forum.origin(forum) is None
