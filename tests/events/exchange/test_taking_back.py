"""An import is taken back as one: the programme is then as it was before, or nothing has happened."""

from datetime import UTC, date, datetime, timedelta

import pytest

from events.models import (
    Appearance,
    Forum,
    HistoryEntry,
    Placement,
    Room,
    RowChange,
    Session,
    SessionType,
    Speaker,
    Track,
)
from events.schedule import moves
from events.schedule.releases import releases
from events.shared.history import acts, taking_back
from events.shared.history.verbs import Verb
from registration.models import Registration
from tests.events.exchange.imports import agree, bring_in, preview
from tests.factories import (
    NOW,
    BookingFactory,
    ForumFactory,
    OrganisationFactory,
    SessionFactory,
    SpeakerFactory,
    UserFactory,
)
from tests.refusals import refused

pytestmark = pytest.mark.django_db
TABLES = (
    Session,
    Placement,
    Appearance,
    Room,
    Track,
    Speaker,
    SessionType,
    SessionType.forums.through,
    Session.organisers.through,
)
MOMENTS = {"updated", "version", "moved", "moved_by_id", "minutes", "id"}


def programme():
    """All that an import may change, but for counters and moments of changes."""
    return {
        model: [
            {name: value for name, value in row.items() if name not in MOMENTS}
            for row in model._base_manager.order_by("pk").values()
        ]
        for model in TABLES
    }


def the_import():
    return HistoryEntry.objects.filter(verb=Verb.IMPORT_PROGRAMME, act=None).latest("pk")


def take_back(entry=None, **more):
    return taking_back.take_back(entry or the_import(), by=None, now=NOW, **more)


@pytest.fixture
def forum():
    return ForumFactory(slug="congress", starts=date(2014, 12, 27), ends=date(2014, 12, 28))


def test_import_into_an_empty_forum_is_taken_back_whole(forum):
    before = programme()
    bring_in()
    (act,) = HistoryEntry.objects.filter(act=None)
    assert Session.objects.count() == 3

    done = take_back()

    assert programme() == before
    assert (done.deleted, done.set_back, done.withdrawn, done.obstacles) == (
        RowChange.objects.filter(act=act).count(),
        0,
        0,
        [],
    )
    assert refused(take_back, act) == "taken-back"


def test_rows_that_an_import_changed_are_as_before(forum):
    bring_in()
    Session.objects.filter(title="Late show").update(title="Evening show", description="Ours")
    session = Session.objects.get(title="Evening show")
    session.organisers.add(OrganisationFactory(name="ITU"))
    moves.move(session, starts=None, ends=None, room=None, version=None, by=None, now=NOW)
    Appearance.objects.filter(session=session).delete()
    before = programme()
    bring_in()
    assert programme() != before

    done = take_back()

    assert programme() == before
    assert (done.set_back > 0, done.obstacles) == (True, [])
    told = HistoryEntry.objects.filter(model="events.session", key=str(session.pk), verb=Verb.TAKE_BACK).get()
    assert (told.before["title"], told.after["title"]) == ("Late show", "Evening show")
    assert HistoryEntry.objects.filter(act__verb=Verb.TAKE_BACK, verb=Verb.UNSCHEDULE_SESSION).count() == 1


def test_what_a_release_showed_is_cancelled_in_the_draft(forum):
    bring_in()
    releases.release(forum, note="", by=None, now=NOW)
    BookingFactory(session=Session.objects.get(title="Late show"))
    public = list(Session.objects.values_list("title", "state"))

    done = take_back()

    assert (done.withdrawn, done.deleted) == (3, 0)
    assert list(Session.objects.values_list("title", "state")) == public
    assert set(Placement.objects.values_list("state", flat=True)) == {"cancelled"}


def test_what_is_no_longer_kept_is_not_taken_back(forum):
    bring_in()
    assert acts.forget(now=NOW + acts.KEPT) == 0

    acts.forget(now=NOW + acts.KEPT * 2)

    assert refused(take_back) == "not-kept"
    assert Forum.objects.count() == 1


# --- tables ---------------------------------------------------------------------------------------
def placed_by(name, session, *, hour=20):
    """Somebody moves a session that an import made."""
    at = datetime(2014, 12, 28, hour, tzinfo=UTC)
    by = UserFactory(name=name)
    moves.move(session, starts=at, ends=at + timedelta(hours=1), room=None, version=None, by=by, now=NOW)


