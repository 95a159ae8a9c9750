"""Bringing in a programme on the organisers' site: the preview, the act, and who may."""

from pathlib import Path

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from events.models import Forum, Session, SessionText
from events.schedule import moves
from tests.factories import NOW, ForumFactory, SessionFactory, UserFactory

pytestmark = pytest.mark.django_db
CONGRESS = (Path(__file__).parent / "data" / "congress.xml").read_bytes()
CLASHING = b"title,starts,ends,room\nA,2020-06-23 10:00,11:00,Hall\nB,2020-06-23 10:00,11:00,Hall\n"
PAGE, ACT = "/admin/events/forum/import/", "/admin/events/forum/import/apply/"


def sign_in(*groups, **more):
    user = UserFactory(is_staff=True, **more)
    user.groups.set(Group.objects.filter(name__in=groups))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def organiser():
    return sign_in("organisers")


def send(client, data=CONGRESS, **fields):
    return client.post(PAGE, {"file": SimpleUploadedFile("a.xml", data), "slug": "congress"} | fields)


def token_of(answer):
    return answer.context["token"]


def test_form_is_shown_and_linked(organiser):
    forum = ForumFactory()

    assert 'type="file"' in organiser.get(PAGE, {"forum": forum.pk}).content.decode()
    assert PAGE in organiser.get(reverse("admin:events_forum_changelist")).content.decode()
    assert (
        f"{PAGE}?forum={forum.pk}"
        in organiser.get(reverse("admin:events_forum_change", args=[forum.pk])).content.decode()
    )


@pytest.mark.parametrize(("is_public", "sentence"), [(True, "What was released"), (False, "The forum is not public")])
def test_forums_page_leads_to_the_files(organiser, is_public, sentence):
    forum = ForumFactory(is_public=is_public)

    page = organiser.get(reverse("admin:events_forum_change", args=[forum.pk])).content.decode()

    assert [f'href="/2020/schedule.{ending}"' in page for ending in ("xml", "json", "ics", "csv", "xlsx")] == [True] * 5
    assert ("Take the programme out" in page, sentence in page) == (True, True)


def test_preview_writes_nothing_and_the_act_does(organiser):
    preview = send(organiser, is_released="on")
    body = preview.content.decode()
    before = Forum.objects.count()

    done = organiser.post(ACT, {"token": token_of(preview)}, follow=True)

    assert [word in body for word in ("3 new sessions", "Late show", "Hall 2", "www.example.org", "A new forum")] == [
        True
    ] * 5
    assert (before, Session.objects.public().count()) == (0, 3)
    assert "Brought in: 3 new, 0 changed, 0 the same, 0 not used." in done.content.decode()
    assert "Released as version 1." in done.content.decode()


def test_second_preview_has_nothing_to_do_and_a_third_shows_changes(organiser):
    organiser.post(ACT, {"token": token_of(send(organiser))})
    forum = Forum.objects.get()

    same = send(organiser, forum=forum.pk, slug="")
    other = send(
        organiser, CONGRESS.replace(b"Smart grids", b"Smart <grids>"[:5] + b"er grids"), forum=forum.pk, slug=""
    )

    assert (token_of(same), "there is nothing to do" in same.content.decode()) == ("", True)
    sentence = "Titles, texts and recordings of sessions that are public already change at once."
    assert [sentence in answer.content.decode() for answer in (same, other)] == [False, True]
    assert ("1 session changes" in other.content.decode(), "Smarter grids" in other.content.decode()) == (True, True)


@pytest.mark.parametrize("slug", ["", "admin", "2020", "a b"])
def test_bad_address_is_refused(organiser, slug):
    ForumFactory()

    answer = send(organiser, slug=slug)

    assert (answer.status_code, bool(answer.context["form"].errors), Forum.objects.count()) == (200, True, 1)


@pytest.mark.parametrize("token", ["", "x", "a" * 22, "\u00e9" * 20, "a b c d e f g h i j", "a\0b"])
def test_file_that_is_gone_leads_back(organiser, token):
    answer = organiser.post(ACT, {"token": token})

    assert answer.status_code in {302, 400}


def test_file_of_another_person_is_not_taken(organiser):
    token = token_of(send(organiser))

    answer = sign_in("organisers").post(ACT, {"token": token})

    assert (answer["Location"], Forum.objects.exists()) == (PAGE, False)


def test_release_that_is_refused_leaves_nothing(organiser):
    forum = ForumFactory(slug="congress")
    SessionFactory(forum=forum)
    data = b"title,starts,ends,room\nA,2020-06-23 10:00,11:00,Hall\nB,2020-06-23 10:00,11:00,Hall\n"

    preview = send(organiser, data, forum=forum.pk, slug="", is_released="on")
    assert "As it is, this would be refused:" in preview.content.decode()
    assert "Hall is taken" in preview.content.decode()
    assert Session.objects.count() == 1
    done = organiser.post(ACT, {"token": token_of(preview)}, follow=True).content.decode()

    assert ("Nothing was brought in." in done, Session.objects.count()) == (True, 1)


