"""Waiting lists of kinds of registration: who waits, who moves up when, and what they read of it."""

import threading
import time
from datetime import timedelta
from functools import partial

import pytest

from events.models import HistoryEntry, Message
from registration import tasks
from registration.accreditation import decisions, place_links, quotas
from registration.models import Booking, Kind, Registration, Waiting
from registration.registering import affiliation, registrations
from registration.sessions.seats import kind_places
from tests.factories import (
    NOW,
    CountryFactory,
    ForumFactory,
    KindFactory,
    OrganisationFactory,
    QuotaFactory,
    RegistrationFactory,
    SessionFactory,
    UserFactory,
    allowed,
)
from tests.races import change_locks, together
from tests.refusals import refused
from tests.registration.registering.test_registrations import register

RIGHT = "registration.decide_registration"
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mali")]


@pytest.fixture
def kind():
    """A kind of one place, which somebody has."""
    row = KindFactory(forum=ForumFactory(), name="Delegate", capacity=1)
    RegistrationFactory(forum=row.forum, kind=row)
    return row


def ask(kind, **answers):
    return register(UserFactory(), forum=kind.forum, kind=kind.pk, **{"language": "en", **answers})


def owner(kind):
    return Registration.objects.active().filter(kind=kind).earliest("pk")


def state(row):
    row.refresh_from_db()
    return "withdrawn" if row.withdrawn else row.state


def line(kind):
    return [row.registration for row in Waiting.objects.in_line().of_kind(kind.pk)]


def leave(row, django_capture_on_commit_callbacks, now=NOW):
    with django_capture_on_commit_callbacks(execute=True):
        registrations.withdraw(row, now=now)


# --- who waits ------------------------------------------------------------------------------------
def test_who_registers_in_a_full_kind_waits_and_takes_no_part(kind):
    first, second = ask(kind), ask(kind)

    assert (first.state, second.state, line(kind)) == ("waiting", "waiting", [first, second])
    assert list(Registration.objects.active()) == [owner(kind)]
    assert refused(registrations.register, kind.forum, user=UserFactory(), data={}, has_consented=False, now=NOW)


def test_approval_comes_first_and_the_place_after(kind):
    Kind.objects.update(approval="secretariat")
    row, officer = ask(kind), allowed(RIGHT)
    asked = row.state

    decisions.approve(row, reason="Welcome", by=officer, now=NOW)

    assert (asked, state(row)) == ("secretariat", "waiting")
    assert [(one.before, one.after, one.by, one.reason) for one in row.steps.all()][1:] == [
        ("secretariat", "waiting", officer, "Welcome")
    ]
    assert refused(decisions.approve, row, by=officer, now=NOW) == "waits-already"
    assert "approved" in Message.objects.filter(to=row.user.email).latest("pk").text


def test_nobody_waits_once_registration_is_closed(kind):
    Kind.objects.update(approval="secretariat", closes=NOW)
    row = RegistrationFactory(forum=kind.forum, kind=kind, state="secretariat")

    assert refused(decisions.approve, row, by=allowed(RIGHT), now=NOW) == "kind-full"


def test_who_has_a_place_keeps_it_rather_than_waiting_elsewhere(kind):
    other = KindFactory(forum=kind.forum)
    row = ask(other)

    code = refused(registrations.edit, row, data={"kind": kind.pk}, by=row.user, now=NOW)

    assert (code, state(row)) == ({"kind": ["kind-full"]}, "approved")
    row.refresh_from_db()
    assert row.kind == other


def test_who_waits_and_mends_their_name_keeps_their_place_in_the_line(kind):
    first, second = ask(kind), ask(kind)

    registrations.edit(first, data={"name": "Awa B. Diarra"}, by=first.user, now=NOW)

    assert (state(first), line(kind)) == ("waiting", [first, second])


def test_who_waits_and_moves_to_another_full_kind_stands_in_the_line_of_that_one(kind):
    other = KindFactory(forum=kind.forum, capacity=0)
    waits = ask(kind)

    registrations.edit(waits, data={"kind": other.pk}, by=allowed("registration.change_registration"), now=NOW)

    assert (state(waits), line(kind), line(other)) == ("waiting", [], [waits])
    assert "approved" not in Message.objects.filter(kind="accreditation").latest("pk").text


def test_who_is_decided_on_again_while_waiting_keeps_their_place_in_the_line(kind):
    Kind.objects.update(approval="secretariat")
    first, second = ask(kind), ask(kind)
    officer = allowed(RIGHT)
    for row in (first, second):
        decisions.approve(row, by=officer, now=NOW)

    registrations.edit(first, data={"organisation": "Elsewhere"}, by=first.user, now=NOW)
    asked_again, waiting = state(first), line(kind)
    decisions.approve(first, by=officer, now=NOW)

    assert (asked_again, waiting) == ("secretariat", [second])
    assert line(kind) == [first, second]


