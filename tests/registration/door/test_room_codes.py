"""The code on a screen in a room: it changes, and whoever enters the one that is shown is checked in."""

from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.urls import reverse

from registration.door import passes
from registration.door.check_in import room_codes
from registration.models import Attendance, Registration, Scan
from tests.factories import (
    NOW,
    BookingFactory,
    DoorFactory,
    ForumFactory,
    RegistrationFactory,
    UserFactory,
    boss,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]
HALF = timedelta(seconds=30)


@pytest.fixture
def door(forum, session):
    return DoorFactory(forum=forum, session=session, has_code=True)


@pytest.fixture
def person(client, forum):
    found = RegistrationFactory(forum=forum)
    client.force_login(found.user)
    return found


def page(forum):
    return reverse("registration:check-in", args=[forum.slug])


def refusal(text, forum, *, now=NOW):
    with pytest.raises(ValidationError) as refused:
        room_codes.find(text, forum=forum, now=now)
    return refused.value.code


def test_code_is_taken_while_it_is_shown_and_half_a_minute_more(door):
    code = room_codes.code(door, now=NOW)
    spoken = f" {code[:3]}-{code[3:]} ".lower()

    found = [room_codes.find(text, forum=door.forum, now=NOW + HALF).pk for text in (code, spoken)]

    assert found == [door.pk, door.pk]
    assert room_codes.code(door, now=NOW + HALF) != code
    assert refusal(code, door.forum, now=NOW + 2 * HALF) == "code-over"
    assert refusal(code, door.forum, now=NOW - HALF) == "code-over"


def test_code_of_another_day_another_forum_or_a_closed_door_is_refused(door):
    closed = DoorFactory(forum=door.forum)
    other = DoorFactory(forum=ForumFactory(slug="2027"), has_code=True)
    hidden = DoorFactory(forum=ForumFactory(slug="2028", is_public=False), has_code=True)
    codes = [room_codes.code(one, now=NOW) for one in (closed, other, hidden)]

    said = [refusal(code, door.forum) for code in codes]

    assert said == ["door-closed", "other-forum", "code-over"]
    assert refusal(room_codes.code(door, now=NOW - timedelta(days=1)), door.forum) == "code-over"


def test_who_enters_the_code_attends_the_session_once(client, door, person, session):
    sent = {"code": room_codes.code(door, now=NOW)}

    first, again = (client.post(page(door.forum), sent).content.decode() for _time in range(2))
    with time_machine.travel(NOW + HALF):
        later = client.post(page(door.forum), {"code": room_codes.code(door, now=NOW + HALF)}).content.decode()

    assert ["You are checked in" in said for said in (first, again)] == [True, True]
    assert "You were checked in already" in later
    assert list(Scan.objects.order_by("at").values_list("outcome", "door_pass")) == [("in", None), ("already_in", None)]
    assert list(Attendance.objects.values_list("registration", "session", "source")) == [
        (person.pk, session.pk, "room_code")
    ]


def test_square_fills_the_code_in_and_does_nothing_by_itself(client, door, person):
    code = room_codes.code(door, now=NOW)

    shown = client.get(page(door.forum), {"code": code}).content.decode()

    assert f'value="{code}"' in shown
    assert Scan.objects.count() == 0


@pytest.mark.parametrize("code", ["", "AAAAAA", "<script>alert(1)</script>", "\0", "ÄÖÜ😀", "x" * 500])
def test_wrong_code_gets_a_sentence_at_its_field(client, door, person, code):
    shown = client.post(page(door.forum), {"code": code}).content.decode()

    assert 'id="id_code_error"' in shown
    assert ("alert(1)</script>" in shown, Scan.objects.count()) == (False, 0)


def test_visitor_logs_in_and_comes_back_with_the_code(client, door):
    answer = client.get(page(door.forum), {"code": "ACDEFG"})

    assert answer.status_code == 302
    assert "%3Fcode%3DACDEFG" in answer.url


