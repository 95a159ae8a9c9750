from contextlib import suppress
from datetime import timedelta
from threading import Thread

import pytest
from django.db import DataError, InternalError, connection, transaction
from django.db.models import CharField, Count, Value

from events.models import Session
from events.prepared_queries import FEW, Prepared, PreparedChange, prepared_cursor, save, slot, slots
from registration.models import Registration, RegistrationDraft
from tests.factories import NOW, BookingFactory, RegistrationFactory, RoomFactory, SessionFactory

pytestmark = pytest.mark.django_db


def of_room(room, *, since):
    rows = Session.objects.filter(room__name=room, starts__gte=since).select_related("room", "type")
    return rows.annotate(taken=Count("bookings"))


def test_answers_as_the_queryset_does_and_for_the_values_of_each_time(django_assert_num_queries):
    rooms = [RoomFactory(), RoomFactory()]
    one, two = (SessionFactory(room=room, captioning=["en"]) for room in rooms)
    SessionFactory(room=rooms[0], starts=NOW - timedelta(days=9))
    BookingFactory(session=two)
    prepared = Prepared(lambda: of_room(slot("room", str), since=slot("since", type(NOW))))

    for room, session, taken in ((rooms[0], one, 0), (rooms[1], two, 1), (rooms[0], one, 0)):
        with django_assert_num_queries(1):
            (found,) = prepared.all(room=room.name, since=NOW)
            assert (found, found.room, found.type, found.taken) == (session, room, session.type, taken)
        plain = of_room(room.name, since=NOW).get()
        assert {name: found.__dict__[name] for name in plain.__dict__ if name != "_state"} == {
            name: value for name, value in plain.__dict__.items() if name != "_state"
        }
    assert prepared.first(room="'; DROP TABLE events_room; --", since=NOW) is None
    assert [str(row.starts) for row in prepared.all(room=rooms[0].name, since=NOW - timedelta(days=30))] == [
        str(row.starts) for row in of_room(rooms[0].name, since=NOW - timedelta(days=30))
    ]


def test_leaves_columns_in_the_database_and_knows_what_is_not_there(django_assert_num_queries):
    session = SessionFactory(room=None, description="Long")
    prepared = Prepared(
        lambda: (
            Session.objects.filter(pk=slot("key", int))
            .select_related("room", "type")
            .only("title", "room", "type__name")
        )
    )

    found = prepared.first(key=session.pk)

    with django_assert_num_queries(0):
        assert (found.title, found.room, found.type.name) == (session.title, None, session.type.name)
    assert found.get_deferred_fields() >= {"description", "starts"}
    assert (found._state.adding, found._state.db, found.description) == (False, "default", "Long")


@pytest.mark.parametrize(
    "columns",
    [
        lambda rows: rows.values("code", "captioning", "taken", what=Value("session", CharField())),
        lambda rows: rows.values_list("taken", "code", "room__name", Value(1), "captioning"),
        lambda rows: rows.values_list("captioning", flat=True),
        lambda rows: rows.values("room__name").order_by("room__name").annotate(n=Count("pk")),
        lambda rows: rows.order_by().values_list("code").union(rows.order_by().values_list("title"), all=True),
    ],
)
def test_gives_values_as_the_queryset_does(columns):
    room = RoomFactory()
    for _number in range(2):
        BookingFactory(session=SessionFactory(room=room, captioning=["en"]))
    prepared = Prepared(lambda: columns(of_room(slot("room", str), since=slot("since", type(NOW)))))

    found = prepared.all(room=room.name, since=NOW)

    assert found == list(columns(of_room(room.name, since=NOW)))
    assert found != []


@pytest.mark.parametrize("title", ["It's 100 % open", "50%s off \\ %% '; --", "é “x”"])
def test_what_is_no_slot_is_found_as_it_is(title):
    one, _other = SessionFactory(title=title), SessionFactory(title="Another")
    prepared = Prepared(lambda: Session.objects.filter(pk__gt=slot("key", int), title=title, starts=one.starts))

    assert prepared.all(key=0) == [one]
    assert prepared.all(key=one.pk) == []


def test_plan_made_once_uses_an_index_of_some_rows():
    RegistrationFactory.create_batch(3)
    prepared = Prepared(
        lambda: Registration.objects.standing().filter(forum=slot("forum", int), state="secretariat").values("pk")
    )
    prepared.all(forum=1)

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL plan_cache_mode = force_generic_plan")
        cursor.execute(f"PREPARE once AS {prepared._ready.sql.replace('%s', '$1')}")
        cursor.execute("EXPLAIN EXECUTE once(1)")
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert "registration_to_decide" in plan


def test_gives_single_columns_too():
    sessions = [SessionFactory(), SessionFactory()]
    prepared = Prepared(lambda: Session.objects.filter(pk=slot("key", int)).values_list("code", flat=True))

    assert [prepared.all(key=one.pk) for one in sessions] == [[one.code] for one in sessions]
    with pytest.raises(KeyError):
        prepared.all()