@pytest.mark.parametrize("by_whom", ["person", "officer"])
def test_a_place_that_is_kept_counts_for_the_organisation_for_which_it_is_kept(kind, by_whom):
    """Else whoever has an offer takes it for an organisation that has no place left."""
    home, full = OrganisationFactory(), OrganisationFactory()
    Kind.objects.update(capacity=2, per_organisation=1, offer_minutes=60)
    Registration.objects.update(affiliation=full)
    row = RegistrationFactory(forum=kind.forum, kind=kind, affiliation=home, state="waiting")
    Waiting.objects.create(registration=row, joined=NOW)
    kind_places.fill_all(NOW)
    assert row.waitings.get().is_offered(NOW)
    by = row.user if by_whom == "person" else allowed(RIGHT)

    answers = {"organisation": full.name, "affiliation": affiliation.of(full.pk, full.name)}
    registrations.edit(row, data=answers, by=by, now=NOW)

    assert (refused(kind_places.take, row, now=NOW), state(row)) == ("not-offered", "waiting")
    assert kind_places.fill_all(NOW) == 0


# --- moving up ------------------------------------------------------------------------------------
def test_the_first_gets_the_place_in_the_moment_in_which_somebody_withdraws(kind, django_capture_on_commit_callbacks):
    first, second = ask(kind), ask(kind)

    leave(owner(kind), django_capture_on_commit_callbacks)

    assert (state(first), state(second), line(kind)) == ("approved", "waiting", [second])
    mail = Message.objects.filter(to=first.user.email).latest("pk")
    assert ("You are registered" in mail.subject, "A place became free, and it is yours." in mail.text) == (True, True)
    assert HistoryEntry.objects.filter(verb="promote", key=str(first.pk)).count() == 1


@pytest.mark.parametrize("freed_by", ["refusal", "capacity", "quota", "erasure"])
def test_a_place_that_becomes_free_goes_to_the_first(kind, freed_by, noon, django_capture_on_commit_callbacks):
    home = OrganisationFactory()
    Registration.objects.update(affiliation=home)
    Kind.objects.update(capacity=1 if freed_by != "quota" else None, per_organisation=1)
    first = RegistrationFactory(forum=kind.forum, kind=kind, affiliation=home, state="waiting")
    Waiting.objects.create(registration=first, joined=NOW)

    if freed_by == "refusal":
        with django_capture_on_commit_callbacks(execute=True):
            decisions.refuse(owner(kind), reason="Ill", by=allowed(RIGHT), now=NOW)
    elif freed_by == "capacity":
        Kind.objects.update(capacity=2, per_organisation=None)
    elif freed_by == "quota":
        QuotaFactory(kind=kind, organisation=home, places=2)
    else:
        Registration.objects.filter(pk=owner(kind).pk).update(withdrawn=NOW, affiliation=None)
    tasks.fill_seats()

    assert state(first) == "approved"


def test_nobody_overtakes_those_who_wait_when_places_are_added(kind):
    first = ask(kind)
    Kind.objects.update(capacity=2)

    late = ask(kind)
    waits = late.state
    kind_places.fill_all(NOW)

    assert (waits, state(first), state(late)) == ("waiting", "approved", "waiting")


def test_who_waits_for_a_place_of_their_organisation_holds_up_nobody_else(kind, django_capture_on_commit_callbacks):
    Kind.objects.update(capacity=2, per_organisation=1)
    home, other = OrganisationFactory(), OrganisationFactory()
    Registration.objects.update(affiliation=home)
    colleague = RegistrationFactory(forum=kind.forum, kind=kind, affiliation=home, state="waiting")
    stranger = RegistrationFactory(forum=kind.forum, kind=kind, affiliation=other, state="waiting")
    for row in (colleague, stranger):
        Waiting.objects.create(registration=row, joined=NOW)

    kind_places.fill_all(NOW)
    waits = (state(colleague), state(stranger))
    leave(owner(kind), django_capture_on_commit_callbacks)

    assert waits == ("waiting", "approved")
    assert state(colleague) == "approved"


def test_the_list_stands_still_once_registration_is_closed(kind, django_capture_on_commit_callbacks):
    first = ask(kind)
    Kind.objects.update(closes=NOW + timedelta(hours=1))

    leave(owner(kind), django_capture_on_commit_callbacks, now=NOW + timedelta(hours=1))
    kind_places.fill_all(NOW + timedelta(hours=1))

    assert state(first) == "waiting"


# --- offers ---------------------------------------------------------------------------------------
@pytest.fixture
def offered(kind):
    """Somebody to whom the place is offered for an hour, and the next one on the list."""
    Kind.objects.update(offer_minutes=60)
    first, second = ask(kind), ask(kind)
    registrations.withdraw(owner(kind), now=NOW)
    kind_places.fill_all(NOW)
    return first, second


