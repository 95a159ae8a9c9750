"""Session types of all forums, and types that a forum has of its own."""

import pytest
from django.urls import reverse

from events.forums import next_forum
from events.models import Session, SessionType
from tests.events.exchange.imports import bring_in
from tests.factories import NOW, ForumFactory, SessionFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def dakar():
    """A forum with two types of its own, beside a forum without."""
    SessionType.objects.all().delete()
    for code in ("workshop", "talk"):
        SessionType.objects.create(code=code, name=code.title())
    forum = ForumFactory(slug="dakar")
    for code in ("palaver", "market"):
        SessionType.objects.create(code=code, name=code.title()).forums.add(forum)
    return forum


def offered(forum):
    return set(SessionType.objects.offered_in(forum).values_list("code", flat=True))


def test_forum_offers_its_own_types_or_else_those_of_all(dakar):
    assert offered(dakar) == {"palaver", "market"}
    assert offered(ForumFactory()) == {"workshop", "talk"}


def test_next_forum_has_the_types_of_the_one_before(dakar, boss):
    new = next_forum.make(dakar, name="New", slug="new", weeks=52, days=3, parts=[], by=boss, now=NOW)

    assert offered(new) == {"palaver", "market"}
    assert SessionType.objects.count() == 4


def test_session_takes_types_of_its_forum_and_keeps_the_one_that_it_has(dakar, organiser_site):
    types = {row.code: row for row in SessionType.objects.all()}
    session = SessionFactory(forum=dakar, type=types["workshop"])
    page = reverse("admin:events_session_change", args=[session.pk])
    suggested = organiser_site.get(
        "/admin/autocomplete/", {"app_label": "events", "model_name": "session", "field_name": "type", "forum": "dakar"}
    )

    def errors(kind):
        form = organiser_site.get(page).context["adminform"].form
        sent = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
        sent = {name: value for name, value in sent.items() if value not in (None, [], "")}
        answer = organiser_site.post(page, sent | {"type": types[kind].pk})
        return set(answer.context["adminform"].form.errors) if answer.context else set()

    assert [row["text"] for row in suggested.json()["results"]] == ["Market", "Palaver"]
    assert "type" in errors("talk")
    assert "type" not in errors("workshop") | errors("market")


def test_types_that_an_import_makes_are_in_its_forum_beside_those_of_all_and_nowhere_else(dakar):
    SessionType.objects.create(code="session", name="Session")
    one, other = ForumFactory(slug="one"), ForumFactory(slug="two")
    usual = offered(other)
    text = b"title,type\nA,Talk\nB,Lightning talk\nC,Lightning talk\n"

    bring_in(text, slug="one")
    bring_in(text, slug="dakar")

    assert offered(one) == usual | {"lightning_talk"}
    assert offered(other) == offered(ForumFactory(slug="three")) == usual
    assert offered(dakar) == {"palaver", "market", "lightning_talk_2"}
    kinds = {(row.forum.slug, row.type.code) for row in Session.objects.select_related("forum", "type")}
    assert kinds == {("one", "talk"), ("one", "lightning_talk"), ("dakar", "talk"), ("dakar", "lightning_talk_2")}
    assert [len(bring_in(text, slug=slug).same) for slug in ("one", "dakar")] == [3, 3]