def test_many_clashes_are_a_number_and_the_first_twenty(organiser):
    rows = "".join(f"T{n},2020-06-23 10:00,11:00,Hall\n" for n in range(12))
    preview = send(organiser, f"title,starts,ends,room\n{rows}".encode())

    done = organiser.post(ACT, {"token": token_of(preview)}, follow=True).content.decode()

    said = preview.content.decode()
    assert (said.count("Hall is taken"), "And 46 more" in said) == (20, True)
    assert "66 clashes: look at the board." in done


def test_preview_tells_clashes_and_speakers_who_change(organiser):
    known = CONGRESS.replace(b"id='3874'", b"guid='29aecfd7-2e44-4f49-ab86-29b5e0877325'")
    organiser.post(ACT, {"token": token_of(send(organiser, known, is_released="on"))})
    renamed = known.replace(b"Grace Hopper", b"Rear Admiral Hopper").replace(b"T00:15:00", b"T22:30:00")

    body = send(organiser, renamed, forum=Forum.objects.get().pk, slug="").content.decode()

    assert ["Speakers who change" in body, '<td dir="auto">Grace Hopper</td>' in body] == [True, True]
    assert "Clashes that the draft would have" in send(organiser, CLASHING, slug="new").content.decode()


def test_move_between_the_preview_and_the_act_is_kept_and_shown(organiser):
    organiser.post(ACT, {"token": token_of(send(organiser))})
    forum = Forum.objects.get()
    preview = send(organiser, CONGRESS.replace(b"Smart grids", b"Smarter grids"), forum=forum.pk, slug="")
    other = Session.objects.get(title="Late show")
    moves.unschedule(other, version=None, by=UserFactory(name="Ada"), now=NOW)

    shown = organiser.post(ACT, {"token": token_of(preview)})

    assert (Session.objects.filter(title="Smarter grids").exists(), other.placement.state) == (False, "unscheduled")
    body = shown.content.decode()
    assert ["Nothing was brought in." in body, "Somebody changed the forum meanwhile" in body] == [True, True]
    assert ["2 sessions change" in body, "Late show" in body] == [True, True]
    assert organiser.post(ACT, {"token": token_of(shown)}).status_code == 302
    assert Session.objects.filter(title="Smarter grids").exists()


# --- who may --------------------------------------------------------------------------------------
@pytest.mark.parametrize("address", [PAGE, ACT])
def test_who_may_only_look_is_refused(address):
    client = sign_in("registration desk")

    assert [client.get(address).status_code, client.post(address).status_code] == [403, 403]


@pytest.mark.parametrize("address", [PAGE, ACT])
def test_anonymous_people_log_in(address):
    assert Client().get(address)["Location"].startswith("/admin/login/")


def test_who_may_not_add_forums_fills_those_there_are():
    client = sign_in("programme")
    forum = ForumFactory(slug="congress")

    assert "slug" not in client.get(PAGE).context["form"].fields
    assert send(client).context["form"].errors
    assert Forum.objects.count() == 1
    assert send(client, forum=forum.pk).context["plan"].new


def test_who_may_not_add_forums_cannot_use_a_preview_of_one_that_went(organiser):
    forum = ForumFactory(slug="congress")
    client = sign_in("programme")
    token = token_of(send(client, forum=forum.pk))
    forum.delete()

    assert (client.post(ACT, {"token": token}).status_code, Forum.objects.exists()) == (403, False)


def test_who_may_not_release_does_not():
    client = sign_in("organisers")
    preview = send(client, is_released="on")
    Group.objects.get(name="organisers").permissions.remove(Permission.objects.get(codename="add_release"))

    client.post(ACT, {"token": token_of(preview)})

    assert (Session.objects.count(), Session.objects.public().count()) == (3, 0)


def test_texts_of_a_file_run_nothing(organiser):
    data = CONGRESS.replace(b"Late show", b"&lt;script&gt;alert(1)&lt;/script&gt;")
    preview = send(organiser, data, is_released="on")

    organiser.post(ACT, {"token": token_of(preview)})
    page = Client().get("/congress/programme/").content.decode()

    assert ["<script>alert" in preview.content.decode(), "<script>alert" in page] == [False, False]
    assert not SessionText.objects.exists()


def test_kept_file_goes_when_it_is_used(organiser):
    token = token_of(send(organiser))

    organiser.post(ACT, {"token": token})

    assert cache.get(f"import:{token}") is None
