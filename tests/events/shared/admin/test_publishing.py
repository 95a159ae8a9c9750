"""A forum, or a practical page, is shown to the public and hidden again by a button; the history says so."""

import pytest
from django.urls import reverse

from events.models import HistoryEntry, Outcome, PracticalPage
from events.shared.admin import publishing
from events.shared.history import log
from events.shared.pages import revision
from events.shared.rights import hooks
from tests.factories import NOW, ForumFactory, SessionFactory
from tests.refusals import refused

pytestmark = pytest.mark.django_db
PAGES = "/admin/events/practicalpage/"


def make_page(forum, slug):
    return PracticalPage.objects.create(forum=forum, slug=slug, title=slug.title(), text="x")


def test_forum_is_made_public_by_one_button_that_says_what_it_means(organiser_site, client):
    forum = ForumFactory(slug="dakar", name="Dakar Days", is_public=False)
    address = f"/admin/events/forum/{forum.pk}/public/"

    asked = organiser_site.get(address).content.decode()
    before = client.get("/dakar/").status_code
    done = organiser_site.post(address, follow=True)

    assert "Its address, /dakar/, then stays as it is." in asked
    assert (before, client.get("/dakar/").status_code) == (404, 200)
    assert done.request["PATH_INFO"] == "/admin/set-up/"
    assert "“Dakar Days” is public." in done.content.decode()
    hidden = organiser_site.post(address, follow=True)
    assert "Nobody outside sees “Dakar Days” any more." in hidden.content.decode()
    assert client.get("/dakar/").status_code == 404


def test_what_is_shown_and_hidden_stands_in_the_history_and_is_seen_at_once(boss):
    forum = ForumFactory(is_public=False)
    seen = revision.current()

    publishing.publish(forum, by=boss, now=NOW)
    shown = revision.current()
    publishing.hide(forum, by=boss, now=NOW)

    assert seen < shown < revision.current()
    entries = HistoryEntry.objects.order_by("pk").values_list("verb", "before__is_public", "after__is_public")
    assert list(entries) == [("change", False, True), ("change", True, False)]


def test_nothing_is_shown_or_hidden_twice(boss):
    forum = ForumFactory(is_public=True)

    again = refused(publishing.publish, forum, by=boss, now=NOW)
    publishing.hide(forum, by=boss, now=NOW)

    assert (again, refused(publishing.hide, forum, by=boss, now=NOW)) == ("wrong-state", "wrong-state")


@pytest.mark.parametrize("is_new", [True, False])
def test_box_of_a_form_publishes_by_the_rule(organiser_site, is_new):
    session = SessionFactory()
    row = Outcome(forum=session.forum, session=session, kind="launch", title="A", is_public=False)
    if not is_new:
        row.save()
    sent = {"forum": session.forum_id, "session": session.pk, "kind": "launch", "title": "A", "order": 1}
    page = reverse("admin:events_outcome_add" if is_new else "admin:events_outcome_change", args=[row.pk][is_new:])

    for box in ({"is_public": "on", "comes_with_report": "on"}, {}):
        assert organiser_site.post(page, sent | box).status_code == 302
        row = Outcome.objects.get()
        page = reverse("admin:events_outcome_change", args=[row.pk])
        assert (row.is_public, row.comes_with_report) == (bool(box), False)

    assert [entry.verb for entry in log.of(session)] == ["publish-outcome"]
    shown = [entry.after["is_public"] for entry in log.of(row).order_by("pk") if "is_public" in entry.after]
    assert shown == [True, False]


def test_box_of_a_form_is_refused_as_the_rule_refuses(organiser_site, monkeypatch):
    page = make_page(ForumFactory(), "venue")
    monkeypatch.setattr(hooks.stays_as_it_is, "of", lambda: [lambda _row, _is_public, _now: "Not yet"])
    sent = {"forum": page.forum_id, "title": "Venue", "slug": "venue", "text": "Changed", "order": 1, "is_public": "on"}

    told = organiser_site.post(f"{PAGES}{page.pk}/change/", sent, follow=True)

    page.refresh_from_db()
    assert ("Not yet" in told.content.decode(), page.is_public, page.text) == (True, False, "x")


def test_practical_pages_are_published_together(organiser_site):
    forum = ForumFactory()
    pages = [make_page(forum, "venue"), make_page(forum, "visa")]
    make_page(forum, "help")
    chosen = {"_selected_action": [page.pk for page in pages]}

    done = organiser_site.post(PAGES, {"action": "publish"} | chosen, follow=True)
    public = set(PracticalPage.objects.public().values_list("slug", flat=True))
    organiser_site.post(PAGES, {"action": "hide"} | chosen)

    assert public == {"venue", "visa"}
    assert "2 published." in done.content.decode()
    assert not PracticalPage.objects.public().exists()