def test_an_offer_keeps_the_place_for_its_time_and_never_past_the_closing(kind, offered):
    first, second = offered
    row = first.waitings.get()

    assert (row.offered_until, state(first), state(second)) == (NOW + timedelta(hours=1), "waiting", "waiting")
    assert ask(kind).state == "waiting"
    assert kind_places.fill_all(NOW + timedelta(minutes=59)) == 0
    assert "We keep it for you until" in Message.objects.get(kind="kind-place-offered").text


def test_an_offer_ends_with_registration_at_the_latest(kind):
    Kind.objects.update(offer_minutes=60, closes=NOW + timedelta(minutes=20))
    first = ask(kind)
    registrations.withdraw(owner(kind), now=NOW)

    kind_places.fill_all(NOW)

    assert first.waitings.get().offered_until == NOW + timedelta(minutes=20)


def test_who_takes_the_place_that_is_kept_takes_part(offered):
    first, _second = offered

    kind_places.take(first, now=NOW + timedelta(minutes=59))

    assert (state(first), first.waitings.count()) == ("approved", 0)
    assert kind_places.take(first, now=NOW).pk == first.pk


def test_an_offer_that_nobody_took_goes_to_the_next_and_is_told(offered):
    first, second = offered

    kind_places.fill_all(NOW + timedelta(hours=1))

    assert (state(first), second.waitings.get().is_offered(NOW + timedelta(hours=1))) == ("withdrawn", True)
    assert "so it is no longer kept for you" in Message.objects.get(kind="kind-place-over").text
    assert (
        HistoryEntry.objects.get(verb="withdraw-registration", key=str(first.pk)).actor is None
    )  # the person did nothing
    assert refused(kind_places.take, first, now=NOW + timedelta(hours=1)) == "not-offered"


def test_nobody_takes_a_place_that_is_not_kept_for_them(kind, offered):
    _first, second = offered

    assert refused(kind_places.take, second, now=NOW) == "not-offered"


# --- the link of the mails ------------------------------------------------------------------------
def link(row):
    return f"/2020/seat/{place_links.token(row, place_links.KIND)}/"


def test_the_link_takes_the_place_or_leaves_it_without_log_in(offered, client, noon):
    first, second = offered
    shown = client.get(link(first)).content.decode()

    taken = client.post(link(first), {"act": "take"})
    left = client.post(link(second), {"act": "give-up"})

    assert ("Take the place" in shown, taken.status_code, left.status_code) == (True, 303, 303)
    assert (state(first), state(second)) == ("approved", "withdrawn")
    assert "You have a place, and take part." in client.get(link(first)).content.decode()


def test_who_gives_up_a_place_by_link_leaves_it_and_their_bookings(kind, client, noon):
    person = owner(kind)
    Booking.objects.create(registration=person, session=SessionFactory(forum=kind.forum), created=NOW)

    client.post(link(person), {"act": "give-up"})

    assert (state(person), person.bookings.count()) == ("withdrawn", 0)


def test_once_the_forum_is_over_the_link_changes_nothing(kind, client, time_machine):
    person = owner(kind)
    time_machine.move_to(kind.forum.local(NOW).replace(year=2021), tick=False)

    page = client.get(link(person)).content.decode()
    answer = client.post(link(person), {"act": "give-up"}).content.decode()

    assert ("The Forum is over" in page, "<button" in page.split("<main")[1]) == (True, False)
    assert ("The Forum is over" in answer, state(person)) == (True, "approved")


# --- out of order ---------------------------------------------------------------------------------
def test_organisers_promote_somebody_before_others_for_a_reason(kind, django_capture_on_commit_callbacks):
    first, second, third = ask(kind), ask(kind), ask(kind)
    officer = allowed(RIGHT)

    code = refused(kind_places.promote, third, reason=" ", by=officer, now=NOW)
    kind_places.promote(third, reason="Speaks for the minister", by=officer, now=NOW)
    waiting = line(kind)
    leave(owner(kind), django_capture_on_commit_callbacks)

    assert (code, waiting, state(third)) == ("no-reason", [third, first, second], "approved")
    assert HistoryEntry.objects.get(verb="put-first").reason == "Speaks for the minister"
    assert third.steps.latest("pk").after == "approved"


def test_promote_is_for_those_who_may_decide_and_for_those_who_wait(kind):
    row, officer = ask(kind), allowed(RIGHT)
    values = {"reason": "Speaks", "now": NOW}

    assert refused(kind_places.promote, row, by=UserFactory(), **values) == "may-not-decide"
    assert refused(kind_places.promote, row, by=allowed(RIGHT, user=row.user), **values) == "may-not-decide"
    assert refused(kind_places.promote, owner(kind), by=officer, **values) == "not-in-line"
    assert state(row) == "waiting"


