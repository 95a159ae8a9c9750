"""As what people take part: the first step of the form, what the rule refuses, and what a kind may book."""

import threading
from datetime import timedelta
from functools import partial

import pytest
from django.db import OperationalError, connection, transaction

from events.models import HistoryEntry, Message
from registration.models import Approver, Registration
from registration.registering import kinds, registrations
from registration.registering.registrations import Registering
from registration.sessions.seats import booking
from tests.factories import (
    NOW,
    ForumFactory,
    KindFactory,
    RegistrationFactory,
    SessionFactory,
    SessionTypeFactory,
    UserFactory,
)
from tests.races import together
from tests.refusals import refused
from tests.registration.registering.test_registrations import ANSWERS, register

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mali")]
PAGE = "/2020/register/"
CLOSES = NOW + timedelta(days=1)  # of a kind, long before the forum's


@pytest.fixture
def forum():
    return ForumFactory(is_virtual=False)


@pytest.fixture
def page(client, noon):
    client.force_login(UserFactory())
    return client


def steps(forum, **answers):
    draft = Registering(forum, user=UserFactory(), now=NOW)
    return {step.key: step.names for step in draft.ask(answers)}


# --- the rule -------------------------------------------------------------------------------------
def test_register_keeps_the_kind_and_the_place_that_the_kind_has(forum):
    kind = KindFactory(forum=forum, mode="on_site")

    row = register(UserFactory(), forum=forum, kind=kind.pk)

    assert (row.kind, row.mode) == (kind, "on_site")


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"opens": NOW + timedelta(hours=1)}, "kind-closed"),
        ({"closes": NOW}, "kind-closed"),
        ({"is_invited": True}, "kind-by-invitation"),
    ],
)
def test_register_in_a_kind_that_is_not_to_be_had_is_refused(forum, values, code):
    kind = KindFactory(forum=forum, **values)
    RegistrationFactory(forum=forum, kind=kind)
    RegistrationFactory(forum=forum, kind=kind, withdrawn=NOW)

    assert refused(register, UserFactory(), forum=forum, kind=kind.pk) == {"kind": [code]}
    assert Registration.objects.count() == 2


def test_register_without_a_kind_or_in_one_of_another_forum_is_refused(forum):
    KindFactory(forum=forum)
    other = KindFactory(forum=ForumFactory(slug="2021"))

    codes = [refused(register, UserFactory(), forum=forum, kind=key) for key in (None, other.pk)]

    assert codes == [{"kind": ["no-kind"]}, {"kind": ["kind-unknown"]}]


def test_organisers_bring_people_into_a_kind_by_invitation_and_none_beyond_its_places(forum):
    invited = KindFactory(forum=forum, is_invited=True, capacity=1)
    organiser, brought = UserFactory(), {"data": ANSWERS | {"kind": invited.pk}, "has_consented": True, "now": NOW}

    row = registrations.register(forum, user=UserFactory(), by=organiser, **brought)

    assert row.kind == invited
    assert registrations.register(forum, user=UserFactory(), by=organiser, **brought).state == "waiting"
    invited.closes = NOW
    invited.save()
    assert refused(registrations.register, forum, user=UserFactory(), by=organiser, **brought) == {
        "kind": ["kind-full"]
    }


def test_places_left_count_those_who_take_part(forum):
    kind, other = KindFactory(forum=forum, capacity=3), KindFactory(forum=forum)
    RegistrationFactory(forum=forum, kind=kind)
    RegistrationFactory(forum=forum, kind=kind, state="refused")
    RegistrationFactory(forum=forum, kind=kind, withdrawn=NOW)
    RegistrationFactory(forum=forum, kind=other)

    assert [kinds.places_left(one) for one in (kind, other)] == [2, None]
    assert [offer.left for offer in kinds.offers([kind, other], now=NOW)] == [2, None]


@pytest.mark.parametrize(
    ("is_virtual", "mode", "expected"),
    [
        (True, "", ["remote"]),
        (False, "", ["remote", "on_site"]),
        (False, "remote", ["remote"]),
        (True, "on_site", ["on_site"]),
    ],
)
def test_on_site_is_offered_only_where_there_is_a_place(is_virtual, mode, expected):
    assert kinds.modes(ForumFactory.build(is_virtual=is_virtual), KindFactory.build(forum=None, mode=mode)) == expected


def test_on_site_at_a_forum_that_is_online_only_is_refused():
    row = register(UserFactory())

    assert refused(register, UserFactory(), mode="on_site") == {"mode": ["not-here"]}
    assert refused(registrations.edit, row, data={"mode": "on_site"}, by=None, now=NOW) == {"mode": ["not-here"]}


