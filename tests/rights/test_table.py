"""Role × address × method: every name that the resolver knows, in two forums, asked by everybody and compared with the rules."""

import fnmatch
import logging

import pytest
from django.contrib import admin
from django.core.cache import cache

from events.forum_admin import TrackAdmin
from events.staff import memberships
from events.staff.admin_page_bases import AdminPages
from prizes.models import Nomination
from tests.admin.two_forums import HIDDEN
from tests.rights import rules
from tests.rights import world as worlds
from tests.rights.addresses import addresses, named
from tests.rights.asking import Asker

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
METHODS = ("GET", "POST")
# What is written down whoever asks: the session, where one is logged in, who looked at whom, a file that was made once.
NOTES = {"django_session", "registration_signin", "events_viewing", "events_pdffile"}
CLOSED = {"405", "401", "403", "login", "door"}  # for any row
REFUSALS = CLOSED | {"404", "again"}
BY_MAIL = {"registration:refuse-mail", "registration:unsubscribe", "registration:seat"}  # anybody who has the mail
STAFF_TOO = {"media"}  # outside the admin, who may read the row of a hidden forum reads its file
RECORDED = (
    "logout",
    "_export",
    "_export_file",
)  # log-outs, and tables of the own forum that go out, stand in the history


@pytest.fixture(scope="module")
def made(share):
    return share(worlds.make)


@pytest.fixture
def world(made, settings, waiting_counted_once):
    """Without a line in the log for each of thousands of requests."""
    settings.MEDIA_ROOT = made.folder
    settings.SHOW_MAIL = False
    logging.disable()
    yield made.copy()
    logging.disable(logging.NOTSET)


def outcome(answer):
    """A status, or the word for where an answer leads."""
    leads = {"/accounts/login/?": "login", "/admin/login/?": "door", "/accounts/reauthenticate/": "again"}
    found = [word for start, word in leads.items() if answer.to.startswith(start)]
    return found[0] if found else str(answer.status)


def wrong(world, role, *, names=""):
    """The cells of a role that are not as declared, of addresses whose names hold this: what was found, and what was to be. What
    is refused whatever the row is not asked again for rows of the hidden forum."""
    asker, found = Asker(world.people[role]), []
    for one in addresses(world.own, world.hidden):
        if one.place == "own":
            refused = set()
        for method in methods(one) if names in one.name else ():
            if method in refused:
                continue
            if not one.name.startswith("admin:"):
                cache.clear()  # the limits of tries
            answer = asker.ask(method, one.path, one.sent)
            if one.place == "own" and outcome(answer) in CLOSED:
                refused.add(method)
            every = (declared, like_nothing, silent, unwritten)
            faults = [fault for check in every if (fault := check(one, role, method, answer, asker))]
            found += [(one.name, one.place, method, outcome(answer), fault) for fault in faults]
    return found


def methods(one):
    """Lists are read once, and are posted actions on rows of either forum."""
    is_asked_already = one.place == "hidden" and one.name.endswith("_changelist")
    return METHODS[1:] if is_asked_already else METHODS


def is_seen(one, role):
    """Whether the person sees the rows of an address."""
    is_of_staff = one.name.startswith("admin:") or one.name in STAFF_TOO
    return one.place == "own" or (one.place, role, is_of_staff) == ("hidden", "everywhere", True)


def declared(one, role, method, answer, asker):
    """An address of rows that one sees, or of no row, answers by the rules; where a form names the hidden forum, also by 404."""
    told = rules.expected(one.name, role, method).split("/")
    if is_seen(one, role):
        return "" if outcome(answer) in told else told
    return "" if one.nothing or outcome(answer) in {*told, "404"} else told


def like_nothing(one, role, method, answer, asker):
    """An address of rows that one does not see is refused, or leads to where that of nothing leads."""
    if is_seen(one, role) or not one.nothing or one.name in BY_MAIL or outcome(answer) in REFUSALS:
        return ""
    nothing = asker.ask(method, one.nothing, one.sent)
    is_like = (outcome(answer), blank(answer, one.path)) == (outcome(nothing), blank(nothing, one.nothing))
    return "" if is_like and outcome(answer) != "200" else f"as {outcome(nothing)} of nothing"


