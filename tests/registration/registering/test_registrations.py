from datetime import timedelta

import pytest

from events.models import HistoryEntry
from registration.models import Attendance, Booking, Registration, RegistrationDraft
from registration.registering import questions, registrations
from registration.registering.registrations import Registering
from tests.factories import (
    NOW,
    AttendanceFactory,
    BookingFactory,
    CountryFactory,
    ForumFactory,
    RegistrationFactory,
    SessionFactory,
    UserFactory,
)
from tests.refusals import refused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mali")]

ANSWERS = {
    "title": "Dr",
    "name": "Awa Diallo",
    "latin_name": "",
    "gender": "woman",
    "organisation": "Université des Sciences de Bamako",
    "stakeholder_type": "academia",
    "country": "ML",
    "time_zone": "Africa/Bamako",
    "languages": ["fr", "en"],
    "accessibility_needs": "Captions",
    "mode": "remote",
    "language": "fr",
}


def register(user, *, forum=None, now=NOW, has_consented=True, **changes):
    return registrations.register(
        forum or ForumFactory(), user=user, data=ANSWERS | changes, has_consented=has_consented, now=now
    )


def test_register_keeps_a_snapshot_and_tells_the_account_what_it_did_not_know():
    user, forum = UserFactory(name="", language="en", time_zone="UTC"), ForumFactory()
    registrations.save_step(forum, user=user, step="you", data=ANSWERS, now=NOW)

    registration = register(user, forum=forum)

    user.refresh_from_db()
    kept = Registration.objects.get()
    assert (questions.profile(kept), kept) == (ANSWERS, registration)
    assert (kept.user, kept.created, kept.consented, kept.withdrawn) == (user, NOW, NOW, None)
    assert (user.name, user.language, user.time_zone) == ("Awa Diallo", "fr", "Africa/Bamako")
    assert RegistrationDraft.objects.count() == 0


def test_register_twice_returns_the_first_unchanged_and_leaves_the_name_of_the_account():
    user = UserFactory(name="Awa D.")
    first = register(user)

    second = register(user, name="Somebody else", now=NOW + timedelta(days=1))

    user.refresh_from_db()
    assert (second, second.name, user.name) == (first, "Awa Diallo", "Awa D.")
    assert Registration.objects.count() == 1


def test_register_outside_the_window_or_without_consent_is_refused():
    forum, user = ForumFactory(), UserFactory()
    opens, closes = forum.registration_opens, forum.registration_closes

    codes = [refused(register, user, now=now) for now in (opens - timedelta(seconds=1), closes)]
    codes.append(refused(register, user, has_consented=False))

    assert codes == ["registration-not-open", "registration-closed", "no-consent"]
    assert Registration.objects.count() == 0
    assert register(user, now=opens).created == opens  # the first moment


def test_register_with_bad_values_is_refused_at_the_fields():
    bad = {
        "time_zone": "Bamako/Africa",
        "country": "XX",
        "gender": "unknown",
        "stakeholder_type": "",
        "name": "x" * 151,
    }
    bad |= {"languages": ["klingon"], "accessibility_needs": "x" * 1001}

    assert set(refused(register, UserFactory(), **bad)) == set(bad)
    assert Registration.objects.count() == 0


def test_register_again_after_a_withdrawal_takes_up_the_same_row():
    user = UserFactory()
    first = registrations.withdraw(register(user), now=NOW)

    second = register(user, name="Awa Traoré", now=NOW + timedelta(days=1))

    assert second.pk == first.pk
    assert (second.name, second.withdrawn, second.consented) == ("Awa Traoré", None, NOW + timedelta(days=1))


def test_draft_grows_step_by_step():
    user, forum = UserFactory(), ForumFactory()
    RegistrationFactory()  # somebody else
    empty = Registering(forum, user=user, now=NOW).answers

    for step, data in (
        ("you", {"name": "Awa", "is_staff": True, "mode": "remote"}),
        ("you", {"country": "ML"}),
    ):
        draft = registrations.save_step(forum, user=user, step=step, data=data, now=NOW)

    assert (empty, draft.answers) == ({}, {"name": "Awa", "country": "ML", "mode": "remote"})


