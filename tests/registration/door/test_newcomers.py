"""Registering somebody at the door, and what who holds a pass can learn of others by it."""

import uuid
from datetime import timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.urls import reverse

from events.models import HistoryEntry, Message, User, Viewing
from registration.door import newcomers, passes
from registration.models import DoorPass, Registration, Scan
from registration.people.accounts import clean_up
from tests.factories import (
    NOW,
    CountryFactory,
    DoorFactory,
    ForumFactory,
    KindFactory,
    RegistrationFactory,
    RoomFactory,
    SessionFactory,
    UserFactory,
    boss,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("now")]


@pytest.fixture
def forum():
    more = {"registration_opens": NOW - timedelta(days=90), "registration_closes": NOW + timedelta(days=4)}
    return ForumFactory(starts=NOW.date(), ends=NOW.date() + timedelta(days=4), **more)


@pytest.fixture
def door(forum):
    return DoorFactory(forum=forum, name="Main entrance")


def pass_for(door, **more):
    return passes.make(door, day=NOW.date(), holder="Desk 2", by=boss(), now=NOW, **more)


@pytest.fixture
def holder(client, door):
    """A browser that has opened the link of a pass which registers people."""
    client.get(reverse("registration:door-pass", args=[door.forum.slug, pass_for(door, may_register=True).token]))
    return client


def address(name, forum):
    return reverse(f"registration:{name}", args=[forum.slug])


def sent(**more):
    country = CountryFactory()
    return {
        "key": str(uuid.uuid4()),
        "email": "awa@example.org",
        "name": "Awa Diallo",
        "organisation": "Atlas Open Data",
        "stakeholder_type": "academia",
        "country": country.pk,
        "consent": "on",
    } | more


def refused(client, forum, **more):
    """The codes of what the form refuses, by field."""
    page = client.post(address("door-register", forum), sent(**more))
    assert page.status_code == 200, page.url
    return {name: [one.code for one in errors.as_data()] for name, errors in page.context["form"].errors.items()}


def test_newcomer_has_an_account_a_registration_a_ticket_by_mail_and_is_in(holder, door):
    answer = holder.post(address("door-register", door.forum), sent())
    page = holder.get(answer.url).content.decode()

    person = Registration.objects.get(user__email="awa@example.org")
    made = DoorPass.objects.get()
    assert (person.state, person.consented, person.country.region) == ("approved", NOW, CountryFactory().region)
    assert not person.user.has_usable_password()
    assert list(Scan.objects.values_list("registration", "outcome", "door_pass")) == [(person.pk, "in", made.pk)]
    assert Message.objects.get().to == "awa@example.org"
    assert address("ticket", door.forum) in Message.objects.get().text
    assert HistoryEntry.objects.get(verb="register").actor == made.made_by
    assert "Awa Diallo" in page
    assert "Let them in" in page


def test_who_has_registered_is_found_by_address_and_name_and_let_in(holder, door):
    person = RegistrationFactory(forum=door.forum, name="Awa Diallô", user__email="awa@example.org")

    holder.post(address("door-register", door.forum), sent(name="diallo AWA", organisation="Other"))

    said = (Scan.objects.get().registration, *Registration.objects.values_list("name", "organisation").get())
    assert said == (person, "Awa Diallô", person.organisation)
    assert Message.objects.count() == 0


def test_address_of_somebody_else_tells_nothing_of_them_and_does_nothing(holder, door):
    RegistrationFactory(forum=door.forum, name="Imara Vell", user__email="awa@example.org")
    UserFactory(email="closed@example.org", is_active=False)

    page = holder.post(address("door-register", door.forum), sent()).content.decode()
    closed = refused(holder, door.forum, email="closed@example.org")

    assert "Imara" not in page
    assert "They cannot be registered here. Search by their name, or send them to the organisers" in page
    assert list(closed) == ["email"]
    assert (Scan.objects.count(), Message.objects.count(), Registration.objects.count()) == (0, 0, 1)


def test_second_address_of_somebody_is_theirs_and_their_account_stays_as_it_was(holder, door):
    own = UserFactory(email="first@example.org", language="ar", time_zone="Africa/Cairo", last_login=NOW)
    EmailAddress.objects.create(user=own, email="awa@example.org", verified=True)

    holder.post(address("door-register", door.forum), sent())

    own.refresh_from_db()
    assert Registration.objects.get().user == own
    assert (own.language, own.time_zone) == ("ar", "Africa/Cairo")
    assert not User.objects.filter(email="awa@example.org").exists()


