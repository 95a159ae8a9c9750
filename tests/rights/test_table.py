"""Role × address × method: every name that the resolver knows, in two forums, asked by everybody and compared with the rules."""

import fnmatch
import functools
import logging

import pytest
from django.contrib import admin
from django.core.cache import cache

from events.forum_admin import TrackAdmin
from events.shared.admin.admin_page_bases import AdminPages, admins_of
from events.shared.rights import memberships
from prizes.models import Nomination
from tests.admin.two_forums import HIDDEN
from tests.rights import rules
from tests.rights import world as worlds
from tests.rights.addresses import VARIANTS, addresses, named
from tests.rights.asking import Asker

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
METHODS = ("GET", "POST")
# What is written down whoever asks: the session, where one is logged in, who looked at whom, a file that was made once.
NOTES = {"django_session", "registration_signin", "events_viewing", "events_pdffile", "config_lastrun"}
CLOSED = {"405", "401", "403", "login", "door"}  # for any row
REFUSALS = CLOSED | {"404", "again"}
BY_MAIL = {"registration:refuse-mail", "registration:unsubscribe", "registration:seat"}  # anybody who has the mail
STAFF_TOO = {
    "media",
    "media-size",
    "registration:register-file",
}  # outside the admin, who may read the row of a hidden forum reads its file
SENT = {"events_message", "events_mailingreceiver"}  # what a mailing writes that is sent, paused or goes on
PUBLIC = "public, max-age=0, must-revalidate"
KEPT = {
    "registration:feed": "private, max-age=300",
    "media": "public, max-age=300",
    "media-size": "public, max-age=300",
    "monogram": "public, max-age=31536000, immutable",
}
# Nobody of the public is staff: what all pages of the admin answer them is asked by a visitor and by an account. What is the same
# for everybody is asked by few.
OUTSIDE = ("pass", "attendee", "proposer", "speaker", "focal")
ASK_WHAT_IS_SAME = ("visitor", "account", "organiser")
RECORDED = (
    "logout",
    "_export",
    "_export_file",
)  # log-outs, and tables of the own forum that go out, stand in the history


@pytest.fixture
def world(everybody, settings, waiting_counted_once):
    """Without a line in the log for each of thousands of requests."""
    settings.SHOW_MAIL = False
    logging.disable()
    yield everybody
    logging.disable(logging.NOTSET)


def outcome(answer):
    """A status, or the word for where an answer leads."""
    leads = {"/accounts/login/?": "login", "/admin/login/?": "door", "/accounts/reauthenticate/": "again"}
    found = [word for start, word in leads.items() if answer.to.startswith(start)]
    return found[0] if found else str(answer.status)


def wrong(world, role, *, names="", is_whole=True):
    """The cells of a role that are not as declared, of addresses whose names hold this: what was found, and what was to be. What
    is refused whatever the row is not asked again for rows of the hidden forum. `is_whole`: also of what others are asked about."""
    asker, found, got = Asker(world.people[role], world.cookies.get(role, ())), [], {}
    for one in addresses(world.own, world.hidden):
        if not is_whole and (role not in asked_each_time(one.rule) or (role in worlds.FOREIGN and not one.nothing)):
            continue
        if one.place == "own":
            refused = set()
        for method in methods(one) if names in one.name and is_walked(one, role) else ():
            if method in refused:
                continue
            if not one.name.startswith("admin:"):
                cache.clear()  # the limits of tries
            answer = asker.ask(method, one.path, one.sent)
            if one.place == "own" and outcome(answer) in CLOSED:
                refused.add(method)
            got[one.rule, one.place, method] = outcome(answer)
            every = (declared, like_nothing, silent, unwritten, sends, kept)
            faults = [fault for check in every if (fault := check(one, role, method, answer, asker))]
            found += [(one.rule, one.place, method, outcome(answer), fault) for fault in faults]
    return [*found, *_exports_of_closed_lists(got)]


def _exports_of_closed_lists(got):
    """What goes out although its list does not open."""
    for model in admins_of(admin.site):
        name, label = model._meta.model_name, f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
        export = ("admin:events_forum_export_file/" + name, "own", "GET")
        if got.get(export) == "200" and got.get((label, "own", "GET"), "200") != "200":
            yield (*export, "200", "as its list")


def is_walked(one, role):
    """Whether somebody asks an address, or others ask it for all."""
    if role in worlds.FOREIGN:  # to whom both forums are foreign
        return one.place == "own" and (one.name.startswith("admin:") or one.name in STAFF_TOO)
    if one.name.startswith("admin:"):
        return role not in OUTSIDE
    return role in ASK_WHAT_IS_SAME or not rules.is_public(one.rule)


