"""Every page of every registered model: it opens, saves, refuses odd keys; who may what. How much it asks: test_large_lists."""

import itertools
from html.parser import HTMLParser

import pytest
from django import forms
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.db import connection
from django.forms.models import InlineForeignKeyField
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from events.shared.admin.admin_bases import ReadOnlyMixin
from events.shared.admin.admin_page_bases import admins_of
from tests.admin.rows import MAKERS
from tests.factories import UserFactory

ADMINS = sorted(admins_of(admin.site).items(), key=lambda pair: pair[0]._meta.label)
each_admin = pytest.mark.parametrize(("model", "model_admin"), ADMINS, ids=[m._meta.label for m, _a in ADMINS])
ODD = [["text"], ["99999999999999999999"], ["-1", "-1"], ["9" * 5000]]
# What the people of a group may do: v(iew), a(dd), c(hange), d(elete). A model that is missing here fails.
ROLES = """
                                organisers  programme  registration-desk  prize-officers  experts  proposal-reviewers  supervisors
events.ActionLine               vacd        v          -                  -               -        -                   -
events.Appearance               v           v          -                  -               -        -                   -
events.Approval                 -           -          -                  v               -        -                   v
events.Audience                 v           -          -                  -               -        -                   -
events.Call                     vacd        vacd       -                  -               -        v                   -
events.Commitment               vacd        vacd       -                  -               -        -                   -
events.CommitmentReport         vcd         vcd        -                  -               -        -                   -
events.Country                  vacd        v          v                  -               -        -                   -
events.Document                 vacd        vacd       -                  -               -        -                   -
events.Forum                    vacd        vc         v                  -               -        -                   v
events.HistoryEntry             v           v          -                  v               -        -                   v
events.HostedSession            vacd        vacd       -                  -               -        -                   -
events.Mailing                  vac         vac        vac                vac             -        -                   -
events.MailText                 v           -          -                  -               -        -                   -
events.MatrixLink               vacd        vacd       -                  -               -        -                   -
events.Membership               v           -          -                  -               -        -                   v
events.Message                  vc          v          -                  -               -        -                   -
events.News                     vacd        vacd       -                  -               -        -                   -
events.Organisation             vacd        vacd       v                  -               -        -                   -
events.Outcome                  vacd        vacd       -                  -               -        -                   -
events.Partner                  vacd        vacd       -                  -               -        -                   -
events.PracticalPage            vacd        vacd       -                  -               -        -                   -
events.Proposal                 v           v          -                  -               -        v                   -
events.Release                  va          va         -                  -               -        -                   -
events.Room                     vacd        vacd       v                  -               -        -                   -
events.SDG                      vacd        v          -                  -               -        -                   -
events.SearchWords              vacd        vacd       -                  -               -        -                   -
events.Session                  vacd        vacd       v                  -               -        -                   -
events.SessionReport            vacd        vacd       -                  -               -        -                   -
events.SessionType              vacd        vacd       -                  -               -        -                   -
events.Speaker                  vacd        vacd       -                  -               -        -                   -
events.SuppressedAddress        v           -          -                  -               -        -                   -
events.Theme                    vacd        vacd       -                  -               -        -                   -
events.Track                    vacd        vacd       v                  -               -        -                   -
events.User                     vac         -          -                  -               -        -                   vc
events.Viewing                  -           -          -                  -               -        -                   v
prizes.Assignment               -           -          -                  vad             -        -                   -
prizes.Ballot                   -           -          -                  v               -        -                   -
prizes.Category                 vacd        -          -                  vc              v        -                   -
prizes.Certificate              -           -          -                  v               -        -                   -
prizes.Count                    -           -          -                  v               -        -                   -
prizes.Criterion                -           -          -                  vacd            -        -                   -
prizes.EarlierWinner            vacd        -          -                  vacd            -        -                   -
prizes.Edition                  vac         -          -                  vc              v        -                   -
prizes.Expert                   -           -          -                  vac             -        -                   -
prizes.Nomination               v           -          -                  v               -        -                   -
prizes.OutcomeDocument          vcd         -          -                  -               -        -                   -
prizes.Quarantine               -           -          -                  v               -        -                   -
prizes.Result                   -           -          -                  v               v        -                   -
prizes.Winner                   -           -          -                  v               v        -                   -
registration.Attendance         v           -          v                  -               -        -                   -
registration.Booking            v           -          v                  -               -        -                   -
registration.CertificateRule    vacd        -          -                  -               -        -                   -
registration.Door               vacd        -          v                  -               -        -                   -
registration.DoorPass           v           -          v                  -               -        -                   -
registration.FocalPoint         vad         -          v                  -               -        -                   -
registration.FocalPointRequest  v           -          -                  -               -        -                   -
registration.Kind               vacd        -          v                  -               -        -                   -
registration.ParticipationCertificate v     -          -                  -               -        -                   -
registration.Quota              vacd        -          v                  -               -        -                   -
registration.Registration       vc          -          vc                 -               -        -                   -
registration.RegistrationDraft  v           -          -                  -               -        -                   -
registration.RegistrationInvitation va      -          v                  -               -        -                   -
registration.RegistrationQuestion vac       -          v                  -               -        -                   -
registration.RetentionPeriod    vacd        -          -                  -               -        -                   -
registration.SeatHold           vacd        -          v                  -               -        -                   -
registration.Waiting            v           -          v                  -               -        -                   -
registration.Stay               va          -          v                  -               -        -                   -
registration.Scan               v           -          v                  -               -        -                   -
registration.Tally              v           -          v                  -               -        -                   -
"""