def test_once_the_list_stands_still_promote_gives_a_free_place_at_once(kind):
    first, second = ask(kind), ask(kind)
    Kind.objects.update(closes=NOW, offer_minutes=60)
    registrations.withdraw(owner(kind), now=NOW)

    for row in (second, first):
        kind_places.promote(row, reason="Speaks", by=allowed(RIGHT), now=NOW)

    assert (state(first), state(second)) == ("waiting", "approved")


# --- everybody at once, on PostgreSQL with real threads -------------------------------------------------
@pytest.fixture
def crowd(transactional_db):
    CountryFactory()
    row = KindFactory(forum=ForumFactory(), capacity=3)
    return row, [RegistrationFactory(forum=row.forum, kind=row) for _n in range(3)]


def rush(kind, owners):
    """Three withdraw, six come, and the sweep runs, all at once."""
    return together(
        *(partial(registrations.withdraw, row, now=NOW) for row in owners),
        *(partial(register, user, forum=kind.forum, kind=kind.pk) for user in UserFactory.create_batch(6)),
        *(partial(kind_places.fill_all, NOW) for _n in range(2)),
    )


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_try", range(3))
def test_no_place_is_lost_and_none_given_twice(crowd, _try):
    kind, owners = crowd

    answers = rush(kind, owners)
    kind_places.fill_all(NOW)

    assert not [one for one in answers if isinstance(one, Exception)]
    assert (quotas.holders().filter(kind=kind).count(), len(line(kind))) == (3, 3)
    moved = [row.registration for row in Waiting.objects.in_line().of_kind(kind.pk)]
    assert [row.pk for row in moved] == sorted(row.pk for row in moved)


@pytest.mark.django_db(transaction=True)
def test_without_the_locks_places_are_given_twice(crowd, monkeypatch):
    """Two who register have both counted the places before either takes the last one."""
    kind, owners = crowd
    registrations.withdraw(owners[0], now=NOW)
    people = UserFactory.create_batch(2)
    change_locks(monkeypatch)
    count, both = quotas.people_in, threading.Barrier(2)

    def counted(*parts, **more):
        number = count(*parts, **more)
        both.wait(30)
        return number

    monkeypatch.setattr(quotas, "people_in", counted)
    together(
        *(
            partial(register, user, forum=kind.forum, kind=kind.pk, organisation=f"Organisation {n}")
            for n, user in enumerate(people)  # of one name the first to write it would hold up the other
        )
    )

    assert quotas.holders().filter(kind=kind).count() == 4


@pytest.mark.django_db(transaction=True)
def test_nobody_gets_a_place_of_the_organisation_that_they_leave_in_this_moment(crowd, monkeypatch):
    kind, owners = crowd
    home, full = OrganisationFactory(), OrganisationFactory()
    Kind.objects.update(capacity=4, per_organisation=1)
    Registration.objects.filter(pk=owners[0].pk).update(affiliation=full)
    row = RegistrationFactory(forum=kind.forum, kind=kind, affiliation=home, state="waiting")
    Waiting.objects.create(registration=row, joined=NOW)
    first, looked, officer = quotas.first_in_line, threading.Event(), allowed(RIGHT)

    def slowly(kind, **more):
        found = first(kind, **more)
        if threading.current_thread() is not threading.main_thread() and not looked.is_set():
            looked.set()
            time.sleep(1)  # in which the organisation is changed, where nothing stops that
        return found

    def move():
        looked.wait(10)
        answers = {"organisation": full.name, "affiliation": affiliation.of(full.pk, full.name)}
        registrations.edit(row, data=answers, by=officer, now=NOW)

    monkeypatch.setattr(quotas, "first_in_line", slowly)
    line_moves = together(partial(kind_places.fill_kinds, [kind.pk], now=NOW), move)
    monkeypatch.undo()
    kind_places.fill_all(NOW)

    row.refresh_from_db()
    assert (line_moves[1], row.affiliation, quotas.holders().filter(affiliation=full).count()) == (None, full, 1)


@pytest.mark.django_db(transaction=True)
def test_an_offer_that_is_taken_as_it_ends_is_either(crowd):
    kind, owners = crowd
    Kind.objects.update(offer_minutes=60)
    first, second = ask(kind), ask(kind)
    registrations.withdraw(owners[0], now=NOW)
    kind_places.fill_all(NOW)
    end = NOW + timedelta(hours=1)

    together(
        partial(kind_places.take, first, now=end - timedelta(seconds=1)),
        partial(kind_places.fill_all, end),
        partial(kind_places.fill_all, end),
    )
    kind_places.fill_all(end)

    assert quotas.holders().filter(kind=kind).count() == 3
    assert (state(first), second.waitings.get().offered_until is None) in [("approved", True), ("withdrawn", False)]
