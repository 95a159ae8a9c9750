from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from events.models import ActionLine, Forum, Session
from events.models.forum import validate_minutes, validate_slug_free
from events.models.programme import new_code, validate_languages
from tests.factories import NOW, ForumFactory, RoomFactory, SessionFactory, SpeakerFactory


# --- forum ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("slug", ["admin", "Accounts", "fr", "ar", "zh", "static"])
def test_words_of_the_site_are_refused_as_slugs(slug):
    with pytest.raises(ValidationError) as refusal:
        validate_slug_free(slug)

    assert refusal.value.code == "reserved-slug"


@pytest.mark.parametrize("value", [[], [1], [1440, 60], [20_160]])
def test_minutes(value):
    validate_minutes(value)


@pytest.mark.parametrize("value", [None, "60", [0], [20_161], [60, 60], [True], [1.5], [1, 2, 3, 4, 5, 6]])
def test_bad_minutes_are_refused(value):
    with pytest.raises(ValidationError) as refusal:
        validate_minutes(value)

    assert refusal.value.code == "bad-minutes"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("today", "slug"),
    [(date(2019, 1, 1), "2020"), (date(2020, 9, 10), "2020"), (date(2020, 9, 11), "2021"), (date(2030, 1, 1), "2021")],
)
def test_current_forum(today, slug):
    ForumFactory()
    ForumFactory(slug="2021", starts=date(2021, 3, 1), ends=date(2021, 5, 1))
    ForumFactory(slug="hidden", starts=date(2022, 3, 1), ends=date(2040, 5, 1), is_public=False)

    assert Forum.objects.current(today).slug == slug


@pytest.mark.django_db
def test_current_forum_of_none():
    assert Forum.objects.current(date(2020, 1, 1)) is None


@pytest.mark.parametrize(
    ("day", "week"), [(date(2020, 6, 22), 1), (date(2020, 6, 28), 1), (date(2020, 6, 29), 2), (date(2020, 9, 10), 12)]
)
def test_week_of_a_day(day, week):
    assert ForumFactory.build().week_of(day) == week


def test_forum_that_begins_in_the_middle_of_a_week():
    forum = ForumFactory.build(starts=date(2020, 6, 24))

    assert (forum.first_monday, forum.weeks) == (date(2020, 6, 22), 12)


def test_registration_window_is_half_open():
    forum = ForumFactory.build(registration_opens=NOW, registration_closes=NOW + timedelta(hours=1))

    assert [forum.is_registration_open(NOW + timedelta(minutes=minutes)) for minutes in (-1, 0, 59, 60)] == [
        False,
        True,
        True,
        False,
    ]


# --- session --------------------------------------------------------------------------------------
def built(**more):
    return SessionFactory.build(
        **{"forum": ForumFactory.build(), "type": None, "starts": NOW, "ends": NOW + timedelta(hours=1)} | more
    )


@pytest.mark.parametrize(
    ("minutes", "live", "joinable", "over"),
    [
        (-16, False, False, False),
        (-15, False, True, False),
        (0, True, True, False),
        (59, True, True, False),
        (60, False, True, True),
        (64, False, True, True),
        (65, False, False, True),
    ],
)
def test_windows_of_a_session_are_half_open(minutes, live, joinable, over):
    session, now = built(forum=ForumFactory.build(join_closes_minutes=5)), NOW + timedelta(minutes=minutes)

    assert (session.is_live(now), session.is_join_open(now), session.is_over(now)) == (live, joinable, over)


@pytest.mark.parametrize("more", [{"state": "cancelled"}, {"state": "draft"}, {"starts": None, "ends": None}])
def test_session_that_does_not_take_place_is_never_live(more):
    session = built(**more)

    assert (session.is_live(NOW), session.is_join_open(NOW)) == (False, False)


def test_session_without_times_has_no_windows():
    session = built(starts=None, ends=None)

    assert (session.join_opens, session.join_closes, session.is_over(NOW)) == (None, None, False)


@pytest.mark.parametrize(("own", "room", "seats"), [(5, 9, 5), (0, 9, 0), (None, 9, 9), (None, None, None)])
def test_seats(own, room, seats):
    session = built(capacity=own, room=RoomFactory.build(forum=None, capacity=room))

    assert session.seats == seats


def test_seats_without_a_room():
    assert built(room=None).seats is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    "values",
    [
        {"ends": NOW, "starts": NOW},
        {"ends": NOW - timedelta(hours=1), "starts": NOW},
        {"starts": NOW, "ends": None, "state": "draft"},
        {"starts": None, "ends": None, "state": "scheduled"},
    ],
)
def test_database_refuses_bad_times(values):
    session = SessionFactory()

    with pytest.raises(IntegrityError), transaction.atomic():
        Session.objects.filter(pk=session.pk).update(**values)


@pytest.mark.django_db
def test_public_and_live_sessions():
    shown = SessionFactory(starts=NOW, ends=NOW + timedelta(hours=1))
    cancelled = SessionFactory(starts=NOW, ends=NOW + timedelta(hours=1), state="cancelled")
    SessionFactory(state="draft")
    SessionFactory(forum=ForumFactory(slug="hidden", is_public=False))

    assert set(Session.objects.public()) == {shown, cancelled}
    assert list(Session.objects.live(NOW)) == [shown]
    assert list(Session.objects.live(NOW + timedelta(hours=1))) == []


def test_code_is_six_signs():
    assert all(len(code) == 6 and code.isalnum() and code.upper() == code for code in (new_code() for _i in range(50)))


@pytest.mark.parametrize("value", ["en", ["xx"], [1], None, {"en": 1}])
def test_unknown_languages_are_refused(value):
    with pytest.raises(ValidationError) as refusal:
        validate_languages(value)

    assert refusal.value.code == "unknown-language"


# --- names ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(("code", "label"), [("C2", "C2"), ("C7", "C7"), ("C7-E-GOV", "C7 Gov")])
def test_label_of_an_action_line(code, label):
    assert ActionLine(code=code).label == label


@pytest.mark.parametrize(
    ("name", "initials"), [("Ada Lovelace", "AL"), ("Ada", "A"), ("Ada de Souza Lima", "AL"), ("(x) 7", ""), ("", "")]
)
def test_initials(name, initials):
    assert SpeakerFactory.build(forum=None, name=name).initials == initials


def test_full_name():
    assert SpeakerFactory.build(forum=None, name="Ada", form_of_address="Dr").full_name == "Dr Ada"
