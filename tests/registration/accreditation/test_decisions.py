"""Who takes part only once somebody has approved it: asking, approving, refusing, asking again."""

import pytest

from events.models import HistoryEntry, Message, Viewing
from events.shared.mail import outbox
from registration.accreditation import decisions
from registration.models import AccreditationStep, Registration
from registration.registering import registrations
from registration.sessions.seats import booking
from tests.factories import (
    NOW,
    BookingFactory,
    ForumFactory,
    KindFactory,
    OrganisationFactory,
    RegistrationFactory,
    SessionFactory,
    UserFactory,
    allowed,
)
from tests.refusals import refused
from tests.registration.registering.test_registrations import register

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mali")]
RIGHT = "registration.decide_registration"


@pytest.fixture
def officer(kind):
    return allowed(RIGHT, forum=kind.forum)


def asked(kind, **values):
    return RegistrationFactory(forum=kind.forum, kind=kind, state="secretariat", **values)


def steps(row):
    return [(one.before, one.after, one.by, one.reason) for one in row.steps.all()]


def edit(row, *, by=None, **data):
    return registrations.edit(row, data=data, by=by or row.user, now=NOW)


# --- asking ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("approval", "state"), [("none", "approved"), ("secretariat", "secretariat"), ("focal_point", "secretariat")]
)
def test_a_registration_begins_as_its_kind_says_and_begins_again_after_a_withdrawal(approval, state):
    kind = KindFactory(approval=approval)
    row = register(UserFactory(), kind=kind.pk)

    assert row.state == state
    assert Registration.objects.active().count() == (approval == "none")
    assert steps(row) == ([] if approval == "none" else [("", state, row.user, "")])
    Registration.objects.update(state="approved")
    registrations.withdraw(row, now=NOW)
    assert register(row.user, kind=kind.pk).state == state


def test_who_waits_for_a_decision_books_nothing_and_is_told_by_mail(kind):
    row = register(UserFactory(), kind=kind.pk, language="en")

    assert refused(booking.book, registration=row, session=SessionFactory(), now=NOW) == "not-registered"
    mail = Message.objects.get()
    assert (mail.to, mail.subject) == (row.user.email, "We have your registration: WSIS Forum 2020")
    assert "The secretariat decides on your registration" in mail.text


# --- deciding -------------------------------------------------------------------------------------
def test_approve_lets_a_person_take_part_and_writes_who_when_and_why(kind, officer):
    row = asked(kind)

    decisions.approve(row, reason="Welcome", by=officer, now=NOW)

    row.refresh_from_db()
    entry = HistoryEntry.objects.get(verb="approve-registration")
    assert Registration.objects.active().get() == row
    assert steps(row) == [("secretariat", "approved", officer, "Welcome")]
    assert (entry.actor, entry.subject, entry.after) == (officer, f"#{row.pk}", {"state": "approved"})
    mail = Message.objects.get(to=row.user.email)
    assert ("Welcome" in mail.text, "/2020/ticket/" in mail.text) == (True, True)


def test_refuse_needs_a_reason_and_gives_the_places_of_the_person_to_others(kind, officer):
    row = RegistrationFactory(forum=kind.forum, kind=kind)
    BookingFactory(registration=row)

    assert refused(decisions.refuse, row, reason=" ", by=officer, now=NOW) == "no-reason"
    assert row.bookings.count() == 1
    decisions.refuse(row, reason="No letter", by=officer, now=NOW)

    row.refresh_from_db()
    assert (row.state, row.bookings.count()) == ("refused", 0)
    mail = Message.objects.get(to=row.user.email)
    assert ("No letter" in mail.text, "/ticket/" in mail.text) == (True, False)


def test_nobody_decides_twice_on_whoever_has_withdrawn_or_on_themselves(kind, officer):
    row, own = asked(kind), asked(kind, user=officer)
    decisions.approve(row, by=officer, now=NOW)

    assert refused(decisions.approve, row, by=officer, now=NOW) == "decided-already"
    assert refused(decisions.approve, own, by=officer, now=NOW) == "own-registration"
    registrations.withdraw(row, now=NOW)
    assert refused(decisions.refuse, row, reason="No letter", by=officer, now=NOW) == "withdrawn"
    assert AccreditationStep.objects.count() == 1


def test_a_mail_about_a_state_that_is_over_is_not_sent(kind, officer):
    row, other = asked(kind), asked(kind)
    decisions.refuse(row, reason="No letter", by=officer, now=NOW)
    decisions.approve(row, by=officer, now=NOW)
    decisions.approve(other, by=officer, now=NOW)
    registrations.withdraw(other, now=NOW)

    unwanted = outbox.unwanted(list(Message.objects.all()), now=NOW)

    kept = Message.objects.exclude(pk__in=unwanted).order_by("pk").values_list("to", "subject")
    assert list(kept) == [
        (row.user.email, "You are registered: WSIS Forum 2020"),
        (other.user.email, "You have withdrawn: WSIS Forum 2020"),
    ]