def declared(group):
    """Model → letters, as the table says of a group."""
    head, *rows = [line.split() for line in ROLES.strip().splitlines()]
    column = head.index(group) + 1
    return {row[0]: row[column].replace("-", "") for row in rows}


BOSS = ("organisers", "prize-officers", "supervisors")
NO_ADD = {label for label in declared(BOSS[0]) if not any("a" in declared(group)[label] for group in BOSS)}


def url(model, page, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


class Sent(HTMLParser):
    """What a browser would send of a page's form: name to values."""

    def __init__(self, page):
        super().__init__()
        self.values, self._select, self._text = {}, "", ""
        self.feed(page)

    def handle_starttag(self, tag, pairs):
        given = dict(pairs)
        name = given.get("name", "")
        if tag == "select":
            self._select = name
        elif tag == "option" and "selected" in given and self._select:
            self.values.setdefault(self._select, []).append(given.get("value", ""))
        elif tag == "textarea" and name:
            self._text = name
            self.values[name] = [""]
        elif tag == "input" and name and not name.startswith("_"):
            if given.get("type") in {"checkbox", "radio"} and "checked" not in given:
                return
            if given.get("type") not in {"submit", "file", "button"}:
                unsaid = "on" if given.get("type") == "checkbox" else ""
                self.values.setdefault(name, []).append(given.get("value", unsaid) or "")

    def handle_data(self, data):
        if self._text:
            self.values[self._text][0] += data

    def handle_endtag(self, tag):
        if tag == "textarea":
            self._text = ""


def relations(answer):
    """The names of the fields of a page's forms that hold keys, a new row of each inline included."""
    context = answer.context or {}
    adminform = context.get("adminform")
    found = [adminform.form] if adminform else []
    for inline in context.get("inline_admin_formsets") or []:
        found += [*inline.formset.forms, inline.formset.empty_form]
    return {
        form.add_prefix(name).replace("__prefix__", "0")
        for form in found
        for name, field in form.fields.items()
        if isinstance(field, forms.ModelChoiceField | InlineForeignKeyField)
    }


def queries(client, address):
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200
    return [query["sql"] for query in asked]


def assert_pages_open(client, model, row):
    may_add = model._meta.label not in NO_ADD
    answers = [
        client.get(url(model, "changelist"), {"q": "word"}).status_code,
        client.get(url(model, "add")).status_code,
        client.get(url(model, "history", row.pk)).status_code,
    ]

    assert answers == [200, 200 if may_add else 403, 200]


def assert_row_is_saved_as_it_is(client, model, row):
    """Open the page, send what a browser would send, and find the row as it was."""
    address = url(model, "change", row.pk)
    page = client.get(address)
    before = values_of(row)

    answer = client.post(address, {**Sent(page.content.decode()).values, "_save": "Save"})

    has_button = b'name="_save"' in page.content
    assert answer.status_code in ({302} if has_button else {302, 403}), errors_of(answer)
    assert values_of(row) == before


def assert_nobody_writes_what_the_site_writes(client, model, row):
    answers = [client.post(url(model, page, row.pk), {"post": "yes"}).status_code for page in ("change", "delete")]

    assert answers == [403, 403]


def values_of(row):
    found = type(row)._default_manager.filter(pk=row.pk).values().get()
    return {name: value for name, value in found.items() if name not in SAVED_EACH_TIME}


SAVED_EACH_TIME = {"number", "version", "revision", "updated"}  # counters that each save moves on


def errors_of(answer):
    context = answer.context or {}
    inlines = context.get("inline_admin_formsets") or []
    return [context["adminform"].form.errors, *(inline.formset.errors for inline in inlines)]


def assert_odd_keys_are_refused(client, model, row):
    """Post the own forms of the pages that change and add a row with odd keys in all relations in turn, and with NULs."""
    turns = itertools.islice(itertools.cycle(ODD), len(model._meta.label) % len(ODD), None)
    for address in [url(model, "change", row.pk)] + ([url(model, "add")] if model._meta.label not in NO_ADD else []):
        page = client.get(address)
        names = sorted(relations(page))
        if not names:
            continue
        values = Sent(page.content.decode()).values
        for name in list(values):
            if name.endswith("-TOTAL_FORMS"):
                values[name] = [str(max(int(values[name][0]), 1))]
        for odd in (dict(zip(names, turns, strict=False)), {name: ["a\0b"] for name in names}):
            assert client.post(address, values | odd).status_code < 500, (address, odd)


def assert_every_fieldset_has_a_help_sentence(rf, user, model_admin, row):
    if row._meta.app_label == "account":  # allauth's own pages
        return
    request = rf.get("/")
    request.user = user
    for given in (row, None):
        fieldsets = model_admin.get_fieldsets(request, given)
        assert [name for name, options in fieldsets if not options.get("description")] == []


@each_admin
@pytest.mark.usefixtures("waiting_counted_once")
def test_pages_work_for_who_may_do_everything(organiser_site, boss, rf, settings, tmp_path, model, model_admin):
    settings.MEDIA_ROOT = tmp_path
    row = MAKERS[model]()
    assert_pages_open(organiser_site, model, row)
    assert_row_is_saved_as_it_is(organiser_site, model, row)
    assert_odd_keys_are_refused(organiser_site, model, row)
    assert_every_fieldset_has_a_help_sentence(rf, boss, model_admin, row)
    if isinstance(model_admin, ReadOnlyMixin):
        assert_nobody_writes_what_the_site_writes(organiser_site, model, row)


def test_the_walk_would_see_a_row_that_is_not_saved_as_it_was(db):
    row = MAKERS[next(model for model, _admin in ADMINS if model._meta.label == "events.Country")]()
    before = values_of(row)

    type(row).objects.filter(pk=row.pk).update(name="Elsewhere")

    assert values_of(row) != before


@pytest.mark.whole
def test_each_role_sees_and_changes_what_is_declared(client, staff):
    rows = {model: MAKERS[model]() for model, _model_admin in ADMINS}
    for group in ROLES.split("\n")[1].split():
        client.force_login(staff(group.replace("-", " ")))
        found = {model._meta.label: letters(client, model, row) for model, row in rows.items()}

        assert found == declared(group), group


def letters(client, model, row):
    """What the person of a client may do with the rows of a model. Who may see them opens the list and a row's page."""
    listed, page = client.get(url(model, "changelist")), admin.site.get_model_admin(model)
    is_seen, request = listed.status_code == 200, listed.wsgi_request
    assert is_seen or not page.has_view_or_change_permission(request, row), model
    may = {
        "v": is_seen,
        "a": page.has_add_permission(request),
        "c": is_seen and _may_change(model, client.get(url(model, "change", row.pk))),
        "d": page.has_delete_permission(request, row),
    }
    return "".join(letter for letter, is_allowed in may.items() if is_allowed)


def _may_change(model, answer):
    assert answer.status_code in {200, 302, 403}, model  # 302: the person's list leaves the row out
    if answer.status_code != 200:
        return False
    if model._meta.label == "events.Message":  # a sent or queued mail is read-only; the actions of the list count
        return answer.wsgi_request.user.has_perm("events.change_message")
    return answer.context["has_change_permission"]


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
    from django.contrib.auth.models import Group

    from events.shared.rights.roles import grant

    before = set(Group.objects.get(name="programme").permissions.values_list("codename", flat=True))
    Group.objects.all().delete()
    Permission.objects.all().delete()

    for _again in range(2):
        grant(apps.get_app_config("events"), using="default", apps=apps)

    assert set(Group.objects.get(name="programme").permissions.values_list("codename", flat=True)) == before
