"""Taking one's data along: everything is in the copy, nobody else reads it, and it is gone after a week."""

import json
import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator

from events.models import HistoryEntry, Invitation, Message
from registration.models import DataCopy
from registration.people.data_rights import copies, erasures, everything_held
from tests.factories import NOW, ForumFactory, UserFactory
from tests.prizes.factories import make_edition
from tests.registration.people.data_rights.somebody import ADDRESS, DOCUMENT, MARK, NAME, Somebody, tables_with

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon", "own_keys")]


@pytest.fixture
def somebody():
    forum = ForumFactory()
    found = Somebody(forum, make_edition(forum=forum))
    DataCopy.objects.all().delete()
    return found


def log_in(client, user):
    """Log in, and give the password again: an app whose secret is a mark shows no codes, and goes first."""
    Authenticator.objects.filter(user=user).delete()
    user.set_password("a long enough sentence")
    user.save()
    client.force_login(user)
    client.post("/accounts/reauthenticate/?next=/account/data/", {"password": "a long enough sentence"})


def made(user):
    row = copies.ask(user, now=NOW)
    copies.make_due(NOW)
    row.refresh_from_db()
    return row


def test_copy_holds_every_table_in_which_the_person_stands(somebody):
    row = made(somebody.user)

    tables = {table["table"] for table in row.content["tables"]}
    declared = {held.model._meta.label_lower for part in everything_held.parts() for held in part.held if held.shown}
    assert declared - tables == set()
    text = json.dumps(row.content)
    for secret in (somebody.registration.link_seed, somebody.ballot.secret, somebody.user.password):
        assert secret not in text
    mail = Message.objects.get(kind="data-copy")
    assert (mail.to, f"/account/data/{row.pk}/" in mail.text) == (ADDRESS, True)
    assert HistoryEntry.objects.get(verb="ask-copy").actor == somebody.user


def test_copy_is_read_by_its_owner_as_a_page_as_json_and_with_its_files(somebody, client):
    """Not that of somebody else; who asks again within an hour gets the same one."""
    others = made(UserFactory())
    log_in(client, somebody.user)
    client.post("/account/data/")
    waits = client.get("/account/data/").content.decode()
    copies.make_due(NOW)
    row = DataCopy.objects.get(user=somebody.user)

    again = [copies.ask(somebody.user, now=NOW + timedelta(minutes=one)) for one in (59, 60)]
    assert [one == row for one in again] == [True, False]
    assert client.get(f"/account/data/{others.pk}/").status_code == 404
    assert "A copy is being made" in waits
    assert f"/account/data/{row.pk}/" in client.get("/account/data/").content.decode()
    page = client.get(f"/account/data/{row.pk}/")
    assert page.status_code == 200
    words = re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", page.content.decode()))
    for line in ("e-mail quorranaka@canary.example", f"name {NAME}", "forum · name WSIS Forum 2020", "gender Woman"):
        assert line in words
    content = json.loads(client.get(f"/account/data/{row.pk}.json").content)
    assert (content["account"], content["format"]) == (ADDRESS, 1)
    files = [name for table in row.content["tables"] for name in table["files"]]
    answer = client.get(f"/account/data/{row.pk}/files/0/")
    assert (len(files), b"".join(answer.streaming_content)) == (6, DOCUMENT)
    assert answer["Content-Disposition"].startswith("attachment")
    assert client.get(f"/account/data/{row.pk}/files/99/").status_code == 404


def test_address_that_somebody_merely_entered_opens_nothing_of_its_owner(somebody):
    thief = UserFactory()
    EmailAddress.objects.create(user=thief, email=ADDRESS, verified=False)

    tables = copies.content(thief, now=NOW)["tables"]
    erasures.ask(thief, taken_out=[], now=NOW)
    erasures.carry_out_due(NOW + erasures.WAIT)

    assert [table["table"] for table in tables if MARK in json.dumps(table).lower()] == ["account.emailaddress"]
    somebody.speaker.refresh_from_db()
    assert (somebody.speaker.name, somebody.speaker.account) == (NAME, somebody.user)
    assert Invitation.objects.filter(email__iexact=ADDRESS).exists()


def test_copy_is_gone_after_a_week(somebody, client, time_machine):
    row = made(somebody.user)
    time_machine.move_to(NOW + timedelta(days=7), tick=False)
    log_in(client, somebody.user)

    assert client.get(f"/account/data/{row.pk}/").status_code == 404
    assert copies.clear(NOW + timedelta(days=7)) == 1
    assert "registration_datacopy" not in tables_with(NAME)
