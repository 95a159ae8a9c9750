"""Every kind of link that is a secret, by one table: it opens, it is renewed and ended, and nothing in the database opens it."""

import hashlib
import re
from importlib import import_module
from types import SimpleNamespace
from typing import NamedTuple

import pytest
from django.apps import apps
from django.core import signing
from django.db import connection
from django.urls import reverse

from events.proposals.speakers import speaker_accounts
from events.shared.mail import refused_kinds
from events.shared.secret_links import ROW
from registration.accreditation import invitations, place_links
from registration.door import passes
from registration.registering import registrations
from registration.sessions.agenda import unsubscribing
from tests.events.proposals.factories import CallFactory, ProposalFactory, fill
from tests.factories import (
    NOW,
    DoorPassFactory,
    ForumFactory,
    RegistrationFactory,
    RegistrationInvitationFactory,
    SessionFactory,
    SpeakerFactory,
    UserFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


def speaker():
    proposal = fill(ProposalFactory(forum=CallFactory().forum))
    proposal.invitations.update(invited=NOW)
    return proposal.invitations.get()


def co_editor():
    proposal = ProposalFactory(forum=CallFactory().forum)
    return proposal.collaborator_invitations.create(email="awa@example.org", invited=NOW, changed=NOW)


def take_back(row):
    row.state = "taken_back"
    row.save()


class Kept(NamedTuple):
    """A kind of link that belongs to a row: its page, whether that says that it holds, and how it is ended."""

    make: object
    view: str
    holds: object
    end: object

    def path(self, row):
        forum = [] if self.end is take_back else [getattr(row, "door", row).forum.slug]
        return reverse(self.view, args=[*forum, row.token])

    def opens(self, client, path):
        answer = client.get(path)
        return answer.status_code < 400 and bool(self.holds(answer))


BY = {"by": None, "now": NOW}
KEPT = {
    "speaker": Kept(speaker, "events:invitation", lambda page: page.context["is_answerable"], take_back),
    "co-editor": Kept(co_editor, "events:editing", lambda page: page.context["holds"], take_back),
    "registering": Kept(
        RegistrationInvitationFactory,
        "registration:invitation",
        lambda page: page.context["is_open"],
        lambda row: invitations.take_back(row, **BY),
    ),
    "pass": Kept(
        DoorPassFactory, "registration:door-pass", lambda page: page["Location"], lambda row: passes.end(row, **BY)
    ),
    "calendar": Kept(
        RegistrationFactory, "registration:feed", lambda page: True, lambda row: registrations.withdraw(row, now=NOW)
    ),
}


@pytest.fixture(params=KEPT)
def kept(request):
    return KEPT[request.param]


def test_link_opens_its_row_alone_and_is_renewed_and_ended(client, kept):
    row, others = kept.make(), [one.make() for one in KEPT.values() if one is not kept]
    ForumFactory(slug="2027", is_public=True)
    first = kept.path(row)
    foreign = [first.replace(row.token, other.token) for other in others]
    foreign += [first.replace("/2020/", "/2027/")] if "/2020/" in first else []
    assert [kept.opens(client, path) for path in (first, *foreign)] == [True, *(False for _path in foreign)]

    row.renew_link()
    row.save()
    second = kept.path(row)
    assert (kept.opens(client, first), kept.opens(client, second)) == (False, True)

    kept.end(row)
    assert not kept.opens(client, second)


def test_what_stands_in_the_database_opens_nothing_and_links_of_before_the_seeds_open_still(client, kept):
    row, old = kept.make(), "t" * 43
    type(row).objects.filter(pk=row.pk).update(link_seed=old)  # as it was: the token itself
    before = kept.path(row).replace(row.token, old)
    was_open = kept.opens(client, before)

    for _time in range(2):  # the second time changes nothing
        import_module("events.migrations.0074_links_by_seeds").hide(
            apps, SimpleNamespace(connection=connection), type(row)._meta.label
        )
    row.refresh_from_db()
    good = kept.path(row)
    words = set(re.findall(r"[\w-]{6,}", str(type(row).objects.values().get(pk=row.pk))))

    assert (was_open, row.link_seed) == (False, hashlib.sha256(old.encode()).hexdigest())
    assert (kept.opens(client, before), kept.opens(client, good)) == (True, True)
    assert words.isdisjoint({old, row.token})
    assert [word for word in words if kept.opens(client, good.replace(row.token, word))] == []


def test_link_made_with_a_former_key_opens_as_long_as_that_is_a_fallback(client, kept, settings):
    path, mine = kept.path(kept.make()), settings.SECRET_KEY
    settings.SECRET_KEY = "another one " * 5
    without = kept.opens(client, path)

    settings.SECRET_KEY_FALLBACKS = [mine]

    assert (without, kept.opens(client, path)) == (False, True)


# --- signed, without a row of their own -----------------------------------------------------------
# Kind → its link, and its address. The kinds are salts that have always been these: links with them are out there.
SIGNED = {
    "registration.seats.seat_links:a@example.org": (
        lambda: place_links.token(RegistrationFactory(user__email="a@example.org"), SessionFactory().pk),
        "/2020/seat/{}/",
    ),
    "registration.agenda.unsubscribing": (
        lambda: unsubscribing.token(RegistrationFactory().pk),
        "/unsubscribe/{}/",
    ),
    "events.mail.refused_kinds": (
        lambda: refused_kinds.token(UserFactory().pk, "changed"),
        "/unsubscribe/mails/{}/",
    ),
    ROW: (lambda: RegistrationInvitationFactory().token, "/2020/invitation/{}/"),
    "events.speakers.link": (
        lambda: speaker_accounts.token_of(SpeakerFactory(email="a@example.org"), address="a@example.org"),
        "/invitation/speaker/{}/",
    ),
}


@pytest.mark.parametrize("kind", SIGNED)
def test_signed_links_hold_under_our_key_and_for_their_purpose_only(client, kind):
    make, path = SIGNED[kind]
    true = make()
    if kind == "events.speakers.link":  # with its time
        sign, said = signing.dumps, signing.loads(true, salt=kind)
        forged = []
    else:
        said = signing.Signer(sep=".", salt=kind).unsign(true)

        def sign(text, **more):
            return signing.Signer(sep=".", **more).sign(text)

        forged = [sign(said, salt=kind, algorithm="sha1"), f"9{true}", said, f"{said}.", f"{said}.{'A' * 43}"]
    forged += [
        sign(said, salt=kind, key="another key"),
        sign(said, salt="another purpose"),
        "1.x",
        "a:b:c",
        "é",
        "9" * 5000,
    ]

    assert client.get(path.format(true)).status_code == 200
    ways = [getattr(client, method)(path.format(one)).status_code for one in forged for method in ("get", "post")]
    assert ways == [404] * len(ways)