def blank(answer, path):
    """Where an answer leads, without the words of the address that was asked."""
    words = [word for word in path.split("/") if word]
    return [word for word in answer.to.split("/") if word not in words]


def silent(one, role, method, answer, asker):
    """Nobody but who sees the hidden forum reads a word of it, wherever they ask; nor its slug, where they did not send it."""
    words = {HIDDEN, HIDDEN.lower()} if one.place == "own" else {HIDDEN}
    is_told = any(word in answer.body for word in words) and role != "everywhere" and one.name not in BY_MAIL
    return "without the hidden forum" if is_told else ""


def unwritten(one, role, method, answer, asker):
    """Who reads, is refused, or means rows that they do not see, changes nothing."""
    is_theirs = one.place == "own" or role == "everywhere" or not one.name.startswith("admin:")
    may_write = method == "POST" and outcome(answer) not in REFUSALS and is_theirs
    written = set() if may_write or one.name.endswith(RECORDED) else answer.written - NOTES
    return f"without writing {sorted(written)}" if written else ""


# --- the table ------------------------------------------------------------------------------------
@pytest.mark.parametrize("role", worlds.ROLES)
def test_each_cell_is_as_declared(world, role):
    assert wrong(world, role) == []


def test_table_covers_every_name_and_is_large(world):
    every = list(addresses(world.own, world.hidden))

    # A name or a part of an address without a rule has stopped this test before.
    for one in every:
        assert all(rules.expected(one.name, role, method) for role in worlds.ROLES for method in METHODS), one.name
    assert {one.name for one in every} == {name for name, _parts in named()}
    asked_of_everybody = sum(len(METHODS) for one in every if one.place == "own")
    assert asked_of_everybody * len(worlds.ROLES) > 15_000


def test_every_rule_is_of_a_name_that_there_is():
    names = [name for name, _parts in named()]
    lines = [line for line in (rules.PAGES + rules.DESKS).splitlines() if line]

    patterns = [pattern for line in lines for pattern in line.rpartition("|")[2].split()]
    assert [pattern for pattern in patterns if not fnmatch.filter(names, pattern)] == []


# --- what the table would see: each check removed ---------------------------------------------------
def places(found):
    return {(name, place, method) for name, place, method, *_rest in found}


def test_table_sees_a_list_that_forgets_the_forum(world, monkeypatch):
    assert wrong(world, "programme", names="events_session_change") == []
    monkeypatch.setattr(AdminPages, "get_queryset", admin.ModelAdmin.get_queryset)

    found = wrong(world, "programme", names="events_session_change")

    assert ("admin:events_session_changelist", "own", "GET", "200", "without the hidden forum") in found


def test_table_sees_a_page_that_forgets_the_forum(world, monkeypatch):
    assert wrong(world, "officer", names="prizes_edition_integrity") == []
    monkeypatch.setattr(memberships, "seen", lambda rows, *_person: rows)

    found = wrong(world, "officer", names="prizes_edition_integrity")

    assert ("admin:prizes_edition_integrity", "hidden", "GET") in places(found)


def test_table_sees_a_post_that_nobody_checks(world, monkeypatch):
    assert wrong(world, "reviewer", names="events_track_delete") == []
    monkeypatch.setattr(TrackAdmin, "has_delete_permission", lambda *_asked: True)

    found = wrong(world, "reviewer", names="events_track_delete")

    assert ("admin:events_track_delete", "own", "POST", "302", ["403"]) in found


def test_table_sees_a_page_of_people_that_forgets_whose_it_is(world, monkeypatch):
    assert wrong(world, "attendee", names="prizes:nominat") == []
    monkeypatch.setattr(type(Nomination.objects.all()), "of", lambda rows, _user: rows.all())

    assert ("prizes:nomination", "own", "GET") in places(wrong(world, "attendee", names="prizes:nominat"))


def test_table_sees_a_page_that_writes_when_it_is_read(world, monkeypatch):
    assert wrong(world, "programme", names="events_speaker_change") == []
    monkeypatch.setattr("tests.rights.test_table.NOTES", set())

    found = wrong(world, "programme", names="events_speaker_change")

    assert ("admin:events_speaker_change", "own", "GET", "200", "without writing ['events_viewing']") in found
