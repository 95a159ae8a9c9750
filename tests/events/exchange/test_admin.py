"""Bringing in a programme on the organisers' site: the preview, the act, and who may."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from events.models import Forum, Session
from tests.events.exchange.imports import ACT, CONGRESS, PAGE, agree
from tests.factories import ForumFactory, SessionFactory, staff

pytestmark = pytest.mark.django_db
CLASHING = b"title,starts,ends,room\nA,2020-06-23 10:00,11:00,Hall\nB,2020-06-23 10:00,11:00,Hall\n"
DOOR = "/admin/events/forum/exchange/"


def sign_in(group):
    client = Client()
    client.force_login(staff(group))
    return client


@pytest.fixture
def organiser():
    return sign_in("organisers")


def send(client, data=CONGRESS, **fields):
    return client.post(PAGE, {"file": SimpleUploadedFile("a.xml", data), "slug": "congress"} | fields)


def token_of(answer):
    return answer.context["token"]


def test_page_of_a_forum_leads_to_the_door_and_the_door_to_the_released_files(organiser):
    forums = {
        ForumFactory(): "What was released",
        ForumFactory(slug="old", is_public=False): "Nobody outside sees the forum",
    }

    listed = organiser.get(reverse("admin:events_forum_changelist")).content.decode()
    assert ('type="file"' in organiser.get(PAGE, {"forum": "2020"}).content.decode(), DOOR in listed) == (True, True)
    for forum, sentence in forums.items():
        page = organiser.get(reverse("admin:events_forum_change", args=[forum.pk])).content.decode()
        door = organiser.get(DOOR, {"forum": forum.slug}).content.decode()
        files = [f'href="/{forum.slug}/schedule.{ending}"' for ending in ("xml", "json", "ics", "csv", "xlsx")]
        assert f"{DOOR}?forum={forum.slug}" in page
        assert [word for word in [*files, "The released programme", sentence] if word not in door] == []


def test_preview_writes_nothing_and_the_act_does_and_the_next_shows_what_changes(organiser):
    file = CONGRESS.replace(b"Smart grids", b"&lt;script&gt;alert(1)&lt;/script&gt;")
    preview = send(organiser, file, is_released="on")
    body = preview.content.decode()
    before = Forum.objects.count()

    done = agree(organiser, preview)

    words = ("3 new, 0 changed", "Late show", "Hall 2", "www.example.org", "A new forum")
    assert [word for word in words if word not in body] == []
    assert (before, Session.objects.public().count()) == (0, 3)
    assert "Brought in: 3 new, 0 changed, 0 the same, 0 not used." in done.content.decode()
    assert "Released as version 1." in done.content.decode()
    page = Client().get("/congress/programme/").content.decode()  # texts of a file run nothing
    assert ["<script>alert" in shown for shown in (body, page)] == [False, False]
    assert cache.get(f"import:{token_of(preview)}") is None

    again = {"forum": Forum.objects.get().pk, "slug": ""}
    same, other = send(organiser, file, **again), send(organiser, file.replace(b"Late show", b"Later show"), **again)
    assert ("Bring it in" in same.content.decode(), "there is nothing to do" in same.content.decode()) == (False, True)
    sentence = "Titles, texts and recordings of sessions that are public already change at once."
    assert [sentence in answer.content.decode() for answer in (same, other)] == [False, True]
    assert ("0 new, 1 changed" in other.content.decode(), "Later show" in other.content.decode()) == (True, True)


def test_bad_address_or_file_is_refused_at_its_field(organiser):
    ForumFactory()
    outside = b'<!DOCTYPE s [<!ENTITY x SYSTEM "file://%s">]><schedule>' % __file__.encode()
    outside = CONGRESS.replace(b"<schedule>", outside).replace(b"Smart grids", b"&x;")

    answers = [send(organiser, slug=slug) for slug in ("", "été 27")] + [send(organiser, outside)]

    said = [answer.context["form"].errors for answer in answers]
    assert [list(errors) for errors in said] == [["slug"], ["slug"], ["file"]]
    assert said[1]["slug"] == ["Use letters from a to z without accents, digits and hyphens"]
    assert "document type" in answers[-1].content.decode()
    assert ("sign_in" in answers[-1].content.decode(), Forum.objects.count()) == (False, 1)  # nothing beside was read


def test_file_that_is_gone_or_of_another_person_leads_back(organiser):
    answer = sign_in("organisers").post(ACT, {"token": token_of(send(organiser))})
    assert (answer["Location"], Forum.objects.exists()) == (PAGE, False)
    for token in ("", "x", "a" * 22, "\u00e9" * 20, "a b c d e f g h i j", "a\0b"):
        assert organiser.post(ACT, {"token": token}).status_code in {302, 400}, token


def test_release_that_is_refused_leaves_nothing(organiser):
    forum = ForumFactory(slug="congress")
    SessionFactory(forum=forum)

    preview = send(organiser, CLASHING, forum=forum.pk, slug="", is_released="on")
    shown, before = preview.content.decode(), Session.objects.count()
    done = agree(organiser, preview).content.decode()

    assert ("As it is, this would be refused:" in shown, "Hall is taken" in shown, before) == (True, True, 1)
    assert ("Nothing was brought in." in done, Session.objects.count()) == (True, 1)
    rows = "".join(f"T{n},2020-06-23 10:00,11:00,Hall\n" for n in range(12))
    many = send(organiser, f"title,starts,ends,room\n{rows}".encode(), slug="many")
    said = many.content.decode()  # many clashes are a number and the first twenty
    assert (said.count("Hall is taken"), "And 46 more" in said) == (20, True)
    done = agree(organiser, many).content.decode()
    assert "66 clashes: look at the board." in done


def test_preview_tells_clashes_speakers_who_change_and_what_cannot_be_used(organiser):
    known = CONGRESS.replace(b"id='3874'", b"guid='29aecfd7-2e44-4f49-ab86-29b5e0877325'")
    agree(organiser, send(organiser, known, is_released="on"))
    renamed = known.replace(b"Grace Hopper", b"Rear Admiral Hopper").replace(b"<duration>02:15", b"<duration>00:00")

    preview = send(organiser, renamed, forum=Forum.objects.get().pk, slug="")
    refused = agree(organiser, preview).context["refused"]
    done = agree(organiser, preview, good_only="on").content.decode()

    assert refused == "Some rows have errors. Correct the file, or tick that the others come in without them."
    words = ["Speakers who change", '<td dir="auto">Grace Hopper</td>', "event 6264, line 24", "Its duration is zero"]
    assert [word for word in words if word not in preview.content.decode()] == []
    assert "Brought in: 0 new, 0 changed, 2 the same, 1 not used." in done
    assert "Clashes that the draft would have" in send(organiser, CLASHING, slug="new").content.decode()


# --- who may --------------------------------------------------------------------------------------
def test_who_may_not_add_forums_or_release_does_not(organiser):
    client = sign_in("programme")
    forum = ForumFactory(slug="congress")

    fields = client.get(PAGE).context["form"].fields
    refused = send(client).context["form"].errors
    preview = send(client, forum=forum.pk)
    forum.delete()  # a preview of a forum that went makes none
    late = client.post(ACT, {"token": token_of(preview)})

    assert ("slug" in fields, bool(refused), len(preview.context["look"].new)) == (False, True, 3)
    assert (late.status_code, late["Location"], Forum.objects.exists()) == (302, PAGE, False)
    preview = send(organiser, is_released="on")
    Group.objects.get(name="organisers").permissions.remove(Permission.objects.get(codename="add_release"))
    agree(organiser, preview)  # who may not release any more does not
    assert (Session.objects.count(), Session.objects.public().count()) == (3, 0)