@pytest.mark.django_db(transaction=True)
def test_threads_ask_at_the_same_time_each_over_its_own_connection():
    sessions = [SessionFactory() for _number in range(4)]
    prepared = Prepared(lambda: Session.objects.filter(code=slot("code", str)))
    found = {}

    def ask(session):
        found[session.code] = {prepared.first(code=session.code).code for _time in range(20)}
        connection.close()

    threads = [Thread(target=ask, args=[session]) for session in sessions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == {session.code: {session.code} for session in sessions}


@pytest.mark.django_db(transaction=True)
def test_column_that_changes_its_type_meanwhile_stops_nobody():
    """While a new version takes over, the old one goes on with the changed tables."""
    room = RoomFactory(name="Room 5")
    prepared = Prepared(lambda: type(room).objects.filter(pk=slot("key", int)))
    change = "ALTER TABLE events_room ALTER COLUMN name TYPE varchar({})"
    before = prepared.first(key=room.pk).name
    try:
        with connection.cursor() as cursor:
            cursor.execute(change.format(300))
        assert prepared.first(key=room.pk).name == before == "Room 5"
    finally:
        with connection.cursor() as cursor:
            cursor.execute(change.format(type(room)._meta.get_field("name").max_length))


@pytest.mark.django_db(transaction=True)
def test_asks_again_after_a_failure_and_over_another_connection():
    room = RoomFactory()
    prepared = Prepared(lambda: type(room).objects.filter(pk=slot("key", int)))

    @transaction.atomic
    def ask_after_a_failure():
        with suppress(DataError), connection.cursor() as cursor:
            cursor.execute("SELECT 1 / 0")
        prepared.first(key=room.pk)

    with pytest.raises(InternalError):
        ask_after_a_failure()
    kept = connection.kept_cursor()
    after_failure = prepared.first(key=room.pk)
    connection.close()
    over_another = prepared.first(key=room.pk)

    assert after_failure == over_another == room
    assert connection.kept_cursor() is not kept


def test_rows_are_written_as_by_django(django_assert_num_queries):
    drafts = [
        RegistrationDraft(forum=one.forum, user=one.user, data={"n": 1}) for one in RegistrationFactory.create_batch(3)
    ]
    drafts[0].save()
    for draft in drafts[1:]:
        with django_assert_num_queries(1):
            save(draft)
    drafts[1].data = {"n": "é"}
    save(drafts[1])
    rows = RegistrationDraft.objects.filter(user=slot("user", int))
    change, delete = PreparedChange(lambda: rows, data=slot("data", dict)), PreparedChange(lambda: rows)

    changed = [change(user=draft.user_id, data={"n": [2, None]}) for draft in (drafts[2], drafts[2])]
    deleted = [delete(user=drafts[0].user_id) for _time in range(2)]

    assert (changed, deleted) == ([1, 1], [1, 0])
    assert list(RegistrationDraft.objects.order_by("pk").values_list("pk", "user", "data")) == [
        (drafts[1].pk, drafts[1].user_id, {"n": "é"}),
        (drafts[2].pk, drafts[2].user_id, {"n": [2, None]}),
    ]


@pytest.mark.parametrize("key", [2**63, 10**20, -(2**63) - 1])
def test_number_that_no_column_holds_finds_nothing(key):
    prepared = Prepared(lambda: Session.objects.filter(pk=slot("key", int)))

    assert prepared.first(key=key) is None


def test_address_with_an_overlarge_key_is_an_answer(client):
    assert client.get("/accounts/password/reset/key/zzzzzzzzzzzzz-abc-def/").status_code == 200


@pytest.mark.parametrize("is_preparing", [True, False])
def test_server_plans_nothing_ahead_behind_a_pooler(settings, monkeypatch, is_preparing):
    """The next transaction may come to another connection of the server, which knows no statement of this one."""
    settings.DATABASE_PREPARES = is_preparing
    room = RoomFactory()
    monkeypatch.setattr(connection.connection, "kept_cursor", None)  # made before the setting was changed
    prepared = Prepared(lambda: type(room).objects.filter(pk=slot("key", int)))
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    connection.connection._prepared.clear()

    assert prepared.first(key=room.pk) == room
    with prepared_cursor() as cursor:
        cursor.execute("SELECT %s", [7])
        assert cursor.fetchone() == (7,)

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements")
        assert cursor.fetchone() == (2 if is_preparing else 0,)


def test_a_few_values_at_a_time(django_assert_num_queries):
    keys = [SessionFactory().pk for _number in range(FEW + 1)]
    SessionFactory()
    prepared = Prepared(lambda: Session.objects.filter(pk__in=slots("key", int)).values_list("pk", flat=True))

    for number, queries in ((0, 0), (1, 1), (FEW, 1), (FEW + 1, 2)):
        with django_assert_num_queries(queries):
            assert sorted(prepared.among("key", keys[:number])) == keys[:number]
