"""The archive: who archives a forum when, what ends in it, and what goes on."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from events.forums import archive
from events.models import Country, Forum, HistoryEntry, MatrixLink, Outcome, Role, Room, Session, Theme
from events.proposals.collaborators import collaborators
from events.shared.history import log
from events.shared.history.verbs import Verb
from events.shared.pages import revision
from events.shared.rights import held_rights, memberships
from prizes.models import Edition
from registration.models import ParticipationCertificate
from registration.people.data_rights import erasures, retention
from tests.admin import two_forums
from tests.events.proposals.factories import ProposalFactory
from tests.factories import (
    NOW,
    CertificateRuleFactory,
    ForumFactory,
    OrganisationFactory,
    RegistrationFactory,
    RoomFactory,
    SessionFactory,
    SpeakerFactory,
    allowed,
    boss,
    confirmed,
    staff,
)
from tests.prizes.factories import fill_ballot, make_edition
from tests.refusals import refused

pytestmark = pytest.mark.django_db
AFTER = datetime(2020, 9, 11, 8, tzinfo=UTC)


def archived(**values):
    forum = ForumFactory(**values)
    Forum.objects.filter(pk=forum.pk).update(archived=AFTER)
    forum.refresh_from_db()
    return forum


# --- the verbs -------------------------------------------------------------------------------------
def test_forum_that_is_over_is_archived_and_the_history_and_the_public_pages_know():
    forum, by, before = ForumFactory(), boss(), revision.current()

    archive.archive(forum, by=by, now=AFTER)

    forum.refresh_from_db()
    assert forum.archived == AFTER
    assert log.of(forum).get().verb == Verb.ARCHIVE
    assert revision.current() == before + 1


def test_forum_that_goes_on_is_not_archived():
    forum, by = ForumFactory(), boss()

    assert refused(archive.archive, forum, by=by, now=AFTER - timedelta(days=1)) == "not-over"
    edition = make_edition(phase="selection", categories=1, nominees=0, forum=forum, now=AFTER)
    assert refused(archive.archive, forum, by=by, now=AFTER) == "goes-on"
    edition.phases.all().delete()
    fill_ballot(edition, {})
    assert refused(archive.archive, forum, by=by, now=AFTER) == "goes-on"  # nobody could close the edition there
    Edition.objects.update(closed=AFTER)
    archive.archive(forum, by=by, now=AFTER)
    assert refused(archive.archive, forum, by=by, now=AFTER) == "archived"


def test_supervisors_of_all_forums_alone_open_the_archive_and_say_why():
    forum = archived()
    of_forum, of_all = staff(Role.SUPERVISOR, forum=forum), staff(Role.SUPERVISOR)

    assert refused(archive.take_out, forum, reason="Wrong", by=of_forum, now=AFTER) == "not-supervisor"
    archive.take_out(forum, reason="Wrong", by=of_all, now=AFTER)

    forum.refresh_from_db()
    entry = log.of(forum).get()
    assert (forum.archived, entry.verb, entry.reason) == (None, Verb.OPEN_ARCHIVE, "Wrong")
    assert refused(archive.take_out, forum, reason="", by=of_all, now=AFTER) == "not-archived"


# --- lists of the whole site -----------------------------------------------------------------------
def named_rows(forum):
    """Rows of the whole site that rows of a forum name, one of each kind."""
    link = MatrixLink.objects.select_related("sdg", "action_line").first()
    organisation, theme = OrganisationFactory(name="Old name"), Theme.objects.create(code="peace", name="Peace")
    session = SessionFactory(forum=forum)
    session.sdgs.add(link.sdg)
    session.action_lines.add(link.action_line)
    session.organisers.add(organisation)
    outcome = Outcome.objects.create(forum=forum, title="Seen")
    outcome.themes.add(theme)
    speaker = SpeakerFactory(forum=forum, country=Country.objects.first())
    return [link, link.sdg, link.action_line, organisation, theme, session.type, speaker.country]


@pytest.mark.parametrize("is_bulk", [False, True])
def test_row_of_the_site_that_an_archived_forum_names_is_not_deleted(organiser_site, is_bulk):
    forum = archived(name="Forum of before")
    rows = named_rows(forum)
    revision.bump()

    for row in rows:
        base = f"admin:events_{row._meta.model_name}_"
        chosen = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
        path = reverse(f"{base}changelist") if is_bulk else reverse(f"{base}delete", args=[row.pk])
        page = organiser_site.post(path, chosen).content.decode()
        assert "stands in “Forum of before”, which is archived" in page, row

    assert all(type(row).objects.filter(pk=row.pk).exists() for row in rows)


# --- rights of the staff ---------------------------------------------------------------------------
@pytest.mark.parametrize("where", ["in all", "in both"])
def test_rights_to_write_end_in_the_archive_and_rights_to_read_stay(where):
    forum, other = archived(), ForumFactory(slug="2021")
    both = [None] if where == "in all" else [forum, other]
    user = None
    for place in both:
        user = allowed(*two_forums.everything(), forum=place, user=user)
    old, new = RoomFactory(forum=forum), RoomFactory(forum=other)

    def rooms(right):
        return set(memberships.seen(Room.objects.all(), user, right))

    assert rooms("events.view_room") == {old, new}
    assert rooms("events.change_room") == {new}
    assert set(Room.objects.filter(memberships.within(user, "events.change_room"))) == {new}
    assert set(memberships.forums(user, "events.change_room")) == {other}
    assert set(memberships.forums(user, "events.view_room")) == {forum, other}
    assert [user.has_perm("events.change_room", row) for row in (old, new)] == [False, True]
    assert [user.has_perm("events.change_forum", row) for row in (forum, other)] == [False, True]
    assert user.has_perm("events.archive_forum", forum)
    assert user.has_perm("registration.export_registration", forum)


def test_who_has_a_role_in_the_archived_forum_alone_writes_nowhere():
    user = allowed(*two_forums.everything(), forum=archived())
    ForumFactory(slug="2021")

    kept = {name for name in two_forums.everything() if user.has_perm(name)}
    assert {name.partition(".")[2].partition("_")[0] for name in kept} == held_rights.IN_THE_ARCHIVE


def test_row_of_an_archived_forum_is_read_in_the_admin_and_not_changed(organiser_site):
    forum = archived()
    session = SessionFactory(forum=forum, title="Old")
    page = reverse("admin:events_session_change", args=[session.pk])

    shown = organiser_site.get(page)
    sent = organiser_site.post(page, {"title": "New"})
    deleted = organiser_site.post(reverse("admin:events_session_delete", args=[session.pk]), {"post": "yes"})

    assert (shown.status_code, shown.context["has_change_permission"]) == (200, False)
    assert "This edition is archived: it can be read, and nothing can be changed." in shown.content.decode()
    assert (sent.status_code, deleted.status_code) == (403, 403)
    assert Session.objects.get().title == "Old"


# --- the public ------------------------------------------------------------------------------------
@pytest.mark.usefixtures("noon")
def test_what_people_send_is_refused_and_pages_stay(client):
    forum = archived()
    registration = RegistrationFactory(forum=forum)
    session = SessionFactory(forum=forum)
    client.force_login(registration.user)

    pages = [
        client.get(path).status_code for path in ("/2020/", "/2020/programme/", f"/2020/programme/{session.code}/")
    ]
    addresses = [
        "/2020/withdraw/",
        f"/2020/book/{session.code}/",
        "/2020/proposals/new/",
        "/fr/2020/prizes/vote/start/",
    ]
    answers = [client.post(path) for path in addresses]

    assert pages == [200, 200, 200]
    assert [answer.status_code for answer in answers] == [403, 403, 403, 403]
    assert "This edition is archived" in answers[0].content.decode()
    assert type(registration).objects.get().state == registration.state
    assert HistoryEntry.objects.count() == 0


def test_people_are_erased_and_data_deleted_in_time_in_the_archive():
    forum = archived(ends="2020-06-30")
    registration = RegistrationFactory(forum=forum, name="Ada", accessibility_needs="A ramp")
    erased = RegistrationFactory(forum=forum, name="Grace")

    erasures.ask(erased.user, taken_out=[], now=NOW)
    erasures.carry_out_due(NOW + erasures.WAIT)
    retention.clear_due(NOW + timedelta(days=4000))

    registration.refresh_from_db()
    erased.refresh_from_db()
    assert registration.accessibility_needs == ""
    assert erased.name != "Grace"


def test_certificates_are_checked_and_withdrawn_in_the_archive(client):
    forum = archived(ends="2020-07-01")
    rule = CertificateRuleFactory(forum=forum)
    person = RegistrationFactory(forum=forum)
    certificate = ParticipationCertificate.objects.create(rule=rule, user=person.user, issued=NOW)
    by = allowed("registration.withdraw_participationcertificate", forum=forum)

    assert client.get(f"/verify/{certificate.code}/").status_code == 200
    assert by.has_perm("registration.withdraw_participationcertificate", certificate)


def test_invitation_to_edit_a_proposal_no_longer_holds():
    forum = ForumFactory()
    proposal = ProposalFactory(forum=forum)
    confirmed(proposal.proposer)
    person = confirmed(email="ada@example.org")
    invitation = collaborators.invite(proposal, email=person.email, by=proposal.proposer, now=NOW)
    Forum.objects.filter(pk=forum.pk).update(archived=NOW)

    assert refused(collaborators.join, invitation.token, by=person, now=NOW) == "archived"
