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

from events.mail import refused_kinds
from events.proposals.speakers import speaker_accounts
from events.secret_links import ROW, opened_by
from registration.accreditation import invitations, place_links
from registration.agenda import unsubscribing
from registration.door import passes
from registration.registering import registrations
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


def set_state(row):
    row.state = "taken_back"
    row.save()


class Kept(NamedTuple):
    """A kind of link that belongs to a row: its address, what tells on the page that it holds, and how it is ended."""

    make: object
    view: str
    holds: object
    end: object
    has_forum: bool = True

    def path(self, row):
        forum = [getattr(row, "door", row).forum.slug] if self.has_forum else []
        return reverse(self.view, args=[*forum, row.token])

    def opens(self, client, path):
        answer = client.get(path)
        return answer.status_code < 400 and self.holds(answer)


def shown(key):
    return lambda answer: answer.context[key]


KEPT = {
    "speaker": Kept(speaker, "events:invitation", shown("is_answerable"), set_state, has_forum=False),
    "co-editor": Kept(co_editor, "events:editing", shown("holds"), set_state, has_forum=False),
    "registering": Kept(
        RegistrationInvitationFactory,
        "registration:invitation",
        shown("is_open"),
        lambda row: invitations.take_back(row, by=UserFactory(), now=NOW),
    ),
    "pass": Kept(
        lambda: DoorPassFactory(day=NOW.date()),
        "registration:door-pass",
        lambda answer: "Location" in answer,
        lambda row: passes.end(row, by=UserFactory(), now=NOW),
    ),
    "calendar": Kept(
        RegistrationFactory,
        "registration:feed",
        lambda answer: "text/calendar" in answer["Content-Type"],
        lambda row: registrations.withdraw(row, now=NOW),
    ),
}


@pytest.fixture(params=KEPT)
def kept(request):
    return KEPT[request.param]


def test_link_opens_what_it_is_for_and_is_renewed_and_ended(client, kept):
    row = kept.make()
    first = kept.path(row)
    assert kept.opens(client, first)

    row.renew_link()
    row.save()
    second = kept.path(row)
    assert (kept.opens(client, first), kept.opens(client, second)) == (False, True)

    kept.end(row)
    assert not kept.opens(client, second)


def test_what_stands_in_the_database_opens_nothing(client, kept):
    row = kept.make()
    texts = {str(value) for value in type(row).objects.values().get(pk=row.pk).values()}
    words = {word for text in texts for word in re.findall(r"[\w-]{6,}", text)}
    good = kept.path(row)

    assert words
    assert row.token not in texts
    assert [word for word in words if kept.opens(client, good.replace(row.token, word))] == []


def test_link_of_another_forum_or_of_another_kind_opens_nothing(client, kept):
    row, others = kept.make(), [one.make() for one in KEPT.values() if one is not kept]
    paths = [kept.path(row).replace(row.token, other.token) for other in others]
    if kept.has_forum:
        ForumFactory(slug="2027", is_public=True)
        paths.append(kept.path(row).replace("/2020/", "/2027/"))

    assert [path for path in paths if kept.opens(client, path)] == []


def test_links_of_before_the_seeds_open_still_and_nothing_of_them_is_left(client, kept):
    row, old = kept.make(), "t" * 43
    type(row).objects.filter(pk=row.pk).update(link_seed=old)
    before = kept.path(row).replace(row.token, old)
    assert not kept.opens(client, before)  # what stands there is not what opens

    for _time in range(2):  # the second time changes nothing
        import_module("events.migrations.0074_links_by_seeds").hide(
            apps, SimpleNamespace(connection=connection), type(row)._meta.label
        )
    row.refresh_from_db()

    assert row.link_seed == hashlib.sha256(old.encode()).hexdigest()
    assert (kept.opens(client, before), kept.opens(client, kept.path(row))) == (True, True)


def test_link_made_with_a_former_key_opens_as_long_as_that_is_a_fallback(client, kept, settings):
    path, mine = kept.path(kept.make()), settings.SECRET_KEY
    settings.SECRET_KEY = "another one " * 5
    without = kept.opens(client, path)

    settings.SECRET_KEY_FALLBACKS = [mine]

    assert (without, kept.opens(client, path)) == (False, True)


# --- signed for good: no row of its own ------------------------------------------------------------
def seat():
    person, session = RegistrationFactory(), SessionFactory()
    return place_links.token(person.pk, session.pk), "/2020/seat/{}/"


def reminders():
    return unsubscribing.token(RegistrationFactory().pk), "/unsubscribe/{}/"


def mails():
    return refused_kinds.token(UserFactory().pk, "changed"), "/unsubscribe/mails/{}/"


def connecting():
    return speaker_accounts.token_of(
        SpeakerFactory(email="awa@example.org"), address="awa@example.org"
    ), "/invitation/speaker/{}/"


SIGNED = {
    "registration.seats.seat_links": seat,
    "registration.agenda.unsubscribing": reminders,
    "events.mail.refused_kinds": mails,
    "events.speakers.link": connecting,
}


@pytest.mark.parametrize("kind", SIGNED)
def test_signed_links_hold_under_our_key_and_for_their_purpose_only(client, kind):
    """The kinds are salts that have always been these: links with them are out there."""
    true, path = SIGNED[kind]()
    said, timed = true.rpartition(".")[0], kind == "events.speakers.link"
    if timed:
        words = signing.loads(true, salt=kind)
        forged = [signing.dumps(words, key="another key", salt=kind), signing.dumps(words, salt="another purpose")]
    else:
        assert signing.Signer(sep=".", salt=kind).unsign(true) == said
        forged = [
            signing.Signer(key="another key", sep=".", salt=kind).sign(said),
            signing.Signer(sep=".", salt="another purpose").sign(said),
            signing.Signer(sep=".", salt=kind, algorithm="sha1").sign(said),
        ]
        forged += [f"9{true}", said, f"{said}.", f"{said}.{'A' * 43}", f"{said}-1.x"]
    forged += ["x", "1", "1.x", "a:b:c", "é", "9" * 5000]

    assert client.get(path.format(true)).status_code == 200
    answers = {
        one: getattr(client, method)(path.format(one)).status_code for one in forged for method in ("get", "post")
    }
    assert answers == dict.fromkeys(forged, 404)


def test_signed_text_of_another_kind_opens_no_row():
    row = RegistrationFactory()
    other = signing.Signer(sep=".", salt="another").sign(row.link_seed)

    assert opened_by(signing.Signer(sep=".", salt=ROW).sign(row.link_seed), type(row).objects) == row
    assert [opened_by(one, type(row).objects) for one in (other, row.link_seed, "")] == [None] * 3