def test_what_another_device_saved_since_a_draft_was_read_stays_or_is_asked_about():
    user, forum = UserFactory(), ForumFactory()
    own, said = {"user": user, "now": NOW}, {"step": "access", "now": NOW}
    registrations.save_step(forum, step="you", data={"name": "Awa"}, **own)
    reads = [Registering(forum, **own) for _device in range(3)]
    seen = reads[0].digest("access")
    registrations.save_step(forum, step="you", data={"name": "Awa Keita"}, **own)

    draft = registrations.save_read(reads[0], data={"languages": ["fr"]}, seen=seen, **said)
    again = registrations.save_read(reads[1], data={"languages": ["fr"]}, seen=seen, **said)
    codes = refused(registrations.save_read, reads[2], data={"languages": ["en"]}, seen=seen, **said)

    assert draft.answers == again.answers == {"name": "Awa Keita", "mode": "remote", "languages": ["fr"]}
    assert (Registering(forum, **own).answers, codes) == (draft.answers, "outdated")


def test_submit_refuses_what_is_missing_by_field():
    user, forum = UserFactory(), ForumFactory()
    registrations.save_step(forum, user=user, step="you", data={"name": "Awa"}, now=NOW)

    codes = refused(registrations.submit, forum, user=user, has_consented=True, now=NOW)

    assert set(codes) == {"gender", "stakeholder_type", "country", "time_zone", "language"}


def test_draft_after_the_window_is_not_saved():
    forum = ForumFactory()

    code = refused(
        registrations.save_step, forum, user=UserFactory(), step="you", data=ANSWERS, now=forum.registration_closes
    )

    assert (code, RegistrationDraft.objects.count()) == ("registration-closed", 0)


def test_edit_changes_the_answers_and_neither_the_consent_nor_attendances():
    registration = register(UserFactory())
    attendance = AttendanceFactory(gender="woman", registration=registration)
    changes = {"country": CountryFactory(code="CH").pk, "title": "", "gender": "man"}

    registrations.edit(registration, data=changes, by=None, now=NOW + timedelta(days=1))

    kept = Registration.objects.get()
    attendance.refresh_from_db()
    assert questions.profile(kept) == ANSWERS | changes
    assert (kept.consented, attendance.gender) == (NOW, "woman")


@pytest.mark.parametrize(
    ("verb", "parts"), [(registrations.edit, {"data": {"name": "Awa"}, "by": None}), (registrations.renew_token, {})]
)
def test_changes_after_a_withdrawal_are_refused(verb, parts):
    assert refused(verb, RegistrationFactory(withdrawn=NOW), now=NOW, **parts) == "not-registered"


def test_withdraw_removes_what_is_to_come_and_keeps_what_was():
    registration = RegistrationFactory()
    past = BookingFactory(registration=registration, session__starts=NOW - timedelta(days=2))
    BookingFactory(registration=registration, session__starts=NOW - timedelta(minutes=5))
    BookingFactory(registration=registration, session=SessionFactory(state="draft", starts=None, ends=None))
    BookingFactory(registration=registration)
    attendance = AttendanceFactory(registration=registration, session=past.session)
    other = BookingFactory()

    withdrawn = [registrations.withdraw(registration, now=NOW + timedelta(days=n)).withdrawn for n in range(2)]

    assert withdrawn == [NOW, NOW]
    assert set(Booking.objects.all()) == {past, other}
    assert list(Attendance.objects.all()) == [attendance]


def test_history_says_what_was_done_and_names_nobody():
    user, desk = UserFactory(), UserFactory()
    registration = register(user)
    registrations.edit(registration, data=questions.profile(registration), by=user, now=NOW)  # changes nothing
    registrations.edit(registration, data={"name": "Awa Traoré", "gender": "man"}, by=desk, now=NOW)
    registrations.renew_token(registration, now=NOW)
    registrations.withdraw(registration, by=desk, now=NOW)

    entries = list(HistoryEntry.objects.order_by("pk"))

    assert [(entry.verb, entry.actor) for entry in entries] == [
        ("register", user),
        ("edit-registration", desk),
        ("renew-calendar", user),
        ("withdraw-registration", desk),
    ]
    assert {entry.subject for entry in entries} == {f"#{registration.pk}"}
    assert entries[1].after == {"fields": ["name", "gender"]}