@pytest.mark.parametrize("more", [{"withdrawn": NOW}, {"state": "secretariat"}])
def test_who_takes_no_part_checks_in_nowhere(client, door, person, more):
    Registration.objects.filter(pk=person.pk).update(**more)

    client.post(page(door.forum), {"code": room_codes.code(door, now=NOW)})

    assert Scan.objects.count() == 0


def test_full_session_has_no_place_for_who_enters_the_code(client, door, person, session):
    session.capacity = 1
    session.save()
    BookingFactory(session=session, registration__forum=door.forum)

    shown = client.post(page(door.forum), {"code": room_codes.code(door, now=NOW)}).content.decode()

    assert "There is no free place for you now. Ask at the door" in shown
    assert (Scan.objects.get().outcome, Attendance.objects.count()) == ("no_seat", 0)


def test_who_guesses_is_stopped_and_nobody_else_is(client, door, person):
    other = RegistrationFactory(forum=door.forum)
    right = room_codes.code(door, now=NOW)

    def tried(who, text):
        try:
            return room_codes.check_in(who, text=text, now=NOW).outcome
        except ValidationError as refused:
            return refused.code

    guesses = [tried(person, "AAAAAA") for _time in range(room_codes.TRIES + 1)]

    assert guesses == ["code-over"] * room_codes.TRIES + ["too-many-tries"]
    assert (tried(person, right), tried(other, right)) == ("too-many-tries", "in")


def test_right_codes_count_for_no_limit(door):
    people = [RegistrationFactory(forum=door.forum) for _one in range(3)]
    code = room_codes.code(door, now=NOW)
    for person in people:
        for _time in range(room_codes.TRIES):
            room_codes.check_in(person, text=code, now=NOW)

    assert Scan.objects.count() == len(people)


def test_screen_shows_the_code_and_asks_for_the_next_one_by_itself(client, door):
    _made, secret = passes.make(door, day=NOW.date(), holder="Room 2", by=UserFactory(), now=NOW)
    screen = reverse("registration:door-code", args=[door.forum.slug])

    without = client.get(screen).status_code
    client.get(reverse("registration:door-pass", args=[door.forum.slug, secret]))
    with time_machine.travel(NOW + timedelta(seconds=12)):
        shown = client.get(screen)

    assert without == 404
    assert room_codes.code(door, now=NOW) in shown.content.decode()
    assert (shown["Refresh"], "no-store" in shown["Cache-Control"]) == ("18", True)


def test_screen_of_a_door_without_codes_says_so(client, door):
    door.has_code = False
    door.save()
    client.force_login(boss())

    shown = client.get(reverse("admin:registration_door_code", args=[door.pk]))

    assert room_codes.code(door, now=NOW) not in shown.content.decode()
    assert not shown.has_header("Refresh")


def test_scan_by_a_code_has_a_key_that_nobody_can_compute(door, settings):
    person = RegistrationFactory(forum=door.forum)
    code = room_codes.code(door, now=NOW)
    first = room_codes.check_in(person, text=code, now=NOW).key

    again = room_codes.check_in(person, text=code, now=NOW).key
    Scan.objects.all().delete()
    settings.SECRET_KEY = "another"
    elsewhere = room_codes.check_in(person, text=room_codes.code(door, now=NOW), now=NOW).key

    assert (first == again, first == elsewhere) == (True, False)


def test_many_who_type_too_slowly_behind_one_network_keep_nobody_out(client, door, person):
    people = [RegistrationFactory(forum=door.forum) for _one in range(40)]
    for one in people:
        for _time in range(room_codes.TRIES):
            with pytest.raises(ValidationError):
                room_codes.check_in(one, text="AAAAAA", now=NOW)

    shown = client.post(page(door.forum), {"code": room_codes.code(door, now=NOW)}).content.decode()

    assert "You are checked in" in shown
