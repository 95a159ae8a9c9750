"""Whoever makes an account for somebody, at whichever door, is tied to it: the two do not count as two people."""

from types import SimpleNamespace

import pytest
from django.urls import reverse

from events.models import Organisation, User
from events.shared.rights.two_people import independence
from registration.accreditation.delegations import focal_points
from registration.door import newcomers as at_the_door
from registration.door import passes
from registration.registering.desk import newcomers as at_the_desk
from tests.events.exchange.imports import agree, preview
from tests.factories import NOW, CountryFactory, DoorFactory, ForumFactory, UserFactory, boss
from tests.prizes.factories import make_edition

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
NEW = "new@example.org"
PERSON = {"name": "Awa Diarra", "organisation": "Radio", "stakeholder_type": "academia", "consent": "Said so"}


def imported(kind, table):
    def act(at):
        agree(at.client, preview(at.client, table, kind, forum=at.forum.pk))

    return act


def desk(at):
    said = PERSON | {"country": "ML", "gender": "woman", "language": "en", "time_zone": "UTC"}
    at_the_desk.register(forum=at.forum, email=NEW, by=at.by, now=NOW, **said)


def door(at):
    row = DoorFactory(forum=at.forum)
    made = passes.make(row, day=NOW.date(), holder="Desk 2", by=at.by, now=NOW, may_register=True)
    data = PERSON | {"email": NEW, "country": "ML", "kind": None, "consent": True}
    at_the_door.register(made, data=data, key="0" * 32, now=NOW)


def focal_point(at):
    organisation = Organisation.objects.create(name="Ministry")
    focal_points.name(forum=at.forum, organisation=organisation, email=NEW, by=at.by, now=NOW)


def by_hand(at):
    form = {"email": NEW, "name": "Awa", "language": "en", "time_zone": "UTC"}
    at.client.post(reverse("admin:events_user_add"), form)


DOORS = {
    "registrations": imported(
        "registration", f"email,name,stakeholder_type,country,gender,agreed\n{NEW},Awa,academia,ML,woman,yes\n"
    ),
    "experts": imported("expert", f"email,name\n{NEW},Awa\n"),
    "desk": desk,
    "door": door,
    "focal point": focal_point,
    "by hand": by_hand,
}


@pytest.mark.parametrize("name", DOORS)
def test_who_makes_an_account_and_its_person_do_not_count_as_two(client, name):
    forum, by = ForumFactory(starts=NOW.date(), ends=NOW.date()), boss()
    make_edition(forum=forum, phase="review")
    at = SimpleNamespace(client=client, forum=forum, by=by, country=CountryFactory(code="ML", name="Mali"))
    client.force_login(by)
    stranger = UserFactory(email="old@example.org")

    DOORS[name](at)

    made = User.objects.get(email=NEW)
    of_rights = {"permission": "prizes.close_edition", "forum": None, "now": NOW}
    assert next((tie.tie, tie.by) for tie in independence.ties(by, made, **of_rights)) == ("made", by)
    assert independence.ties(by, stranger, **of_rights) == []
    assert independence.ties(UserFactory(), made, **of_rights) == []
