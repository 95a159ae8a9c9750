"""Odd addresses and choices in every list of the organisers: keys, filters, dates that nobody would choose. No 500."""

import pytest
from django.contrib import admin
from django.urls import reverse

from events.models import Message
from events.staff.admin_bases import SiteAdmin
from tests.admin.rows import MAKERS

pytestmark = pytest.mark.django_db
HUGE = "9" * 5000
ODD = ["", "a", "-1", "9" * 20, HUGE, "a\0b", "\ud800", "٣"]
PARTS = [{}, {"month": "12", "day": "31"}, {"month": "1", "day": "0"}, {"month": HUGE}, {"day": HUGE}]
YEARS = ["0", "1", "9999", "10000", "9" * 20, HUGE, "-5", "a", "٢٠٢٠"]
OURS = sorted(
    ((model, one) for model, one in admin.site._registry.items() if isinstance(one, SiteAdmin)),
    key=lambda pair: pair[0]._meta.label,
)


def every(admins):
    return pytest.mark.parametrize(("model", "model_admin"), admins, ids=[model._meta.label for model, _one in admins])


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


@every(OURS)
def test_filters_take_odd_values(broken, model, model_admin):
    MAKERS[model]()
    filters = [name[0] if isinstance(name, tuple) else name for name in model_admin.list_filter]
    names = [getattr(name, "parameter_name", name) for name in filters] + ["pk"]
    names = [f"{name}{lookup}" for name in names for lookup in ("", "__exact", "__in", "__id__exact")]
    given = [{name: value} for name in [*names, "q", "o", "p", "_to_field"] for value in (HUGE, "a\0b", "\ud800")]

    assert broken("get", address(model, "changelist"), given) == {}


@every([pair for pair in OURS if pair[1].date_hierarchy])
def test_dates_take_odd_values(broken, organiser_site, model, model_admin):
    MAKERS[model]()
    column = model_admin.date_hierarchy
    given = [
        {f"{column}__{part}": value for part, value in {"year": year, **parts}.items()}
        for year in YEARS
        for parts in PARTS
    ]

    assert broken("get", address(model, "changelist"), given) == {}
    for year in ("1000", "2020", "8999"):
        assert organiser_site.get(address(model, "changelist"), {f"{column}__year": year}).status_code == 200


@every(OURS)
def test_pages_take_odd_keys(broken, model, model_admin):
    MAKERS[model]()
    for key in ("a", "-1", "9" * 20, HUGE, "_00", "a%00b", "٣"):
        for page in ("change", "delete", "history"):
            where = address(model, page, "KEY").replace("KEY", key)

            assert (where[:60], broken("get", where, [{}])) == (where[:60], {})


@every([pair for pair in OURS if pair[1].actions])
def test_actions_take_odd_choices(broken, model, model_admin):
    MAKERS[model]()
    actions = [name if isinstance(name, str) else name.__name__ for name in model_admin.actions]
    given = [{"action": action, "_selected_action": value} for action in [*actions, "delete_selected"] for value in ODD]

    assert broken("post", address(model, "changelist"), given) == {}


def test_action_takes_the_rows_that_were_chosen_beside_what_is_no_key(organiser_site):
    rows = [MAKERS[Message](is_draft=True) for _one in range(3)]
    chosen = [str(rows[0].pk), "a", HUGE, "", str(rows[1].pk)]

    organiser_site.post(address(Message, "changelist"), {"action": "let_go", "_selected_action": chosen})

    assert list(Message.objects.order_by("pk").values_list("state", flat=True)) == ["queued", "queued", "draft"]
