"""Odd keys in every relation of every form of the organisers' site: refused at the field, never a 500."""

from html.parser import HTMLParser

import pytest
from django import forms
from django.contrib import admin
from django.forms.models import InlineForeignKeyField
from django.urls import reverse

from events.models import Country, Forum, Organisation, Session
from events.staff.relation_fields import KeysField, is_key
from tests.admin.rows import MAKERS
from tests.admin.test_pages import NO_ADD
from tests.factories import ActionLineFactory, CountryFactory

ADMINS = sorted(admin.site._registry.items(), key=lambda pair: pair[0]._meta.label)
each_admin = pytest.mark.parametrize(("model", "model_admin"), ADMINS, ids=[m._meta.label for m, _a in ADMINS])
ODD = ["text", "99999999999999999999", "a\0b", "-1", "9" * 5000]


class Sent(HTMLParser):
    """What a browser would send of a page's form: name to values."""

    def __init__(self, page):
        super().__init__()
        self.values, self._select = {}, ""
        self.feed(page)

    def handle_starttag(self, tag, pairs):
        given = dict(pairs)
        name = given.get("name", "")
        if tag == "select":
            self._select = name
        elif tag == "option" and "selected" in given and self._select:
            self.values.setdefault(self._select, []).append(given.get("value", ""))
        elif tag == "textarea" and name:
            self.values[name] = [""]
        elif tag == "input" and name and not name.startswith("_"):
            if given.get("type") in {"checkbox", "radio"} and "checked" not in given:
                return
            if given.get("type") not in {"submit", "file", "button"}:
                self.values.setdefault(name, []).append(given.get("value") or "")


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


def odd_answers(client, address):
    """Post the page's own form with an odd key in every relation, once for each odd key; return relations and answers."""
    page = client.get(address)
    names = relations(page)
    values = Sent(page.content.decode()).values if page.status_code == 200 else {}
    for name in list(values):
        if name.endswith("-TOTAL_FORMS"):
            values[name] = [str(max(int(values[name][0]), 1))]
    found = {}
    for odd in ODD if names else []:
        form = {**values, **{name: [odd, odd] if odd == "-1" else [odd] for name in names}}
        found[odd[:30]] = client.post(address, form).status_code
    return names, found


@each_admin
def test_odd_keys_are_refused_on_the_page(organiser_site, settings, tmp_path, model, model_admin):
    settings.MEDIA_ROOT = tmp_path
    row = MAKERS[model]()
    base = f"admin:{model._meta.app_label}_{model._meta.model_name}_"
    addresses = [reverse(f"{base}change", args=[row.pk])]
    addresses += [reverse(f"{base}add")] if model._meta.label not in NO_ADD else []

    for address in addresses:
        _names, found = odd_answers(organiser_site, address)

        assert {odd: status for odd, status in found.items() if status >= 500} == {}, address


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("/admin/prizes/category/add/", {"edition", "action_line"}),
        ("/admin/prizes/expert/add/", {"edition", "country", "categories"}),
        ("/admin/prizes/earlierwinner/add/", {"country"}),
        ("/admin/prizes/edition/add/", {"forum", "phases-0-id", "sponsors-0-organisation"}),
        ("/admin/events/session/add/", {"forum", "track", "organisers", "appearances-0-speaker"}),
    ],
)
def test_sweep_finds_the_relations(organiser_site, address, expected):
    names, found = odd_answers(organiser_site, address)

    assert names >= expected
    assert set(found.values()) == {200}


def test_refused_key_keeps_the_good_ones_beside_it(organiser_site):
    line = ActionLineFactory()

    answer = organiser_site.post(
        "/admin/prizes/category/add/", {"edition": "text", "action_line": line.pk, "number": "x", "title": "Category"}
    )

    form = answer.context["adminform"].form
    assert form.errors["edition"].data[0].code == "invalid_choice"
    assert f'<option value="{line.pk}" selected>' in answer.content.decode()


@pytest.mark.parametrize(
    ("model", "sent", "expected"),
    [
        (Organisation, "7", True),
        (Organisation, 7, True),
        (Organisation, "text", False),
        (Organisation, "99999999999999999999", False),
        (Organisation, "7\0", False),
        (Country, "CH", True),
        (Country, "C\0", False),
        (Country, "Schweiz", False),
    ],
)
def test_what_can_be_a_key(model, sent, expected):
    assert is_key(sent, field=model._meta.pk) is expected


def test_list_of_keys_names_the_one_that_is_none(db):
    CountryFactory(code="CH")
    field = KeysField(Forum.objects.all())

    with pytest.raises(forms.ValidationError) as refusal:
        field.clean(["99999999999999999999"])

    assert refusal.value.code == "invalid_pk_value"


def test_list_of_keys_takes_rows_that_are_there(db):
    session = MAKERS[Session]()

    assert list(KeysField(Session.objects.all()).clean([str(session.pk)])) == [session]