# --- asking again ---------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("who", "changed", "state"),
    [
        ("person", {"name": "Awa Traoré"}, "secretariat"),
        ("person", {"organisation": "Université de Ségou"}, "secretariat"),
        ("person", {"time_zone": "UTC"}, "approved"),
        ("desk", {"name": "Somebody Else"}, "secretariat"),
        ("officer", {"name": "Awa Traoré"}, "approved"),
        ("officer, of themselves", {"name": "Somebody Else"}, "secretariat"),
    ],
)
def test_another_name_or_organisation_is_decided_on_again_but_by_who_decides_and_bookings_stay(
    kind, officer, who, changed, state
):
    row = RegistrationFactory(forum=kind.forum, kind=kind)
    BookingFactory(registration=row)
    desk = allowed("registration.change_registration", forum=kind.forum)
    by = {"desk": desk, "officer": officer}.get(who, row.user)
    if who == "officer, of themselves":
        Registration.objects.update(user=officer)
        row.user = by = officer

    edit(row, by=by, **changed)

    row.refresh_from_db()
    assert (row.state, row.bookings.count()) == (state, 1)
    assert steps(row) == ([] if state == "approved" else [("approved", "secretariat", by, "")])
    assert [getattr(row, name) for name in changed] == list(changed.values())


def test_who_waited_and_needs_no_decision_any_more_is_told(kind):
    row, other = asked(kind), KindFactory(forum=kind.forum)

    edit(row, by=allowed("registration.change_registration", forum=kind.forum), kind=other.pk)

    assert [(before, after) for before, after, _by, _reason in steps(row)] == [("secretariat", "approved")]
    assert Message.objects.get().to == row.user.email


@pytest.mark.parametrize("has_kind", [True, False])
def test_whoever_was_refused_does_not_get_in_by_another_name_or_by_registering_again(has_kind):
    kind, officer = KindFactory() if has_kind else None, allowed(RIGHT)
    row = RegistrationFactory(forum=ForumFactory(), kind=kind)
    decisions.refuse(row, reason="Threats", by=officer, now=NOW)
    states = []

    for _time in range(2):
        edit(row, name=f"Another {_time}")
        row.refresh_from_db()
        states.append(row.state)
        registrations.withdraw(row, now=NOW)
        states.append(register(row.user, kind=kind and kind.pk).state)
        row.refresh_from_db()

    assert states == ["secretariat"] * 4
    decisions.approve(row, by=officer, now=NOW)
    edit(row, name="Awa Diallo")
    row.refresh_from_db()
    assert row.state == "approved"


# --- the organisers' pages ------------------------------------------------------------------------
LIST = "/admin/registration/registration/"


@pytest.fixture
def officer_site(client, kind):
    """A client signed in as somebody who decides; `.person` is the account."""
    rights = ("registration.view_registration", RIGHT, "registration.view_accreditationstep")
    client.person = allowed(*rights, forum=kind.forum)
    client.force_login(client.person)
    return client


@pytest.mark.usefixtures("noon")
def test_many_are_approved_in_the_order_in_which_they_registered_and_who_waits_is_told(officer_site, kind):
    """Whose names stand on a page that asks was seen."""
    kind.per_organisation = 1
    kind.save()
    home = OrganisationFactory()
    later, first = asked(kind, affiliation=home, created=NOW), asked(kind, affiliation=home)
    chosen = {"action": "approve_chosen", "_selected_action": [later.pk, first.pk]}
    Viewing.objects.all().delete()

    question = officer_site.post(LIST, chosen)
    officer_site.get(f"{LIST}{first.pk}/decide/refuse/")
    seen = [(one.kind, one.by, sorted(one.people)) for one in Viewing.objects.order_by("pk")]
    done = officer_site.post(LIST, {**chosen, "apply": "1", "reason": ""}, follow=True).content.decode()

    both = sorted([later.user_id, first.user_id])
    assert seen == [("list", officer_site.person, both), ("page", officer_site.person, [first.user_id])]
    assert "Note to the person" in question.content.decode()
    assert ("2 approved." in done, "1 of them is on the waiting list." in done) == (True, True)
    assert list(Registration.objects.active()) == [first]


@pytest.mark.usefixtures("noon")
def test_one_is_refused_on_a_page_of_its_own_with_a_reason(officer_site, kind):
    row = asked(kind)
    decide = f"{LIST}{row.pk}/decide/refuse/"

    opened = officer_site.get(f"{LIST}{row.pk}/change/").content.decode()
    empty = officer_site.post(decide, {"reason": ""}).content.decode()
    sent = officer_site.post(decide, {"reason": "No letter"}, follow=True).content.decode()

    row.refresh_from_db()
    assert (decide in opened, "Say why, in a sentence or two" in empty) == (True, True)
    assert (row.state, "No letter" in sent) == ("refused", True)
