"""Invitations to register: locked to an address, with kind and organisation; nothing counts before the person registers."""

import re
import threading
import time
from datetime import timedelta
from functools import partial

import pytest
from django.db import transaction

from events.models import HistoryEntry, Message
from events.shared.mail import outbox
from registration.accreditation import decisions, invitations
from registration.accreditation.invitations import Sender
from registration.models import Registration, RegistrationDraft, RegistrationInvitation
from registration.registering import registrations
from tests.factories import (
    NOW,
    FocalPointFactory,
    KindFactory,
    OrganisationFactory,
    QuotaFactory,
    RegistrationFactory,
    UserFactory,
    confirmed,
)
from tests.races import together
from tests.refusals import refused
from tests.registration.people.accounts.test_accounts import code_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon", "mali")]
DAY = timedelta(days=1)
ANSWERS = {
    "you": {
        "name": "Awa Diallo",
        "gender": "woman",
        "stakeholder_type": "government",
        "country": "ML",
        "time_zone": "Africa/Bamako",
    },
    "access": {"language": "fr", "mode": "remote"},
}


@pytest.fixture
def kind():
    return KindFactory(name="Delegate", approval="focal_point", per_organisation=2)


@pytest.fixture
def point(kind):
    return FocalPointFactory(forum=kind.forum, organisation__name="Ministry of Posts")


@pytest.fixture
def awa():
    return confirmed(email="awa@example.org", name="")


def guest(kind, point, email="awa@example.org", **values):
    return RegistrationInvitation(
        **{"name": "Awa Diallo", "email": email, "kind": kind, "organisation": point.organisation, **values}
    )


def invite(*guests, point, now=NOW, **more):
    sender = Sender(**{"as_focal_point": True, "by": point.user, "forum": point.forum, **more})
    return invitations.invite(guests, sender=sender, now=now)


def link(email="awa@example.org"):
    """The path of the newest invitation to an address."""
    mail = Message.objects.filter(kind="registration-invited", to=email).latest("pk")
    return re.search(r"https?://[^/]+(/\S+/invitation/\S+)", mail.text)[1]


def fill_in(client, **more):
    """Answer every step that is asked, and submit."""
    for step, answers in {**ANSWERS, **more}.items():
        client.post(f"/2020/register/{step}/", answers)
    return client.post("/2020/register/check/", {"consent": "on"}, follow=True)


def register_by(client, user, path):
    client.force_login(user)
    client.post(path)
    return fill_in(client)


# --- from the mail to the registration ------------------------------------------------------------
def test_an_invited_person_registers_and_that_counts_as_the_approval_of_the_focal_point(client, kind, point, awa):
    """Kind and organisation are not asked and cannot be forged."""
    other = KindFactory(name="Staff")
    client.force_login(point.user)
    sent = {"act": "one", "name": "Awa Diallo", "email": "Awa@Example.org"}
    answer = client.post("/2020/delegation/invite/", sent, follow=True).content.decode()
    asked = RegistrationInvitation.objects.get()

    client.force_login(awa)
    page = client.get(link()).content.decode()
    before = (Registration.objects.count(), RegistrationDraft.objects.count())
    accepted = client.post(link(), follow=True).content.decode()
    step = client.get("/2020/register/you/").content.decode()
    forged = {"kind": other.pk, "affiliation": "new:Strangers", "organisation": "Strangers", "invitation": "999"}
    fill_in(client, you=ANSWERS["you"] | forged)

    row = Registration.objects.get(user=awa)
    done = row.steps.get()
    assert ["1 person is invited" in answer, "awa@example.org" in answer] == [True, True]
    assert [word in page for word in ("Delegate", "Ministry of Posts", "awa@example.org")] == [True] * 3
    assert (before, asked.state) == ((0, 0), "invited")
    assert "You are invited: Delegate · Ministry of Posts" in accepted
    assert 'value="Awa Diallo"' in accepted
    assert ('name="organisation"' in step, 'name="kind"' in step) == (False, False)
    assert (row.kind, row.affiliation, row.organisation) == (kind, point.organisation, "Ministry of Posts")
    assert (row.state, done.before, done.by) == ("secretariat", "focal_point", point.user)
    asked.refresh_from_db()
    assert (asked.state, asked.registration) == ("confirmed", row)

    # Another name is decided on again by the focal point.
    registrations.edit(row, data={"name": "Somebody Else"}, by=awa, now=NOW)
    row.refresh_from_db()
    assert row.state == "focal_point"


