"""What one does in a forum stays in it: after each form of the organisers one stands in the forum in which it was sent, and an archived
forum offers no form that writes into another one."""

import re

import pytest
from django.db import transaction
from django.urls import reverse

from events.models import Forum
from events.shared.rights import memberships
from tests.admin import two_forums
from tests.admin.test_filters import list_of
from tests.admin.test_pages import Sent
from tests.admin.two_forums import LISTED, OF_FORUMS
from tests.factories import NOW, allowed
from tests.rights.addresses import addresses

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]
FORM = re.compile(r"<form\b[^>]*method=\"post\".*?</form>", re.DOTALL)
ACTION = re.compile(r"<form\b[^>]*action=\"([^\"]*)\"")
BUTTON = re.compile(r"<button\b[^>]*>|<input\b[^>]*type=\"submit\"[^>]*>")
# Log-out and language lead elsewhere; the switcher of a new forum shows the new one.
FILES = ("_file", "_letter", "_export", "catch_all")
ELSEWHERE = ("/i18n/", "logout", "/tally/", "/preview/", "events/forum/", "password")


@pytest.fixture
def desk(everybody, waiting_counted_once, client):
    """A client of who has all rights in all forums, and the rows of a forum that is not the one to begin with."""
    client.force_login(allowed(*two_forums.everything()))
    return client, everybody


def default_of(client):
    return client.get(reverse("admin:index")).context["frame"].forum


def pages(world, *, rows, hidden):
    """The addresses of the desk that somebody reads, in the forum of these rows."""
    slug = rows["forum"]
    for one in addresses(rows, hidden):
        is_page = one.name.startswith("admin:") and one.place == "own" and not one.variant
        if is_page and not one.name.endswith(FILES):
            yield f"{one.path}?forum={slug}"


def forms(page, path):
    """Of each form that is posted: where to, and what is sent with each of its buttons."""
    for html in FORM.findall(page):
        action = ACTION.match(html)
        to = (action[1] if action else "").replace("&amp;", "&") or path
        values = Sent(html).values
        buttons = [dict(re.findall(r'(name|value)="([^"]*)"', one)) for one in BUTTON.findall(html)]
        for button in buttons or [{}]:
            yield to, values | ({button["name"]: [button.get("value", "")]} if "name" in button else {})


def stands_in(client, answer):
    """Which forum the switcher of the page shows to which an answer leads; None where it leads out of the desk."""
    if answer.status_code != 302 or not answer["Location"].startswith(reverse("admin:index")):
        return None
    frame = (client.get(answer["Location"], follow=True).context or {}).get("frame")
    return frame.forum.slug if frame and frame.forum else None


@pytest.mark.whole
def test_after_each_form_one_stands_in_the_forum_in_which_it_was_sent(desk):
    client, world = desk
    places = {world.own["forum"]: (world.own, world.hidden), world.hidden["forum"]: (world.hidden, world.own)}
    rows, others = next(pair for slug, pair in places.items() if slug != default_of(client).slug)
    lost, sent = [], 0

    for path in pages(world, rows=rows, hidden=others):
        page = client.get(path)
        if page.status_code != 200 or "html" not in page["Content-Type"]:
            continue
        for to, values in forms(page.content.decode(), path):
            if any(word in to for word in ELSEWHERE):
                continue
            with transaction.atomic():
                stands = stands_in(client, client.post(to, values))
                transaction.set_rollback(True)
            sent += stands is not None
            lost += [(path, to, stands)] if stands not in {None, rows["forum"]} else []
    assert lost == []
    assert sent > 60


def test_every_list_is_of_the_forum_that_its_address_names(desk):
    client, world = desk
    for model in LISTED:
        listed = client.get(list_of(model), {"forum": world.own["forum"], "all": ""}).context["cl"].result_list
        keys = {row.pk for row in listed}
        assert model is Forum or (world.own[model] in keys, world.hidden[model] in keys) == (True, False), model


def test_assigning_in_a_forum_leads_back_into_it(desk):
    """The case that was found: the newest prize was meant, whatever forum one stood in."""
    client, world = desk
    slug = next(one["forum"] for one in (world.own, world.hidden) if one["forum"] != default_of(client).slug)

    page = client.get(reverse("admin:prizes_assignment_add"), {"forum": slug})

    assert page.context["edition"].forum.slug == page.context["frame"].forum.slug == slug


def test_archived_forum_offers_nothing_that_writes_elsewhere(desk):
    client, world = desk
    slug = world.own["forum"]
    ways = re.compile(r'href="(?!/admin/events/forum/add/)([^"]*/(?:add|import|make)/[^"]*)"')
    before = client.get(reverse("admin:events_speaker_changelist"), {"forum": slug}).content.decode()
    assert len(ways.findall(before)) == 2  # the control
    Forum.objects.filter(slug=slug).update(archived=NOW)

    found = []
    for model in OF_FORUMS:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        if memberships.forum_paths(model) == (memberships.SELF,):
            continue
        for page in ("changelist", "add"):
            answer = client.get(reverse(f"{name}_{page}"), {"forum": slug})
            html = answer.content.decode() if answer.status_code == 200 else ""
            found += [(name, page, way) for way in ways.findall(html)]
            found += [(name, page, "form")] if page == "add" and answer.status_code == 200 else []
    door = client.get(reverse("admin:events_forum_exchange"), {"forum": slug})
    kinds = [row["kind"] for row in door.context["tables"] if row["comes_in"] or row["page"]]
    into = [
        client.get(reverse("admin:events_forum_import"), {"forum": slug, "kind": kind}).status_code
        for kind in ("session", "speaker")
    ]

    assert found == []
    assert {kind for kind in kinds if kind not in {"organisation", "earlierwinner", "country"}} == set()
    assert into == [403, 403]