def test_who_was_registered_at_the_door_and_confirms_nothing_stays(holder, door):
    lonely = UserFactory(email="awa@example.org")
    EmailAddress.objects.create(user=lonely, email="awa@example.org", verified=False)
    holder.post(address("door-register", door.forum), sent())

    clean_up.delete_unconfirmed(now=NOW + timedelta(days=3))

    assert Registration.objects.get().user == lonely


def test_addresses_of_others_are_guessed_a_few_times_only(holder, door):
    made = DoorPass.objects.get()
    RegistrationFactory(forum=door.forum, name="Imara Vell", user__email="awa@example.org")

    def tried(email):
        data = sent(email=email)
        try:
            return newcomers.register(made, data=data, key=uuid.uuid4(), now=NOW).outcome
        except ValidationError as refusal:
            return refusal.code

    guesses = [tried("awa@example.org") for _time in range(newcomers.MISSED)]

    assert set(guesses) == {"other-person"}
    assert (tried("new@example.org"), User.objects.filter(email="new@example.org").exists()) == ("other-person", False)


def test_only_kinds_that_are_open_on_site_and_have_places_are_offered(holder, door):
    given = {"forum": door.forum, "capacity": None}
    wanted = KindFactory(name="Delegate", **given)
    KindFactory(name="Remote", mode="remote", **given)
    KindFactory(name="Invited", is_invited=True, **given)
    KindFactory(name="Later", opens=NOW + timedelta(hours=1), **given)
    KindFactory(name="Press", needs_letter=True, **given)
    full = KindFactory(name="Full", **given | {"capacity": 0})

    page = holder.get(address("door-register", door.forum))
    said = refused(holder, door.forum, kind=full.pk)
    holder.post(address("door-register", door.forum), sent(kind=wanted.pk))

    assert [key for key, _name in page.context["form"].fields["kind"].choices] == [wanted.pk]
    assert said == {"kind": ["invalid_choice"]}
    assert (Registration.objects.get().kind, Scan.objects.get().outcome) == (wanted, "in")


def test_kind_on_which_somebody_decides_lets_nobody_in_at_once(holder, door):
    kind = KindFactory(forum=door.forum, approval="secretariat")

    holder.post(address("door-register", door.forum), sent(kind=kind.pk))

    assert (Registration.objects.get().state, Scan.objects.get().outcome) == ("secretariat", "no_accreditation")


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("consent", "", "missing"),
        ("email", "no address", "invalid"),
        ("name", "x" * 151, "max_length"),
    ],
)
def test_what_is_missing_or_wrong_stands_at_its_field_and_nothing_is_done(holder, door, field, value, code):
    assert refused(holder, door.forum, **{field: value}) == {field: [code]}
    assert (User.objects.filter(email="awa@example.org").count(), Scan.objects.count()) == (0, 0)


def test_other_passes_register_nobody(client, door):
    client.get(reverse("registration:door-pass", args=[door.forum.slug, pass_for(door).token]))

    said = [client.get(address("door-register", door.forum)), client.post(address("door-register", door.forum), sent())]
    with pytest.raises(ValidationError) as refusal:
        newcomers.register(DoorPass.objects.get(), data=sent(), key=uuid.uuid4(), now=NOW)

    assert [one.status_code for one in said] == [404, 404]
    assert refusal.value.code == "may-not-register"


@pytest.mark.parametrize("what", ["room", "session"])
def test_people_are_registered_at_doors_of_the_building_only(client, forum, what):
    place = (RoomFactory if what == "room" else SessionFactory)(forum=forum)
    door = DoorFactory(forum=forum, **{what: place})
    client.force_login(boss())

    with pytest.raises(ValidationError) as refusal:
        pass_for(door, may_register=True)
    page = client.get(reverse("admin:registration_door_pass", args=[door.pk]))

    assert refusal.value.code == "not-here"
    assert "may_register" not in page.context_data["form"].fields


def test_search_by_name_has_a_limit_and_is_written_down(holder, door, monkeypatch):
    monkeypatch.setattr(passes, "SEARCHES", 2)
    person = RegistrationFactory(forum=door.forum, name="Awa Diallo")

    pages = [holder.get(address("door", door.forum), {"q": "Awa"}).content.decode() for _time in range(3)]
    with time_machine.travel(NOW + timedelta(hours=1)):
        later = holder.get(address("door", door.forum), {"q": "Awa"}).content.decode()

    made = DoorPass.objects.get()
    assert ["Awa Diallo" in page for page in [*pages, later]] == [True, True, False, True]
    assert "People were searched for often with this pass" in pages[2]
    assert made.searches == 4
    assert (
        list(Viewing.objects.values_list("by", "people", "forum"))
        == [(made.made_by_id, [person.user_id], door.forum_id)] * 3
    )