@functools.cache
def asked_each_time(rule):
    """Who is asked about an address by `make test`: a visitor, a stranger, and the first of those to whom it belongs."""

    def told(role):
        return [rules.expected(rule, role, method) for method in METHODS]

    if rule.startswith("admin:"):
        owners = [role for role in rules.STAFF if any(answer[0] in "23" for answer in told(role))]
        return {"visitor", "other organiser", *owners[:1]}
    owners = [role for role in worlds.ROLES if told(role) != told("visitor" if role in worlds.NOBODY else "account")]
    return {"visitor", "account", *owners[:1]}


def methods(one):
    """A page of no row is read once, but for forms that an address fills in, and is posted rows of either forum."""
    if one.name == "admin:events_forum_export_file" and one.variant:
        return METHODS[:1] if one.place == "own" else ()
    is_asked_already = one.place == "hidden" and not one.nothing and not one.name.endswith("_add")
    return METHODS[1:] if is_asked_already else METHODS


def is_seen(one, role):
    """Whether the person sees the rows of an address."""
    is_of_staff = one.name.startswith("admin:") or one.name in STAFF_TOO
    if role in worlds.FOREIGN and is_of_staff:
        return one.rule in {"media", "media-size"} and one.place == "own"  # which is public
    return one.place == "own" or (one.place, role, is_of_staff) == ("hidden", "everywhere", True)


def declared(one, role, method, answer, asker):
    """An address of rows that one sees, or of no row, answers by the rules; where a form names the hidden forum, also by 404."""
    told = rules.expected(one.rule, role, method).split("/")
    if is_seen(one, role):
        return "" if outcome(answer) in told else told
    same = (
        {"404", rules.expected(one.rule, role, "GET")} if role in worlds.FOREIGN else {"404"}
    )  # nobody is there to do it to
    return "" if one.nothing or outcome(answer) in {*told, *same} else told


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
    is_theirs = (
        (one.place == "own" and role not in worlds.FOREIGN) or role == "everywhere" or not one.name.startswith("admin:")
    )
    may_write = method == "POST" and outcome(answer) not in REFUSALS and is_theirs
    written = set() if may_write or one.name.endswith(RECORDED) else answer.written - NOTES
    return f"without writing {sorted(written)}" if written else ""


def sends(one, role, method, answer, asker):
    """A mailing is sent, held back and let go by who may write to its groups, and by nobody else."""
    if not one.variant or one.name != "admin:events_mailing_change" or method != "POST":
        return ""
    may = role in rules.REACHING and is_seen(one, role)
    return "" if bool(answer.written & SENT) == may else f"with {'' if may else 'no '}mails written"


def kept(one, role, method, answer, asker):
    """What is the same for everybody a cache may keep, which asks each time; what is one person's own none does."""
    if method == "POST" or one.place != "own" or one.name.startswith("admin:"):
        return ""
    told = PUBLIC if rules.is_public(one.rule) else KEPT.get(one.rule, "private, no-store")
    return "" if set(told.split(", ")) <= set(answer.kept.split(", ")) else f"kept as {told}"


# --- the table ------------------------------------------------------------------------------------
@pytest.mark.whole
@pytest.mark.parametrize("role", worlds.ROLES)
def test_each_cell_is_as_declared(world, role):
    assert wrong(world, role) == []


@pytest.mark.parametrize("role", worlds.ROLES)
def test_each_address_is_there_for_whom_it_belongs_to_and_for_no_stranger(world, role):
    assert wrong(world, role, is_whole=False) == []


def test_table_covers_every_name_and_is_large(world):
    every = list(addresses(world.own, world.hidden))

    # A name or a part of an address without a rule has stopped this test before.
    for one in every:
        assert all(rules.expected(one.rule, role, method) for role in worlds.ROLES for method in METHODS), one.rule
    assert {one.name for one in every} == {name for name, _parts in named()}
    own = [one for one in every if one.place == "own"]
    assert sum(len(methods(one)) for one in own for role in worlds.ROLES if is_walked(one, role)) > 9_000


def test_every_rule_is_of_a_name_that_there_is():
    names = [*(name for name, _parts in named()), *(f"{name}/{one}" for name in VARIANTS for one in VARIANTS[name])]
    lines = [line for line in (rules.PAGES + rules.DESKS).splitlines() if line]

    patterns = [pattern for line in lines for pattern in line.rpartition("|")[2].split()]
    assert [pattern for pattern in patterns if not fnmatch.filter(names, pattern)] == []


# --- what the table would see: each check removed ---------------------------------------------------
def places(found):
    return {(name, place, method) for name, place, method, *_rest in found}


def test_table_sees_a_list_that_forgets_the_forum(world, monkeypatch):
    assert wrong(world, "programme", names="events_session_change") == []
    monkeypatch.setattr(AdminPages, "seen", lambda _self, _request, rows, _verb="view": rows)

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
