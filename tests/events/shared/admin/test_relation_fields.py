"""Odd keys in relations: refused at the field, never a 500 (tests/admin/test_pages.py walks over every form)."""

import pytest

from events.models import Country, Organisation
from events.shared.admin.relation_fields import is_key
from tests.factories import NOW, ActionLineFactory, RoomFactory, SessionFactory, SessionTypeFactory


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


def test_rows_are_called_as_in_the_language_of_the_page(organiser_site):
    kind = SessionTypeFactory(code="zoo", name="Night at the zoo", translations={"ar": {"name": "افتتاح"}})
    room = RoomFactory(name="Hall", translations={"ar": {"name": "القاعة"}})
    session = SessionFactory(forum=room.forum, room=room, type=kind, starts=NOW)

    table = organiser_site.get(f"/ar/admin/events/session/?forum={room.forum.slug}&days=all").context["cl"]
    fields = organiser_site.get(f"/ar/admin/events/session/{session.pk}/change/").context["adminform"].form.fields
    asked = "app_label=events&model_name=session&field_name=type"
    suggested = organiser_site.get(f"/ar/admin/autocomplete/?{asked}&term=zoo").json()["results"]

    filters = {choice["display"] for _title, choices in table.filters for choice in choices}
    assert filters >= {"افتتاح", "القاعة"}
    assert [fields[name].label_from_instance(row) for name, row in (("type", kind), ("room", room))] == [
        "افتتاح",
        "القاعة",
    ]
    assert [one["text"] for one in suggested] == ["افتتاح"]