def test_a_newcomer_makes_an_account_with_the_address_and_comes_back_to_the_invitation(client, kind, point):
    invite(guest(kind, point), point=point)
    path = link()
    page = client.get(path).content.decode()
    client.post("/accounts/signup/", {"email": "awa@example.org", "password1": "A short sentence.", "next": path})
    before = client.post(path)
    code = code_in(Message.objects.get(kind="account"))

    back = client.post("/accounts/confirm-email/", {"code": code})
    client.post(path)
    fill_in(client)

    assert f"/accounts/signup/?next={path}" in page
    assert (before["Location"].startswith("/accounts/login/"), back["Location"]) == (True, path)
    assert Registration.objects.get().affiliation == point.organisation


def test_a_kind_by_invitation_is_opened_by_an_invitation_only(client, point, awa):
    closed = KindFactory(name="Minister", is_invited=True, opens=NOW + DAY)
    client.force_login(awa)
    without = client.get("/2020/register/you/").content.decode()

    invite(guest(closed, point, organisation=None), point=point, as_focal_point=False)
    client.post(link())
    fill_in(client)

    assert "Minister" not in without
    assert (Registration.objects.get().kind, Registration.objects.get().state) == (closed, "approved")


def test_an_invitation_is_locked_to_its_address(client, kind, point):
    (row,) = invite(guest(kind, point), point=point)
    unconfirmed, other = UserFactory(email="awa@example.org"), confirmed(email="moussa@example.org", name="")

    for user in (unconfirmed, other):
        client.force_login(user)
        page, sent = client.get(link()).content.decode(), client.post(link()).content.decode()
        assert "You are logged in as" in page
        assert "This invitation is for awa@example.org. Log in with that address" in sent

    assert RegistrationDraft.objects.count() == 0
    row.refresh_from_db()
    assert row.state == "invited"


def test_an_expired_invitation_says_so_and_whom_to_ask(client, kind, point, awa, time_machine):
    invite(guest(kind, point), point=point, lives=DAY)
    path = link()
    client.force_login(awa)
    client.post(path)
    time_machine.move_to(NOW + DAY, tick=False)

    page, begun = client.get(path).content.decode(), client.get("/2020/register/you/").content.decode()
    again = client.post(path).content.decode()
    fill_in(client)

    words = "This invitation no longer holds. Ask the focal point of Ministry of Posts"
    assert [words in page, words in again, words in begun] == [True] * 3
    assert RegistrationInvitation.objects.get().state == "invited"
    assert Registration.objects.filter(steps__by=point.user).exists() is False


# --- saying no, sending again, taking back --------------------------------------------------------
def test_whoever_has_the_link_says_no_without_an_account_and_is_not_asked_again(client, kind, point):
    (row,) = invite(guest(kind, point), point=point)

    page = client.post(link(), {"answer": "no"}, follow=True).content.decode()

    assert "You said no" in page
    assert refused(invite, guest(kind, point), point=point, now=NOW + 29 * DAY) == {"email": ["said-no"]}
    invite(guest(kind, point), point=point, now=NOW + 31 * DAY)
    row.refresh_from_db()
    assert row.state == "invited"


@pytest.mark.django_db(transaction=True)
def test_whoever_says_no_while_it_is_sent_again_is_not_asked_again(kind, point):
    (row,) = invite(guest(kind, point), point=point)
    said = threading.Event()
    later = NOW + 2 * DAY

    def decline():
        with transaction.atomic():
            invitations.decline(row, now=later)
            said.set()
            time.sleep(0.5)  # not committed yet

    def send_again():
        said.wait(30)
        invitations.send_again(row, as_focal_point=True, by=point.user, now=later)

    answers = together(decline, send_again)

    row.refresh_from_db()
    assert (answers, row.state) == ([None, "said-no"], "declined")
    assert Message.objects.count() == 1


