from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from events.models import Approval, Session
from events.schedule import moves
from events.shared.pages import preview
from tests.factories import (
    NOW,
    AppearanceFactory,
    ForumFactory,
    RoomFactory,
    SessionFactory,
    allowed,
    staff,
)
from tests.prizes.counted import counted, crown
from tests.prizes.factories import NominationFactory, make_edition
from tests.rights.addresses import named
from tests.site_client import Client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


@pytest.fixture
def hidden(db):
    """A forum that nobody sees yet, with a session that only the draft has."""
    forum = ForumFactory(is_public=False)
    session = SessionFactory(forum=forum, state="draft", title="Secret rehearsal")
    room, ends = RoomFactory(forum=forum), NOW + timedelta(hours=1)
    moves.move(session, starts=NOW, ends=ends, room=room, version=None, by=staff(), now=NOW)
    AppearanceFactory(session=session, is_released=False, speaker__name="Ada Hidden", speaker__forum=forum)
    return session


def member(user=None):
    client = Client()
    client.force_login(user or staff())
    return client


def begin(client, forum):
    return client.post(f"/admin/preview/?forum={forum.slug}")


def address(session):
    return f"/{session.forum.slug}/programme/{session.code}/"


def test_staff_see_the_draft_of_a_hidden_forum_under_its_future_addresses(hidden):
    client = member()

    began = begin(client, hidden.forum)
    page = client.get(address(hidden))
    listed = client.get(f"/{hidden.forum.slug}/programme/")

    assert began.url == f"/{hidden.forum.slug}/"
    assert (page.status_code, listed.status_code) == (200, 200)
    assert "Ada Hidden" in page.content.decode()
    assert "Secret rehearsal" in listed.content.decode()
    assert 'class="preview"' in listed.content.decode()
    assert page["Cache-Control"] == "private, no-store"
    assert not hasattr(page, "finished")


def test_preview_leaves_everything_as_it_is(hidden):
    client = member()
    begin(client, hidden.forum)

    client.get(address(hidden))

    after = Session.objects.select_related("forum").get(pk=hidden.pk)
    assert (after.state, after.starts, after.room) == (Session.State.DRAFT, hidden.starts, hidden.room)
    assert not after.forum.is_public
    assert Client().get(address(hidden)).status_code == 404


def test_what_a_preview_shows_is_not_kept_for_others(hidden, web_process):
    forum = hidden.forum
    type(forum).objects.update(is_public=True)
    client = member()
    begin(client, forum)

    seen = client.get(f"/{forum.slug}/programme/?q=rehearsal")

    assert "Secret rehearsal" in seen.content.decode()
    assert "Secret rehearsal" not in Client().get(f"/{forum.slug}/programme/?q=rehearsal").content.decode()


def test_shortlist_is_shown_as_the_nominees(hidden):
    edition = make_edition(phase="review", forum=hidden.forum, is_public=False, nominees=0)
    NominationFactory(category=edition.categories.get(number=1), state="shortlisted", title="Solar kiosks")
    NominationFactory(category=edition.categories.get(number=1), state="submitted", title="Left behind")
    client = member(allowed("events.view_forum", "prizes.view_edition", "prizes.view_nomination", forum=hidden.forum))
    begin(client, hidden.forum)

    page = client.get(f"/{hidden.forum.slug}/prizes/1/").content.decode()

    assert "Solar kiosks" in page
    assert "Left behind" not in page


@pytest.mark.parametrize(
    ("rights", "shown"),
    [
        ((), (False, False)),
        (("prizes.view_winner",), (False, False)),
        (("prizes.view_result",), (True, False)),
        (("prizes.view_result", "prizes.view_winner"), (True, True)),
    ],
)
def test_results_under_embargo_are_shown_to_who_reads_them_anyway(hidden, rights, shown):
    crown(counted(forum=hidden.forum, is_public=False))
    client = member(allowed("events.view_forum", "prizes.view_edition", *rights, forum=hidden.forum))
    begin(client, hidden.forum)

    page = client.get(f"/{hidden.forum.slug}/prizes/results/").content.decode()

    assert ('class="votes"' in page, 'class="badge">Winner<' in page) == shown
    assert not Approval.objects.exists()


@pytest.mark.parametrize(
    "make",
    [
        lambda forum: staff(forum=ForumFactory(slug="2021")),  # no role in it
        lambda forum: allowed("events.view_forum", forum=forum),  # sees the forum, and not its draft
    ],
)
def test_person_previews_only_what_they_may_see(hidden, make):
    client = member(make(hidden.forum))

    begin(client, hidden.forum)

    assert client.get(address(hidden)).status_code == 404


@pytest.mark.parametrize("thief", ["visitor", "other staff"])
def test_cookie_of_somebody_else_shows_nothing(hidden, thief):
    owner = member()
    begin(owner, hidden.forum)
    client = Client() if thief == "visitor" else member()
    client.cookies[preview.COOKIE] = owner.cookies[preview.COOKIE].value

    assert client.get(address(hidden)).status_code == 404


def test_person_who_left_the_staff_previews_nothing(hidden):
    user = staff()
    client = member(user)
    begin(client, hidden.forum)
    user.memberships.all().delete()
    type(user).objects.filter(pk=user.pk).update(is_staff=False)

    assert client.get(address(hidden)).status_code == 404


def files(session):
    """The addresses of a forum's public files, which end like a file."""
    rows = {"forum": session.forum.slug, "code": session.code, "day": str(NOW.date()), "number": 1}
    rows |= {"dimension": "country", "ending": "csv", "table": "results", "kind": "pdf"}
    own = ("admin:", "registration:letter", "registration:badge", "registration:invite")  # of the person alone
    names = [
        (name, parts)
        for name, parts in named()
        if "forum" in parts and rows.keys() >= set(parts) and not name.startswith(own)
    ]
    paths = [reverse(name, kwargs={part: rows[part] for part in parts}) for name, parts in names]
    return [path for path in paths if "." in path]


def test_preview_shows_no_file_and_makes_none(hidden, monkeypatch):
    client = member()
    begin(client, hidden.forum)
    made = []
    monkeypatch.setattr(preview, "_made", lambda *_parts, **_more: made.append(1))

    answers = {path: client.get(path) for path in files(hidden)}

    assert len(answers) > 8
    found = {path: answer.status_code for path, answer in answers.items()}
    hidden_anyway = {path for path in found if path.endswith((".zip", "document/1.pdf"))}  # no preview shows these
    assert found == dict.fromkeys(answers, 403) | dict.fromkeys(hidden_anyway, 404)
    assert "A preview shows pages only" in answers["/2020/schedule.xml"].content.decode()
    assert made == []


def test_preview_ends_after_a_quarter_of_an_hour_and_on_the_set_up_page(hidden):
    client = member()
    begin(client, hidden.forum)
    value = client.cookies[preview.COOKIE].value

    client.get(f"/admin/set-up/?forum={hidden.forum.slug}")

    assert client.cookies[preview.COOKIE].value == ""
    assert preview.is_asked_for(f"a=b; {preview.COOKIE}={value}")
    with time_machine.travel(NOW + timedelta(seconds=preview.SECONDS + 1), tick=False):
        assert not preview.is_asked_for(f"a=b; {preview.COOKIE}={value}")
