"""What people read of the decision, and the organisers' pages of it."""

import pytest

from events.models import Viewing
from registration.models import Registration
from registration.registering import registrations
from tests.factories import (
    NOW,
    OrganisationFactory,
    RegistrationFactory,
    UserFactory,
    allowed,
)
from tests.registration.registering.test_registrations import ANSWERS

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon", "mali")]
LIST = "/admin/registration/registration/"
RIGHTS = (
    "registration.view_registration",
    "registration.decide_registration",
    "registration.view_accreditationstep",
)


@pytest.fixture
def officer(kind, client):
    user = allowed(*RIGHTS, forum=kind.forum)
    client.force_login(user)
    return user


# --- the person -----------------------------------------------------------------------------------
def test_a_person_reads_how_it_stands_from_the_form_to_the_decision(client, kind):
    user = UserFactory()
    client.force_login(user)
    for step, answers in {
        "you": ANSWERS | {"kind": kind.pk},
        "access": ANSWERS,
    }.items():
        registrations.save_step(kind.forum, user=user, step=step, data=answers, now=NOW)

    sent = client.post("/2020/register/check/", {"consent": "on"}, follow=True)
    agenda = client.get("/2020/agenda/", follow=True)

    assert sent.redirect_chain == [("/2020/register/", 302)]
    assert "We have your registration. The secretariat decides on it." in sent.content.decode()
    assert agenda.redirect_chain == [("/2020/register/", 302)]
    assert "You asked to take part" in agenda.content.decode()
    assert "Open my agenda" not in agenda.content.decode()


# --- the organisers -------------------------------------------------------------------------------
def test_many_are_approved_in_the_order_in_which_they_registered_and_who_waits_is_told(client, kind, officer):
    """Whose names stand on a page that asks was seen."""
    kind.per_organisation = 1
    kind.save()
    home = OrganisationFactory()
    later = RegistrationFactory(forum=kind.forum, kind=kind, state="secretariat", affiliation=home, created=NOW)
    first = RegistrationFactory(forum=kind.forum, kind=kind, state="secretariat", affiliation=home)
    chosen = {"action": "approve_chosen", "_selected_action": [later.pk, first.pk]}
    Viewing.objects.all().delete()

    asked = client.post(LIST, chosen)
    client.get(f"{LIST}{first.pk}/decide/refuse/")
    seen = [(one.kind, one.by, sorted(one.people)) for one in Viewing.objects.order_by("pk")]
    done = client.post(LIST, {**chosen, "apply": "1", "reason": ""}, follow=True)

    assert seen == [("list", officer, sorted([later.user_id, first.user_id])), ("page", officer, [first.user_id])]
    assert "Note to the person" in asked.content.decode()
    assert "2 approved." in done.content.decode()
    assert "1 of them is on the waiting list." in done.content.decode()
    assert list(Registration.objects.active()) == [first]


def test_one_is_refused_on_a_page_of_its_own_with_a_reason(client, kind, officer):
    row = RegistrationFactory(forum=kind.forum, kind=kind, state="secretariat")
    page = f"{LIST}{row.pk}/decide/refuse/"

    opened = client.get(f"{LIST}{row.pk}/change/")
    empty = client.post(page, {"reason": ""})
    sent = client.post(page, {"reason": "No letter"}, follow=True)

    row.refresh_from_db()
    assert page in opened.content.decode()
    assert "Say why, in a sentence or two" in empty.content.decode()
    assert (row.state, "No letter" in sent.content.decode()) == ("refused", True)