def test_sending_again_makes_another_link_once_a_day_and_the_old_one_is_dead(client, kind, point):
    (row,) = invite(guest(kind, point), point=point)
    first = link()
    client.force_login(point.user)

    too_soon = client.post("/2020/delegation/", {"act": "again", "row": row.pk}, follow=True).content.decode()
    invitations.send_again(RegistrationInvitation.objects.get(), as_focal_point=True, by=point.user, now=NOW + 2 * DAY)

    row.refresh_from_db()
    assert "A mail went to this address within a day" in too_soon
    assert (client.get(first).status_code, client.get(link()).status_code) == (404, 200)
    assert row.ends == NOW + 16 * DAY
    old, new = Message.objects.order_by("pk")
    assert outbox.unwanted([old, new], now=NOW + 2 * DAY) == {old.pk}


def test_a_focal_point_takes_back_their_own_only_and_the_place_is_free(client, kind, point):
    other = FocalPointFactory(forum=kind.forum)
    (own,), (strange,) = invite(guest(kind, point), point=point), invite(guest(kind, other), point=other)
    client.force_login(point.user)

    for row in (own, strange):
        page = client.post("/2020/delegation/", {"act": "back", "row": row.pk}, follow=True).content.decode()

    own.refresh_from_db()
    strange.refresh_from_db()
    assert (own.state, strange.state) == ("taken_back", "invited")
    assert "This invitation is used or taken back already" in page
    assert "2 places left" in page
    mails = list(Message.objects.filter(about=own.pk))
    assert outbox.unwanted(mails, now=NOW) == {one.pk for one in mails}
    verbs = HistoryEntry.objects.filter(key=str(own.pk), model="registration.registrationinvitation")
    assert sorted(verbs.values_list("verb", flat=True)) == ["invite-to-register", "take-back-invitation"]


# --- who may invite whom --------------------------------------------------------------------------
def test_a_focal_point_invites_for_their_own_organisation_in_kinds_that_are_theirs_and_open(kind, point):
    strange = OrganisationFactory()
    closed = KindFactory(approval="focal_point", closes=NOW)

    for one, code in (
        (guest(kind, point, organisation=strange), {"organisation": ["not-your-organisation"]}),
        (guest(kind, point, organisation=None), {"organisation": ["not-your-organisation"]}),
        (guest(KindFactory(), point), {"kind": ["kind-closed"]}),
        (guest(closed, point), {"kind": ["kind-closed"]}),
        (guest(KindFactory(forum__slug="2021", approval="focal_point"), point), {"kind": ["kind-closed"]}),
        (guest(kind, point, email=point.user.email), {"email": ["own-address"]}),
        (guest(kind, point, email="nobody"), {"email": ["no-address"]}),
        (guest(kind, point, name=" – "), {"name": ["no-name"]}),
        (guest(kind, point, name="=1+1"), {"name": ["formula"]}),
    ):
        assert refused(invite, one, point=point) == code
    invite(guest(kind, point), point=point)
    assert refused(invite, guest(kind, point), point=point) == {"email": ["invited-already"]}
    assert refused(invite, guest(kind, point), point=point, now=kind.forum.registration_closes) == "registration-closed"


def test_inviting_tells_nothing_of_accounts_and_registrations(client, kind, point):
    QuotaFactory(kind=kind, organisation=point.organisation, places=10)
    registered = RegistrationFactory(forum=kind.forum, kind=KindFactory()).user.email
    elsewhere = FocalPointFactory(forum=kind.forum)
    invite(guest(kind, elsewhere, email="both@example.org"), point=elsewhere)
    client.force_login(point.user)

    for email in (registered, UserFactory().email, "nobody@example.org", "both@example.org"):
        answer = client.post("/2020/delegation/invite/", {"act": "one", "name": "Awa Diallo", "email": email})
        assert (answer.status_code, answer["Location"]) == (302, "/2020/delegation/")


