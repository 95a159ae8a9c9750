"""Odd addresses and choices in every list of the organisers: keys, filters, dates that nobody would choose. No 500."""

import itertools
import threading
from functools import partial

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from events.models import Message, Session
from events.shared.admin.admin_bases import SiteAdmin
from events.shared.admin.admin_page_bases import admins_of
from registration.accreditation.admin import QuotaAdmin
from registration.models import Quota
from tests.admin.rows import MAKERS
from tests.factories import KindFactory, OrganisationFactory, boss
from tests.races import together

pytestmark = pytest.mark.django_db
HUGE = "9" * 5000
ODD = ["", "a", "-1", "9" * 20, HUGE, "a\0b", "\ud800", "٣"]
PARTS = [{}, {"month": "12", "day": "31"}, {"month": "1", "day": "0"}, {"month": HUGE}, {"day": HUGE}]
KEYS = ["a", "-1", "9" * 20, HUGE, "_00", "a%00b", "٣"]
YEARS = ["0", "1", "9999", "10000", "9" * 20, HUGE, "-5", "a", "٢٠٢٠"]
LOOKUPS = ("", "__exact", "__in", "__id__exact")
WHOLE = {Message, Session}  # what the admins have in common is asked of these with every odd value
OURS = sorted(
    ((model, one) for model, one in admins_of(admin.site).items() if isinstance(one, SiteAdmin)),
    key=lambda pair: pair[0]._meta.label,
)


def address(model, page, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


@pytest.fixture
def broken(organiser_site):
    """A function that asks with each of some forms or queries, and tells which were answered by an error of the site."""
    organiser_site.raise_request_exception = False

    def ask(method, where, given):
        answers = {}
        for fields in given:
            sent = {name: [value.encode("utf-8", "surrogatepass")] for name, value in fields.items()}
            answers[str(fields)[:90]] = getattr(organiser_site, method)(where, sent).status_code
        return {fields: status for fields, status in answers.items() if status >= 500}

    return ask


def filters_of(model_admin):
    """A query for each filter of a list, lookups and odd values in turn; of the whole ones each filter with each lookup."""
    filters = [name[0] if isinstance(name, tuple) else name for name in model_admin.list_filter]
    names = [getattr(name, "parameter_name", name) for name in filters] + ["pk"]
    values = itertools.cycle((HUGE, "a\0b", "\ud800"))
    if model_admin.model in WHOLE:
        names = [f"{name}{lookup}" for name in names for lookup in LOOKUPS]
        own = ("q", "o", "p", "_to_field")
    else:
        names = [f"{name}{lookup}" for name, lookup in zip(names, itertools.cycle(LOOKUPS))]
        own = ("q",)
    return [{name: next(values)} for name in names] + [
        {name: value} for name in own for value in (HUGE, "a\0b", "\ud800")
    ]


def dates_of(model_admin):
    """A query for each odd year, and for each odd part of a good one; of most lists three of them."""
    column = model_admin.date_hierarchy
    if not column:
        return []
    asked = [{"year": year} for year in YEARS] + [{"year": "2020", **parts} for parts in PARTS]
    chosen = (
        asked if model_admin.model in WHOLE else [{"year": "9999"}, {"year": HUGE}, {"year": "2020", "month": HUGE}]
    )
    return [{f"{column}__{part}": value for part, value in parts.items()} for parts in chosen]


def actions_of(model_admin):
    names = [name if isinstance(name, str) else name.__name__ for name in model_admin.actions or []]
    values = itertools.cycle(ODD)
    every = (
        [{"action": names[0], "_selected_action": value} for value in ODD]
        if names and model_admin.model in WHOLE
        else []
    )
    return every + [{"action": name, "_selected_action": next(values)} for name in [*names, "delete_selected"]]


@pytest.mark.parametrize(
    ("model", "model_admin"),
    [pytest.param(*pair, marks=() if pair[0] in WHOLE else pytest.mark.whole, id=pair[0]._meta.label) for pair in OURS],
)
def test_pages_take_odd_input(broken, organiser_site, model, model_admin):
    MAKERS[model]()
    listed = address(model, "changelist")

    assert broken("get", listed, [*filters_of(model_admin), *dates_of(model_admin)]) == {}
    assert broken("post", listed, actions_of(model_admin)) == {}
    for key, page in zip(KEYS, itertools.cycle(["change", "delete", "history"])):
        where = address(model, page, "KEY").replace("KEY", key)
        assert (where[:60], broken("get", where, [{}])) == (where[:60], {})
    for year in ("1000", "8999") if model_admin.date_hierarchy else []:
        assert organiser_site.get(listed, {f"{model_admin.date_hierarchy}__year": year}).status_code == 200


def test_action_takes_the_rows_that_were_chosen_beside_what_is_no_key(organiser_site):
    rows = [MAKERS[Message](state=Message.State.DRAFT) for _one in range(3)]
    chosen = [str(rows[0].pk), "a", HUGE, "", str(rows[1].pk)]

    organiser_site.post(address(Message, "changelist"), {"action": "let_go", "_selected_action": chosen})

    assert list(Message.objects.order_by("pk").values_list("state", flat=True)) == ["queued", "queued", "draft"]


@pytest.mark.django_db(transaction=True)
def test_what_is_saved_twice_in_one_moment_is_told_in_words(monkeypatch):
    """As by a double click: both forms were right before either was saved."""
    kind, organisation = KindFactory(), OrganisationFactory()
    sent = {"kind": kind.pk, "organisation": organisation.pk, "places": "3"}
    save, both = QuotaAdmin.save_model, threading.Barrier(2)

    def save_together(*parts):
        both.wait(30)
        save(*parts)

    monkeypatch.setattr(QuotaAdmin, "save_model", save_together)
    browsers = [Client(), Client()]
    for browser in browsers:
        browser.force_login(boss())

    pages = together(*(partial(one.post, address(Quota, "add"), sent, follow=True) for one in browsers))

    assert [page.status_code for page in pages] == [200, 200]
    assert sum("This was saved a moment ago." in page.content.decode() for page in pages) == 1
    assert Quota.objects.get().places == 3