def test_who_placed_a_session_since_is_named_and_the_rest_is_taken_back(forum):
    bring_in()
    session = Session.objects.get(title="Late show")
    placed_by("Sara Osman", session)
    kept = (set(session.appearances.values_list("pk", flat=True)), set(session.organisers.values_list("pk", flat=True)))

    dry = take_back(is_dry=True)
    assert set(refused(take_back).split(", ")) == {"in-the-way"}
    rest = take_back(how=taking_back.How.REST)

    assert {str(one).partition(": ")[2].partition(" since")[0] for one in dry.obstacles} == {"Sara Osman changed it"}
    assert Session.objects.get() == session
    assert Placement.objects.get(session=session).starts == datetime(2014, 12, 28, 20, tzinfo=UTC)
    assert (
        set(session.appearances.values_list("pk", flat=True)),
        set(session.organisers.values_list("pk", flat=True)),
    ) == kept
    assert {one.model for one in rest.left} > {Placement}
    told = HistoryEntry.objects.filter(verb=Verb.TAKE_BACK, model="events.session")
    assert not told.filter(key=str(session.pk)).exists()
    assert refused(take_back) == "taken-back"


def test_all_is_taken_back_after_asking_but_for_what_is_in_use(forum):
    before = programme()
    bring_in()
    placed_by("Sara Osman", Session.objects.get(title="Late show"))

    done = take_back(how=taking_back.How.ALL)

    assert programme() == before
    assert (len(done.lost) > 0, done.left) == (True, [])


def test_room_that_somebody_uses_stays_and_the_rest_goes(forum):
    bring_in()
    own = SessionFactory(forum=forum, room=Room.objects.get(name="Hall 1"), title="Ours")

    assert str(take_back(is_dry=True).obstacles[0]) == "Room “Hall 1”: 1 record of “sessions” names it"
    for how in (taking_back.How.ALL, taking_back.How.REST):
        done = take_back(how=how, is_dry=True)
        assert ({str(one).partition(":")[0] for one in done.left}, done.lost) == ({"Room “Hall 1”"}, [])
    take_back(how=taking_back.How.REST)

    assert (Session.objects.get(), Room.objects.get(), Room.objects.get().name) == (own, own.room, "Hall 1")


def test_organiser_reads_who_is_in_the_way_and_takes_back_the_rest_or_all(organiser_site, forum):
    bring_in()
    placed_by("Sara Osman", Session.objects.get(title="Late show"))
    page = f"/admin/events/historyentry/{the_import().pk}/take-back/"

    whole, rest, every = (
        organiser_site.get(f"{page}{query}").content.decode() for query in ("", "?how=rest", "?how=all")
    )
    before = Session.objects.count()
    answer = organiser_site.post(f"{page}?how=rest")

    assert ("Sara Osman changed it since" in whole, 'href="?how=rest"' in whole, "<form" in whole.split("<main")[1]) == (
        True, True, False,
    )  # fmt: skip
    assert ("These stay as they are" in rest, "Take back the rest" in rest) == (True, True)
    assert ("What was changed since is lost" in every, "Take back all" in every) == (True, True)
    assert (before, answer.status_code, Session.objects.get().title) == (3, 302, "Late show")


def test_organiser_is_offered_to_take_back_a_programme_whose_sessions_have_organisers(organiser_site, forum):
    agree(organiser_site, preview(organiser_site, "title,organisers\nOpening,Radio Bamako\n", forum=forum.pk))

    page = organiser_site.get(f"/admin/events/historyentry/{the_import().pk}/change/")

    assert RowChange.objects.filter(model="events.session_organisers").exists()
    assert page.context["may_take_back"]


def test_table_of_speakers_is_one_act_and_is_taken_back(organiser_site, forum):
    known = SpeakerFactory(forum=forum, name="Awa Touré", position="Engineer")
    before = programme()
    table = f"id,name,position\n{known.pk},Awa Touré,Minister\n,Ada Lovelace,Countess\n"

    agree(organiser_site, preview(organiser_site, table, kind="speaker", forum=forum.pk))

    act = HistoryEntry.objects.get(verb=Verb.IMPORT_TABLE, act=None)
    assert (act.model, act.key, act.subject, act.forum) == ("events.speaker", "", "speakers", forum)
    told = act.entries.get(key=str(known.pk))
    assert (told.before, told.after) == ({"position": "Engineer"}, {"position": "Minister"})
    assert act.entries.count() == 2
    take_back(act)
    assert programme() == before


def test_table_of_registrations_is_taken_back_and_keeps_no_values_in_the_history(organiser_site):
    forum = ForumFactory(ends=date(2099, 1, 1), registration_closes=datetime(2099, 1, 1, tzinfo=UTC))
    table = "email,name,stakeholder_type,country,gender,agreed\nawa@example.org,Awa Touré,government,ML,woman,yes\n"
    page = preview(organiser_site, table, kind="registration")
    agree(organiser_site, page)
    act = HistoryEntry.objects.get(verb=Verb.IMPORT_TABLE, act=None)
    assert Registration.objects.filter(forum=forum).count() == 1

    done = take_back(act)

    assert (Registration.objects.exists(), done.obstacles) == (False, [])
    said = str(list(HistoryEntry.objects.values_list("subject", "before", "after")))
    assert "Awa" not in said
    assert "example.org" not in said
