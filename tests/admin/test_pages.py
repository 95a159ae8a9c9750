"""Every page of every registered model; who may see and change what."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.admin.rows import MAKERS
from tests.factories import UserFactory

ADMINS = sorted(admin.site._registry.items(), key=lambda pair: pair[0]._meta.label)
each_admin = pytest.mark.parametrize(("model", "model_admin"), ADMINS, ids=[m._meta.label for m, _a in ADMINS])

NO_ADD = {
    "events.Appearance",
    "events.Audience",
    "events.Message",
    "events.Proposal",
    "events.PublicRevision",
    "prizes.AuditEntry",
    "prizes.Ballot",
    "prizes.Block",
    "prizes.Certificate",
    "prizes.Count",
    "prizes.Nomination",
    "prizes.Quarantine",
    "prizes.Release",
    "prizes.Result",
    "prizes.Turnout",
    "prizes.Winner",
    "registration.Attendance",
    "registration.Booking",
    "registration.Registration",
    "registration.RegistrationDraft",
    "registration.Tally",
}
ONE_ROW = {"events.PublicRevision", "events.SDG", "prizes.Edition"}

# group → model → what its people may do: v(iew), a(dd), c(hange), d(elete). A model that is missing here fails.
NOTHING = ""
ROLES = {
    "organisers": {
        "account.EmailAddress": NOTHING,
        "auth.Group": NOTHING,
        "events.ActionLine": "vacd",
        "events.Appearance": "v",
        "events.Audience": "v",
        "events.Call": "vacd",
        "events.Country": "vacd",
        "events.Document": "vacd",
        "events.Forum": "vacd",
        "events.HostedSession": "vacd",
        "events.MatrixLink": "vacd",
        "events.Message": "vc",
        "events.Organisation": "vacd",
        "events.Outcome": "vacd",
        "events.Partner": "vacd",
        "events.Proposal": "v",
        "events.PublicRevision": "v",
        "events.Release": "va",
        "events.Room": "vacd",
        "events.SDG": "vacd",
        "events.Session": "vacd",
        "events.SessionText": "vacd",
        "events.SessionType": "vacd",
        "events.Speaker": "vacd",
        "events.Track": "vacd",
        "events.User": "vac",
        "prizes.Assignment": NOTHING,
        "prizes.AuditEntry": "v",
        "prizes.Ballot": NOTHING,
        "prizes.Block": NOTHING,
        "prizes.Category": "vacd",
        "prizes.Certificate": NOTHING,
        "prizes.Count": NOTHING,
        "prizes.Criterion": NOTHING,
        "prizes.EarlierWinner": "vacd",
        "prizes.Edition": "vac",
        "prizes.Expert": NOTHING,
        "prizes.Nomination": "v",
        "prizes.Quarantine": NOTHING,
        "prizes.Release": NOTHING,
        "prizes.Result": NOTHING,
        "prizes.Turnout": NOTHING,
        "prizes.Winner": NOTHING,
        "registration.Attendance": "v",
        "registration.Booking": "v",
        "registration.Registration": "vc",
        "registration.RegistrationDraft": "v",
        "registration.Tally": "v",
    },
    "programme": {
        "account.EmailAddress": NOTHING,
        "auth.Group": NOTHING,
        "events.ActionLine": "v",
        "events.Appearance": "v",
        "events.Audience": NOTHING,
        "events.Call": "vacd",
        "events.Country": "v",
        "events.Document": "vacd",
        "events.Forum": "vc",
        "events.HostedSession": "vacd",
        "events.MatrixLink": "vacd",
        "events.Message": "v",
        "events.Organisation": "vacd",
        "events.Outcome": "vacd",
        "events.Partner": "vacd",
        "events.Proposal": "v",
        "events.PublicRevision": NOTHING,
        "events.Release": "va",
        "events.Room": "vacd",
        "events.SDG": "v",
        "events.Session": "vacd",
        "events.SessionText": "vacd",
        "events.SessionType": "vacd",
        "events.Speaker": "vacd",
        "events.Track": "vacd",
        "events.User": NOTHING,
        "prizes.Assignment": NOTHING,
        "prizes.AuditEntry": NOTHING,
        "prizes.Ballot": NOTHING,
        "prizes.Block": NOTHING,
        "prizes.Category": NOTHING,
        "prizes.Certificate": NOTHING,
        "prizes.Count": NOTHING,
        "prizes.Criterion": NOTHING,
        "prizes.EarlierWinner": NOTHING,
        "prizes.Edition": NOTHING,
        "prizes.Expert": NOTHING,
        "prizes.Nomination": NOTHING,
        "prizes.Quarantine": NOTHING,
        "prizes.Release": NOTHING,
        "prizes.Result": NOTHING,
        "prizes.Turnout": NOTHING,
        "prizes.Winner": NOTHING,
        "registration.Attendance": NOTHING,
        "registration.Booking": NOTHING,
        "registration.Registration": NOTHING,
        "registration.RegistrationDraft": NOTHING,
        "registration.Tally": NOTHING,
    },
    "registration desk": {
        "account.EmailAddress": NOTHING,
        "auth.Group": NOTHING,
        "events.ActionLine": NOTHING,
        "events.Appearance": NOTHING,
        "events.Audience": NOTHING,
        "events.Call": NOTHING,
        "events.Country": "v",
        "events.Document": NOTHING,
        "events.Forum": "v",
        "events.HostedSession": NOTHING,
        "events.MatrixLink": NOTHING,
        "events.Message": NOTHING,
        "events.Organisation": NOTHING,
        "events.Outcome": NOTHING,
        "events.Partner": NOTHING,
        "events.Proposal": NOTHING,
        "events.PublicRevision": NOTHING,
        "events.Release": NOTHING,
        "events.Room": "v",
        "events.SDG": NOTHING,
        "events.Session": "v",
        "events.SessionText": NOTHING,
        "events.SessionType": NOTHING,
        "events.Speaker": NOTHING,
        "events.Track": "v",
        "events.User": NOTHING,
        "prizes.Assignment": NOTHING,
        "prizes.AuditEntry": NOTHING,
        "prizes.Ballot": NOTHING,
        "prizes.Block": NOTHING,
        "prizes.Category": NOTHING,
        "prizes.Certificate": NOTHING,
        "prizes.Count": NOTHING,
        "prizes.Criterion": NOTHING,
        "prizes.EarlierWinner": NOTHING,
        "prizes.Edition": NOTHING,
        "prizes.Expert": NOTHING,
        "prizes.Nomination": NOTHING,
        "prizes.Quarantine": NOTHING,
        "prizes.Release": NOTHING,
        "prizes.Result": NOTHING,
        "prizes.Turnout": NOTHING,
        "prizes.Winner": NOTHING,
        "registration.Attendance": "v",
        "registration.Booking": "v",
        "registration.Registration": "vc",
        "registration.RegistrationDraft": NOTHING,
        "registration.Tally": "v",
    },
    "prize officers": {
        "account.EmailAddress": NOTHING,
        "auth.Group": NOTHING,
        "events.ActionLine": NOTHING,
        "events.Appearance": NOTHING,
        "events.Audience": NOTHING,
        "events.Call": NOTHING,
        "events.Country": NOTHING,
        "events.Document": NOTHING,
        "events.Forum": NOTHING,
        "events.HostedSession": NOTHING,
        "events.MatrixLink": NOTHING,
        "events.Message": NOTHING,
        "events.Organisation": NOTHING,
        "events.Outcome": NOTHING,
        "events.Partner": NOTHING,
        "events.Proposal": NOTHING,
        "events.PublicRevision": NOTHING,
        "events.Release": NOTHING,
        "events.Room": NOTHING,
        "events.SDG": NOTHING,
        "events.Session": NOTHING,
        "events.SessionText": NOTHING,
        "events.SessionType": NOTHING,
        "events.Speaker": NOTHING,
        "events.Track": NOTHING,
        "events.User": NOTHING,
        "prizes.Assignment": "vad",
        "prizes.AuditEntry": "v",
        "prizes.Ballot": "v",
        "prizes.Block": "v",
        "prizes.Category": "vc",
        "prizes.Certificate": "v",
        "prizes.Count": "v",
        "prizes.Criterion": "vacd",
        "prizes.EarlierWinner": "vacd",
        "prizes.Edition": "vc",
        "prizes.Expert": "vac",
        "prizes.Nomination": "vc",
        "prizes.Quarantine": "v",
        "prizes.Release": "v",
        "prizes.Result": "v",
        "prizes.Turnout": "v",
        "prizes.Winner": "v",
        "registration.Attendance": NOTHING,
        "registration.Booking": NOTHING,
        "registration.Registration": NOTHING,
        "registration.RegistrationDraft": NOTHING,
        "registration.Tally": NOTHING,
    },
    "experts": {
        "account.EmailAddress": NOTHING,
        "auth.Group": NOTHING,
        "events.ActionLine": NOTHING,
        "events.Appearance": NOTHING,
        "events.Audience": NOTHING,
        "events.Call": NOTHING,
        "events.Country": NOTHING,
        "events.Document": NOTHING,
        "events.Forum": NOTHING,
        "events.HostedSession": NOTHING,
        "events.MatrixLink": NOTHING,
        "events.Message": NOTHING,
        "events.Organisation": NOTHING,
        "events.Outcome": NOTHING,
        "events.Partner": NOTHING,
        "events.Proposal": NOTHING,
        "events.PublicRevision": NOTHING,
        "events.Release": NOTHING,
        "events.Room": NOTHING,
        "events.SDG": NOTHING,
        "events.Session": NOTHING,
        "events.SessionText": NOTHING,
        "events.SessionType": NOTHING,
        "events.Speaker": NOTHING,
        "events.Track": NOTHING,
        "events.User": NOTHING,
        "prizes.Assignment": NOTHING,
        "prizes.AuditEntry": NOTHING,
        "prizes.Ballot": NOTHING,
        "prizes.Block": NOTHING,
        "prizes.Category": "v",
        "prizes.Certificate": NOTHING,
        "prizes.Count": NOTHING,
        "prizes.Criterion": NOTHING,
        "prizes.EarlierWinner": NOTHING,
        "prizes.Edition": "v",
        "prizes.Expert": NOTHING,
        "prizes.Nomination": NOTHING,
        "prizes.Quarantine": NOTHING,
        "prizes.Release": NOTHING,
        "prizes.Result": "v",
        "prizes.Turnout": NOTHING,
        "prizes.Winner": "v",
        "registration.Attendance": NOTHING,
        "registration.Booking": NOTHING,
        "registration.Registration": NOTHING,
        "registration.RegistrationDraft": NOTHING,
        "registration.Tally": NOTHING,
    },
}
ROLES["proposal reviewers"] = {
    **dict.fromkeys(ROLES["experts"], NOTHING),
    "events.Call": "v",
    "events.Proposal": "v",
}


def url(model, page, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


# Models without a page of their own, each with the reason.
WITHOUT_PAGE = {
    "events.Invitation": "shown with its proposal",
    "events.Availability": "kept on the page of its speaker",
    "events.Wish": "kept on the page of its session",
    "events.Placement": "edited on the page of its session, and on the board",
    "events.ProposalLink": "shown with its proposal",
    "events.ProposalReview": "shown with its proposal",
    "events.Question": "kept on the page of its call",
    "events.Remark": "shown with its proposal",
    "prizes.Attachment": "shown with its nomination",
    "prizes.Commitment": "32 bytes of the chain; its block has a page",
    "prizes.Linkage": "shown with its nomination",
    "prizes.NominationVersion": "shown with its nomination",
    "prizes.Phase": "kept on the page of its edition, with the reason of a change",
    "prizes.PrizeSponsor": "kept on the page of its edition",
    "prizes.QuarantinedBallot": "shown with its quarantine, without any choice",
    "prizes.Recount": "shown above the counts, and on the pages that wait for it",
    "prizes.Score": "shown with its review",
    "prizes.Trace": "keyed hashes: only the integrity report compares them",
    "prizes.Vote": "nobody sees who voted for what",
    "events.SearchEntry": "made by events.programme.search_index from what the sessions say",
    "events.SearchIndex": "made by events.programme.search_index from what the sessions say",
}


def test_every_model_of_ours_is_registered():
    from django.apps import apps

    ours = {m for label in ("events", "registration", "prizes") for m in apps.get_app_config(label).get_models()}
    through = {m for m in ours if m._meta.auto_created}

    assert {m._meta.label for m in ours - through - set(admin.site._registry)} == set(WITHOUT_PAGE)


@each_admin
def test_pages_open_for_a_superuser(organiser_site, model, model_admin):
    row = MAKERS[model]()

    answers = [
        organiser_site.get(url(model, "changelist")).status_code,
        organiser_site.get(url(model, "changelist"), {"q": "word"}).status_code,
        organiser_site.get(url(model, "add")).status_code,
        organiser_site.get(url(model, "change", row.pk)).status_code,
        organiser_site.get(url(model, "history", row.pk)).status_code,
    ]

    assert answers == [200, 200, 403 if model._meta.label in NO_ADD else 200, 200, 200]


@each_admin
def test_pages_send_visitors_to_the_log_in(client, db, model, model_admin):
    row = MAKERS[model]()

    for address in [url(model, "changelist"), url(model, "add"), url(model, "change", row.pk)]:
        answer = client.get(address)

        assert (answer.status_code, answer["Location"]) == (302, f"/admin/login/?next={address}")


@each_admin
def test_view_only_staff_cannot_change(client, db, model, model_admin):
    row = MAKERS[model]()
    user = UserFactory(is_staff=True)
    codename = f"view_{model._meta.model_name}"
    user.user_permissions.add(Permission.objects.get(content_type__app_label=model._meta.app_label, codename=codename))
    client.force_login(user)

    assert client.get(url(model, "change", row.pk)).status_code == 200
    assert client.post(url(model, "change", row.pk), {}).status_code == 403
    assert client.post(url(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    assert client.post(url(model, "add"), {}).status_code == 403


@each_admin
def test_list_asks_the_same_questions_for_one_row_and_for_three(organiser_site, model, model_admin):
    if model._meta.label in ONE_ROW:
        MAKERS[model]()
        assert organiser_site.get(url(model, "changelist")).status_code == 200
        return
    MAKERS[model]()
    organiser_site.get(url(model, "changelist"))
    with CaptureQueriesContext(
        connection,
    ) as one:
        organiser_site.get(url(model, "changelist"))
    MAKERS[model]()
    MAKERS[model]()

    with CaptureQueriesContext(connection) as three:
        organiser_site.get(url(model, "changelist"))

    assert len(three) == len(one), [query["sql"] for query in three][len(one) :]


@each_admin
def test_every_fieldset_has_a_help_sentence(rf, superuser, model, model_admin):
    if model._meta.app_label == "account":  # allauth's own pages
        return
    request = rf.get("/")
    request.user = superuser
    row = MAKERS[model]()

    for given in (row, None):
        fieldsets = model_admin.get_fieldsets(request, given)
        assert [name for name, options in fieldsets if not options.get("description")] == []


@pytest.mark.parametrize("group", ROLES)
def test_each_role_sees_and_changes_what_is_declared(client, staff, group):
    client.force_login(staff(group))
    found = {}
    for model, _model_admin in ADMINS:
        row = MAKERS[model]()
        edit = client.get(url(model, "change", row.pk))
        letters = {
            "v": client.get(url(model, "changelist")).status_code,
            "a": client.get(url(model, "add")).status_code,
            "c": 200 if _may_change(model, edit) else 403,
            "d": client.get(url(model, "delete", row.pk)).status_code,
        }
        assert set(letters.values()) <= {200, 403}
        found[model._meta.label] = "".join(letter for letter, code in letters.items() if code == 200)

    assert found == ROLES[group]


def _may_change(model, answer):
    if answer.status_code != 200:
        return False
    if model._meta.label == "events.Message":  # a sent or queued mail is read-only; the actions of the list count
        return answer.wsgi_request.user.has_perm("events.change_message")
    return answer.context["has_change_permission"]


def test_staff_of_no_group_sees_an_empty_dashboard(client, db):
    client.force_login(UserFactory(is_staff=True))

    assert client.get("/admin/").status_code == 200


def test_a_person_who_is_no_staff_finds_nothing(client, db):
    client.force_login(UserFactory())

    assert client.get("/admin/login/").status_code == 404


def test_login_page_is_the_sites_own(client, db):
    answer = client.get("/admin/login/?next=/admin/events/session/")

    assert (answer.status_code, answer["Location"]) == (302, "/accounts/login/?next=/admin/events/session/")


def test_login_never_leads_to_another_site(client, db):
    answer = client.get("/admin/login/?next=https://evil.example/")

    assert answer["Location"] == "/accounts/login/?next=/admin/"


def test_groups_are_made_again_after_a_flush(db):
    from django.apps import apps
    from django.contrib.auth.models import Group

    from events.staff.roles import grant_events

    before = set(Group.objects.get(name="programme").permissions.values_list("codename", flat=True))
    Group.objects.all().delete()
    Permission.objects.all().delete()

    for _again in range(2):
        grant_events(apps.get_app_config("events"), using="default", apps=apps)

    assert set(Group.objects.get(name="programme").permissions.values_list("codename", flat=True)) == before