def test_people_change_their_kind_while_nobody_decides_on_it(forum):
    first, second, decided = KindFactory(forum=forum), KindFactory(forum=forum), KindFactory(forum=forum)
    decided.approval = Approver.SECRETARIAT
    decided.save()
    row = register(UserFactory(), forum=forum, kind=first.pk)

    registrations.edit(row, data={"kind": second.pk}, by=row.user, now=NOW)
    codes = refused(registrations.edit, row, data={"kind": decided.pk}, by=row.user, now=NOW)

    row.refresh_from_db()
    assert (row.kind, codes) == (second, {"kind": ["kind-is-decided"]})
    assert HistoryEntry.objects.filter(verb="edit-registration").get().after == {"fields": ["kind"]}


@pytest.mark.django_db(transaction=True)
def test_the_last_place_of_a_kind_goes_to_one(forum):
    kind = KindFactory(forum=forum, capacity=1)
    asking = [partial(register, user, forum=forum, kind=kind.pk) for user in UserFactory.create_batch(8)]

    states = sorted(row.state for row in together(*asking))

    assert states == ["approved", *["waiting"] * 7]


@pytest.mark.django_db(transaction=True)
def test_a_mail_to_somebody_is_written_while_they_save_a_step(forum):
    """The list moves up under the lock of the kind, and writes to the person, who waits for that kind: else neither ends."""
    row, answers = register(UserFactory(), forum=forum), []

    def write():
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '2s'")
                Message.objects.create(user=row.user, to=row.user.email, kind="x", dedupe_key="x", due=NOW)
            answers.append("written")
        except OperationalError as error:
            answers.append(error)
        finally:
            connection.close()

    with transaction.atomic():
        registrations.save_step(forum, user=row.user, step="you", data={"name": "Awa Keita"}, now=NOW)
        writing = threading.Thread(target=write)
        writing.start()
        writing.join()

    assert answers == ["written"]


# --- the form -------------------------------------------------------------------------------------
def test_form_asks_for_the_kind_first_and_for_the_place_where_there_is_a_choice(forum):
    either, remote = KindFactory(forum=forum), KindFactory(forum=forum, mode="remote")

    assert list(steps(forum)) == ["you", "access"]
    assert ["mode" in steps(forum, kind=key)["access"] for key in (either.pk, remote.pk)] == [True, False]
    assert list(steps(ForumFactory(slug="2021"))) == ["you", "access"]


def test_page_of_the_former_step_leads_to_what_is_missing(forum, page):
    KindFactory(forum=forum)

    assert page.get(f"{PAGE}part/")["Location"] == f"{PAGE}check/"


def test_form_shows_what_is_open_with_what_is_left_and_says_of_the_others_why_not(forum, page):
    KindFactory(
        forum=forum,
        name="Delegate",
        translations={"fr": {"name": "Délégué"}},
        mode="on_site",
        capacity=5,
        closes=CLOSES,
    )
    full = KindFactory(forum=forum, name="Media", capacity=0)
    KindFactory(forum=forum, name="Late", opens=NOW + timedelta(days=1))
    KindFactory(forum=forum, name="Secret", is_invited=True)

    html = page.get(f"{PAGE}you/").content.decode()
    french = page.get(f"/fr{PAGE}you/").content.decode()

    assert page.get(PAGE)["Location"] == f"{PAGE}you/"
    for part in (
        "<bdi>Delegate</bdi>",
        "On site · few places are left · open until 23 July, 14:20 Geneva",
        "all places are taken: you join the waiting list",
    ):
        assert part in html
    assert ("Late: opens on 23 July, 14:20 Geneva" in html, "Secret" in html) == (True, False)
    assert f'value="{full.pk}"' in html
    assert "<bdi>Délégué</bdi>" in french


# --- what a kind may book -------------------------------------------------------------------------
def test_kind_books_the_types_of_session_that_it_may(forum):
    closed, workshop = SessionTypeFactory(code="high_level"), SessionTypeFactory()
    kind = KindFactory(forum=forum)
    kind.session_types.add(workshop)
    delegate, other = RegistrationFactory(forum=forum, kind=kind), RegistrationFactory(forum=forum)
    session, open_session = SessionFactory(forum=forum, type=closed), SessionFactory(forum=forum, type=workshop)

    code = refused(booking.book, registration=delegate, session=session, now=NOW)
    booking.book(registration=delegate, session=open_session, now=NOW)
    booking.book(registration=other, session=session, now=NOW)

    assert code == "kind-may-not-book"