def test_nobody_writes_to_everybody(monkeypatch, kind, point):
    QuotaFactory(kind=kind, organisation=point.organisation, places=1000)
    monkeypatch.setattr(invitations, "MOST_A_DAY", 3)
    invite(*[guest(kind, point, email=f"a{n}@example.org") for n in range(3)], point=point)

    assert refused(invite, guest(kind, point, email="b@example.org"), point=point) == {"email": ["too-many"]}
    invite(guest(kind, point, email="b@example.org"), point=point, now=NOW + DAY)


# --- the quota ------------------------------------------------------------------------------------
def test_who_is_invited_holds_a_place_until_the_invitation_is_over(kind, point):
    waiting = RegistrationFactory(
        forum=kind.forum, kind=kind, affiliation=point.organisation, state="focal_point", organisation="Ministry"
    )
    invite(guest(kind, point), guest(kind, point, email="moussa@example.org"), point=point)

    full = refused(invite, guest(kind, point, email="third@example.org"), point=point)
    held = refused(decisions.pass_on, waiting, by=point.user, now=NOW)
    decisions.pass_on(waiting, by=point.user, now=NOW + 14 * DAY)

    assert (full, held) == ({"kind": ["quota-full"]}, "quota-full")
    waiting.refresh_from_db()
    assert waiting.state == "secretariat"


@pytest.mark.parametrize("change", ["another focal point", "lower quota"])
def test_the_approval_counts_only_while_the_inviter_answers_for_the_organisation_and_it_has_a_place(
    client, kind, point, awa, change
):
    approved = RegistrationFactory(
        forum=kind.forum, kind=kind, affiliation=point.organisation, state="approved", organisation="Ministry"
    )
    second = FocalPointFactory(forum=kind.forum, organisation=point.organisation)
    invite(guest(kind, point), point=point)
    if change == "lower quota":
        QuotaFactory(kind=kind, organisation=point.organisation, places=0)
    else:
        point.delete()

    register_by(client, awa, link())

    row = Registration.objects.get(user=awa)
    approved.refresh_from_db()
    assert (row.state, row.steps.filter(by=point.user).exists(), approved.state) == ("focal_point", False, "approved")
    if change == "lower quota":
        assert refused(decisions.pass_on, row, by=second.user, now=NOW) == "quota-full"
    else:
        decisions.pass_on(row, by=second.user, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_the_quota_is_never_exceeded_by_invitations_and_approvals_at_once(kind, point):
    waiting = [
        RegistrationFactory(
            forum=kind.forum, kind=kind, affiliation=point.organisation, state="focal_point", organisation="Ministry"
        )
        for _n in range(4)
    ]
    others = [guest(kind, point, email=f"a{n}@example.org") for n in range(4)]

    together(
        *[partial(decisions.pass_on, row, by=point.user, now=NOW) for row in waiting],
        *[partial(invite, one, point=point) for one in others],
    )

    passed = Registration.objects.filter(state="secretariat").count()
    assert passed + RegistrationInvitation.objects.count() == 2


# --- the organisers -------------------------------------------------------------------------------
LIST = "/admin/registration/registrationinvitation/"


def test_organisers_invite_one_person_send_again_and_take_back(organiser_site, kind, time_machine):
    sent = {"forum": kind.forum.pk, "kind": kind.pk, "organisation": "", "name": "Awa", "email": "Awa@Example.org"}
    registered = RegistrationFactory(forum=kind.forum).user.email

    added = organiser_site.post(f"{LIST}add/", sent)
    known = organiser_site.post(f"{LIST}add/", sent | {"email": registered}).content.decode()
    row = RegistrationInvitation.objects.get()
    time_machine.move_to(NOW + 2 * DAY, tick=False)
    chosen = {"_selected_action": [row.pk]}
    organiser_site.post(LIST, {"action": "send_again", **chosen})
    organiser_site.post(LIST, {"action": "take_back", **chosen})

    row.refresh_from_db()
    assert (added.status_code, row.email, row.state) == (302, "awa@example.org", "taken_back")
    assert "This person is registered already" in known
    assert Message.objects.filter(kind="registration-invited").count() == 2
