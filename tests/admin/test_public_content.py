"""Every page of the admin on which something public is changed raises the public revision: finished pages and the words
of the search live as long as it stands."""

import pytest
from django.contrib import admin

from events.models import Session
from events.programme.search import search
from events.shared.admin.admin_bases import PublicContentMixin, ReadOnlyMixin
from events.shared.admin.admin_page_bases import admins_of
from events.shared.pages import revision
from tests.factories import NOW, ActionLineFactory, AppearanceFactory, OrganisationFactory, RoomFactory, SessionFactory

# Pages that save rows of which no public page tells, or whose rules raise the revision themselves. A new one is
# declared here, or is a PublicContentMixin.
OTHERS = {
    *("events.User", "events.Message", "events.Mailing"),
    *("events.HostedSession", "events.Release", "registration.Registration"),
    *(
        "registration.CertificateRule",
        "registration.Door",
        "registration.FocalPoint",
        "registration.RegistrationInvitation",
        "registration.Quota",
        "registration.SeatHold",
        "registration.Stay",
    ),
    *("prizes.EarlierWinner", "prizes.Criterion", "prizes.Expert", "prizes.Assignment"),
}


def test_every_page_that_changes_what_is_public_is_declared():
    silent = {
        model._meta.label
        for model, page in admins_of(admin.site).items()
        if not isinstance(page, (PublicContentMixin, ReadOnlyMixin))
    }

    assert silent == OTHERS


@pytest.fixture
def session(db):
    session = SessionFactory(title="Panel", room=RoomFactory(name="Old room"))
    session.organisers.add(OrganisationFactory(name="Oldname union", acronym="OLDU"))
    session.action_lines.add(ActionLineFactory())
    AppearanceFactory(session=session, speaker__name="Formername Ada")
    return session


def found(session, query):
    return set(search.ranked(session.forum, query=query, now=NOW)) == {session.pk}


def test_renamed_organisation_is_found_at_once(organiser_site, session):
    organisation = session.organisers.get()
    assert found(session, "oldname union")

    data = {"name": "Newname union", "acronym": "NEWU", "stakeholder_type": "academia", "website": ""}
    data |= {"other_names-TOTAL_FORMS": "0", "other_names-INITIAL_FORMS": "0"}
    answer = organiser_site.post(f"/admin/events/organisation/{organisation.pk}/change/", data)

    assert answer.status_code == 302
    assert (found(session, "newname"), found(session, "newu"), found(session, "oldu")) == (True, True, False)


@pytest.mark.parametrize("way", ["delete", "delete several"])
def test_deleted_organisation_is_not_found_any_more(organiser_site, session, way):
    organisation = session.organisers.get()
    assert found(session, "oldu")

    if way == "delete":
        answer = organiser_site.post(f"/admin/events/organisation/{organisation.pk}/delete/", {"post": "yes"})
    else:
        body = {"action": "delete_selected", "_selected_action": [organisation.pk], "post": "yes"}
        answer = organiser_site.post("/admin/events/organisation/", body)

    assert answer.status_code == 302
    assert (found(session, "oldu"), found(session, "panel")) == (False, True)


def test_form_that_is_refused_raises_nothing(organiser_site, session):
    """The negative control: the counter does not rise by itself."""
    before = revision.current()

    answer = organiser_site.post(f"/admin/events/organisation/{session.organisers.get().pk}/change/", {"name": ""})

    assert (answer.status_code, revision.current()) == (200, before)
    assert Session.objects.count() == 1
