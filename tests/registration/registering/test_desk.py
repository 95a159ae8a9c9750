"""What the desk does with people: registers somebody, writes to those whom it chose."""

import threading
from functools import partial

import pytest

from events.mailings import sending
from events.models import HistoryEntry, Mailing, Message, User
from registration.models import Registration
from registration.registering.desk import newcomers
from tests.factories import NOW, CountryFactory, ForumFactory, KindFactory, RegistrationFactory, UserFactory, allowed
from tests.races import together
from tests.refusals import refused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
RIGHT = "registration.change_registration"
LIST = "/admin/registration/registration/"
PAGE = f"{LIST}at-the-desk/"
ANSWERS = {
    "name": "Awa Diarra",
    "stakeholder_type": "academia",
    "gender": "undisclosed",
    "mode": "remote",
    "language": "fr",
}


@pytest.fixture
def forum():
    CountryFactory()
    return ForumFactory()


def sent(forum, **changes):
    said = {"forum": forum.pk, "email": "Awa@example.org", "country": "ML", "consent": "Read it, and said yes"}
    return ANSWERS | said | changes


# --- registering somebody -------------------------------------------------------------------------
def test_the_desk_registers_somebody_and_writes_down_how_they_agreed(forum, organiser_site):
    kind = KindFactory(forum=forum)

    page = organiser_site.post(PAGE, sent(forum, kind=kind.pk))

    row = Registration.objects.get()
    assert (page.status_code, row.user.email, row.kind, row.state) == (302, "awa@example.org", kind, "approved")
    assert HistoryEntry.objects.get(verb="register-at-desk").reason == "Read it, and said yes"
    assert (Message.objects.get().to, Message.objects.get().kind) == ("awa@example.org", "registered")


def test_the_rules_of_the_kind_hold_at_the_desk(forum, organiser_site):
    full = KindFactory(forum=forum, capacity=0)
    other = KindFactory(forum=ForumFactory(slug="2021"))

    organiser_site.post(PAGE, sent(forum, kind=full.pk))
    html = organiser_site.post(PAGE, sent(forum, kind=other.pk, email="b@example.org")).content.decode()

    assert [row.state for row in Registration.objects.all()] == ["waiting"]
    assert "This kind of registration is not there any more" in html


@pytest.mark.parametrize("changes", [{"consent": " "}, {"email": "no address"}, {"country": "XX"}, {"name": ""}])
def test_what_is_missing_is_told_at_its_field_and_nothing_is_done(forum, organiser_site, changes):
    page = organiser_site.post(PAGE, sent(forum, **changes))

    assert (page.status_code, list(page.context["form"].errors)) == (200, list(changes))
    assert not User.objects.filter(email="awa@example.org").exists()


def test_who_is_registered_or_whose_account_is_closed_is_not_registered_again(forum):
    known = RegistrationFactory(forum=forum)
    closed = UserFactory(is_active=False)
    values = {"forum": forum, "consent": "Yes", "by": allowed(RIGHT), "now": NOW}

    codes = [refused(newcomers.register, email=user.email, **values) for user in (known.user, closed)]

    assert codes == [{"email": ["registered-already"]}, {"email": ["account-closed"]}]


def test_who_may_not_approve_people_brings_nobody_into_a_kind_by_invitation(forum):
    kind = KindFactory(forum=forum, is_invited=True)
    values = ANSWERS | {
        "forum": forum,
        "kind": kind.pk,
        "country": "ML",
        "time_zone": "UTC",
        "consent": "Yes",
        "now": NOW,
    }

    code = refused(newcomers.register, email="a@example.org", by=allowed(RIGHT, forum=forum), **values)
    row = newcomers.register(
        email="a@example.org", by=allowed("registration.decide_registration", forum=forum), **values
    )

    assert (code, row.kind) == ({"kind": ["kind-by-invitation"]}, kind)


def test_the_desk_of_one_forum_registers_nobody_for_another(forum, client):
    other = ForumFactory(slug="2021")
    client.force_login(allowed("registration.view_registration", RIGHT, forum=forum))

    page = client.post(PAGE, sent(other))

    assert (page.status_code, list(page.context["form"].errors)) == (200, ["forum"])


@pytest.mark.django_db(transaction=True)
def test_two_desks_that_register_one_person_at_once_make_one_account(forum, monkeypatch):
    """The address is looked for before either has made it."""
    create, both = User.objects.bulk_create, threading.Barrier(2)

    def together_made(*parts, **more):
        both.wait(10)
        return create(*parts, **more)

    by = [allowed(RIGHT, forum=forum) for _n in range(2)]
    monkeypatch.setattr(User.objects, "bulk_create", together_made)
    values = ANSWERS | {"forum": forum, "country": "ML", "time_zone": "UTC", "consent": "Yes", "now": NOW}
    answers = together(*(partial(newcomers.register, email="a@example.org", by=one, **values) for one in by))

    row = Registration.objects.get()
    assert (row.user.email, sorted(map(str, answers))) == ("a@example.org", sorted([str(row), "registered-already"]))


# --- writing to people ----------------------------------------------------------------------------
def write_to(site, rows, at=LIST):
    return site.post(at, {"action": "write_to", "_selected_action": [row.pk for row in rows]}, follow=True)


def test_the_desk_begins_a_message_to_those_whom_it_chose(forum, organiser_site):
    rows = [RegistrationFactory(forum=forum, name=name) for name in ("Awa", "Ben")]
    gone, _other = RegistrationFactory(forum=forum, withdrawn=NOW), RegistrationFactory(forum=forum)

    page = write_to(organiser_site, [*rows, gone])

    row = Mailing.objects.get()
    people = sending.find(row, by=row.author, now=NOW)[1].people
    assert (page.redirect_chain[-1][0], row.kind) == (f"/admin/events/mailing/{row.pk}/change/", "mailing-own")
    assert [one.name for one in people] == ["Awa", "Ben"]
    assert "Chosen in the list" in page.content.decode()


def test_people_of_two_forums_are_not_written_to_at_once(forum, organiser_site):
    rows = [RegistrationFactory(forum=forum), RegistrationFactory(forum=ForumFactory(slug="2021"))]

    page = write_to(organiser_site, rows, at=f"{LIST}?forum=all")

    assert "Choose people of one forum." in page.content.decode()
    assert Mailing.objects.count() == 0
